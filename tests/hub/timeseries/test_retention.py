"""What is too old or too much goes in whole chunks, oldest first, on record, and never before its roll-up is there."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkeeper_hub.model import Aggregate, PointKey, ReadingsQuery
from labkeeper_hub.retention_settings import DAY_MS, RetentionRule, RetentionSettings
from labkeeper_hub.timeseries.columns import FLOAT
from labkeeper_hub.timeseries.journal import Journal, Keeping, Pace
from labkeeper_hub.timeseries.pace import UpkeepPace
from labkeeper_hub.timeseries.retention import READINGS, Retention
from labkeeper_hub.timeseries.rollup import HOUR_MS, LEVELS, MINUTE_MS, QUARTER_MS

from .bench import Bench, open_bench
from .conftest import running

KEY = PointKey("school", "lab", "air", "co2")
ALL = (0, 1 << 50)
DEADLINE_S = 20.0
HASTY = UpkeepPace(look_s=0.001, rest_s=0.0, rest_times=0.0, retire_s=0.0, free_pages=0, free_part=1 << 30)
pytestmark = pytest.mark.usefixtures("small_chunks")


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with open_bench(tmp_path) as opened:
        yield opened


def an_hour(bench: Bench, series: int = 1) -> None:
    """Store a reading a minute for an hour: ten chunks, rolled."""
    bench.store([(series, MINUTE_MS * n, 0, float(n)) for n in range(60)])
    bench.compact()
    bench.roll()


def retire_aged(bench: Bench, ages: dict[int, int], now_ms: int, series: int = 1) -> int:
    """Retire in slices of two; return how many slices it took."""
    slices = 0
    while (found := bench.retirer.aged([(series, ages)], 2, now_ms)) is not None:
        assert 1 <= len(found.gone) <= 2
        bench.storing.retire(found)
        slices += 1
    return slices


def test_the_first_rule_that_fits_a_point_decides_and_takes_the_rest_from_all() -> None:
    heart = RetentionRule(match="school/*/*/heart_rate", raw_days=1, minute_days=7)
    retention = RetentionSettings(raw_days=10, points=(heart, RetentionRule(match="*", raw_days=20))).retention()
    assert retention.of(PointKey("school", "lab", "strap", "heart_rate"))[READINGS] == DAY_MS
    assert retention.of(PointKey("school", "lab", "strap", "heart_rate"))[QUARTER_MS] == 3650 * DAY_MS
    assert retention.of(KEY)[READINGS] == 20 * DAY_MS
    assert HOUR_MS not in retention.of(KEY)


@pytest.mark.parametrize(
    "wrong", [{"minute_days": 3}, {"quarter_days": 1}, {"points": [{"match": "*", "raw_days": 0}]}]
)
def test_a_coarser_level_cannot_be_kept_for_less_long(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="coarser"):
        RetentionSettings.model_validate(wrong)


def test_old_chunks_go_whole_and_the_roll_ups_still_know_them(bench: Bench) -> None:
    an_hour(bench)
    before = bench.rows(ALL, MINUTE_MS, Aggregate.MEAN)
    assert retire_aged(bench, {READINGS: 30 * MINUTE_MS}, 63 * MINUTE_MS) == 3  # five chunks end before minute 33
    raw = bench.page(ReadingsQuery(KEY, *ALL)).rows
    assert [row.value for row in raw] == [float(n) for n in range(30, 60)]
    assert bench.rows(ALL, MINUTE_MS, Aggregate.MEAN) == before
    record = bench.reading.execute(
        "SELECT at_ms, reason, level, chunks, rows, first_ms, last_ms FROM retired"
    ).fetchall()
    assert record == [(63 * MINUTE_MS, "age", READINGS, 5, 30, 0, 29 * MINUTE_MS)]
    series = bench.reading.execute("SELECT retired, retired_ms FROM series").fetchall()
    assert series == [(30, 29 * MINUTE_MS)]


def test_each_level_has_an_age_of_its_own(bench: Bench) -> None:
    an_hour(bench)
    retire_aged(bench, {READINGS: 0, MINUTE_MS: 30 * MINUTE_MS, QUARTER_MS: HOUR_MS}, 70 * MINUTE_MS)
    assert bench.page(ReadingsQuery(KEY, *ALL)).rows == ()
    minutes = bench.rows(ALL, MINUTE_MS, Aggregate.COUNT)
    assert minutes[0].time_ms == 36 * MINUTE_MS  # leaves of four minutes
    assert len(bench.rows(ALL, HOUR_MS, Aggregate.COUNT)) == 1


def test_what_is_not_rolled_yet_stays_whatever_its_age(bench: Bench) -> None:
    bench.store([(1, n, 0, n) for n in range(60)])
    bench.compact()
    assert retire_aged(bench, {READINGS: 0}, DAY_MS) == 0
    bench.roll()
    assert retire_aged(bench, {READINGS: 0}, DAY_MS) > 0
    assert bench.count("chunks") == 0


def test_a_series_that_fell_silent_is_sealed_rolled_and_retired_and_may_speak_again(bench: Bench) -> None:
    bench.store([(1, 5, 0, 1.0), (1, 6, 0, 2.0)])
    bench.compact()
    ages = {READINGS: HOUR_MS}
    assert bench.retirer.to_seal([(1, ages)], HOUR_MS) == ()
    sealable = bench.retirer.to_seal([(1, ages)], DAY_MS)
    bench.storing.seal(sealable)
    bench.store([(1, DAY_MS, 0, 3.0)])
    bench.compact()
    assert bench.roll() == 1
    assert retire_aged(bench, ages, DAY_MS) == 1
    assert [row.value for row in bench.page(ReadingsQuery(KEY, *ALL)).rows] == [3.0]
    assert bench.rows(ALL, DAY_MS, Aggregate.COUNT) == [(0, 2), (DAY_MS, 1)]


def test_a_chunk_that_takes_the_number_of_a_deleted_one_is_nobody_elses(bench: Bench) -> None:
    bench.store([(1, n, 0, "one") for n in range(3)])
    bench.compact()
    bench.roll()
    retire_aged(bench, {READINGS: 0}, DAY_MS)
    bench.store([(2, n, 0, "two") for n in range(2)])
    bench.compact()
    bench.store([(1, 9, 0, "one again")])
    bench.compact()
    assert [row.value for row in bench.page(ReadingsQuery(KEY, *ALL), 1).rows] == ["one again"]
    assert [row.value for row in bench.page(ReadingsQuery(KEY, *ALL), 2).rows] == ["two", "two"]


def test_too_many_bytes_take_the_oldest_readings_of_all_series_and_then_the_finest_roll_ups(bench: Bench) -> None:
    an_hour(bench)
    bench.store([(2, HOUR_MS + MINUTE_MS * n, 0, float(n)) for n in range(12)])
    bench.compact()
    bench.roll()
    first = bench.retirer.oldest(10, 0)
    assert first is not None
    assert {one.series for one in first.gone} == {1}
    bench.storing.retire(first)
    levels = []
    while (found := bench.retirer.oldest(100, 0)) is not None:
        bench.storing.retire(found)
        levels.append(found.level)
    assert levels == [READINGS, *LEVELS]
    assert (bench.count("chunks"), bench.count("rollups")) == (0, 0)
    assert {row[0] for row in bench.reading.execute("SELECT reason FROM retired")} == {"bytes"}


def forwarded_up_to(bench: Bench, history: int) -> None:
    """Let a sink have of its history what was made after the chunk `history`."""
    bench.writer.connection.execute("INSERT OR REPLACE INTO forwarded VALUES ('influx', 0, ?, 0)", (history,))


def missed(bench: Bench) -> list[tuple[str, int]]:
    return bench.reading.execute("SELECT sink, readings FROM missed").fetchall()


def test_what_a_forwarder_still_has_to_send_waits_for_it_whatever_its_age(bench: Bench) -> None:
    an_hour(bench)
    forwarded_up_to(bench, history=7)
    assert retire_aged(bench, {READINGS: 0}, DAY_MS) == 2  # three of ten chunks, two at a time
    assert [row[0] for row in bench.reading.execute("SELECT id FROM chunks ORDER BY id")] == [*range(1, 8)]
    forwarded_up_to(bench, history=0)
    retire_aged(bench, {READINGS: 0}, DAY_MS)
    assert (bench.count("chunks"), missed(bench)) == (0, [])


def test_too_many_bytes_take_what_is_sent_before_what_is_not_and_count_that(bench: Bench) -> None:
    an_hour(bench)
    forwarded_up_to(bench, history=7)
    taken = []
    while (found := bench.retirer.oldest(2, 0)) is not None and found.level == READINGS:
        bench.storing.retire(found)
        taken.append(([one.id for one in found.gone], missed(bench)))
    assert taken[:3] == [([8, 9], []), ([10], []), ([1, 2], [("influx", 12)])]
    assert missed(bench) == [("influx", 7 * 6)]


async def fill(journal: Journal, count: int, first_ms: int = 0) -> None:
    """Store and compact so many readings, a second apart."""
    series = journal.series_of(KEY)
    for number in range(count):
        journal.group.add(series, first_ms + 1000 * number, FLOAT, float(number))
    journal.filled()
    async with asyncio.timeout(DEADLINE_S):
        while journal.queued:
            await asyncio.sleep(0.001)
    await journal.compact()


async def test_upkeep_rolls_retires_and_gives_the_room_back_by_itself(tmp_path: Path) -> None:
    keeping = Keeping(Retention({READINGS: HOUR_MS}), HASTY, now_ms=lambda: 10 * DAY_MS)
    async with running(tmp_path / "j.sqlite", Pace(commit_s=0), keeping) as journal:
        await fill(journal, 3000)
        grown = (await journal.upkeep.place.look()).pages
        task = asyncio.create_task(journal.upkeep.run())
        async with asyncio.timeout(DEADLINE_S):
            while journal.chunks or journal.upkeep.place.size.free:
                await asyncio.sleep(0.01)
        task.cancel()
        status = journal.status().upkeep
        shrunk = (await journal.upkeep.place.look()).pages
        counted = await journal.page(ReadingsQuery(KEY, *ALL, HOUR_MS, Aggregate.COUNT))
    assert sum(row.value for row in counted.rows if isinstance(row.value, int)) == 3000
    assert (status.rolled, status.unrolled_chunks) == (3000, 0)
    assert [(one.reason, one.level, one.rows) for one in status.retired] == [("age", READINGS, 3000)]
    assert shrunk < grown
    assert status.pages_given_back > 0


async def test_a_file_beyond_its_limit_loses_its_oldest_until_it_is_not(tmp_path: Path) -> None:
    limit = 200_000
    keeping = Keeping(Retention(max_bytes=limit), HASTY)
    async with running(tmp_path / "j.sqlite", Pace(commit_s=0), keeping) as journal:
        await fill(journal, 9000)
        assert (await journal.upkeep.place.look()).used_bytes > limit
        async with asyncio.timeout(DEADLINE_S):
            while await journal.upkeep.slice():
                pass
        left = await journal.page(ReadingsQuery(KEY, *ALL))
        assert (await journal.upkeep.place.look()).used_bytes <= limit
    assert 0 < len(left.rows) < 9000
    assert left.rows[-1].value == 8999.0


async def test_live_values_survive_a_restart_after_their_chunks_are_gone(tmp_path: Path) -> None:
    keeping = Keeping(Retention({READINGS: 0}), HASTY)
    async with running(tmp_path / "j.sqlite", Pace(commit_s=0), keeping) as journal:
        await fill(journal, 10)
        async with asyncio.timeout(DEADLINE_S):
            while journal.chunks:
                await journal.upkeep.slice()
    async with running(tmp_path / "j.sqlite", Pace(commit_s=0)) as journal:
        assert journal.chunks == 0
        assert [value.time_ms for value in journal.live().values()] == [9000]


async def test_a_file_of_an_older_version_keeps_its_free_pages_for_new_readings(tmp_path: Path) -> None:
    async with running(tmp_path / "j.sqlite", Pace(commit_s=0)) as journal:
        journal.writer.connection.execute("PRAGMA auto_vacuum = NONE")
        journal.writer.connection.execute("VACUUM")
        await fill(journal, 3000)
        journal.writer.connection.execute("DELETE FROM chunks")
        size = await journal.upkeep.place.look()
        assert size.free > 0
        assert not size.can_shrink
        assert not await journal.upkeep.giving_back.slice()
