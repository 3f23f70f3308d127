import math

import pytest

from labkeeper_sdk.sim import physics


def test_an_empty_room_comes_back_to_the_air_outside() -> None:
    ppm = physics.co2_after(1500, 24 * 3600, people=0, volume_m3=200, air_changes_h=2)
    assert ppm == pytest.approx(physics.OUTDOOR_CO2_PPM, abs=0.01)


def test_a_class_settles_at_the_textbook_level() -> None:
    ppm = physics.co2_after(400, 7 * 24 * 3600, people=30, volume_m3=200, air_changes_h=3)
    flow_l_s = 200_000 * 3 / 3600
    assert ppm == pytest.approx(physics.OUTDOOR_CO2_PPM + 30 * 0.0045 / flow_l_s * 1e6)


def test_two_short_steps_of_the_air_are_one_long_one() -> None:
    def step(ppm: float, dt_s: float) -> float:
        return physics.co2_after(ppm, dt_s, people=12, volume_m3=200, air_changes_h=1)

    assert step(step(600, 300), 700) == pytest.approx(step(600, 1000))


def test_something_warm_cools_by_63_percent_in_one_time_constant() -> None:
    assert physics.relax(100, 0, 60, 60) == pytest.approx(100 / math.e)


def test_the_day_is_warmest_at_three_and_coldest_twelve_hours_later() -> None:
    day = [physics.outdoor_temperature(hour) for hour in range(24)]
    assert day.index(max(day)) == 15
    assert day.index(min(day)) == 3
    assert physics.outdoor_temperature(15, mean_c=10, swing_c=4) == pytest.approx(14)


@pytest.mark.parametrize(("hour", "share"), [(0, 0), (6, 0), (12, 1), (21, 0)])
def test_light_comes_at_six_and_goes_at_eighteen(hour: float, share: float) -> None:
    assert physics.daylight(hour, noon_lx=1000) == pytest.approx(1000 * share, abs=1e-9)


def test_vapour_pressure_is_that_of_the_tables() -> None:
    assert physics.saturation_vapour_pressure(20) == pytest.approx(23.39, rel=0.005)
    assert physics.saturation_vapour_pressure(0) == pytest.approx(6.11, rel=0.005)


@pytest.mark.parametrize(("vapour_hpa", "percent"), [(-1, 0), (11.7, 50), (99, 100)])
def test_humidity_stays_a_percentage(vapour_hpa: float, percent: float) -> None:
    assert physics.relative_humidity(vapour_hpa, 20) == pytest.approx(percent, abs=0.2)


def test_a_walk_without_draws_goes_home() -> None:
    value = physics.wander(50, 1e6, mean=10, spread=3, time_constant_s=60, normal=0)
    assert value == pytest.approx(10)


def test_a_walk_after_a_long_time_has_its_spread() -> None:
    value = physics.wander(50, 1e6, mean=10, spread=3, time_constant_s=60, normal=1)
    assert value == pytest.approx(13)


@pytest.mark.parametrize(("value", "goal", "next_value"), [(0, 50, 10), (0, -50, -10), (45, 50, 50), (50, 50, 50)])
def test_a_motor_moves_no_faster_than_it_can(value: float, goal: float, next_value: float) -> None:
    assert physics.towards(value, goal, 10) == next_value


@pytest.mark.parametrize(("lab_s", "power_w"), [(0, 110), (29, 110), (30, 10), (99, 10), (100, 110)])
def test_a_thermostat_switches_the_heater_and_leaves_the_electronics(lab_s: float, power_w: float) -> None:
    assert physics.thermostat_power(lab_s, heater_w=100, electronics_w=10, period_s=100, duty=0.3) == power_w


def test_current_and_energy_are_ohms_and_joules() -> None:
    assert physics.current_a(220, 220, 0.5) == 2
    assert physics.energy_kwh(1000, 3600) == pytest.approx(1)


def test_a_battery_is_half_empty_after_half_its_life_and_never_below_nothing() -> None:
    assert physics.battery_after(100, 5 * 3600, life_h=10) == pytest.approx(50)
    assert physics.battery_after(1, 5 * 3600, life_h=10) == 0
