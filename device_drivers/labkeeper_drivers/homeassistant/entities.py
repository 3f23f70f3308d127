"""Points of the simple kinds of entity; pure. A maker yields parts, or raises ValueError saying why there are none."""

from collections.abc import Callable, Iterator, Mapping

from labkeeper_drivers.documents import object_in, words
from labkeeper_drivers.homeassistant.announcement import Entity
from labkeeper_drivers.homeassistant.climates import climate, fan
from labkeeper_drivers.homeassistant.covers import cover, lock, valve
from labkeeper_drivers.homeassistant.lights import light
from labkeeper_drivers.homeassistant.parts import (
    PLAIN,
    Config,
    Part,
    asked,
    channel,
    number,
    one_of,
    option,
    plain,
    setpoint,
)
from labkeeper_drivers.homeassistant.templates import NothingSaid, Templates
from labkeeper_drivers.units import to_ucum
from labkeeper_sdk import Action, BadReading, Event, Measure, Point, Risk, Setpoint, State, Switch, Value

Maker = Callable[[Config], Iterator[Part]]
NOT_NUMBERS = ("date", "timestamp", "enum", "")  # device classes of a sensor that says words


def parts_of(entity: Entity, templates: Templates, when_alone: str) -> tuple[Part, ...]:
    """Return what an entity consists of; raises ValueError saying why it has no points."""
    make = MAKERS.get(entity.component)
    if make is None:
        raise ValueError(f"{entity.component} is not offered")
    made = tuple(make(Config(entity, templates, "hold" if when_alone == "hold" else "safe")))
    if not made:
        raise ValueError("has neither a state topic nor a command topic")
    return made


def _sensor(config: Config) -> Iterator[Part]:
    kind, unit = config.text("device_class"), config.text("unit_of_measurement")
    numeric = bool(unit or config.text("state_class")) or kind not in NOT_NUMBERS
    options = config.texts("options")
    point: Point
    if numeric:
        point = Measure(config.name(), unit=to_ucum(unit), title=config.title())
    else:
        point = State(config.name(), type=str, options=options, title=config.title())
    yield from _told(config, point, number if numeric else option(options) if options else plain)


def _binary_sensor(config: Config) -> Iterator[Part]:
    words = {config.text("payload_on", "ON"): True, config.text("payload_off", "OFF"): False}
    yield from _told(config, State(config.name(), title=config.title()), one_of(words))


def _told(config: Config, point: Point, read: Callable[[str], Value | None]) -> Iterator[Part]:
    topic = config.heard_topic("state_topic")
    if topic:
        off_after_s = config.number("off_delay", 0) if config.entity.component == "binary_sensor" else 0.0
        reader = config.reader("value_template", read)
        yield Part(point, topic, reader, off_after_s=off_after_s, expires_s=config.number("expire_after", 0))


def _switch(config: Config) -> Iterator[Part]:
    on, off = config.text("payload_on", "ON"), config.text("payload_off", "OFF")
    states = {config.text("state_on", on): True, config.text("state_off", off): False}
    risk = Risk.MAINS if config.entity.component == "switch" else Risk.NONE
    point = Switch(config.name(), title=config.title(), risk=risk)
    yield from channel(config, point, PLAIN, one_of(states), lambda value: on if value else off)


def _number(config: Config) -> Iterator[Part]:
    low, high = config.number("min", 1), config.number("max", 100)
    step = config.number("step", 1)
    if low > high:
        raise ValueError("min is above max")
    point = Setpoint(
        config.name(),
        unit=to_ucum(config.text("unit_of_measurement")),
        minimum=low,
        maximum=high,
        step=step if step > 0 else None,
        title=config.title(),
    )
    yield from channel(config, point, PLAIN, number)


def _select(config: Config) -> Iterator[Part]:
    options = config.texts("options")
    if not options:
        raise ValueError("has no options")
    yield from channel(config, setpoint(config, "", options=options), PLAIN, option(options))


def _text(config: Config) -> Iterator[Part]:
    yield from channel(config, setpoint(config, ""), PLAIN, plain)


def _button(config: Config) -> Iterator[Part]:
    press = config.text("payload_press", "PRESS")
    yield from _pressed(config, press)


def _scene(config: Config) -> Iterator[Part]:
    yield from _pressed(config, config.text("payload_on", "ON"))


def _pressed(config: Config, payload: str) -> Iterator[Part]:
    topic = config.topic("command_topic")
    if topic:
        say = asked(topic, config.asking("command_template"), lambda _: payload)
        yield Part(Action(config.name(), title=config.title()), say=say)


def _event(config: Config) -> Iterator[Part]:
    kinds, topic = config.texts("event_types"), config.heard_topic("state_topic")
    rendered = config.templates.reading(words(config.entity.config, "value_template"))

    def read(payload: bytes) -> Value | None:
        text = rendered(payload)
        if not text:
            raise NothingSaid
        kind = object_in(text.encode()).get("event_type")
        if not isinstance(kind, str) or (kinds and kind not in kinds):
            raise BadReading("unknown_value", "not one of the events the device declared")
        return kind

    if topic:
        yield Part(Event(config.name(), options=kinds, title=config.title()), topic, read)


def _trigger(config: Config) -> Iterator[Part]:
    """A device trigger: a button that says its payload."""
    topic, payload = config.topic("topic"), config.text("payload")
    happens = " ".join(filter(None, (config.text("subtype"), config.text("type"))))

    def heard(text: str) -> Value | None:
        if payload and text != payload:
            raise NothingSaid  # several triggers share a topic
        return happens or text

    if config.text("automation_type") == "trigger" and topic:
        yield Part(Event(config.name(), title=config.title()), topic, config.reader("value_template", heard))


MAKERS: Mapping[str, Maker] = {
    "sensor": _sensor,
    "binary_sensor": _binary_sensor,
    "switch": _switch,
    "siren": _switch,
    "light": light,
    "number": _number,
    "select": _select,
    "text": _text,
    "button": _button,
    "scene": _scene,
    "event": _event,
    "device_automation": _trigger,
    "cover": cover,
    "valve": valve,
    "lock": lock,
    "fan": fan,
    "climate": climate,
}
