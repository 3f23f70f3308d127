"""The limits that panels draw, each with its source. Above one is "above the reference value", never "illegal"."""

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
