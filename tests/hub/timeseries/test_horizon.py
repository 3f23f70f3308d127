"""From which time the journal has everything of a point."""

from labkeeper_hub.model import Aggregate, ReadingsQuery
from labkeeper_hub.timeseries.journal import Journal
from labkeeper_hub.timeseries.pins import Pinned, Pins
from labkeeper_hub.timeseries.retired import retired_until

from .conftest import Opened
from .test_journal import KEYS, store

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
RETIRED = "UPDATE series SET retired_ms = 900000 WHERE id = 1"
LEAF = "INSERT INTO rollups (series, level, first_ms, last_ms, buckets, body) VALUES (1, 60000, 300000, 540000, 4, x'')"
LEAVES_WENT = "INSERT INTO retired VALUES (1, 'age', 60000, 1, 1, 1, 0, 240000)"


async def missing(journal: Journal, first_ms: int, end_ms: int, every_ms: int | None = None) -> list[tuple[int, int]]:
    """Return what the first page of an answer says retention took."""
    query = ReadingsQuery(KEYS[1], first_ms, end_ms, every_ms, Aggregate.COUNT)
    found = (await journal.page(query)).missing
    assert {one.reason for one in found} <= {"retired"}
    return [(one.from_ms, one.to_ms) for one in found]


async def test_what_retention_took_is_named_in_the_answer_and_only_there(opened: Opened) -> None:
    async with opened() as journal:
        await store(journal, [(1, 20 * MINUTE_MS, 0, 1), (1, 21 * MINUTE_MS, 0, 2)])
        await journal.compact()
        assert await missing(journal, 0, HOUR_MS) == []
        await journal.write(lambda connection: connection.execute(RETIRED))
        assert await missing(journal, 0, HOUR_MS) == [(0, 900_001)]
        assert await missing(journal, 0, 600_000) == [(0, 600_000)]
        assert await missing(journal, 900_001, HOUR_MS) == []
        first = await journal.page(ReadingsQuery(KEYS[1], 0, HOUR_MS, limit=1))
        assert first.after is not None
        rest = await journal.page(ReadingsQuery(KEYS[1], 0, HOUR_MS, limit=1, after=first.after))
        assert (len(first.missing), rest.missing) == (1, ())
        await Pins(journal).put("a recording", Pinned((KEYS[1],), 0, 600_000))
        assert await missing(journal, 100_000, 600_000) == []
        assert await missing(journal, 0, HOUR_MS) == [(0, 900_001)]


async def test_buckets_that_roll_ups_answer_miss_only_what_went_from_these_too(opened: Opened) -> None:
    async with opened() as journal:
        await store(journal, [(1, 20 * MINUTE_MS, 0, 1)])

        async def until(first_ms: int, every_ms: int) -> int | None:
            return await journal.write(lambda at: retired_until(at, 1, (first_ms, HOUR_MS), every_ms))

        await journal.write(lambda connection: connection.execute(RETIRED))
        assert await until(0, 30_000) == 900_001
        assert await until(0, MINUTE_MS) is None
        await journal.write(lambda connection: connection.execute(LEAVES_WENT))
        assert await until(0, MINUTE_MS) == 900_001
        await journal.write(lambda connection: connection.execute(LEAF))
        assert await until(0, MINUTE_MS) == 300_000
        assert await until(300_000, MINUTE_MS) is None


async def test_the_horizon_is_the_oldest_chunk_else_the_oldest_reading_of_the_log(opened: Opened) -> None:
    async with opened() as journal:
        assert await journal.complete_from(KEYS[1]) is None
        await store(journal, [(1, 500, 0, 1), (1, 300, 0, 2)])
        assert await journal.complete_from(KEYS[1]) == 300
        await journal.compact()
        await store(journal, [(1, 100, 0, 3)])
        assert await journal.complete_from(KEYS[1]) == 300
        assert await journal.complete_from(KEYS[2]) is None


async def test_after_retention_it_is_what_retention_left_and_earlier_for_what_roll_ups_answer(opened: Opened) -> None:
    async with opened() as journal:
        await store(journal, [(1, 10 * MINUTE_MS, 0, 1), (1, 20 * MINUTE_MS, 0, 2)])
        await journal.compact()
        await journal.write(lambda connection: connection.execute("UPDATE series SET retired_ms = 900000 WHERE id = 1"))
        assert await journal.complete_from(KEYS[1]) == 900_001
        leaf = (1, MINUTE_MS, 5 * MINUTE_MS, 9 * MINUTE_MS, 4, b"")
        await journal.write(
            lambda connection: connection.execute(
                "INSERT INTO rollups (series, level, first_ms, last_ms, buckets, body) VALUES (?, ?, ?, ?, ?, ?)", leaf
            )
        )
        assert await journal.complete_from(KEYS[1], 5 * MINUTE_MS) == 5 * MINUTE_MS
        assert await journal.complete_from(KEYS[1], MINUTE_MS // 2) == 900_001
