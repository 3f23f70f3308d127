"""The limits that panels draw, each with its source. Above one is "above the reference value", never "illegal"."""

from collections.abc import Mapping
from dataclasses import dataclass

from labkeeper_sdk import Title

GOOD, NOTE, WARN, ALARM, CRITICAL, PLAIN = "green", "yellow", "orange", "red", "dark-red", "blue"


@dataclass(frozen=True, slots=True)
class Limits:
    """Colours from a value on; the first holds below everything. `drawn`: as lines on a chart."""

    base: str
    steps: tuple[tuple[float, str], ...]
    source: Title
    drawn: bool = True


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


CO2 = Limits(
    GOOD,
    ((1000, NOTE), (1500, WARN), (2000, ALARM)),
    Title(
        "参考值：1000 ppm（GB/T 18883-2022，0.10 %）；1500 ppm（GB 50099-2011 第 10.1.8 条，0.15 %）；2000 ppm 报警。",
        "Reference values: 1000 ppm (GB/T 18883-2022, 0.10 %); 1500 ppm (GB 50099-2011 10.1.8, 0.15 %); "
        "alarm at 2000 ppm.",
    ),
)
PM25 = Limits(
    GOOD,
    ((50, WARN), (75, ALARM)),
    Title(
        "参考值：50 µg/m³（GB/T 18883-2022，24 小时平均）；75 µg/m³ 报警（1 小时）。",
        "Reference values: 50 µg/m³ (GB/T 18883-2022, mean of 24 h); alarm at 75 µg/m³ (1 h).",
    ),
)
PM10 = Limits(
    GOOD,
    ((100, WARN),),
    Title(
        "参考值：100 µg/m³（GB/T 18883-2022，24 小时平均）。",
        "Reference value: 100 µg/m³ (GB/T 18883-2022, mean of 24 h).",
    ),
)
HCHO = Limits(
    GOOD,
    ((0.08, WARN),),
    Title(
        "参考值：0.08 mg/m³（GB/T 18883-2022，1 小时平均）。金属氧化物传感器的读数不可用于判断。",
        "Reference value: 0.08 mg/m³ (GB/T 18883-2022, mean of 1 h). Never judge by a metal-oxide sensor.",
    ),
)
TVOC = Limits(
    GOOD,
    ((0.60, WARN),),
    Title(
        "参考值：0.60 mg/m³（GB/T 18883-2022，8 小时平均）。金属氧化物传感器的读数不可用于判断。",
        "Reference value: 0.60 mg/m³ (GB/T 18883-2022, mean of 8 h). Never judge by a metal-oxide sensor.",
    ),
)
CO = Limits(
    GOOD,
    ((9, NOTE), (35, WARN), (50, ALARM), (200, CRITICAL)),
    Title(
        "参考值：9 ppm（1 小时）、35 ppm（15 分钟，NIOSH）、50 ppm（5 分钟）、200 ppm（30 秒，NIOSH 上限）。",
        "Reference values: 9 ppm (1 h), 35 ppm (15 min, NIOSH), 50 ppm (5 min), 200 ppm (30 s, NIOSH ceiling).",
    ),
)
TEMPERATURE = Limits(
    WARN,
    ((16, NOTE), (18, GOOD), (28, NOTE), (30, WARN)),
    Title(
        "参考范围：夏季 22 至 28 °C，冬季 16 至 24 °C（GB/T 18883-2022）；"
        "低于 18 或高于 28 提示，低于 16 或高于 30 警告。",
        "Reference: 22 to 28 °C in summer, 16 to 24 °C in winter (GB/T 18883-2022); noted below 18 and above 28, "
        "warned below 16 and above 30.",
    ),
)
HUMIDITY = Limits(
    NOTE,
    ((30, GOOD), (80, NOTE)),
    Title(
        "参考范围：夏季 40 至 80 %，冬季 30 至 60 %（GB/T 18883-2022）；30 分钟超出 30 至 80 % 提示。",
        "Reference: 40 to 80 % in summer, 30 to 60 % in winter (GB/T 18883-2022); noted outside 30 to 80 % for 30 min.",
    ),
)
LIGHT = Limits(
    NOTE,
    ((300, GOOD),),
    Title(
        "参考值：桌面 300 lx，黑板 500 lx（GB 7793-2010），仅在上课且灯已打开时有意义。",
        "Reference: 300 lx on desks, 500 lx on the board (GB 7793-2010), of interest in a lesson with the lights on.",
    ),
)
NOISE = Limits(
    GOOD,
    ((45, NOTE),),
    Title(
        "参考值：无人时 45 dB(A)（GB 50118）。上课时的声音不是噪声。",
        "Reference: 45 dB(A) in an empty room (GB 50118). A lesson's sound is no noise.",
    ),
)
GAS = Limits(
    GOOD,
    ((10, NOTE), (20, ALARM), (40, CRITICAL)),
    Title(
        "默认限值：爆炸下限的 10 / 20（锁定）/ 40 %；GB/T 50493-2019 一级不高于 25 %，二级不高于 50 %。"
        "本系统不是燃气报警系统。",
        "Default limits: 10 / 20 (latched) / 40 % of the lower explosive limit; GB/T 50493-2019 asks for at most 25 % "
        "at level 1 and 50 % at level 2. This is no gas alarm system.",
    ),
)
HEAT = Limits(
    GOOD,
    ((30, NOTE), (54, CRITICAL)),
    Title(
        "54 °C 或每分钟升高 8 °C：可能起火，请查看。本系统不是火灾报警系统。",
        "54 °C, or 8 °C more within a minute: possible fire, check. This is no fire alarm system.",
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
