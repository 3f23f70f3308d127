"""Lights, in the three ways Home Assistant lets them speak: a topic each, JSON, or templates; pure."""

from collections.abc import Callable, Iterator, Mapping
from colorsys import rgb_to_hsv

import orjson

from labkeeper_drivers.documents import inside, number_of, object_in, text_of
from labkeeper_drivers.homeassistant.parts import (
    Channel,
    Config,
    Part,
    Read,
    Say,
    asked,
    channel,
    number,
    one_of,
    option,
    setpoint,
    unseen,
)
from labkeeper_drivers.homeassistant.templates import NothingSaid
from labkeeper_drivers.listening import Outgoing
from labkeeper_sdk import BadReading, CommandRejected, Point, Setpoint, Switch, Value

STATE = Channel("state_topic", "state_value_template", "command_topic", "command_template")
WARMEST, COLDEST = 500.0, 153.0  # mired: 2000 and 6535 K, Home Assistant's own defaults
WARMEST_K, COLDEST_K = 2000.0, 6535.0
RGB, BRIGHTEST = ("red", "green", "blue"), 255.0
COLOURS = {
    "hs": "hs",
    "xy": "xy",
    "rgb": "rgb",
    "rgbw": "rgbw",
    "rgbww": "rgbcw",
}  # by colour mode: the letters of its parts


def light(config: Config) -> Iterator[Part]:
    """Yield the points of a light."""
    match config.text("schema", "basic"):
        case "json":
            yield from _json(config)
        case "template":
            yield from _template(config)
        case _:
            yield from _basic(config)


def _points(config: Config) -> Mapping[str, Setpoint]:
    scale = config.number("brightness_scale", 255)
    limits = {
        "brightness": ("", 0.0, max(1.0, scale)),
        "color_temp": _whites(config),
        "white": ("", 0.0, max(1.0, config.number("white_scale", 255))),
    }
    return {
        name: Setpoint(
            config.name(name), unit=unit, minimum=min(low, high), maximum=high, step=1, title=config.title(name)
        )
        for name, (unit, low, high) in limits.items()
    }


def _whites(config: Config) -> tuple[str, float, float]:
    """Return unit and limits of a colour temperature: mired, or kelvin where the device says so."""
    if config.entity.config.get("color_temp_kelvin") is True:
        return "K", config.number("min_kelvin", WARMEST_K), config.number("max_kelvin", COLDEST_K)
    return "MK-1", config.number("min_mireds", COLDEST), config.number("max_mireds", WARMEST)


def _basic(config: Config) -> Iterator[Part]:
    on, off = config.text("payload_on", "ON"), config.text("payload_off", "OFF")
    switch = Switch(config.name(), title=config.title())
    yield from channel(config, switch, STATE, one_of({on: True, off: False}), lambda value: on if value else off)
    points = _points(config)
    for name, point in points.items():
        yield from channel(config, point, Channel.of(name, "value_template"), number)
    for colour, letters in COLOURS.items():
        text = Setpoint(config.name(colour), type=str, title=config.title("color"))
        yield from channel(config, text, Channel.of(colour, "value_template"), _colour(len(letters)))
    effects = config.texts("effect_list")
    if effects:
        effect = setpoint(config, "effect", options=effects)
        yield from channel(config, effect, Channel.of("effect", "value_template"), option(effects))


def _colour(parts: int) -> Callable[[str], Value | None]:
    def read(text: str) -> Value | None:
        if not text:
            raise NothingSaid
        numbers = [number(part.strip()) for part in text.split(",")]
        if len(numbers) != parts or None in numbers:
            raise BadReading("wrong_type", "no colour")
        return text

    return read


# --- JSON -----------------------------------------------------------------------------------------------------------
def _json(config: Config) -> Iterator[Part]:
    state, command = config.topic("state_topic"), config.topic("command_topic")
    switch = Switch(config.name(), title=config.title())
    yield from _spoken(config, switch, state, command, ("state",), _on_off)
    modes = config.texts("supported_color_modes")
    points = _points(config)
    dims = config.entity.config.get("brightness") is True or any(mode != "onoff" for mode in modes)
    if dims:
        yield from _spoken(config, points["brightness"], state, command, ("brightness",), number_of)
    if "color_temp" in modes or config.entity.config.get("color_temp") is True:
        yield from _spoken(config, points["color_temp"], state, command, ("color_temp",), number_of)
    for colour in (mode for mode in COLOURS if mode in modes):
        yield from _coloured(config, state, command, colour)
    effects = config.texts("effect_list")
    if effects:
        effect = setpoint(config, "effect", options=effects)
        yield from _spoken(config, effect, state, command, ("effect",), text_of)


def _coloured(config: Config, state: str, command: str, colour: str) -> Iterator[Part]:
    """A colour is set whole: one text for it, such as `0.3,0.4`."""
    keys = COLOURS[colour]
    point = Setpoint(config.name(colour), type=str, title=config.title("color"))

    def read(payload: bytes) -> Value | None:
        said = inside(object_in(payload), "color")
        if not set(keys) <= said.keys():
            raise NothingSaid
        return ",".join(f"{number_of(said[key]):g}" for key in keys)

    def say(value: Value) -> tuple[Outgoing, ...]:
        try:
            document = {"state": "ON", "color": dict(zip(keys, map(float, str(value).split(",")), strict=True))}
        except ValueError:
            raise CommandRejected("wrong_type", f"a colour is asked for as {','.join(keys)}") from None
        return (Outgoing(command, orjson.dumps(document)),)

    yield from _part(config, point, state, read, say if command else None)


def _spoken(
    config: Config, point: Point, state: str, command: str, path: tuple[str, ...], raw: Callable[[object], Value]
) -> Iterator[Part]:
    key = path[-1]

    def read(payload: bytes) -> Value | None:
        document = object_in(payload)
        if key not in document:
            raise NothingSaid
        return None if document[key] is None else raw(document[key])

    def say(value: Value) -> tuple[Outgoing, ...]:
        plain = int(value) if isinstance(value, float) and value.is_integer() else value
        told = {"state": ("ON" if value else "OFF")} if key == "state" else {"state": "ON", key: plain}
        return (Outgoing(command, orjson.dumps(told)),)

    yield from _part(config, point, state, read, say if command else None)


def _on_off(raw: object) -> bool:
    said = {"ON": True, "OFF": False}.get(raw) if isinstance(raw, str) else None
    if said is None:
        raise BadReading("unknown_value", "neither ON nor OFF")
    return said


def _part(config: Config, point: Point, state: str, read: Read, say: Say | None) -> Iterator[Part]:
    if state and say:
        yield Part(point, state, read, say)
    elif say:
        yield unseen(point, say, config.when_alone)


# --- templates ------------------------------------------------------------------------------------------------------
def _template(config: Config) -> Iterator[Part]:
    state, command = config.topic("state_topic"), config.topic("command_topic")
    if not command:
        raise ValueError("has no command topic")
    on = config.asking("command_on_template")
    off = config.asking("command_off_template")
    seen = state if config.text("state_template") else ""
    switch = Switch(config.name(), title=config.title())
    say = lambda value: (Outgoing(command, on(value) if value else off(value)),)  # noqa: E731 -- one line of meaning
    yield from _part(config, switch, seen, config.reader("state_template", one_of({"on": True, "off": False})), say)
    points = _points(config)
    for name in ("brightness", "color_temp"):
        if config.text(f"{name}_template"):
            render = config.templates.asking_with(config.text("command_on_template"), name)
            read = config.reader(f"{name}_template", number)
            yield from _part(config, points[name], state, read, asked(command, render))
    yield from _template_effect(config, state, command)
    yield from _template_colour(config, state, command)


def _template_effect(config: Config, state: str, command: str) -> Iterator[Part]:
    effects = config.texts("effect_list")
    if effects:
        seen = state if config.text("effect_template") else ""
        render = config.templates.asking_with(config.text("command_on_template"), "effect")
        read = config.reader("effect_template", option(effects))
        yield from _part(config, setpoint(config, "effect", options=effects), seen, read, asked(command, render))


def _template_colour(config: Config, state: str, command: str) -> Iterator[Part]:
    """A colour, where the device tells all three of its parts: one text for it, such as `255,0,0`."""
    if not all(config.text(f"{name}_template") for name in RGB):
        return
    readers = [config.reader(f"{name}_template", number) for name in RGB]
    ask = config.templates.asking_of(config.text("command_on_template"))

    def read(payload: bytes) -> Value | None:
        parts = [each(payload) for each in readers]
        return None if None in parts else ",".join(f"{part:g}" for part in parts)

    def say(value: Value) -> tuple[Outgoing, ...]:
        return (Outgoing(command, ask(_in_parts(str(value)))),)

    yield from _part(config, Setpoint(config.name("rgb"), type=str, title=config.title("color")), state, read, say)


def _in_parts(colour: str) -> Mapping[str, float]:
    """Return a colour as templates are given it: red, green, blue from 0 to 255, hue in degrees, sat in %."""
    try:
        red, green, blue = parts = [float(part) for part in colour.split(",")]
    except ValueError:
        raise CommandRejected("wrong_type", "a colour is asked for as r,g,b") from None
    if not all(0 <= part <= BRIGHTEST for part in parts):
        raise CommandRejected("out_of_range", f"each part of a colour is from 0 to {BRIGHTEST:g}")
    hue, saturation, _ = rgb_to_hsv(red / BRIGHTEST, green / BRIGHTEST, blue / BRIGHTEST)
    return {"red": red, "green": green, "blue": blue, "hue": round(hue * 360, 3), "sat": round(saturation * 100, 3)}
