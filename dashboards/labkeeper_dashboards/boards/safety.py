"""Safety: gas, smoke, heat, leaks, doors. It shows; certified detectors protect."""

from labkeeper_dashboards.boards.parts import DRY, OPEN_CLOSED, QUIET, ROOM_TEMPERATURE, measured
from labkeeper_dashboards.influxql import OF_LABS, over_time
from labkeeper_dashboards.limits import CO, DEVICE_HEAT, GAS, HEAT, NONE
from labkeeper_dashboards.model import LAB, SCHOOL, Board, Kind, Look, Panel, Row, Words
from labkeeper_dashboards.rules import inside, points_of, watched
from labkeeper_sdk import Title

NOT_A_SYSTEM = Title(
    "本页只作显示：火灾与燃气由经认证的探测器负责。",
    "This page only shows: fire and gas are the business of certified detectors.",
)
HIGHEST = Title("各实验室传感器中的最高值。", "The highest of each lab's sensors.")
INSIDE = f"{OF_LABS} AND {inside('temperature')}"


def detectors(title: Title, text: Title, points: tuple[str, ...], words: Words) -> Panel:
    """A band for each detector."""
    query = over_time("last", "value_bool", f"{OF_LABS} AND {watched(*points)}", ("lab", "device"))
    look = Look("bool", NONE, words)
    return Panel(Kind.STATES, title, text, (query.called("$tag_lab $tag_device"),), look)


BOARD = Board(
    "safety",
    Title("安全", "Safety"),
    NOT_A_SYSTEM,
    (SCHOOL, LAB),
    (
        Row(
            Title("燃气与一氧化碳", "Gas and carbon monoxide"),
            (
                measured(Title("可燃气体", "Combustible gas"), HIGHEST, points_of("gas"), "percent", GAS),
                measured(Title("一氧化碳", "Carbon monoxide"), HIGHEST, points_of("co"), "ppm", CO),
                detectors(Title("燃气探测器", "Gas detectors"), NOT_A_SYSTEM, ("gas",), QUIET),
                detectors(Title("烟雾探测器", "Smoke detectors"), NOT_A_SYSTEM, ("smoke",), QUIET),
            ),
        ),
        Row(
            Title("高温", "Heat"),
            (
                Panel(
                    Kind.CHART,
                    Title("室内最高温度", "Highest room temperature"),
                    HIGHEST,
                    (over_time("max", "number", f"{OF_LABS} AND {ROOM_TEMPERATURE}").called("$tag_lab"),),
                    Look("celsius", HEAT, decimals=1),
                ),
                Panel(
                    Kind.CHART,
                    Title("设备温度", "Temperature of devices"),
                    Title("电路板、电机等自带的温度传感器。", "Sensors inside devices: boards, motors."),
                    (
                        over_time(
                            "max",
                            "number",
                            INSIDE,
                            ("lab", "device"),
                        ).called("$tag_lab $tag_device"),
                    ),
                    Look("celsius", DEVICE_HEAT, decimals=1),
                ),
            ),
        ),
        Row(
            Title("漏水与门窗", "Leaks, doors and windows"),
            (
                detectors(
                    Title("漏水探测器", "Leak detectors"),
                    Title("每个探测器一条色带。", "A band per detector."),
                    ("water_leak",),
                    DRY,
                ),
                detectors(
                    Title("门与窗", "Doors and windows"),
                    Title("每个门磁或窗磁一条色带。", "A band per contact."),
                    ("contact",),
                    OPEN_CLOSED,
                ),
            ),
        ),
    ),
)
