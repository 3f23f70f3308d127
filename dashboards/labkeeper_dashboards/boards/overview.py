"""School overview: the labs, and what needs attention. For a wall, and for the first look in the morning."""

from dataclasses import replace

from labkeeper_dashboards.boards import parts
from labkeeper_dashboards.influxql import (
    ABOUT_NODES,
    HUB,
    OF_LABS,
    SCHOOL,
    at_once,
    figure,
    of_latest,
    over_time,
    point,
    those_where,
)
from labkeeper_dashboards.limits import (
    ALL_ONLINE,
    CO2,
    LAG,
    NEVER,
    NONE,
    NOTHING_WRONG,
    ROOM_POWER,
    SOMETHING_ONLINE,
    TEMPERATURE,
    TRUE_IS_GOOD,
)
from labkeeper_dashboards.model import LAB, Board, Column, Kind, Look, Panel, Row
from labkeeper_dashboards.model import SCHOOL as SCHOOL_CHOICE
from labkeeper_dashboards.rules import watched
from labkeeper_sdk import Title

OF_DEVICES = f'{ABOUT_NODES} AND "point" = \'online\' AND "device" !~ /^#/'
LEDGERS = f'{SCHOOL} AND "node" =~ /^#hub\\// AND "device" = \'#ledger\''

NOW = (
    parts.number(
        Title("在线设备", "Devices online"),
        Title("本校此刻在线的设备数。", "How many devices of the school are online now."),
        at_once("last", "value_int", f"{HUB} AND {figure('presence', 'devices_online')}"),
        "none",
        SOMETHING_ONLINE,
    ),
    parts.number(
        Title("离线设备", "Devices offline"),
        Title("所选实验室中此刻离线的设备数；下方表格列出它们。", "Offline now in the chosen labs; listed below."),
        replace(
            of_latest("count", "value_int", OF_DEVICES, name="offline", each=("lab", "node", "device")),
            fields=(("offline", 'count("latest") - sum("latest")'),),
        ),
        "none",
        NOTHING_WRONG,
    ),
    parts.number(
        Title("未解除的报警", "Standing alarms"),
        Title("已触发且尚未恢复的报警数。", "Alarms raised and not returned to normal."),
        at_once("last", "value_int", f"{HUB} AND {figure('alarms', 'standing')}"),
        "none",
        NOTHING_WRONG,
    ),
    parts.number(
        Title("账目差额", "Readings missing"),
        Title(
            "节点采集了、既未存储也未登记为缺失、也不在途中的读数。",
            "Readings that nodes took and that are neither stored, nor given up, nor on their way.",
        ),
        of_latest("sum", "value_int", f"{LEDGERS} AND \"point\" = 'missing'", name="missing", each=("node",)),
        "none",
        NEVER,
    ),
    parts.number(
        Title("最旧的实时值", "Oldest live value"),
        Title("各节点最新读数的年龄中最大的一个。", "The greatest age among the nodes' newest readings."),
        of_latest("max", "value", f"{LEDGERS} AND \"point\" = 'age'", name="age", each=("node",)),
        "dthms",
        LAG,
    ),
    parts.number(
        Title("消息代理", "Broker"),
        Title(
            "主机与消息代理的连接。断开时看不到任何实验室。",
            "The hub's link to the broker. Without it no lab is seen.",
        ),
        at_once("last", "value_int", f"{HUB} AND {figure('broker', 'connected')}"),
        "none",
        TRUE_IS_GOOD,
        words=parts.WORKS,
    ),
)

LABS = Panel(
    Kind.TABLE,
    Title("实验室", "Labs"),
    Title(
        "每间实验室一行：在线比例、二氧化碳、温度和功率，取所选时间内的最新值。",
        "A row per lab: share of devices online, CO2, temperature and power, the latest within the window.",
    ),
    (
        of_latest("mean", "value_int", OF_DEVICES, ("lab",), name="online", each=("device",)).as_table(),
        of_latest(
            "max", "number", f"{OF_LABS} AND {parts.CARBON_DIOXIDE}", ("lab",), name="co2", each=("device", "point")
        ).as_table(),
        of_latest(
            "mean", "number", f"{OF_LABS} AND {parts.ROOM_TEMPERATURE}", ("lab",), name="temperature", each=("device",)
        ).as_table(),
        of_latest(
            "sum", "number", f"{OF_LABS} AND {point('power')}", ("lab",), name="power", each=("device", "point")
        ).as_table(),
    ),
    Look(
        "none",
        NONE,
        columns=(
            parts.LAB,
            Column("online", Title("在线比例", "Online"), "percentunit", ALL_ONLINE, decimals=0),
            Column("co2", Title("二氧化碳", "CO2"), "ppm", CO2, decimals=0),
            Column("temperature", Title("温度", "Temperature"), "celsius", TEMPERATURE, decimals=1),
            Column("power", Title("功率", "Power"), "watt", ROOM_POWER, decimals=0),
        ),
    ),
    width=14,
    height=10,
)
ABSENT = Panel(
    Kind.TABLE,
    Title("离线设备", "Devices that are offline"),
    Title("此刻离线的设备。空表说明一切在线。", "Devices that are offline now. Empty: all are online."),
    (
        those_where(
            '"online" = 0', at_once("last", "value_int", OF_DEVICES, ("lab", "device"), name="online")
        ).as_table(),
        parts.names(),
    ),
    Look(
        "none",
        NONE,
        columns=(
            parts.LAB,
            parts.NAME,
            Column("online", Title("状态", "State"), words=parts.ONLINE, limits=TRUE_IS_GOOD),
            parts.DEVICE,
        ),
        needs="online",
    ),
    width=10,
    height=10,
)
DETECTED = {"smoke": Title("烟雾", "smoke"), "gas": Title("燃气", "gas"), "water_leak": Title("漏水", "leak")}
DANGER = Panel(
    Kind.STATES,
    Title("烟雾、燃气、漏水", "Smoke, gas, leaks"),
    Title(
        "每个探测器一条色带，放不下的在下一页；上方“未解除的报警”计入全部。本系统不是消防或燃气报警系统。",
        "A band per detector, more on a next page; Standing alarms counts all. This is no fire or gas alarm system.",
    ),
    tuple(
        over_time("last", "value_bool", f"{OF_LABS} AND {watched(name)}", ("lab", "device")).called(
            Title(f"$tag_lab {title.zh} $tag_device", f"$tag_lab {title.en} $tag_device")
        )
        for name, title in DETECTED.items()
    ),
    Look("bool", NONE, parts.QUIET),
    height=9,
)

BOARD = Board(
    "overview",
    Title("学校总览", "School overview"),
    Title("各实验室的情况，以及需要处理的事项。", "How the labs are, and what needs attention."),
    (SCHOOL_CHOICE, LAB),
    (
        Row(Title("此刻", "Now"), NOW),
        Row(Title("实验室", "Labs"), (LABS, ABSENT)),
        Row(
            Title("过程", "Over time"),
            (
                Panel(
                    Kind.CHART,
                    Title("二氧化碳", "CO2"),
                    Title("各实验室传感器中的最高值。", "The highest of each lab's sensors."),
                    (over_time("max", "number", f"{OF_LABS} AND {parts.CARBON_DIOXIDE}").called("$tag_lab"),),
                    Look("ppm", CO2, minimum=400),
                    height=9,
                ),
                DANGER,
            ),
        ),
    ),
)
