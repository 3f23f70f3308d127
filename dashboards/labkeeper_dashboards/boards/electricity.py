"""Electricity and energy, per lab and bench."""

from labkeeper_dashboards.boards.parts import BENCH, DEVICE, LAB, NAME, benches, names
from labkeeper_dashboards.influxql import OF_LABS, at_once, of_latest, over_time, point, used
from labkeeper_dashboards.limits import NONE, ROOM_POWER, SOCKET_CURRENT, SOCKET_POWER, VOLTAGE, without
from labkeeper_dashboards.model import LAB as LAB_CHOICE
from labkeeper_dashboards.model import SCHOOL, Board, Column, Kind, Look, Order, Panel, Row
from labkeeper_sdk import Title

POWER = f"{OF_LABS} AND {point('power')}"
ENERGY = f"{OF_LABS} AND {point('energy')}"
VOLTS = f"{OF_LABS} AND {point('voltage')}"
AMPERES = f"{OF_LABS} AND {point('current')}"
USED = Column("used", Title("用电量", "Energy used"), "kwatth", decimals=2)
MOST_USED = (("used", Order.MOST),)

NOW = (
    Panel(
        Kind.NUMBER,
        Title("此刻功率", "Power now"),
        Title("所选实验室全部电表的功率之和。", "The sum of all meters of the chosen labs."),
        (of_latest("sum", "number", POWER, name="power", each=("lab", "device", "point")),),
        Look("watt", without("power of a choice"), decimals=0),
        width=6,
        height=7,
    ),
    Panel(
        Kind.NUMBER,
        Title("时段内用电", "Energy in the window"),
        Title(
            "所选时间内电表读数的增加之和；换表不计。",
            "What the meters counted in the window; a changed meter is left out.",
        ),
        (used("10m", ENERGY, (), total=True),),
        Look("kwatth", without("energy of a window"), decimals=2),
        width=6,
        height=7,
    ),
    Panel(
        Kind.BARS,
        Title("各实验室此刻功率", "Power now by lab"),
        Title("每间实验室全部电表之和。", "The sum of each lab's meters."),
        (of_latest("sum", "number", POWER, ("lab",), name="power", each=("device", "point")).called("$tag_lab"),),
        Look("watt", ROOM_POWER, decimals=0, minimum=0),
        width=12,
        height=7,
    ),
)
OVER_TIME = (
    Panel(
        Kind.CHART,
        Title("功率", "Power"),
        Title("每个电表一条线，取每段时间的平均值。", "A line per meter, the mean of each step."),
        (over_time("mean", "number", POWER, ("lab", "device")).called("$tag_lab $tag_device"),),
        Look("watt", SOCKET_POWER, minimum=0),
    ),
    Panel(
        Kind.CHART,
        Title("每小时用电", "Energy by hour"),
        Title("每间实验室一色，叠加显示。", "A colour per lab, stacked."),
        (used("1h", ENERGY, ("lab",)).called("$tag_lab"),),
        Look("kwatth", without("energy of several"), stacked=True, bars=True, minimum=0),
    ),
)
BENCHES = (
    Panel(
        Kind.TABLE,
        Title("各实验台用电", "Energy by bench"),
        Title("所选时间内，同一实验台的电表相加。", "The meters of a bench added up, within the window."),
        (used("10m", ENERGY, ("lab", "device"), total=True).as_table(), benches()),
        Look(
            "kwatth",
            without("energy of a window"),
            columns=(LAB, BENCH, USED),
            needs="used",
            order=MOST_USED,
            total_by=("lab", "bench"),
        ),
        width=8,
    ),
    Panel(
        Kind.TABLE,
        Title("各电表", "Meters"),
        Title(
            "每个电表的用电量、最大功率、电压和电流。",
            "Energy used, greatest power, voltage and current of each meter.",
        ),
        (
            used("10m", ENERGY, ("lab", "device"), total=True).as_table(),
            at_once("max", "number", POWER, ("lab", "device"), name="peak").as_table(),
            at_once("last", "number", VOLTS, ("lab", "device"), name="voltage").as_table(),
            at_once("last", "number", AMPERES, ("lab", "device"), name="current").as_table(),
            names(),
        ),
        Look(
            "none",
            NONE,
            columns=(
                LAB,
                NAME,
                USED,
                Column("peak", Title("最大功率", "Peak power"), "watt", SOCKET_POWER, decimals=0),
                Column("voltage", Title("电压", "Voltage"), "volt", VOLTAGE, decimals=1),
                Column("current", Title("电流", "Current"), "amp", SOCKET_CURRENT, decimals=2),
                DEVICE,
            ),
            needs="used",
            order=MOST_USED,
        ),
        width=16,
    ),
)
BOARD = Board(
    "electricity",
    Title("用电与能耗", "Electricity and energy"),
    Title("各实验室和实验台的功率与用电量。", "Power and energy of each lab and bench."),
    (SCHOOL, LAB_CHOICE),
    (
        Row(Title("此刻", "Now"), NOW),
        Row(Title("过程", "Over time"), OVER_TIME),
        Row(Title("实验台与电表", "Benches and meters"), BENCHES),
    ),
    since="now-24h",
)
