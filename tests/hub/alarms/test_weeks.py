"""A normal week stays within EEMUA's numbers, and a bad one tells its manager everything, each thing once."""

import random
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from benchmarks.weeks.replay import Week
from benchmarks.weeks.school import Lab, at, labs
from benchmarks.weeks.troubles import Trouble, bad, normal
from benchmarks.weeks.weeks import ALL, bad_week, causes_of, normal_week, rows
from labkeeper_hub.alarms.calls import calls, in_order
from labkeeper_hub.alarms.catalogue import shipped
from labkeeper_hub.alarms.entry import AlarmEntry
from labkeeper_hub.alarms.kpis import Group
from labkeeper_hub.alarms.states import Core, Priority

pytestmark = pytest.mark.timeout(600)
SEED = 1
PAGE = Path(__file__).parents[3] / "docs" / "reference" / "alarms.md"


@pytest.fixture(scope="module")
def weeks() -> Iterator[tuple[Future[Week], Future[Week]]]:
    """Begin both weeks in processes of their own: where coverage is taken, they would be five minutes' work each."""
    with ProcessPoolExecutor(2, get_context("spawn")) as others:
        yield others.submit(normal_week, SEED), others.submit(bad_week, SEED)


@pytest.fixture(scope="module")
def usual(weeks: tuple[Future[Week], Future[Week]]) -> Week:
    return weeks[0].result()


@pytest.fixture(scope="module")
def worse(weeks: tuple[Future[Week], Future[Week]]) -> Week:
    return weeks[1].result()


def school() -> tuple[list[Lab], list[Trouble]]:
    rng = random.Random(SEED)
    found = list(labs(rng))
    return found, [*normal(found, rng), *bad(found)]


def called(week: Week, rule: str, lab: str = "") -> list[AlarmEntry]:
    found = calls(in_order(week.history))
    return [entry for entry in found if entry.key.rule == rule and lab in ("", entry.lab)]


def test_everybody_every_role_and_every_lab_can_keep_up_in_a_normal_week(usual: Week) -> None:
    found = usual.kpis()
    assert {group.of for group in found if group.by == "role"} == {"teacher", "facility", "it"}
    assert [group for group, numbers in found.items() if not numbers.within] == []
    assert found[ALL].raised > 5
    assert (found[ALL].flood_share, found[ALL].stale, found[ALL].chattering) == (0, 0, 0)


def test_most_of_a_normal_week_is_of_low_priority_and_nothing_of_high(usual: Week) -> None:
    mix = usual.kpis()[ALL].mix
    assert mix is not None
    low, medium, high = mix.values()
    assert low > 0.7
    assert low > medium
    assert medium <= 0.2
    assert high <= 0.05
    of_medium = {one.key.rule for one in calls(in_order(usual.history)) if priority(one) is Priority.MEDIUM}
    assert of_medium <= {"node_lost", "water_leak"}, "decision 0073 says why these are"


def priority(one: AlarmEntry) -> Priority:
    return shipped().priority_of(one.key.rule, one.level)


def test_a_cold_weekend_and_clipped_sensors_in_empty_rooms_call_nobody(usual: Week) -> None:
    assert called(usual, "temperature_low") + called(usual, "sensor_stuck") == []


@pytest.mark.parametrize("trouble", list(bad(school()[0])), ids=lambda trouble: trouble.what)
def test_whatever_goes_wrong_in_the_bad_week_calls_within_its_time(worse: Week, trouble: Trouble) -> None:
    for rule in trouble.alarms:
        times = [entry.time_ms for entry in called(worse, rule, trouble.lab)]
        assert any(at(trouble.span.start) <= time_ms <= at(trouble.span.end) for time_ms in times), rule


def test_nothing_calls_that_no_trouble_explains(worse: Week) -> None:
    explained = {(rule, one.lab) for one in school()[1] for rule in one.alarms}
    explained |= {("co2", one.lab) for one in school()[1] if one.what == "windows shut"}
    labs_of = {(entry.key.rule, entry.lab) for entry in calls(in_order(worse.history))}
    assert [(rule, lab) for rule, lab in labs_of if not {(rule, lab), (rule, "")} & explained] == []


def test_the_bad_week_is_seven_normal_ones_and_brings_as_much_at_once_as_makes_a_flood(
    usual: Week, worse: Week
) -> None:
    assert worse.kpis()[ALL].raised > 6 * usual.kpis()[ALL].raised
    assert worse.kpis()[ALL].peak_10min >= 10
    assert worse.kpis()[Group("role", "it")].within


@pytest.mark.parametrize(
    ("rule", "lab"),
    [("gas", "chemistry-2"), ("broker_lost", ""), ("device_lost", "computing-2")],
)
def test_one_cause_calls_once_though_it_takes_much_along_or_comes_and_goes(worse: Week, rule: str, lab: str) -> None:
    assert len(called(worse, rule, lab)) == 1


def test_while_the_broker_is_lost_and_comes_back_nothing_else_of_the_system_calls(worse: Week) -> None:
    (lost,) = called(worse, "broker_lost")
    beside = [entry for rule in ("node_lost", "device_lost", "sensor_silent") for entry in called(worse, rule)]
    assert [entry for entry in beside if lost.time_ms - 60_000 <= entry.time_ms <= lost.time_ms + 3_600_000] == []


def test_a_latched_alarm_stands_until_somebody_saw_and_reset_it(worse: Week) -> None:
    kinds = [
        entry.kind for entry in worse.history if entry.key.rule == "gas" and entry.key.source.node == "chemistry-2"
    ]
    assert kinds[0] == "raised"
    assert kinds[-1] == "reset"
    assert kinds.index("acknowledged") < kinds.index("reset")
    assert all(now.state.core is Core.NORM for now in worse.alarms.values() if now.key.rule == "gas")


def test_every_alarm_of_the_bad_week_says_what_follows_and_what_to_do_in_both_languages(worse: Week) -> None:
    told = causes_of(worse)
    assert len(told) >= 13
    assert all(
        one[f"{what}_{language}"] for one in told for what in ("consequence", "response") for language in ("zh", "en")
    )


def test_the_page_has_the_numbers_of_these_weeks(usual: Week, worse: Week) -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [row for row in rows(usual, worse) if row not in page] == []
