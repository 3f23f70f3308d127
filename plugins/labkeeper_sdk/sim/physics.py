"""The physics of the lab as pure functions: each names the source of its numbers."""

import math

OUTDOOR_CO2_PPM = 425.0
"""Yearly mean of the open air, NOAA Mauna Loa record, 2024."""

CO2_PER_PUPIL_L_S = 0.0045
"""A seated teenager at about 1.3 met: Persily and de Jonge, Indoor Air 27 (2017), rounded."""

SENSIBLE_HEAT_W = 75.0
"""Dry heat of one seated person: ASHRAE Handbook of Fundamentals, moderately active office or school work."""

MAINS_V = 220.0
"""China's single-phase nominal voltage, GB/T 156; GB/T 12325 allows +7 % and -10 %."""


def co2_after(ppm: float, dt_s: float, *, people: float, volume_m3: float, air_changes_h: float) -> float:
    """Return CO2 in ppm after `dt_s` of a well-mixed room: the exact solution of its mass balance (ASTM D6245)."""
    per_s = air_changes_h / 3600
    source_ppm_s = people * CO2_PER_PUPIL_L_S / (volume_m3 * 1000) * 1e6
    settled = OUTDOOR_CO2_PPM + source_ppm_s / per_s
    return settled + (ppm - settled) * math.exp(-per_s * dt_s)


def relax(value: float, goal: float, dt_s: float, time_constant_s: float) -> float:
    """Return a first-order quantity on its way to `goal`: Newton's law of cooling, filters, sensors."""
    return goal + (value - goal) * math.exp(-dt_s / time_constant_s)


def outdoor_temperature(hour: float, *, mean_c: float = 18.0, swing_c: float = 5.0) -> float:
    """Return the day's curve in degrees Celsius: one sine, warmest at 15:00 as weather stations find."""
    return mean_c + swing_c * math.cos((hour - 15) / 24 * 2 * math.pi)


def daylight(hour: float, *, noon_lx: float = 12000.0) -> float:
    """Return daylight in lx at a window: sine of the sun's height from 6:00 to 18:00 (equinox), else dark."""
    return noon_lx * max(0.0, math.sin((hour - 6) / 12 * math.pi))


def saturation_vapour_pressure(temperature_c: float) -> float:
    """Return the vapour pressure over water in hPa: Magnus form of Alduchov and Eskridge (1996)."""
    return 6.1094 * math.exp(17.625 * temperature_c / (temperature_c + 243.04))


def relative_humidity(vapour_hpa: float, temperature_c: float) -> float:
    """Return relative humidity in percent, between 0 and 100."""
    return min(100.0, max(0.0, 100 * vapour_hpa / saturation_vapour_pressure(temperature_c)))


def wander(value: float, dt_s: float, *, mean: float, spread: float, time_constant_s: float, normal: float) -> float:
    """Return the next value of a mean-reverting walk (Uhlenbeck and Ornstein, 1930); `normal` is a N(0,1) draw."""
    keep = math.exp(-dt_s / time_constant_s)
    return mean + (value - mean) * keep + spread * math.sqrt(1 - keep * keep) * normal


def towards(value: float, goal: float, greatest_step: float) -> float:
    """Return `value` moved to `goal` by at most `greatest_step`: a motor with a limited slew rate."""
    return goal if abs(goal - value) <= greatest_step else value + math.copysign(greatest_step, goal - value)


def thermostat_power(lab_s: float, *, heater_w: float, electronics_w: float, period_s: float, duty: float) -> float:
    """Return the power in W of a load whose heater a thermostat switches: on for `duty` of each period."""
    return electronics_w + (heater_w if lab_s % period_s < duty * period_s else 0.0)


def current_a(power_w: float, voltage_v: float, power_factor: float) -> float:
    """Return the current in A of a load: P = U I cos(phi)."""
    return power_w / (voltage_v * power_factor)


def energy_kwh(power_w: float, dt_s: float) -> float:
    """Return the energy in kWh of `power_w` over `dt_s`."""
    return power_w * dt_s / 3.6e6


def battery_after(percent: float, dt_s: float, *, life_h: float) -> float:
    """Return the charge in percent after `dt_s` of a load that empties the battery in `life_h`; never below 0."""
    return max(0.0, percent - 100 * dt_s / 3600 / life_h)
