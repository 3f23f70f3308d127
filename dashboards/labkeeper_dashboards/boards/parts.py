"""Panels and questions that several dashboards have in common."""

from dataclasses import replace

from labkeeper_dashboards.drawing import Limits
from labkeeper_dashboards.influxql import ABOUT_NODES, OF_LABS, Function, Query, at_once, over_time
from labkeeper_dashboards.model import Column, Kind, Look, Panel, Words, truths
from labkeeper_dashboards.rules import points_of, watched
from labkeeper_sdk import Title

YES_NO = truths(Title("否", "no"), Title("是", "yes"), "green", "red")
ONLINE = truths(Title("离线", "offline"), Title("在线", "online"), "red", "green")
QUIET = truths(Title("正常", "quiet"), Title("报警", "alarm"), "green", "red")
OPEN_CLOSED = truths(Title("开", "open"), Title("关", "closed"), "orange", "green")
WORKS = truths(Title("中断", "broken"), Title("正常", "works"), "red", "green")
FAILS = truths(Title("正常", "works"), Title("故障", "fails"), "green", "red")
DRY = truths(Title("干燥", "dry"), Title("漏水", "leak"), "green", "red")

TEXT = "string"
"""The unit of what is not to be read as a number: a device's `0x00158d00000a0002` is its name, a bench's `01` too."""
LAB = Column("lab", Title("实验室", "Lab"), TEXT)
DEVICE = Column("device", Title("设备编号", "Device id"), TEXT, width_px=175)
NAME = Column("name", Title("设备", "Device"), TEXT)
BENCH = Column("bench", Title("实验台", "Bench"), TEXT)
NODE = Column("node", Title("节点", "Node"), TEXT)
CARBON_DIOXIDE = watched(*points_of("co2"))
ROOM_TEMPERATURE = watched(*points_of("temperature_high"))
LATELY = "time > now() - 2h"
"""Names are written every ten minutes: the window of the page may be shorter than that."""


def names() -> Query:
    """Ask what devices are called in the page's language."""
    where = f"{ABOUT_NODES} AND \"point\" = 'title_${{language}}'"
    return replace(at_once("last", "value_text", where, ("lab", "device"), name="name").as_table(), window=LATELY)


def benches() -> Query:
    """Ask where devices stand."""
    where = f"{ABOUT_NODES} AND \"point\" = 'bench'"
    return replace(at_once("last", "value_text", where, ("lab", "device"), name="bench").as_table(), window=LATELY)


def counted(where: str, by: tuple[str, ...] = ()) -> Query:
    """Ask how much a counter grew in each step; it begins anew with the hub."""
    fields = (("grown", 'non_negative_difference(last("value_int"))'),)
    return Query(fields, where, by, every="$__interval", fill="none")


def per_second(where: str, by: tuple[str, ...]) -> Query:
    """Ask how fast a counter grew."""
    fields = (("rate", 'non_negative_derivative(last("value_int"), 1s)'),)
    return Query(fields, where, by, every="$__interval", fill="none")


def measured(
    title: Title,
    text: Title,
    names_of_point: tuple[str, ...],
    unit: str,
    limits: Limits,
    *,
    width: int = 12,
    function: Function = "max",
) -> Panel:
    """A chart of one quantity, a line per lab: the highest of its sensors in each step, or what its limits ask for."""
    query = over_time(function, "number", f"{OF_LABS} AND {watched(*names_of_point)}").called("$tag_lab")
    return Panel(Kind.CHART, title, text, (query,), Look(unit, limits, minimum=0), width)


def number(title: Title, text: Title, query: Query, unit: str, limits: Limits, *, words: Words = ()) -> Panel:
    """One big number."""
    return Panel(Kind.NUMBER, title, text, (query,), Look(unit, limits, words, decimals=0), width=4, height=4)
