"""What every kind of entity is made of: points, where they are read, how they are asked for; pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from labkeeper_drivers.alone import WhenAlone, guarded
from labkeeper_drivers.documents import words
from labkeeper_drivers.homeassistant.announcement import Entity
from labkeeper_drivers.homeassistant.templates import NothingSaid, Templates, said
from labkeeper_drivers.lapsing import Later
from labkeeper_drivers.listening import Outgoing
from labkeeper_drivers.naming import name_of
from labkeeper_drivers.titles import title_in_its_language, title_of
from labkeeper_drivers.topics import may_be_heard, ours_or_wild
from labkeeper_sdk import Action, BadReading, Measure, Point, Risk, Setpoint, State, Switch, Title, Value

UNKNOWN = ("None", "unknown", "unavailable")
Read = Callable[[bytes], Value | None]
Say = Callable[[Value], tuple[Outgoing, ...]]
ReadText = Callable[[str], Value | None]


@dataclass(frozen=True, slots=True)
class Part:
    """One point of an entity. `topic` "" has nothing to read, `say` None nothing to ask for.

    `off_after_s`: what is on is off after so long without another word. `expires_s`: what was said that long ago is no
    longer known. 0: never.
    """

    point: Point
    topic: str = ""
    read: Read | None = None
    say: Say | None = None
    off_after_s: float = 0.0
    expires_s: float = 0.0

    def later(self, device: str, *, on: bool) -> Iterator[Later]:
        """Yield what it comes to if nothing more is said; `on`: what was said last, or what may have been before."""
        if on and self.off_after_s > 0:
            yield Later(device, self.point.name, value=False, after_s=self.off_after_s)
        if self.expires_s > 0:
            yield Later(device, self.point.name, value=None, after_s=self.expires_s)


@dataclass(frozen=True, slots=True)
class Config:
    """An entity's configuration, read with care."""

    entity: Entity
    templates: Templates
    when_alone: WhenAlone = "safe"

    def text(self, key: str, default: str = "") -> str:
        """Return a word; payloads may be written as numbers and truth values, which mean their Python words."""
        value = self.entity.config.get(key)
        return default if value is None or isinstance(value, list | dict) else str(value)

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of words, each once."""
        value = self.entity.config.get(key)
        return tuple(dict.fromkeys(map(str, value))) if isinstance(value, list) else ()

    def number(self, key: str, default: float) -> float:
        """Return a number."""
        value = self.entity.config.get(key)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else default

    def topic(self, key: str) -> str:
        """Return a topic, "" where there is none; raises ValueError for one a device may not choose."""
        topic = words(self.entity.config, key)
        if topic and ours_or_wild(topic):
            raise ValueError(f"{key} is a topic no device may choose")
        return topic

    def heard_topic(self, key: str) -> str:
        """Return a topic that is only heard, single levels of which may be open (`+`); raises ValueError as `topic`."""
        topic = words(self.entity.config, key)
        return topic if may_be_heard(topic) else self.topic(key)

    def reader(self, key: str, read: ReadText) -> Read:
        """Return what reads a payload through the template under a key; raises ValueError for a bad one."""
        rendered = self.templates.reading(words(self.entity.config, key))
        return lambda payload: read(rendered(payload))

    def asking(self, key: str) -> Callable[[object], bytes]:
        """Return what makes a command's payload through the template under a key; raises ValueError for a bad one."""
        return self.templates.asking(words(self.entity.config, key))

    def name(self, part: str = "") -> str:
        """Return the name of the entity's point, or of a part of it."""
        whole = name_of(self.entity.object_id)
        return f"{whole}/{part}" if part else whole

    def title(self, part: str = "") -> Title:
        """Return what people call the entity, or a part of it."""
        called = words(self.entity.config, "name")
        kind = words(self.entity.config, "device_class") or self.entity.component
        given = title_in_its_language(called)
        whole = Title(zh=given.zh or title_of(_slug(called)).zh, en=given.en) if called else title_of(kind)
        if not part:
            return whole
        more = title_of(part)
        zh = f"{whole.zh or whole.en} {more.zh}" if more.zh else ""
        return Title(zh=zh, en=f"{whole.en or whole.zh} {more.en.lower()}")


def _slug(text: str) -> str:
    return text.strip().lower().replace(" ", "_")


# --- reading --------------------------------------------------------------------------------------------------------
def number(text: str) -> float | None:
    """Read a number; nothing at all says nothing, and a word for nobody knows is no value."""
    if not text:
        raise NothingSaid
    if text in UNKNOWN:
        return None
    try:
        value = float(text)
    except ValueError:
        raise BadReading("not_a_number") from None
    if value != value or value in (float("inf"), float("-inf")):  # noqa: PLR0124 -- NaN
        raise BadReading("not_finite")
    return value


def plain(text: str) -> str | None:
    """Read a text."""
    return None if text in UNKNOWN else text


def one_of(said_as: Mapping[str, Value]) -> ReadText:
    """Return what reads words that each mean a value."""

    def read(text: str) -> Value | None:
        if text in said_as:
            return said_as[text]
        if not text:
            raise NothingSaid
        if text in UNKNOWN:
            return None
        raise BadReading("unknown_value", "not one of the values the device declared")

    return read


def option(options: tuple[str, ...]) -> ReadText:
    """Return what reads one of several words."""
    return one_of({word: word for word in options})


# --- putting together -----------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Channel:
    """The keys under which one value is read and asked for."""

    state: str
    state_template: str
    command: str
    command_template: str

    @classmethod
    def of(cls, stem: str, state_template: str = "state_template") -> "Channel":
        """Return the usual keys of one aspect: `brightness_state_topic` and so on."""
        return cls(
            f"{stem}_state_topic", f"{stem}_{state_template}", f"{stem}_command_topic", f"{stem}_command_template"
        )


PLAIN = Channel("state_topic", "value_template", "command_topic", "command_template")


def channel(
    config: Config, point: Point, keys: Channel, read: ReadText, write: Callable[[Value], object] = said
) -> Iterator[Part]:
    """Yield a point as far as the device lets it be: chosen, only observed, only asked for, or not at all.

    What a device never tells is an action: it is asked for, and no value pretends to know what became of it.
    """
    state, command = config.topic(keys.state), config.topic(keys.command)
    reader = config.reader(keys.state_template, read) if state else None
    say = asked(command, config.asking(keys.command_template), write) if command else None
    if state and command:
        yield Part(guarded(point, config.when_alone), state, reader, say)
    elif state:
        yield Part(observed(point), state, reader)
    elif command:
        yield unseen(point, say, config.when_alone)


def asked(topic: str, payload: Callable[[object], bytes], write: Callable[[Value], object] = said) -> Say:
    """Return what asks for a value at QoS 0, not retained."""
    return lambda value: (Outgoing(topic, payload(write(value))),)


def observed(point: Point) -> Point:
    """Return the point as one that is only read."""
    kind: type[Point] = Measure if point.type in (int, float) else State
    return _as(kind, replace(point, risk=Risk.NONE, safe_value=None, link_loss_s=None))


def unseen(point: Point, say: Say | None, when_alone: WhenAlone) -> Part:
    """Return the point as one that is only asked for: on and off become two buttons."""
    if isinstance(point, Switch):
        action = Action(point.name, type=str, options=("ON", "OFF"), title=point.title, risk=point.risk)
        switch = say
        return Part(
            guarded(action, when_alone),
            say=None if switch is None else lambda value: switch(value == "ON"),
        )
    return Part(guarded(_as(Action, point), when_alone), say=say)


def _as(kind: type[Point], point: Point) -> Point:
    return kind(
        point.name,
        type=point.type,
        title=point.title,
        unit=point.unit,
        minimum=point.minimum,
        maximum=point.maximum,
        step=point.step,
        options=point.options,
        risk=point.risk,
        confirm_s=point.confirm_s,
    )


def setpoint(config: Config, part: str, *, options: tuple[str, ...] = (), risk: Risk = Risk.NONE) -> Setpoint:
    """Return a point whose value is a word."""
    return Setpoint(config.name(part), type=str, options=options, title=config.title(part), risk=risk)
