"""Alarms and their KPIs, as EEMUA 191 and IEC 62682 count them; alarms are evaluated in the hub, never in Grafana."""

from labkeeper_dashboards.boards import known_lines
from labkeeper_dashboards.boards.parts import LAB, YES_NO, counted, number
from labkeeper_dashboards.influxql import ABOUT_NODES, HUB, Query, at_once, figure, of_latest, over_time, summed
from labkeeper_dashboards.limits import ACKNOWLEDGED_IN, ALARM_HOUR, ALARM_RATE, NEVER, NONE, NOTHING_WRONG, without
from labkeeper_dashboards.model import LAB as LAB_CHOICE
from labkeeper_dashboards.model import SCHOOL, Board, Column, Kind, Line, Look, Order, Panel, Row, Word
from labkeeper_sdk import Title

BY_LAB = f"{ABOUT_NODES} AND \"device\" = '#alarms'"
PRIORITIES = '"device" = \'alarms\' AND "point" =~ /^raised_(low|medium|high)$/'
BY_PRIORITY = (
    Line("raised_low", Title("低", "low"), "blue"),
    Line("raised_medium", Title("中", "medium"), "orange"),
    Line("raised_high", Title("高", "high"), "red"),
)
BY_URGENCY = (
    Word(("0",), Title("无", "none"), "green"),
    Word(("1",), Title("低", "low"), "blue"),
    Word(("2",), Title("中", "medium"), "orange"),
    Word(("3",), Title("高", "high"), "red"),
)


def latest(name: str) -> Query:
    """Ask for the newest of one figure."""
    return at_once("last", "value_int", f"{HUB} AND {figure('alarms', name)}")


NOW = (
    number(
        Title("未解除", "Standing"),
        Title("已触发且尚未恢复的报警。", "Alarms raised and not returned to normal."),
        latest("standing"),
        "none",
        NOTHING_WRONG,
    ),
    number(
        Title("未确认", "Unacknowledged"),
        Title("还没有人确认的报警。", "Alarms nobody has acknowledged yet."),
        latest("unacknowledged"),
        "none",
        NEVER,
    ),
    number(
        Title("已搁置", "Shelved"),
        Title("有人在限定时间内搁置的报警。", "Alarms a person put aside for a limited time."),
        latest("shelved"),
        "none",
        NOTHING_WRONG,
    ),
    number(
        Title("长期未解除", "Stale"),
        Title("持续超过 24 小时的报警。", "Alarms standing for more than 24 hours."),
        latest("stale"),
        "none",
        NOTHING_WRONG,
    ),
    number(
        Title("反复报警", "Chattering"),
        Title("反复触发又恢复的报警。", "Alarms that come and go again and again."),
        latest("chattering"),
        "none",
        NOTHING_WRONG,
    ),
    number(
        Title("报警泛滥", "Flood"),
        Title("10 分钟内触发 10 条及以上。", "10 alarms and more within 10 minutes."),
        latest("flood"),
        "none",
        NEVER,
        words=YES_NO,
    ),
)
RATES = (
    Panel(
        Kind.CHART,
        Title("每 10 分钟触发的报警", "Alarms in 10 minutes"),
        Title("最近 10 分钟触发的条数。", "How many were raised in the last 10 minutes."),
        (
            over_time("max", "value_int", f"{HUB} AND {figure('alarms', 'raised_10min')}", ()).called(
                Title("10 分钟", "10 min")
            ),
        ),
        Look("none", ALARM_RATE, minimum=0),
        width=8,
    ),
    Panel(
        Kind.CHART,
        Title("高峰小时", "Peak hour"),
        Title("最近 24 小时中最繁忙的一小时的条数。", "The busiest hour of the last 24."),
        (
            over_time("max", "value_int", f"{HUB} AND {figure('alarms', 'peak_hour')}", ()).called(
                Title("1 小时", "1 h")
            ),
        ),
        Look("none", ALARM_HOUR, minimum=0),
        width=8,
    ),
    Panel(
        Kind.CHART,
        Title("确认用时", "Time to acknowledge"),
        Title("最近一小时确认用时的中位数。", "The median of the last hour."),
        (
            over_time("max", "value", f"{HUB} AND {figure('alarms', 'acknowledge')}", ()).called(
                Title("中位数", "median")
            ),
        ),
        Look("dthms", ACKNOWLEDGED_IN, minimum=0),
        width=8,
    ),
)
ROLES = '"device" =~ /^alarms-/ AND "point" = '
BURDENS = (
    Panel(
        Kind.CHART,
        Title("每 10 分钟，按角色", "In 10 minutes, by role"),
        Title("最近 10 分钟里各角色需要处理的报警。", "What each role was asked to respond to in the last 10 minutes."),
        (over_time("max", "value_int", f"{HUB} AND {ROLES}'raised_10min'", ("device",)).called("$tag_device"),),
        Look("none", ALARM_RATE, minimum=0, lines=known_lines.ROLES),
        width=8,
    ),
    Panel(
        Kind.CHART,
        Title("每小时，按角色", "In an hour, by role"),
        Title("最近 1 小时里各角色需要处理的报警。", "What each role was asked to respond to in the last hour."),
        (over_time("max", "value_int", f"{HUB} AND {ROLES}'raised_hour'", ("device",)).called("$tag_device"),),
        Look("none", ALARM_HOUR, minimum=0, lines=known_lines.ROLES),
        width=8,
    ),
    Panel(
        Kind.CHART,
        Title("每小时，按实验室", "In an hour, by lab"),
        Title("最近 1 小时里各实验室触发的报警。", "What was raised in each lab in the last hour."),
        (summed("value_int", f"{BY_LAB} AND \"point\" = 'raised_hour'", ("lab",), each="node").called("$tag_lab"),),
        Look("none", ALARM_HOUR, minimum=0),
        width=8,
    ),
)
MIX = Panel(
    Kind.CHART,
    Title("按优先级", "By priority"),
    Title(
        "每段时间触发的报警；健康的比例是高 5 %、中 15 %、低 80 %（EEMUA 191）。",
        "Raised in each step; a healthy mix is 5 % high, 15 % medium, 80 % low (EEMUA 191).",
    ),
    (counted(f"{HUB} AND {PRIORITIES}", ("point",)).called("$tag_point"),),
    Look("none", without("mix of priorities"), bars=True, stacked=True, minimum=0, lines=BY_PRIORITY),
)
LABS = Panel(
    Kind.TABLE,
    Title("各实验室", "By lab"),
    Title(
        "各实验室未解除的报警数及其最高优先级。",
        "Standing alarms of each lab and the highest priority among them.",
    ),
    (
        of_latest(
            "sum", "value_int", f"{BY_LAB} AND \"point\" = 'standing'", ("lab",), name="standing", each=("node",)
        ).as_table(),
        of_latest(
            "max", "value_int", f"{BY_LAB} AND \"point\" = 'highest'", ("lab",), name="highest", each=("node",)
        ).as_table(),
    ),
    Look(
        "none",
        NONE,
        columns=(
            LAB,
            Column("standing", Title("未解除", "Standing"), limits=NOTHING_WRONG, decimals=0),
            Column("highest", Title("最高优先级", "Highest priority"), limits=NOTHING_WRONG, words=BY_URGENCY),
        ),
        order=(("highest", Order.MOST), ("standing", Order.MOST)),
    ),
)
BOARD = Board(
    "alarms",
    Title("报警与指标", "Alarms and their KPIs"),
    Title(
        "报警由主机判定，这里只作显示；指标依据 EEMUA 191 与 IEC 62682。",
        "The hub judges alarms, this page shows them; KPIs follow EEMUA 191 and IEC 62682.",
    ),
    (SCHOOL, LAB_CHOICE),
    (
        Row(Title("此刻", "Now"), NOW),
        Row(Title("频率", "Rates"), RATES),
        Row(Title("谁与何处", "Who and where"), BURDENS),
        Row(Title("构成", "Mix"), (MIX, LABS)),
    ),
    since="now-24h",
)
