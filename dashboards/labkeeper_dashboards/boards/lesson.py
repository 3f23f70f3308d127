"""PE class: heart rate of the class as a whole, from the hub's figures of it. InfluxDB has no rate of one band at all,
but minutes of at least five bands together (docs/decisions/0049-class-figures.md).
"""

from dataclasses import replace

from labkeeper_dashboards.boards.parts import number
from labkeeper_dashboards.drawing import Limits
from labkeeper_dashboards.influxql import ABOUT_NODES, Field, Query, at_once, figure, over_time
from labkeeper_dashboards.limits import (
    EACH_DENSITY,
    GROUP_DENSITY,
    HALF_MOVES,
    HEART_MEAN,
    LOOK_AT_A_CHILD,
    SLOWED_DOWN,
    without,
)
from labkeeper_dashboards.model import LAB, SCHOOL, Board, Kind, Look, Panel, Row
from labkeeper_sdk import Title

CLASS_ONLY = Title(
    "每分钟一次，至少五个手环同时有读数才有；不显示任何一个手环。",
    "Once a minute, and only while at least five bands are heard; no single band is shown.",
)
TIMES = Title(
    "从开始上课起的次数，不是人数，也不是诊断。" + CLASS_ONLY.zh,
    f"Times since the class began: not children, and no diagnosis. {CLASS_ONLY.en}",
)
MEAN = Look("suffix:/min", HEART_MEAN, minimum=60, maximum=200)
SHARE = Look("percentunit", HALF_MOVES, minimum=0, maximum=1)
EASED = Look("none", SLOWED_DOWN, decimals=0, minimum=0)
LOOKED = Look("none", LOOK_AT_A_CHILD, decimals=0, minimum=0)


def of_class(name: str) -> str:
    """Return the condition for one figure of classes."""
    return f"{ABOUT_NODES} AND {figure('#class', name)}"


def newest(name: str, field: Field = "value_int") -> Query:
    """Ask for the last minute of each lab's class."""
    return at_once("last", field, of_class(name), ("lab",)).called("$tag_lab")


def went(title: Title, text: Title, name: str, look: Look, field: Field = "value_int", *, width: int = 8) -> Panel:
    """How a figure went over the lesson, a line per lab."""
    query = over_time("max", field, of_class(name)).called("$tag_lab")
    return Panel(Kind.CHART, title, text, (query,), look, width)


def now(title: Title, text: Title, name: str, field: Field, unit: str, limits: Limits) -> Panel:
    """One big number of each lab's class."""
    said = Title(text.zh + CLASS_ONLY.zh, f"{text.en} {CLASS_ONLY.en}")
    return replace(number(title, said, newest(name, field), unit, limits), height=5)


NOW = (
    now(
        Title("平均心率（次/分）", "Mean heart rate, /min"),  # beside the number a unit would make it small
        Title("全班最近一分钟的平均。", "Mean of the class in the last minute."),
        "mean",
        "value_int",
        "none",
        HEART_MEAN,
    ),
    now(
        Title("有读数的手环（至少）", "Bands heard, at least"),
        Title("以五个为一档。", "In steps of five."),
        "bands",
        "value_int",
        "none",
        without("size of a class"),
    ),
    now(
        Title("上课分钟数", "Minutes of the class"),
        Title("从开始上课起。", "Since it began."),
        "minutes",
        "value_int",
        "none",
        without("length of a class"),
    ),
    now(
        Title("群体运动密度", "Group density"),
        Title(
            "至少一半手环在运动的时间所占的比例，从开始上课起。",
            "Share of the time in which at least half of the bands move, since the class began.",
        ),
        "group_density",
        "value",
        "percentunit",
        GROUP_DENSITY,
    ),
    now(
        Title("个体运动密度", "Individual density"),
        Title(
            "每个手环运动时间所占比例的平均，从开始上课起。",
            "Mean of each band's share of time in movement, since the class began.",
        ),
        "each_density",
        "value",
        "percentunit",
        EACH_DENSITY,
    ),
    now(
        Title("请查看孩子的次数", "Looks at a child"),
        Title("次数而不是人数，从开始上课起。", "Times and not children, since the class began."),
        "looked",
        "value_int",
        "none",
        LOOK_AT_A_CHILD,
    ),
)
COURSE = (
    went(Title("全班平均心率的变化", "Mean heart rate over the class"), CLASS_ONLY, "mean", MEAN, width=24),
    went(Title("运动中的比例", "Share that moves"), CLASS_ONLY, "moving", SHARE, "value"),
    went(Title("建议放慢的次数", "Times somebody was to slow down"), TIMES, "eased", EASED),
    went(Title("请查看孩子的次数变化", "Looks at a child, course"), TIMES, "looked", LOOKED),
)
BOARD = Board(
    "lesson",
    Title("体育课心率", "PE class heart rate"),
    Title(
        "只看全班：每分钟的平均、运动密度与提醒次数。不作任何诊断。",
        "The class as a whole: mean, density and advice, minute by minute. No diagnosis.",
    ),
    (SCHOOL, LAB),
    (
        Row(Title("最近一分钟", "The last minute"), NOW),
        Row(Title("过程", "Over the lesson"), COURSE),
    ),
    since="now-1h",
    refresh="30s",
)
