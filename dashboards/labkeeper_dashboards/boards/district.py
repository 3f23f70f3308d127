"""District overview: the schools side by side, for whoever has many of them in one InfluxDB."""

from labkeeper_dashboards.boards.parts import CARBON_DIOXIDE, TEXT, WORKS, per_second
from labkeeper_dashboards.influxql import SCHOOL, at_once, figure, of_latest, over_time, point, used
from labkeeper_dashboards.limits import ALL_ONLINE, CO2, LAG, NEVER, NONE, NOTHING_WRONG, TRUE_IS_GOOD, without
from labkeeper_dashboards.model import SCHOOLS, Board, Column, Kind, Look, Order, Panel, Row
from labkeeper_sdk import Title

OF_HUBS = f"{SCHOOL} AND \"node\" = '#hub'"
OF_NODES = f'{SCHOOL} AND "node" =~ /^#hub\\//'
LEDGERS = f"{OF_NODES} AND \"device\" = '#ledger'"
DEVICES = f'{OF_NODES} AND "point" = \'online\' AND "device" !~ /^#/'
CO2_OF_SCHOOL = f"{SCHOOL} AND {CARBON_DIOXIDE}"
CONNECTED = f"{OF_HUBS} AND {figure('broker', 'connected')}"
STANDING = f"{OF_HUBS} AND {figure('alarms', 'standing')}"
COMMITTED = f"{OF_HUBS} AND {figure('journal', 'committed')}"
TABLE = Panel(
    Kind.TABLE,
    Title("学校", "Schools"),
    Title(
        "每所学校一行：设备在线比例、账目差额、缺失、最新读数的年龄、未解除的报警。",
        "A row per school: share of devices online, readings missing and given up, age of the newest, standing alarms.",
    ),
    (
        at_once(
            "last", "value_int", f"{OF_HUBS} AND {figure('broker', 'connected')}", ("school",), name="broker"
        ).as_table(),
        of_latest("mean", "value_int", DEVICES, ("school",), name="online", each=("node", "device")).as_table(),
        of_latest(
            "sum", "value_int", f"{LEDGERS} AND \"point\" = 'missing'", ("school",), name="missing", each=("node",)
        ).as_table(),
        of_latest(
            "sum", "value_int", f"{LEDGERS} AND \"point\" = 'gaps'", ("school",), name="gaps", each=("node",)
        ).as_table(),
        of_latest(
            "max", "value", f"{LEDGERS} AND \"point\" = 'age'", ("school",), name="age", each=("node",)
        ).as_table(),
        at_once(
            "last", "value_int", f"{OF_HUBS} AND {figure('alarms', 'standing')}", ("school",), name="alarms"
        ).as_table(),
    ),
    Look(
        "none",
        NONE,
        columns=(
            Column("school", Title("学校", "School"), TEXT),
            Column("broker", Title("消息代理", "Broker"), limits=TRUE_IS_GOOD, words=WORKS),
            Column("online", Title("设备在线", "Devices online"), "percentunit", ALL_ONLINE, decimals=1),
            Column("missing", Title("账目差额", "Missing"), "locale", NEVER),
            Column("gaps", Title("已登记缺失", "Given up"), "locale", NOTHING_WRONG),
            Column("age", Title("最新读数年龄", "Newest reading"), "dthms", LAG, decimals=0),
            Column("alarms", Title("未解除的报警", "Standing alarms"), "locale", NOTHING_WRONG),
        ),
        order=(("broker", Order.LEAST), ("alarms", Order.MOST), ("online", Order.LEAST)),
    ),
    width=24,
    height=10,
)
BOARD = Board(
    "district",
    Title("区域总览", "District overview"),
    Title("多所学校并列显示。", "Schools side by side."),
    (SCHOOLS,),
    (
        Row(Title("学校", "Schools"), (TABLE,)),
        Row(
            Title("空气与能耗", "Air and energy"),
            (
                Panel(
                    Kind.CHART,
                    Title("二氧化碳", "CO2"),
                    Title("每所学校最差的传感器。", "The worst sensor of each school."),
                    (over_time("max", "number", CO2_OF_SCHOOL, ("school",)).called("$tag_school"),),
                    Look("ppm", CO2, minimum=400),
                ),
                Panel(
                    Kind.CHART,
                    Title("每小时用电", "Energy by hour"),
                    Title("每所学校一色，叠加显示。", "A colour per school, stacked."),
                    (used("1h", f"{SCHOOL} AND {point('energy')}", ("school",)).called("$tag_school"),),
                    Look("kwatth", without("energy of several"), bars=True, stacked=True, minimum=0),
                ),
                Panel(
                    Kind.CHART,
                    Title("设备在线比例", "Share of devices online"),
                    Title("每所学校一条线。", "A line per school."),
                    (over_time("mean", "value_int", DEVICES, ("school",)).called("$tag_school"),),
                    Look("percentunit", ALL_ONLINE, minimum=0, maximum=1),
                ),
                Panel(
                    Kind.CHART,
                    Title("存储速度", "Readings stored"),
                    Title("每所学校每秒存储的读数。", "Readings stored a second by each school's hub."),
                    (per_second(COMMITTED, ("school",)).called("$tag_school"),),
                    Look("suffix:/s", without("readings a second"), minimum=0),
                ),
            ),
        ),
    ),
    since="now-24h",
    refresh="1m",
)
