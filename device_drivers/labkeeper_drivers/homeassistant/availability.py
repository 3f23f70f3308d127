"""Whether an entity is there: no topic, one, or a list of them with a mode; pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from labkeeper_drivers.documents import words
from labkeeper_drivers.homeassistant.announcement import Entity
from labkeeper_drivers.homeassistant.parts import Config
from labkeeper_drivers.homeassistant.templates import NothingSaid, Templates
from labkeeper_drivers.topics import ours_or_wild
from labkeeper_sdk import BadReading

MODES = ("all", "any", "latest")
MOST = 20


@dataclass(frozen=True, slots=True)
class Sign:
    """One topic that tells whether something is there."""

    topic: str
    here: str
    away: str
    read: Callable[[bytes], str]

    def said(self, payload: bytes) -> bool | None:
        """Return what a payload says, None for nothing; raises BadReading bad_availability."""
        try:
            text = self.read(payload)
        except NothingSaid:
            return None
        if text not in (self.here, self.away):
            raise BadReading("bad_availability")
        return text == self.here


@dataclass(slots=True)
class Presence:
    """What all signs together say; an entity that has signs and has not been heard is not there."""

    signs: tuple[Sign, ...]
    mode: str = "latest"
    _said: dict[str, bool] = field(default_factory=dict)
    _latest: bool = False

    @property
    def topics(self) -> Iterator[str]:
        """Return every topic a sign comes on."""
        return (sign.topic for sign in self.signs)

    @property
    def online(self) -> bool:
        """Tell whether the entity is there."""
        if not self.signs:
            return True
        if self.mode == "latest":
            return self._latest
        every = [self._said.get(sign.topic, False) for sign in self.signs]
        return all(every) if self.mode == "all" else any(every)

    def hear(self, topic: str, payload: bytes) -> bool:
        """Take a message, return whether it changed anything; raises BadReading."""
        before = self.online
        for sign in self.signs:
            if sign.topic == topic and payload and (said := sign.said(payload)) is not None:
                self._said[topic] = self._latest = said
        return self.online != before


def presence_of(entity: Entity, templates: Templates) -> Presence:
    """Return what tells whether an entity is there; raises ValueError for topics and templates that cannot be."""
    config = Config(entity, templates)
    listed = entity.config.get("availability")
    told = [each for each in listed[:MOST] if isinstance(each, dict)] if isinstance(listed, list) else []
    mode = config.text("availability_mode", "latest")
    if not told and (topic := words(entity.config, "availability_topic")):
        told = [{
            "topic": topic,
            "payload_available": config.text("payload_available", "online"),
            "payload_not_available": config.text("payload_not_available", "offline"),
            "value_template": words(entity.config, "availability_template"),
        }]  # fmt: skip
    return Presence(tuple(_sign(each, templates) for each in told), mode if mode in MODES else "latest")


def _sign(told: Mapping[str, object], templates: Templates) -> Sign:
    topic = words(told, "topic")
    if not topic or ours_or_wild(topic):
        raise ValueError("its availability is on a topic no device may choose")
    return Sign(
        topic,
        str(told.get("payload_available", "online")),
        str(told.get("payload_not_available", "offline")),
        templates.reading(words(told, "value_template")),
    )
