"""Fans and climate; pure."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

from labkeeper_drivers.homeassistant.parts import (
    PLAIN,
    Channel,
    Config,
    Part,
    ReadText,
    channel,
    number,
    one_of,
    option,
    setpoint,
)
from labkeeper_sdk import Measure, Risk, Setpoint, State, Switch, Value

MODES = ("auto", "off", "cool", "heat", "dry", "fan_only")  # Home Assistant's own defaults
FAN_MODES = ("auto", "low", "medium", "high")
SWING_MODES = ("on", "off")
ACTIONS = ("off", "heating", "cooling", "drying", "idle", "fan", "preheating", "defrosting")
SLOW_S = 5.0
DRIEST, WETTEST = 30.0, 99.0  # %, Home Assistant's own defaults


def fan(config: Config) -> Iterator[Part]:
    """Yield whether a fan runs, how fast, and how."""
    on, off = config.text("payload_on", "ON"), config.text("payload_off", "OFF")
    keys = replace(PLAIN, state_template="state_value_template")
    switch = Switch(config.name(), title=config.title(), risk=Risk.MOTION)
    yield from channel(config, switch, keys, one_of({on: True, off: False}), lambda value: on if value else off)
    low, high = config.number("speed_range_min", 1), config.number("speed_range_max", 100)
    if not 0 < low < high:
        raise ValueError("the speed range is none")
    speed = Setpoint(config.name("speed"), unit="%", minimum=0, maximum=100, step=1, title=config.title("speed"))
    speed = replace(speed, step=max(1.0, 100 / (high - low + 1)), risk=Risk.MOTION)
    keys = Channel.of("percentage", "value_template")
    yield from channel(config, speed, keys, _as_percent(low, high), _of(low, high))
    yield from _words(config, "preset_mode", config.texts("preset_modes"), "value_template", Risk.MOTION)
    yes = config.text("payload_oscillation_on", "oscillate_on")
    no = config.text("payload_oscillation_off", "oscillate_off")
    swings = Switch(config.name("oscillation"), title=config.title("oscillation"), risk=Risk.MOTION)
    keys = Channel.of("oscillation", "value_template")
    yield from channel(config, swings, keys, one_of({yes: True, no: False}), lambda value: yes if value else no)
    yield from _words(config, "direction", ("forward", "reverse"), "value_template", Risk.MOTION)


def _as_percent(low: float, high: float) -> ReadText:
    """Home Assistant's own rule: the lowest speed is not zero per cent, which is standing still."""

    def read(text: str) -> Value | None:
        value = number(text)
        return None if value is None else max(0.0, round(100 * (value - low + 1) / (high - low + 1), 1))

    return read


def _of(low: float, high: float) -> Callable[[Value], object]:
    return lambda value: math.ceil(float(value) / 100 * (high - low + 1) - 1e-9) + low - 1 if value else 0


def climate(config: Config) -> Iterator[Part]:
    """Yield what a climate device is set to and what it measures."""
    unit = "[degF]" if config.text("temperature_unit", "C") == "F" else "Cel"
    low, high = (7.0, 35.0) if unit == "Cel" else (44.6, 95.0)
    limits = config.number("min_temp", low), config.number("max_temp", high)
    if limits[0] > limits[1]:
        raise ValueError("min_temp is above max_temp")
    step = config.number("temp_step", 1)
    yield from _words(config, "mode", config.texts("modes") or MODES, "state_template", Risk.HEAT)
    for stem in ("temperature", "temperature_high", "temperature_low"):
        point = Setpoint(config.name(stem), unit=unit, minimum=limits[0], maximum=limits[1], title=config.title(stem))
        point = replace(point, step=step if step > 0 else None, risk=Risk.HEAT, confirm_s=SLOW_S)
        yield from channel(config, point, Channel.of(stem), number)
    yield from _words(config, "fan_mode", config.texts("fan_modes") or FAN_MODES, "state_template", Risk.NONE)
    yield from _words(config, "swing_mode", config.texts("swing_modes") or SWING_MODES, "state_template", Risk.NONE)
    sideways = config.texts("swing_horizontal_modes") or SWING_MODES
    yield from _words(config, "swing_horizontal_mode", sideways, "state_template", Risk.NONE)
    presets = config.texts("preset_modes")
    every = tuple(dict.fromkeys(("none", *presets))) if presets else ()  # a device that has some may be in none
    yield from _words(config, "preset_mode", every, "value_template", Risk.HEAT)
    yield from _humidity(config)
    yield from _power(config)
    yield from _measured(config, "current_temperature", unit)
    yield from _measured(config, "current_humidity", "%")
    if action := config.topic("action_topic"):
        doing = State(config.name("action"), type=str, options=ACTIONS, title=config.title("running_state"))
        yield Part(doing, action, config.reader("action_template", option(ACTIONS)))


def _humidity(config: Config) -> Iterator[Part]:
    low, high = config.number("min_humidity", DRIEST), config.number("max_humidity", WETTEST)
    if low <= high:
        point = Setpoint(config.name("target_humidity"), unit="%", minimum=low, maximum=high, step=1, confirm_s=SLOW_S)
        point = replace(point, title=config.title("target_humidity"))
        yield from channel(config, point, Channel.of("target_humidity"), number)


def _power(config: Config) -> Iterator[Part]:
    """Yield its main switch, of which nobody tells the state: what it does says its mode."""
    on, off = config.text("payload_on", "ON"), config.text("payload_off", "OFF")
    power = Switch(config.name("power"), title=config.title("power"), risk=Risk.HEAT)
    yield from channel(config, power, Channel.of("power"), one_of({on: True, off: False}), lambda it: on if it else off)


def _words(config: Config, stem: str, options: tuple[str, ...], template: str, risk: Risk) -> Iterator[Part]:
    if options:
        point = replace(setpoint(config, stem, options=options, risk=risk), confirm_s=SLOW_S)
        yield from channel(config, point, Channel.of(stem, template), option(options))


def _measured(config: Config, stem: str, unit: str) -> Iterator[Part]:
    if topic := config.topic(f"{stem}_topic"):
        measure = Measure(config.name(stem), unit=unit, title=config.title(stem))
        yield Part(measure, topic, config.reader(f"{stem}_template", number))
