"""The machine: steps of event time, disorder, lateness; live is the same as history."""

import math

from hypothesis import given
from hypothesis import strategies as st

from labkeeper_hub.derived.catalogue import shipped
from labkeeper_hub.derived.history import compared
from labkeeper_hub.derived.lineage import Outcome
from labkeeper_hub.derived.machine import SKEW_MS, DerivedRow, Machine, Reading, Sources, computed

SECOND, MINUTE = 1000, 60_000
CO2, WARM, DAMP = 1, 2, 3


def mean() -> Machine:
    declaration = shipped()["co2_mean"]
    return Machine(declaration, (Sources(declaration.inputs[0], (CO2,)),))


def felt() -> Machine:
    declaration = shipped()["heat_index"]
    warm, damp = declaration.inputs
    return Machine(declaration, (Sources(warm, (WARM,)), Sources(damp, (DAMP,))))


def rows(machine: Machine, *readings: Reading) -> list[DerivedRow]:
    return [row for reading in readings for row in machine.take(reading)]


VALUES = st.one_of(st.none(), st.floats(0, 60))
MADE = st.lists(st.builds(Reading, st.integers(0, 3_600_000), st.sampled_from((WARM, DAMP)), VALUES), max_size=60)


@given(MADE, st.integers(0, 60), st.randoms(use_true_random=False))
def test_history_is_what_was_computed_live_however_the_inputs_were_mixed(made: list[Reading], cut: int, chance) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001 -- hypothesis'
    in_order = sorted(made, key=lambda reading: (reading.time_ms, reading.series, reading.value or 0))
    live = felt()
    arriving = sorted(in_order, key=lambda reading: reading.time_ms + chance.randrange(SKEW_MS))
    seen = rows(live, *arriving[:cut], *arriving[cut:])
    seen += live.until(3_700_000)
    assert live.late == 0
    assert seen == list(computed(felt(), in_order, 3_700_000))


@given(st.lists(st.tuples(st.integers(1, 400_000), VALUES), min_size=1, max_size=60), st.integers(0, 3_600_000))
def test_a_recompute_that_begins_one_past_before_finds_the_same_rows(
    steps: list[tuple[int, float | None]], from_ms: int
) -> None:
    time_ms, readings = 0, []
    for after_ms, value in steps:
        time_ms += after_ms
        readings.append(Reading(time_ms, CO2, value))
    whole = [row for row in computed(mean(), readings, time_ms) if row.time_ms >= from_ms]
    machine = mean()
    part = [reading for reading in readings if reading.time_ms >= from_ms - machine.past_ms]
    anew = [row for row in computed(machine, part, time_ms) if row.time_ms >= from_ms]
    assert [row.time_ms for row in anew] == [row.time_ms for row in whole]
    assert all(math.isclose(a.value, b.value, abs_tol=1e-9) for a, b in zip(anew, whole, strict=True))


def test_a_mean_is_told_every_minute_from_when_half_its_window_is_known() -> None:
    told = rows(mean(), *[Reading(second * SECOND, CO2, 400.0 + second) for second in range(0, 601, 10)])
    assert [row.time_ms for row in told] == [minute * MINUTE for minute in range(5, 10)]
    assert told[0].value == 545.0


def test_what_is_not_known_counts_for_nothing() -> None:
    told = rows(mean(), Reading(0, CO2, 500.0), Reading(6 * MINUTE, CO2, None), Reading(9 * MINUTE, CO2, 900.0))
    assert [(row.time_ms // MINUTE, row.value) for row in told] == [(minute, 500.0) for minute in range(5, 9)]


def test_a_value_stands_as_long_as_its_hold_and_no_longer() -> None:
    told = rows(mean(), Reading(0, CO2, 500.0), Reading(24 * 60 * MINUTE, CO2, 500.0))
    assert [row.time_ms // MINUTE for row in told] == list(range(5, 31))


def test_a_late_reading_changes_nothing_and_is_remembered() -> None:
    machine = mean()
    before = rows(machine, Reading(0, CO2, 500.0), Reading(7 * MINUTE, CO2, 500.0))
    assert rows(machine, Reading(3 * MINUTE, CO2, 9e9), Reading(MINUTE, CO2, 9e9)) == []
    assert (machine.late, machine.late_ms, len(before)) == (2, (MINUTE, 3 * MINUTE), 2)


def test_a_machine_that_heard_nothing_says_nothing() -> None:
    assert list(computed(mean(), (), 10**12)) == []


def test_only_missing_rows_are_stored_and_other_values_are_counted() -> None:
    found = [DerivedRow(1, 1.0), DerivedRow(2, 2.0), DerivedRow(3, 3.0)]
    missing, outcome = compared(found, {2: 2.0, 3: 4.0})
    assert (missing, outcome) == ([DerivedRow(1, 1.0)], Outcome(written=1, same=1, other=1))
    assert outcome + outcome == Outcome(2, 2, 2)
