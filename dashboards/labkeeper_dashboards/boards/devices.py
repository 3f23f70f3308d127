"""The devices' health: who is there, whose battery ends, whose radio is weak, who keeps restarting."""

from labkeeper_dashboards.boards.parts import DEVICE, LAB, NAME, ONLINE, counted, names
from labkeeper_dashboards.influxql import ABOUT_NODES, OF_LABS, Query, at_once, over_time, point
from labkeeper_dashboards.limits import ALL_ONLINE, BATTERY, LINK, NONE, NOTHING_WRONG, TRUE_IS_GOOD
from labkeeper_dashboards.model import LAB as LAB_CHOICE
from labkeeper_dashboards.model import SCHOOL, Board, Column, Kind, Look, Order, Panel, Ranked, Row
from labkeeper_sdk import Title

IS_ONLINE = f"{ABOUT_NODES} AND \"point\" = 'online'"
DEVICES = f'{IS_ONLINE} AND "device" !~ /^#/'
NODES = f"{IS_ONLINE} AND \"device\" = '#node'"
RETURNS = f"{ABOUT_NODES} AND \"point\" = 'returns'"


def returned(every: str, by: tuple[str, ...]) -> Query:
    """Ask how often things came back; the counter begins anew with the hub."""
    each = Query(
        (("returned", 'non_negative_difference(last("value_int"))'),),
        RETURNS,
        ("lab", "node", "device"),
        every=every,
        fill="none",
    )
    return Query((("returned", 'sum("returned")'),), "", by, inner=(each,))


TABLE = Panel(
    Kind.TABLE,
    Title("设备", "Devices"),
    Title(
        "每台设备一行：是否在线、所选时间内的在线比例和重新上线次数、电量、链路质量。",
        "A row per device: online or not, share of the window online, times it came back, battery, link quality.",
    ),
    (
        at_once("last", "value_int", DEVICES, ("lab", "device"), name="online").as_table(),
        at_once("mean", "value_int", DEVICES, ("lab", "device"), name="share").as_table(),
        returned("1m", ("lab", "device")).as_table(),
        at_once("last", "number", f"{OF_LABS} AND {point('battery')}", ("lab", "device"), name="battery").as_table(),
        at_once("last", "number", f"{OF_LABS} AND {point('linkquality')}", ("lab", "device"), name="link").as_table(),
        names(),
    ),
    Look(
        "none",
        NONE,
        columns=(
            LAB,
            NAME,
            Column("online", Title("状态", "State"), limits=TRUE_IS_GOOD, words=ONLINE),
            Column("share", Title("在线比例", "Share online"), "percentunit", ALL_ONLINE, decimals=1),
            Column("returned", Title("重新上线", "Came back"), limits=NOTHING_WRONG, decimals=0),
            Column("battery", Title("电量", "Battery"), "percent", BATTERY, decimals=0),
            Column("link", Title("链路质量", "Link quality"), limits=LINK, decimals=0),
            DEVICE,
        ),
        needs="online",
        order=(("online", Order.LEAST), ("returned", Order.MOST), ("battery", Order.LEAST)),
    ),
    width=24,
    height=11,
)
BOARD = Board(
    "devices",
    Title("设备健康", "Health of devices"),
    Title("在线、电量、链路质量与重启。", "Presence, batteries, link quality and restarts."),
    (SCHOOL, LAB_CHOICE),
    (
        Row(Title("全部设备", "All devices"), (TABLE,)),
        Row(
            Title("在线情况", "Presence"),
            (
                Panel(
                    Kind.STATES,
                    Title("节点", "Nodes"),
                    Title("每个节点一条色带。", "A band per node."),
                    (over_time("last", "value_int", NODES, ("lab", "node")).called("$tag_lab $tag_node"),),
                    Look("none", NONE, ONLINE),
                    width=8,
                    height=12,
                ),
                Panel(
                    Kind.STATES,
                    Title("设备", "Devices"),
                    Title("每台设备一条色带。", "A band per device."),
                    (over_time("last", "value_int", DEVICES, ("lab", "device")).called("$tag_lab $tag_device"),),
                    Look("none", NONE, ONLINE),
                    width=16,
                    height=12,
                ),
            ),
        ),
        Row(
            Title("电池、无线与重启", "Batteries, radio, restarts"),
            (
                Panel(
                    Kind.CHART,
                    Title("电量", "Battery"),
                    Title("每台设备一条线。", "A line per device."),
                    (
                        over_time("last", "number", f"{OF_LABS} AND {point('battery')}", ("lab", "device")).called(
                            "$tag_lab $tag_device"
                        ),
                    ),
                    Look("percent", BATTERY, minimum=0, maximum=100, ranked=Ranked.LOWEST),
                    width=8,
                ),
                Panel(
                    Kind.CHART,
                    Title("链路质量", "Link quality"),
                    Title("每台设备一条线，取每段时间的最低值。", "A line per device, the lowest of each step."),
                    (
                        over_time("min", "number", f"{OF_LABS} AND {point('linkquality')}", ("lab", "device")).called(
                            "$tag_lab $tag_device"
                        ),
                    ),
                    Look("none", LINK, minimum=0, maximum=255, ranked=Ranked.LOWEST),
                    width=8,
                ),
                Panel(
                    Kind.CHART,
                    Title("重新上线", "Came back online"),
                    Title("重启、断线后恢复、换电池。", "Restarts, links restored, batteries changed."),
                    (counted(RETURNS, ("lab", "device")).called("$tag_lab $tag_device"),),
                    Look("none", NOTHING_WRONG, bars=True, minimum=0, ranked=Ranked.MOST),
                    width=8,
                ),
            ),
        ),
    ),
    since="now-24h",
)
