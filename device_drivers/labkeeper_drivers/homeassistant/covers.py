"""What moves and locks: covers, valves, locks; pure."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from labkeeper_drivers.alone import guarded
from labkeeper_drivers.homeassistant.parts import (
    PLAIN,
    Channel,
    Config,
    Part,
    asked,
    channel,
    number,
    one_of,
)
from labkeeper_sdk import Action, Risk, Setpoint, State, Switch, Value

MOVING_S = 60.0  # a blind takes half a minute and says where it is when it has stopped
STATES = ("open", "opening", "closed", "closing", "stopped")
POSITION = Channel("position_topic", "position_template", "set_position_topic", "set_position_template")
TILT = Channel("tilt_status_topic", "tilt_status_template", "tilt_command_topic", "tilt_command_template")


def cover(config: Config) -> Iterator[Part]:
    """Yield how a cover moves, where it is, and how it is tilted."""
    yield from _move(config, "stop")
    yield from _state(config)
    closed, opened = config.number("position_closed", 0), config.number("position_open", 100)
    yield from _place(config, "position", POSITION, closed, opened)
    low, high = config.number("tilt_min", 0), config.number("tilt_max", 100)
    yield from _place(config, "tilt", TILT, low, high)


def valve(config: Config) -> Iterator[Part]:
    """Yield how a valve moves and where it is."""
    yield from _move(config, "stop")
    if config.entity.config.get("reports_position") is True:
        closed, opened = config.number("position_closed", 0), config.number("position_open", 100)
        yield from _place(config, "position", PLAIN, closed, opened)
    else:
        yield from _state(config)


def lock(config: Config) -> Iterator[Part]:
    """Yield whether a lock is locked."""
    on, off = config.text("payload_lock", "LOCK"), config.text("payload_unlock", "UNLOCK")
    states: dict[str, Value] = {config.text("state_locked", "LOCKED"): True}
    for key in ("unlocked", "locking", "unlocking", "jammed"):  # only what is locked is locked
        states[config.text(f"state_{key}", key.upper())] = False
    point = Switch(config.name(), title=config.title("locked"), risk=Risk.MOTION, confirm_s=10.0)
    yield from channel(config, point, PLAIN, one_of(states), lambda value: on if value else off)


def _move(config: Config, *last: str) -> Iterator[Part]:
    topic = config.topic("command_topic")
    words = {word: _payload(config, word) for word in ("open", "close", *last)}
    able = {word: payload for word, payload in words.items() if payload is not None}
    if topic and able:
        say = asked(topic, config.asking("command_template"), lambda value: able[str(value)])
        move = Action(config.name("move"), type=str, options=tuple(able), title=config.title("move"), risk=Risk.MOTION)
        yield Part(guarded(move, config.when_alone), say=say)


def _payload(config: Config, word: str) -> str | None:
    """`payload_stop: null` says that it cannot."""
    key = f"payload_{word}"
    return None if key in config.entity.config and config.entity.config[key] is None else config.text(key, word.upper())


def _state(config: Config) -> Iterator[Part]:
    topic = config.topic("state_topic")
    if topic:
        known = {config.text(f"state_{word}", word): word for word in STATES}
        point = State(config.name("state"), type=str, options=STATES, title=config.title("running_state"))
        yield Part(point, topic, config.reader("value_template", one_of(dict(known))))


def _place(config: Config, part: str, keys: Channel, closed: float, opened: float) -> Iterator[Part]:
    """A place in per cent: 0 is closed and 100 open, whatever numbers the device has for them."""
    if closed == opened:
        raise ValueError(f"{part} is the same open and closed")
    point = Setpoint(config.name(part), unit="%", minimum=0, maximum=100, step=1, title=config.title(part))
    point = replace(point, risk=Risk.MOTION, confirm_s=MOVING_S)
    yield from channel(config, point, keys, _percent(closed, opened), _device_number(closed, opened))


def _percent(closed: float, opened: float) -> Callable[[str], Value | None]:
    def read(text: str) -> Value | None:
        value = number(text)
        return None if value is None else round(100 * (value - closed) / (opened - closed), 1)

    return read


def _device_number(closed: float, opened: float) -> Callable[[Value], object]:
    return lambda value: round(closed + (opened - closed) * float(value) / 100)
