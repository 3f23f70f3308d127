"""What a room report reckons: how long a state was on, what a counter went up by, which points belong where."""

from labkeeper_hub.alarms.catalogue import shipped
from labkeeper_hub.alarms.entry import AlarmEntry
from labkeeper_hub.model import AlarmKey, Cursor, Page, PointKey, ReadingsQuery, Row
from labkeeper_hub.reports.document import Document
from labkeeper_hub.reports.html import page
from labkeeper_hub.reports.room import HOLD_MS, Asked, chosen, day_window, document, on_ms, used
from labkeeper_hub.reports.traces import Trace, trace_of
from labkeeper_hub.reports.words import WORDS
from labkeeper_hub.steps import DAY_MS, HOUR_MS, MINUTE_MS
from labkeeper_sdk import Title

from ..recordings.made import START_MS, point  # noqa: TID252 - tests are not packages

ROWS = 500


class Rows:
    """Readings by point name, ROWS a page; each query's buckets are the rows themselves."""

    def __init__(self, **rows: list[tuple[int, float | bool]]) -> None:
        self.rows = rows

    async def page(self, query: ReadingsQuery) -> Page:
        found = [Row(*one) for one in self.rows.get(query.key.point, []) if query.from_ms <= one[0] < query.to_ms]
        if query.every_ms is not None:
            return Page(tuple(found), None)
        rest = [row for row in found if query.after is None or row.time_ms > query.after.time_ms]
        rows = tuple(rest[:ROWS])
        return Page(rows, Cursor(rows[-1].time_ms, 0) if len(rest) > ROWS else None)


def test_a_state_holds_until_the_next_reading_and_not_for_ever() -> None:
    on = Row(2 * MINUTE_MS, value=True)
    assert on_ms(on, 3 * MINUTE_MS, 0) == MINUTE_MS
    assert on_ms(on, 9 * DAY_MS, 0) == HOLD_MS
    assert on_ms(on, HOUR_MS, HOUR_MS - MINUTE_MS) == MINUTE_MS
    assert on_ms(on, HOUR_MS, 2 * HOUR_MS) == 0
    assert on_ms(Row(0, value=False), HOUR_MS, 0) == 0


async def test_a_morning_in_use_and_a_lamp_left_on_since_yesterday_are_told_whole() -> None:
    midnight = START_MS - 8 * HOUR_MS
    told = page(
        await a_day(
            "en",
            occupancy=[(midnight + 8 * HOUR_MS, True), (midnight + 11 * HOUR_MS, False)],
            state=[(midnight - 4 * HOUR_MS, True), (midnight + 6 * HOUR_MS, False)],
        )
    )
    assert "3 h 0 min" in told
    assert "6 h 0 min" in told
    assert "for a day at most" in told


async def test_a_state_that_is_said_all_the_time_is_reckoned_page_after_page() -> None:
    midnight = START_MS - 8 * HOUR_MS
    every_minute: list[tuple[int, float | bool]] = [
        (midnight + minute * MINUTE_MS, minute < 600) for minute in range(1200)
    ]
    told = page(await a_day("en", occupancy=every_minute))
    assert "10 h 0 min" in told


def test_what_the_catalogue_watches_of_air_light_and_noise_is_in_the_report() -> None:
    rules = shipped().rules
    for unit, section in (("[ppm]", "air"), ("ug/m3", "air"), ("mg/m3", "air"), ("Cel", "air"), ("lx", "light")):
        names = {name for rule in rules.values() if rule.unit == unit for name in rule.match.points}
        assert [one.point for one in chosen([point(name) for name in sorted(names)], section)] == sorted(names)
    assert chosen([point("sound_level")], "noise")
    assert chosen([point("gas_value"), point("carbon_monoxide")], "air")


def test_a_counter_that_was_set_back_begins_anew() -> None:
    times = tuple(range(4))
    trace = Trace(times, (0.0,) * 4, low=(10, 12, 0, 1), high=(12, 14, 1, 3), counts=(1,) * 4)
    assert used(trace) == (12 - 10) + (14 - 12) + 0 + (3 - 1)
    assert used(Trace()) == 0


def test_points_go_where_their_names_say_and_only_measures() -> None:
    points = [point("co2"), point("sensor/humidity"), point("illuminance"), point("co2", kind="str"), point("target")]
    assert [one.point for one in chosen(points, "air")] == ["co2", "sensor/humidity"]
    assert [one.point for one in chosen(points, "light")] == ["illuminance"]
    assert chosen(points, "noise") == []


def test_a_day_begins_at_midnight_where_the_reader_is() -> None:
    assert day_window(START_MS, 1, 480) == (START_MS - 8 * HOUR_MS, START_MS + 16 * HOUR_MS)
    assert day_window(START_MS, 7, 0) == (START_MS, START_MS + 7 * DAY_MS)


async def test_a_trace_of_nothing_is_empty_and_weighs_its_mean() -> None:
    key = PointKey("demo", "pi", "air", "co2")
    assert (await trace_of(Rows(), key, 0, DAY_MS)).times == ()
    assert Trace((0, 1), (1.0, 4.0), (1.0, 4.0), (1.0, 4.0), (2, 1)).average == 2.0


async def a_day(language: str, **rows: list[tuple[int, float | bool]]) -> Document:
    asked = Asked("zh" if language == "zh" else "en", 480, *day_window(START_MS, 1, 480), 1, "301", START_MS + DAY_MS)
    points = [
        point("co2", unit="[ppm]"),
        point("occupancy", "eye", "bool"),
        point("state", "lamp", "bool").model_copy(update={"kind": "switch"}),
        point("energy", "plug", unit="kW.h"),
        point("power", "plug", unit="W"),
    ]
    return await document(Rows(**rows), points, [], asked)


async def test_the_day_tells_of_each_thing_in_both_languages() -> None:
    rows: dict[str, list[tuple[int, float | bool]]] = {
        "co2": [(START_MS, 500.0), (START_MS + 600_000, 700.0)],
        "occupancy": [(START_MS, True), (START_MS + 30 * MINUTE_MS, False)],
        "state": [(START_MS, True), (START_MS + 5 * MINUTE_MS, False)],
        "energy": [(START_MS, 10.0), (START_MS + 600_000, 10.25)],
        "power": [(START_MS, 40.0)],
    }
    told = page(await a_day("zh", **rows))
    for words in (
        "空气",
        "光照",
        "噪声",
        "使用",
        "用电",
        "报警",
        "0 小时 30 分",
        "0 小时 5 分",
        "0.25 kWh",
        "没有报警",
    ):
        assert words in told, words
    assert "这个实验室没有这类测点" in told  # light and noise
    english = page(await a_day("en", **rows))
    assert 'lang="en"' in english
    assert "0 h 30 min" in english


async def test_an_alarm_is_told_by_the_names_of_its_rule_and_its_point() -> None:
    asked = Asked("en", 0, START_MS, START_MS + DAY_MS, 1, "Lab", START_MS + DAY_MS)
    source = PointKey("demo", "pi", "air", "temperature")
    alarms = [
        AlarmEntry(AlarmKey("hot", source), "lab-301", "raised", "warn", START_MS, START_MS, 31.0),
        AlarmEntry(
            AlarmKey("own", source._replace(device="", point="")), "lab-301", "raised", "warn", START_MS, START_MS
        ),
    ]
    told = await document(Rows(), [point()], alarms, asked, {"hot": Title("过热", "Too hot")})
    rows = [row[1:3] for table in told.sections[-1].tables for row in table.rows]
    assert rows == [("Too hot", "air · Temperature"), ("own", "pi")]


async def test_a_day_without_anything_is_still_a_report() -> None:
    assert page(await a_day("en")).count("This lab has no points of this kind.") == 5


def test_both_languages_say_the_same_things() -> None:
    for key, (zh, en) in WORDS.items():
        assert zh.strip(), key
        assert en.strip(), key
        assert sorted(part.split("}")[0] for part in zh.split("{")[1:]) == sorted(
            part.split("}")[0] for part in en.split("{")[1:]
        ), key
