"""A rule with a limit takes its own points' oldest, no more than is too much, and nobody else's."""

import asyncio
from pathlib import Path

import pytest

from labkeeper_hub.model import PointKey, ReadingsQuery
from labkeeper_hub.retention_settings import RetentionRule, RetentionSettings
from labkeeper_hub.timeseries.budgets import Budget, budgets, enough
from labkeeper_hub.timeseries.columns import FLOAT
from labkeeper_hub.timeseries.journal import Journal, Keeping, Pace
from labkeeper_hub.timeseries.pace import UpkeepPace
from labkeeper_hub.timeseries.retention import READINGS, Gone, Retention, Rule
from labkeeper_hub.timeseries.rollup import LEVELS

from .conftest import running

CO2 = PointKey("school", "lab", "air", "co2")
FACE = PointKey("school", "lab", "camera", "presence")
NOISE = PointKey("school", "lab", "air", "noise")
SERIES = {CO2: 1, FACE: 2, NOISE: 3}
ALL = (0, 1 << 50)
HASTY = UpkeepPace(look_s=0.001, rest_s=0.0, rest_times=0.0, retire_s=0.0, free_pages=0, free_part=1 << 30)
DEADLINE_S = 20.0


def gone(*sizes: int) -> tuple[Gone, ...]:
    return tuple(Gone(number, 1, 0, 0, 1, size) for number, size in enumerate(sizes))


def test_a_point_counts_for_its_first_rule_alone_and_rules_without_limit_have_no_budget() -> None:
    rules = (Rule("*/presence", {}, 10), Rule("*/noise", {}), Rule("school/*", {}, 20), Rule("nowhere/*", {}, 30))
    found = [(one.match, one.max_bytes, one.series) for one in budgets(Retention(rules=rules), SERIES)]
    assert found == [("*/presence", 10, (2,)), ("school/*", 20, (1,)), ("nowhere/*", 30, ())]


def test_the_settings_say_bytes_for_each_rule_and_zero_is_no_limit() -> None:
    rules = (RetentionRule(match="*/presence", max_bytes=7), RetentionRule(match="*/noise"))
    assert [one.max_bytes for one in RetentionSettings(points=rules).retention().rules] == [7, None]
    with pytest.raises(ValueError, match="max_bytes"):
        RetentionRule(match="*", max_bytes=-1)


def test_a_rule_keeps_a_coarser_level_as_long_as_a_finer_one_whatever_its_bytes() -> None:
    with pytest.raises(ValueError, match="coarser"):
        RetentionSettings(points=(RetentionRule(match="*", minute_days=1, max_bytes=7),))


@pytest.mark.parametrize(
    ("sizes", "excess", "count"), [((4, 4, 4), 1, 1), ((4, 4, 4), 4, 1), ((4, 4, 4), 5, 2), ((4, 4), 99, 2), ((), 1, 0)]
)
def test_no_more_goes_than_is_too_much(sizes: tuple[int, ...], excess: int, count: int) -> None:
    assert enough(gone(*sizes), excess) == gone(*sizes)[:count]


def test_a_budget_is_over_when_weighed_and_stuck_when_nothing_may_go() -> None:
    budget = Budget("*", 10, (1,))
    assert budget.excess == 0
    budget.used_bytes = 25
    assert budget.excess == 15
    budget.took(gone(8))
    assert (budget.used_bytes, budget.excess) == (17, 7)
    budget.took(())
    assert (budget.used_bytes, budget.excess) == (17, 0)
    unweighed = Budget("*", 10, (1,))
    unweighed.took(gone(3))
    assert unweighed.excess == 0


async def fill(journal: Journal, count: int) -> None:
    """Store and compact so many readings of each point, a second apart."""
    for key in SERIES:
        series = journal.series_of(key)
        for number in range(count):
            journal.group.add(series, 1000 * number, FLOAT, float(number * 7919 % 4001))
    journal.filled()
    async with asyncio.timeout(DEADLINE_S):
        while journal.queued:
            await asyncio.sleep(0.001)
    await journal.compact()


async def kept(journal: Journal, key: PointKey) -> int:
    return len((await journal.page(ReadingsQuery(key, *ALL))).rows)


@pytest.mark.usefixtures("small_chunks")
async def test_the_points_of_a_rule_lose_their_oldest_until_they_fit_and_others_nothing(tmp_path: Path) -> None:
    keeping = Keeping(Retention(rules=(Rule("*/presence", {}, 3_000),)), HASTY)
    async with running(tmp_path / "j.sqlite", Pace(commit_s=0), keeping) as journal:
        await fill(journal, 600)
        async with asyncio.timeout(DEADLINE_S):
            while await journal.upkeep.slice():
                pass
        status = journal.status().upkeep
        left = (await journal.page(ReadingsQuery(FACE, *ALL))).rows
        assert [await kept(journal, key) for key in (CO2, NOISE)] == [600, 600]
        record = journal.writer.connection.execute("SELECT reason, SUM(rows) FROM retired WHERE level = 0").fetchall()
    assert 0 < len(left) < 600
    assert left[-1].time_ms == 599_000
    assert [(one.reason, one.level, one.rows) for one in status.retired] == [("rule_bytes", READINGS, 600 - len(left))]
    assert record == [("rule_bytes", 600 - len(left))]
    (size,) = status.rules
    assert (size.match, size.max_bytes) == ("*/presence", 3_000)
    assert 2_900 < size.used_bytes <= 3_000  # a chunk of six has some fifty bytes: no more went than had to


@pytest.mark.usefixtures("small_chunks")
async def test_roll_ups_follow_the_readings_and_what_is_pinned_stays_though_it_is_too_much(tmp_path: Path) -> None:
    keeping = Keeping(Retention(rules=(Rule("*", {}, 1),)), HASTY)
    async with running(tmp_path / "j.sqlite", Pace(commit_s=0), keeping) as journal:
        await fill(journal, 300)
        pin = "INSERT INTO pins (holder, series, from_ms, to_ms) VALUES ('recording', ?, 0, 1000000)"
        await journal.write(lambda connection: connection.execute(pin, (journal.series_of(NOISE),)))
        async with asyncio.timeout(DEADLINE_S):
            while await journal.upkeep.slice():
                pass
        status = journal.status().upkeep
        assert [await kept(journal, key) for key in (CO2, NOISE)] == [0, 300]
    assert [one.level for one in status.retired] == [READINGS, *LEVELS]
    assert status.rules[0].used_bytes > 1
