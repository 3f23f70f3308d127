"""What the journal no longer has comes from InfluxDB, and the answer is the one the whole journal would have given."""

import struct
from collections.abc import Sequence

import pytest

from labkeeper_hub.influx.combining import combined, needed
from labkeeper_hub.influx.history import HistoryUnavailable, InfluxHistory
from labkeeper_hub.influx.merging import MergedReadings
from labkeeper_hub.influx.settings import InfluxSettings
from labkeeper_hub.model import Aggregate, Cursor, Page, PointKey, ReadingsQuery, Row
from labkeeper_hub.timeseries.columns import BAD, STALE
from labkeeper_sdk import Value
from labkeeper_sdk.testing import free_port
from tests.hub.timeseries.strategies import exactly

from .conftest import KEY, START_MS, Database, Stored, forwarding, through
from .scripted_server import Act, answer, half, open_server, silence

END_MS = START_MS + 1_000_000


class At:
    """A horizon where a test wants it."""

    def __init__(self, horizon_ms: int | None) -> None:
        self.horizon_ms = horizon_ms

    async def complete_from(self, key: PointKey, every_ms: int | None = None) -> int | None:
        del key, every_ms
        return self.horizon_ms


class Beginning:
    """A journal that forgot everything before a time."""

    def __init__(self, stored: Stored, from_ms: int) -> None:
        self.stored, self.from_ms = stored, from_ms

    async def page(self, query: ReadingsQuery) -> Page:
        assert query.from_ms >= self.from_ms or (query.after and query.after.time_ms >= self.from_ms)
        return await self.stored.journal.page(query)


def merged(stored: Stored, settings: InfluxSettings, horizon_ms: int) -> MergedReadings:
    return MergedReadings(Beginning(stored, horizon_ms), At(horizon_ms), InfluxHistory(settings, lambda _: False))


async def pages(readings: MergedReadings, query: ReadingsQuery) -> list[tuple[int, object]]:
    """Read everything, page by page."""
    rows: list[tuple[int, object]] = []
    after: Cursor | None = query.after
    while True:
        page = await readings.page(
            ReadingsQuery(query.key, query.from_ms, query.to_ms, query.every_ms, query.aggregate, query.limit, after)
        )
        assert not page.missing
        assert len(page.rows) <= query.limit
        rows += [(row.time_ms, exactly(row.value)) for row in page.rows]
        after = page.after
        if after is None:
            return rows


async def filled(stored: Stored, database: Database, made: Sequence[tuple[int, int, Value | None]]) -> None:
    """Store readings (mark, time, value) and forward them."""
    for mark, time_ms, value in made:
        await stored.put((KEY, time_ms, value), mark=mark)
    async with forwarding(database.settings, stored.journal) as forwarder:
        await through(forwarder)


FLOATS = [(0, START_MS + i * 700 // 3, i * 0.37 - 5) for i in range(60)] + [
    (0, START_MS + 700, 1e9),
    (0, START_MS + 700, 2.0),
]
KINDS: dict[str, list[tuple[int, int, Value | None]]] = {
    "floats": [*FLOATS],
    "integers": [(0, START_MS + i * 333, i * i - 50) for i in range(40)],
    "switch": [(0, START_MS + i * 333, i % 3 == 0) for i in range(40)],
    "texts": [(0, START_MS + i * 333, f"mode {i % 4}") for i in range(40)],
    "bad and none": [((0, BAD, STALE)[i % 3], START_MS + i * 333, None if i % 7 == 0 else i * 0.5) for i in range(40)],
    "changed datatype": [(0, START_MS + i * 333, float(i) if i < 20 else i) for i in range(40)],
}


@pytest.mark.parametrize("kind", KINDS)
async def test_any_question_is_answered_as_if_the_journal_had_everything(
    stored: Stored, database: Database, kind: str
) -> None:
    await filled(stored, database, KINDS[kind])
    last_ms = max(time_ms for _, time_ms, _ in KINDS[kind])
    middle_ms = (START_MS + last_ms) // 2 + 1
    readings = merged(stored, database.settings, middle_ms)
    raw = ReadingsQuery(KEY, START_MS - 5, last_ms + 1, limit=9)
    assert await pages(readings, raw) == await whole(stored, raw)
    for aggregate in Aggregate:
        query = ReadingsQuery(KEY, START_MS + 300, last_ms + 1, 1_000, aggregate, limit=5)
        if kind == "texts" and aggregate not in (Aggregate.COUNT, Aggregate.FIRST, Aggregate.LAST):
            with pytest.raises(ValueError, match=f"texts have no {aggregate}"):
                await pages(readings, query)
        else:
            assert close(await pages(readings, query), await whole(stored, query)), aggregate


async def test_a_window_wholly_before_the_horizon_ends_where_influxdb_ends(stored: Stored, database: Database) -> None:
    await filled(stored, database, FLOATS)
    readings = merged(stored, database.settings, END_MS)
    for every_ms in (None, 1000):
        query = ReadingsQuery(KEY, START_MS + 300, END_MS, every_ms)
        assert close(await pages(readings, query), await whole(stored, query))


async def whole(stored: Stored, query: ReadingsQuery) -> list[tuple[int, object]]:
    page = await stored.journal.page(
        ReadingsQuery(query.key, query.from_ms, query.to_ms, query.every_ms, query.aggregate)
    )
    return [(row.time_ms, exactly(row.value)) for row in page.rows]


def close(left: list[tuple[int, object]], right: list[tuple[int, object]]) -> bool:
    """Sums of floats may be added up in another order; everything else is equal."""
    return [(time_ms, about(value)) for time_ms, value in left] == [(time_ms, about(value)) for time_ms, value in right]


def about(value: object) -> object:
    """Which of two types a minimum has depends on the window where the datatype changed."""
    number = struct.unpack("<d", value)[0] if isinstance(value, bytes) else value
    if isinstance(number, tuple) and number[0] is int:
        number = float(number[1])
    return round(number, 6) if isinstance(number, float) else number


async def test_a_point_the_journal_knows_nothing_of_is_asked_of_influxdb(stored: Stored, database: Database) -> None:
    await filled(stored, database, FLOATS)
    readings = MergedReadings(stored.journal, At(None), InfluxHistory(database.settings, lambda _: False))
    page = await readings.page(ReadingsQuery(KEY, START_MS, END_MS))
    assert len(page.rows) == len(FLOATS)


async def test_what_the_journal_has_wholly_is_not_asked_of_influxdb(stored: Stored) -> None:
    await stored.put((KEY, START_MS, 1.0))
    async with open_server() as server:
        readings = merged(stored, InfluxSettings(url=server.url), START_MS)
        page = await readings.page(ReadingsQuery(KEY, START_MS, END_MS))
        assert ([row.value for row in page.rows], page.missing, server.seen) == ([1.0], (), [])


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (answer("401 Unauthorized", '{"error":"no"}'), "influx_refuses"),
        (answer("200 OK", '{"results":[{"error":"database not found"}]}'), "influx_refuses"),
        (answer("200 OK", "nonsense"), "influx_refuses"),
        (half, "influx_unreachable"),
        (silence, "influx_timeout"),
    ],
)
@pytest.mark.parametrize("every_ms", [None, 1000])
async def test_what_influxdb_does_not_tell_is_named_and_the_journals_part_is_answered(
    stored: Stored, act: Act, reason: str, every_ms: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if reason == "influx_timeout":
        monkeypatch.setattr("labkeeper_hub.influx.history.ASK_S", 0.2)
    await stored.put((KEY, START_MS, 1.0))
    async with open_server(afterwards=act) as server:
        readings = merged(stored, InfluxSettings(url=server.url), START_MS)
        page = await readings.page(ReadingsQuery(KEY, START_MS - 5000, END_MS, every_ms))
    assert [row.value for row in page.rows] == [1.0]
    assert [tuple(one) for one in page.missing] == [(START_MS - 5000, START_MS, reason)]


async def test_an_influxdb_that_is_away_is_named(stored: Stored) -> None:
    await stored.put((KEY, START_MS, 1.0))
    readings = merged(stored, InfluxSettings(url=f"http://127.0.0.1:{free_port()}"), START_MS)
    page = await readings.page(ReadingsQuery(KEY, 0, START_MS - 1))
    assert (page.rows, page.missing[0].reason) == ((), "influx_unreachable")


async def test_more_than_can_be_reckoned_here_is_named(
    stored: Stored, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labkeeper_hub.influx.history.MOST_ROWS", 20)
    monkeypatch.setattr("labkeeper_hub.influx.history.PAGE_ROWS", 10)
    await filled(stored, database, KINDS["switch"])
    history = InfluxHistory(database.settings, lambda _: False)
    with pytest.raises(HistoryUnavailable, match="too_much"):
        await history.aggregated(ReadingsQuery(KEY, 0, 1, 1000), (START_MS, END_MS), 10)
    monkeypatch.setattr("labkeeper_hub.influx.history.MOST_ROWS", 1000)
    rows = await history.aggregated(ReadingsQuery(KEY, 0, 1, 1000, Aggregate.COUNT), (START_MS, END_MS), 100)
    assert sum(int(row.value or 0) for row in rows) == 40


@pytest.mark.parametrize(
    ("aggregate", "older", "newer", "value"),
    [
        (Aggregate.MEAN, [Row(0, 6.0), Row(0, 3)], [Row(0, 4.0), Row(0, 1)], 2.5),
        (Aggregate.MEAN, [], [Row(0, 4.0), Row(0, 2)], 2.0),
        (Aggregate.SUM, [Row(0, 6.0)], [Row(0, 4.0)], 10.0),
        (Aggregate.COUNT, [Row(0, 6)], [Row(0, 4)], 10),
        (Aggregate.MIN, [Row(0, 6)], [Row(0, 4)], 4),
        (Aggregate.MAX, [Row(0, 6)], [Row(0, 4.5)], 6.0),
        (Aggregate.FIRST, [Row(0, "a")], [Row(0, "b")], "a"),
        (Aggregate.LAST, [Row(0, "a")], [Row(0, "b")], "b"),
        (Aggregate.LAST, [Row(0, "a")], [], "a"),
    ],
)
def test_two_parts_of_a_bucket_make_one(aggregate: Aggregate, older: list[Row], newer: list[Row], value: Value) -> None:
    (row,) = combined(aggregate, older, newer)
    assert (row.time_ms, exactly(row.value)) == (0, exactly(value))


def test_nothing_and_nothing_make_no_bucket() -> None:
    assert combined(Aggregate.MEAN, [], []) == []
    assert needed(Aggregate.MEAN) == (Aggregate.SUM, Aggregate.COUNT)
    assert needed(Aggregate.MIN) == (Aggregate.MIN,)
