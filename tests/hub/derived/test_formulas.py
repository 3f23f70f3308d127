"""Every formula against numbers that somebody else published, or that follow from how the samples were made."""

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkeeper_hub.derived.catalogue import shipped
from labkeeper_hub.derived.fits import fit
from labkeeper_hub.derived.formulas import (
    DAY_MS,
    OUTDOOR_PPM,
    BatteryDays,
    Decay,
    LessonEnergy,
    LightWasted,
    MeanOf,
    formula_of,
    heat_index,
)

MINUTE_MS = 60_000


def fahrenheit(degrees: float) -> float:
    return (degrees - 32) * 5 / 9


@pytest.mark.parametrize(
    ("temperature", "humidity", "felt"),
    [(80, 40, 80), (90, 50, 95), (90, 70, 105), (96, 50, 108), (100, 55, 124), (110, 40, 136)],
)
def test_the_heat_index_is_that_of_the_chart_of_the_weather_service(temperature: int, humidity: int, felt: int) -> None:
    assert heat_index(fahrenheit(temperature), humidity) * 9 / 5 + 32 == pytest.approx(felt, abs=1.0)


def test_dry_heat_feels_cooler_than_the_regression_and_damp_warmth_warmer() -> None:
    assert heat_index(fahrenheit(95), 5) < heat_index(fahrenheit(95), 13) < heat_index(fahrenheit(95), 30)
    assert heat_index(fahrenheit(82), 95) > heat_index(fahrenheit(82), 85) + fahrenheit(33)


def test_a_cool_room_feels_about_as_it_is() -> None:
    assert heat_index(20.0, 50.0) == pytest.approx(20.0, abs=1.0)


def test_without_one_of_its_inputs_there_is_no_heat_index() -> None:
    formula = formula_of(shipped()["heat_index"])
    assert formula.value(0, {"temperature": (30.0,), "humidity": (None,)}) is None
    assert formula.value(0, {"temperature": (None,), "humidity": (50.0,)}) is None
    assert formula.value(0, {"temperature": (30.0,), "humidity": (50.0,)}) == heat_index(30.0, 50.0)


# --- ventilation -----------------------------------------------------------------------------------------------------
def falling(formula: Decay, *, per_hour: float, start: float = 900.0, minutes: int = 30) -> float | None:
    value = None
    for minute in range(minutes):
        ppm = OUTDOOR_PPM + start * exp(-per_hour * minute / 60)
        value = formula.value(minute * MINUTE_MS, {"co2": (ppm,)})
    return value


@given(per_hour=st.floats(0.6, 5))
def test_the_air_changes_of_a_pure_decay_are_found(per_hour: float) -> None:
    assert falling(Decay(30 * MINUTE_MS), per_hour=per_hour) == pytest.approx(per_hour)
    assert falling(Decay(30 * MINUTE_MS, fit_only=True), per_hour=per_hour) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "room",
    [
        {"per_hour": -1.0},  # people are there
        {"per_hour": 0.1},  # hardly falls
        {"per_hour": 2.0, "start": 150.0},  # was hardly higher than outdoors
        {"per_hour": 9.0},  # outdoors long ago: what is left is noise
        {"per_hour": 2.0, "minutes": 10},  # too short
    ],
)
def test_what_is_no_decay_tells_nothing_of_the_air(room: dict[str, float]) -> None:
    assert falling(Decay(30 * MINUTE_MS), **room) is None  # type: ignore[arg-type] # minutes are whole


def test_co2_that_jumps_about_tells_nothing_of_the_air() -> None:
    formula = Decay(30 * MINUTE_MS)
    values = [formula.value(m * MINUTE_MS, {"co2": (1500.0 - 20 * m + 500 * (m % 2),)}) for m in range(30)]
    assert values == [None] * 30
    assert formula.value(31 * MINUTE_MS, {"co2": (None,)}) is None


# --- energy ----------------------------------------------------------------------------------------------------------
def energies(*steps: tuple[float | None, float | None]) -> list[float | None]:
    formula = LessonEnergy()
    return [formula.value(n * MINUTE_MS, {"counter": (c,), "lesson": (on,)}) for n, (c, on) in enumerate(steps)]


def test_a_lessons_energy_grows_while_it_is_on_and_is_told_once_more_when_it_has_ended() -> None:
    assert energies((5, 0), (5, 1), (6, 1), (8, 0), (9, 0)) == [None, 0, 1, 3, None]


def test_a_lesson_whose_beginning_was_not_seen_has_no_energy() -> None:
    assert energies((5, 1), (6, 1), (7, 0), (7, 1)) == [None, None, None, 0]


def test_a_counter_that_began_anew_counts_from_zero() -> None:
    assert energies((5, 0), (5, 1), (7, 1), (1, 1)) == [None, 0, 2, 3]


def test_what_was_used_while_nothing_was_known_is_still_in_the_counter() -> None:
    assert energies((5, 0), (5, 1), (None, 1), (6, None), (9, 1)) == [None, 0, None, None, 4]


def test_between_lessons_nothing_counts() -> None:
    assert energies((0, 0), (1, 1), (2, 0), (50, 0), (50, 1), (51, 1)) == [None, 1, 2, None, 0, 1]


# --- light -----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("lamp", "presence", "wasted"),
    [
        (1.0, (0.0, 0.0), 1.0),
        (1.0, (0.0, 1.0), 0.0),
        (1.0, (None, 1.0), 0.0),
        (1.0, (None, 0.0), None),
        (0.0, (0.0,), 0.0),
        (0.0, (None,), 0.0),
        (None, (0.0,), None),
        (1.0, (), None),
    ],
)
def test_light_is_wasted_when_everybody_says_nobody_is_there(
    lamp: float | None, presence: tuple[float | None, ...], wasted: float | None
) -> None:
    assert LightWasted().value(0, {"lamp": (lamp,), "presence": presence}) == wasted


# --- batteries -------------------------------------------------------------------------------------------------------
def battery(*percents: float | None) -> list[float | None]:
    formula = BatteryDays(14 * DAY_MS)
    return [formula.value(day * DAY_MS, {"battery": (percent,)}) for day, percent in enumerate(percents)]


def test_a_battery_that_loses_two_percent_a_day_lasts_half_as_many_days_as_it_has_percents() -> None:
    assert battery(80, 78, 76, None, 72)[2:] == [pytest.approx(38), None, pytest.approx(36)]


def test_a_battery_that_does_not_fall_tells_nothing() -> None:
    assert battery(80, 80, 80, 80) == [None] * 4


def test_a_changed_battery_begins_anew() -> None:
    assert battery(10, 8, 6, 100, 98, 96) == [None, None, pytest.approx(3), None, None, pytest.approx(48)]


def test_an_empty_battery_has_no_days_and_a_slow_one_ten_years_at_most() -> None:
    assert battery(4, 2, 0, -2)[3] == 0
    assert battery(*[100 - day / 10 for day in range(30)])[-1] == pytest.approx(971)
    assert BatteryDays(14 * DAY_MS).past_ms == 14 * DAY_MS


def test_a_mean_is_that_of_alarms() -> None:
    formula = MeanOf(600_000)
    formula.stand(0, 600_000, 4.0)
    assert (formula.value(600_000, {}), formula.past_ms) == (4.0, 600_000)


def test_a_line_needs_two_different_places() -> None:
    assert fit([]) is None
    assert fit([(1, 1), (1, 2)]) is None
    line = fit([(0, 5), (1, 5)])
    assert line is not None
    assert (line.slope, line.at(7), line.r2) == (0, 5, 1)


def test_every_shipped_derivation_has_its_formula() -> None:
    assert {formula_of(one).past_ms >= 0 for one in shipped().values()} == {True}
