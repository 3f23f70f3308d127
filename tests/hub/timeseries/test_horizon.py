"""From which time the journal has everything of a point."""

from labkeeper_hub.timeseries.horizon import OldestReading

from .conftest import Opened
from .test_journal import KEYS, store


async def test_the_horizon_is_the_oldest_chunk_else_the_oldest_reading_of_the_log(opened: Opened) -> None:
    async with opened() as journal:
        horizon = OldestReading(journal)
        assert await horizon.complete_from(KEYS[1]) is None
        await store(journal, [(1, 500, 0, 1), (1, 300, 0, 2)])
        assert await horizon.complete_from(KEYS[1]) == 300
        await journal.compact()
        await store(journal, [(1, 100, 0, 3)])
        assert await horizon.complete_from(KEYS[1]) == 300
        assert await horizon.complete_from(KEYS[2]) is None
