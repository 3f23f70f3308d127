"""PE class: heart rate of the class as a whole. Nothing here shows one pupil, not even under a pseudonym: no question
groups by device, so no answer that reaches a browser has a line for a band.
"""

from labkeeper_dashboards.influxql import OF_LABS, Query, at_once, of_latest, over_time, point
from labkeeper_dashboards.limits import HEART_HIGH, HEART_MEAN, NONE
from labkeeper_dashboards.model import LAB, SCHOOL, Board, Kind, Look, Panel, Row
from labkeeper_sdk import Title

RATE = f"{OF_LABS} AND {point('heart_rate', 'heart-rate')}"
ZONES = ((0, 100), (100, 120), (120, 140), (140, 160), (160, 180), (180, 300))
CLASS_ONLY = Title("只显示全班的合计，不显示任何一个手环。", "The class as a whole; no single band is shown.")


def in_zone(low: int, high: int) -> Query:
    """Ask how many readings of a step lie in a zone."""
    where = f'{RATE} AND "value_int" >= {low} AND "value_int" < {high}'
    return over_time("count", "value_int", where, (), fill="0").called(f"{low}–{high}")


BOARD = Board(
    "lesson",
    Title("体育课心率", "PE class heart rate"),
    Title(
        "匿名手环，只看全班：平均、中位数与分布。不作任何诊断。",
        "Pseudonymous bands, the class as a whole: mean, median and density. No diagnosis.",
    ),
    (SCHOOL, LAB),
    (
        Row(
            Title("此刻", "Now"),
            (
                Panel(
                    Kind.NUMBER,
                    Title("全班平均心率", "Mean of the class"),
                    CLASS_ONLY,
                    (of_latest("mean", "value_int", RATE, name="mean", each=("device", "point")),),
                    Look("suffix: /min", HEART_MEAN, decimals=0),
                    width=8,
                    height=5,
                ),
                Panel(
                    Kind.NUMBER,
                    Title("佩戴手环数", "Bands worn"),
                    Title("所选时间内有读数的手环数。", "Bands with readings in the window."),
                    (of_latest("count", "value_int", RATE, name="bands", each=("device", "point")),),
                    Look("none", NONE, decimals=0),
                    width=8,
                    height=5,
                ),
                Panel(
                    Kind.NUMBER,
                    Title("200 次/分及以上的读数", "Readings of 200 /min and more"),
                    CLASS_ONLY,
                    (at_once("count", "value_int", f'{RATE} AND "value_int" >= 200', name="high"),),
                    Look("none", HEART_HIGH, decimals=0),
                    width=8,
                    height=5,
                ),
            ),
        ),
        Row(
            Title("过程", "Over the lesson"),
            (
                Panel(
                    Kind.CHART,
                    Title("全班心率", "Heart rate of the class"),
                    CLASS_ONLY,
                    (
                        over_time("mean", "value_int", RATE, ()).called("mean"),
                        over_time("median", "value_int", RATE, ()).called("median"),
                    ),
                    Look("suffix: /min", HEART_MEAN, minimum=60, maximum=220),
                    width=24,
                    height=9,
                ),
                Panel(
                    Kind.CHART,
                    Title("心率分布", "Density"),
                    Title(
                        "每段时间落在各心率区间（次/分）的读数。" + CLASS_ONLY.zh,
                        "Readings of each step in each zone (/min). " + CLASS_ONLY.en,
                    ),
                    tuple(in_zone(*zone) for zone in ZONES),
                    Look("none", NONE, bars=True, stacked=True, minimum=0),
                    width=24,
                    height=9,
                ),
            ),
        ),
    ),
    since="now-1h",
    refresh="10s",
)
