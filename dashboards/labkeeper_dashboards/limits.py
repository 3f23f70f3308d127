"""The limits that panels draw, each with its source. Above one is "above the reference value", never "illegal"."""

from collections.abc import Mapping

from labkeeper_dashboards.drawing import ALARM, GOOD, NOTE, PLAIN, WARN, Limits
from labkeeper_dashboards.rules import limit_of, of_rules
from labkeeper_sdk import Title

NONE = Limits(PLAIN, (), Title(), drawn=False)
"""Of tables, whose columns have limits of their own, and bands of states, whose values are named and coloured."""
WITHOUT: Mapping[str, Title] = {
    "energy of a window": Title(
        "没有限值：用电量取决于所选时间。",
        "No limit: how much it is depends on the window chosen.",
    ),
    "energy of several": Title(
        "没有限值：各项叠加显示，横线会与总和相比。",
        "No limit: stacked, a line across would be read against the sum.",
    ),
    "power of a choice": Title(
        "没有限值：总和取决于所选实验室。",
        "No limit: the sum depends on the labs chosen.",
    ),
    "running total": Title("没有限值：累计数只增不减。", "No limit: a running total only grows."),
    "readings a second": Title(
        "没有限值：设备只在数值变化时发送，多少都正常。",
        "No limit: devices speak when something changes, so much and little are both right.",
    ),
    "size on disk": Title(
        "没有固定限值：磁盘容量各不相同；保留天数和字节数在主机设置中限定。",
        "No limit of ours: disks differ; days and bytes to keep are limited in the hub's settings.",
    ),
    "mix of priorities": Title("没有条数限值：看的是比例。", "No limit of the number: it is the shares that matter."),
    "mix of outcomes": Title(
        "没有限值：完成的命令越多越好，其余看占比。",
        "No limit: commands that are done are welcome, of the others the share matters.",
    ),
    "size of a class": Title("没有限值：班级人数各不相同。", "No limit: classes differ in size."),
    "length of a class": Title("没有限值：一节课多长由课表决定。", "No limit: the timetable says how long a class is."),
}
"""Quantities without a limit, each with the reason, which its panels give."""


def without(quantity: str) -> Limits:
    """Return what stands for no limit, with its reason."""
    return Limits(PLAIN, (), WITHOUT[quantity], drawn=False)


CO2 = of_rules("co2")
PM25 = of_rules("pm25")
PM10 = of_rules("pm10")
HCHO = of_rules("hcho")
TVOC = of_rules("tvoc")
CO = of_rules("co")
TEMPERATURE = of_rules("frost", "temperature_low", "temperature_high")
HUMIDITY = of_rules("humidity_low", "humidity_high")
IN_A_LESSON = Title("仅在上课且灯已打开时有意义。", "Of meaning in a lesson with the lights on.")
DESK_LIGHT = of_rules("light_desk", remark=IN_A_LESSON)
BOARD_LIGHT = of_rules("light_board", remark=IN_A_LESSON)
OUTDOOR_AIR = of_rules("outdoor_air")
NOISE = of_rules(
    "noise", remark=Title("仅指无人的房间：上课时的声音不是噪声。", "Of an empty room: a lesson's sound is no noise.")
)
GAS = of_rules("gas")
RISE = limit_of("heat_rise")
HEAT = of_rules(
    "heat",
    remark=Title(
        f"每分钟升高 {RISE:g} °C 也会报警，图上无法画出。可能起火，请查看；本系统不是火灾报警系统。",
        f"A rise of {RISE:g} °C within a minute is an alarm too and cannot be drawn. Possible fire, check; this is no "
        "fire alarm system.",
    ),
)
DEVICE_HEAT = Limits(
    GOOD,
    ((70, WARN), (85, ALARM)),
    Title(
        "默认限值：商用级电子元件标称至 70 °C，工业级至 85 °C。这不是室温，不会引发报警。",
        "Our default: parts of commercial grade are rated up to 70 °C, of industrial grade up to 85 °C. It is no "
        "room's temperature and raises no alarm.",
    ),
)
BATTERY = Limits(
    ALARM,
    ((15, WARN), (30, GOOD)),
    Title("低于 30 % 准备更换，低于 15 % 更换。", "Below 30 % prepare a change, below 15 % change it."),
)
LINK = Limits(
    ALARM,
    ((30, WARN), (80, GOOD)),
    Title(
        "Zigbee 链路质量 0 至 255；低于 80 偏弱，低于 30 随时可能失联。",
        "Zigbee link quality, 0 to 255; below 80 is weak, below 30 may break at any time.",
    ),
)
NOTHING_WRONG = Limits(GOOD, ((1, WARN),), Title("应为 0。", "Should be 0."), drawn=False)
NEVER = Limits(GOOD, ((1, ALARM),), Title("必须为 0。", "Must be 0."), drawn=False)
ALL_ONLINE = Limits(ALARM, ((0.9, WARN), (1, GOOD)), Title("应为 100 %。", "Should be 100 %."), drawn=False)
TRUE_IS_GOOD = Limits(ALARM, ((1, GOOD),), Title("应为“是”。", "Should be yes."), drawn=False)
LAG = Limits(
    GOOD,
    ((30, WARN), (300, ALARM)),
    Title("超过 30 秒说明节点或网络有延迟。", "More than 30 s: the node or its network is behind."),
)
COMMIT = Limits(
    GOOD,
    ((100, WARN), (1000, ALARM)),
    Title("超过 100 毫秒说明磁盘偏慢。", "More than 100 ms: the disk is slow."),
)
ALARM_RATE = Limits(
    GOOD,
    ((2, WARN), (10, ALARM)),
    Title(
        "EEMUA 191：平时每 10 分钟不超过 1 条；10 条及以上为报警泛滥。",
        "EEMUA 191: at most 1 in 10 min is normal, 10 and more are a flood.",
    ),
)
ALARM_HOUR = Limits(
    GOOD, ((16, WARN),), Title("EEMUA 191：高峰小时不超过 15 条。", "EEMUA 191: at most 15 in the peak hour.")
)
HEART_MEAN = Limits(
    PLAIN,
    ((140, GOOD), (161, NOTE), (180, WARN)),
    Title(
        "体育课平均心率 140 至 160 次/分是运动负荷目标，不是医学界限。",
        "A class mean of 140 to 160 /min is the target of a PE lesson's load, not a medical limit.",
    ),
)
GROUP_DENSITY = Limits(
    PLAIN,
    ((0.75, GOOD),),
    Title(
        "课程目标：不低于 75 %（义务教育体育与健康课程标准，2022 年版）；由心率估计。",
        "Aim of a lesson: at least 75 % (curriculum standard of 2022); estimated from heart rates.",
    ),
    drawn=False,
)
EACH_DENSITY = Limits(
    PLAIN,
    ((0.50, GOOD),),
    Title(
        "课程目标：不低于 50 %（义务教育体育与健康课程标准，2022 年版）；由心率估计。",
        "Aim of a lesson: at least 50 % (curriculum standard of 2022); estimated from heart rates.",
    ),
    drawn=False,
)
SOCKET_V, SOCKET_A = 220, 10
ROOM_A = 32
NEAR = 0.8  # of what a socket or a supply is made for: time to look
SOCKET_POWER = Limits(
    GOOD,
    ((NEAR * SOCKET_V * SOCKET_A, WARN), (SOCKET_V * SOCKET_A, ALARM)),
    Title(
        "默认限值：单个 10 A 插座在 220 V 下为 2200 W，80 % 起提示；更大的电表不适用。",
        "Our default: a 10 A socket gives 2200 W at 220 V, warned from 80 % of it; of no meaning for larger meters.",
    ),
)
SOCKET_CURRENT = Limits(
    GOOD,
    ((NEAR * SOCKET_A, WARN), (SOCKET_A, ALARM)),
    Title(
        "默认限值：10 A 插座，80 % 起提示；更大的电表不适用。",
        "Our default: a 10 A socket, warned from 80 % of it; of no meaning for larger meters.",
    ),
)
ROOM_POWER = Limits(
    GOOD,
    ((NEAR * SOCKET_V * ROOM_A, WARN), (SOCKET_V * ROOM_A, ALARM)),
    Title(
        "默认限值：一间房 32 A 单相进线，220 V 下为 7040 W，80 % 起提示；进线更大的房间不适用。",
        "Our default: a room on 32 A of one phase, 7040 W at 220 V, warned from 80 % of it; "
        "of no meaning in rooms with more.",
    ),
)
VOLTAGE = Limits(
    WARN,
    ((198, GOOD), (235.4, WARN)),
    Title(
        "单相 220 V 允许偏差 +7 %、-10 %（GB/T 12325-2008）：198 至 235.4 V。",
        "220 V of one phase may differ by +7 % and -10 % (GB/T 12325-2008): 198 to 235.4 V.",
    ),
)
BACKLOG = Limits(
    GOOD,
    ((120, WARN), (1200, ALARM)),
    Title(
        "节点每秒最多封 4 个批次：120 个约为忙碌节点的 30 秒，1200 个约为 5 分钟。",
        "A node closes at most four batches a second: 120 are 30 s of a busy node, 1200 are 5 min.",
    ),
)
ACKNOWLEDGED_IN = Limits(
    GOOD,
    ((600, WARN), (1800, ALARM)),
    Title(
        "默认限值：10 分钟内确认（EEMUA 191 按 10 分钟计报警），超过 30 分钟说明无人查看。",
        "Our default: within 10 min, the step in which EEMUA 191 counts alarms; beyond 30 min nobody looks.",
    ),
)
SOMETHING_ONLINE = Limits(
    ALARM,
    ((1, GOOD),),
    Title("为 0 时什么也收不到。", "At 0 nothing is heard."),
    drawn=False,
)
HALF_MOVES = Limits(
    PLAIN,
    ((0.5, GOOD),),
    Title(
        "至少一半在运动的时间计入群体运动密度。",
        "While at least half of them move, the time counts for the group density.",
    ),
)
LOOK_AT_A_CHILD = Limits(
    GOOD, ((1, WARN),), Title("从第一次起就值得看一眼。", "From the first on it is worth a look."), drawn=False
)
SLOWED_DOWN = Limits(
    GOOD,
    ((1, NOTE),),
    Title("偶尔出现属正常；持续增加说明负荷偏大。", "Now and then is normal; if it keeps growing, the load is high."),
    drawn=False,
)
