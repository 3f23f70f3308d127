"""From which time the journal has everything of a point."""

from .conftest import Opened
from .test_journal import KEYS, store

MINUTE_MS = 60_000


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
