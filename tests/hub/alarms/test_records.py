"""The lines of the alarms' history, as they are found again."""

from pathlib import Path

from labkeeper_hub.alarms.entry import AlarmEntry
from labkeeper_hub.alarms.records import AlarmRecords
from labkeeper_hub.model import AlarmKey, PointKey
from labkeeper_hub.registry.database import open_database

WEEK_MS = 7 * 24 * 3_600_000
MANY = 12_000  # more than any page of the history


def line(lab: str, at_ms: int, school: str = "demo") -> AlarmEntry:
    key = AlarmKey("co2", PointKey(school, "pi", "air", "co2"))
    return AlarmEntry(key, lab, "raised", "warn", at_ms, at_ms)


async def test_a_labs_old_week_is_whole_however_much_came_after_it_and_beside_it(tmp_path: Path) -> None:
    async with open_database(f"sqlite+aiosqlite:///{tmp_path / 'hub.sqlite'}") as engine:
        records = AlarmRecords(engine)
        ours = [line("lab-1", at_ms) for at_ms in (0, 1, WEEK_MS - 1)]
        beside = [line("lab-1", WEEK_MS), line("lab-2", 1), line("lab-1", 1, school="other")]
        later = [line("lab-2", WEEK_MS + number) for number in range(MANY)]
        await records.save([], [*ours, *beside, *later])
        assert await records.of_lab("demo", "lab-1", 0, WEEK_MS) == ours[::-1]
        assert await records.of_lab("demo", "lab-3", 0, WEEK_MS) == []
