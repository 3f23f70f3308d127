"""Everything that has announced itself, and what it says; sans-IO."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from labkeeper_drivers.alone import WhenAlone
from labkeeper_drivers.documents import object_in, words
from labkeeper_drivers.firsts import Firsts
from labkeeper_drivers.homeassistant.announcement import Entity, entities_in
from labkeeper_drivers.homeassistant.availability import Presence, presence_of
from labkeeper_drivers.homeassistant.entities import parts_of
from labkeeper_drivers.homeassistant.parts import Part
from labkeeper_drivers.homeassistant.templates import NothingSaid, Templates
from labkeeper_drivers.lapsing import Later
from labkeeper_drivers.listening import Heard, Listen, Order
from labkeeper_drivers.naming import id_of
from labkeeper_drivers.observing import shortened
from labkeeper_drivers.titles import title_in_its_language
from labkeeper_drivers.topics import fits
from labkeeper_sdk import (
    Availability,
    BadReading,
    CommandRejected,
    DeviceInfo,
    Event,
    Found,
    GatewayEvent,
    Gone,
    Nonsense,
    Point,
    Reading,
    Report,
    Value,
)

ENTITIES_LIMIT = 5_000
ANNOUNCEMENT_LIMIT = 256 * 1024  # bytes; a device may announce all of its entities at once
CONFIG = "/config"
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Known:
    """One entity, its points, and whether it is there."""

    entity: Entity
    parts: tuple[Part, ...]
    presence: Presence

    @property
    def topics(self) -> Iterator[str]:
        """Return every topic its points are read from."""
        return (part.topic for part in self.parts if part.topic)


@dataclass(slots=True)
class Estate:
    """The entities below one discovery prefix, and the devices they belong to."""

    prefix: str = "homeassistant"
    firsts: Firsts = field(default_factory=lambda: Firsts(session_present=False))
    when_alone: WhenAlone = "safe"
    templates: Templates = field(default_factory=Templates)
    entities: dict[str, Known] = field(default_factory=dict)
    _routes: dict[str, list[str]] = field(default_factory=dict)  # topic → the entities it is about
    _open: set[str] = field(default_factory=set)  # those of the routes with open levels (`+`)
    _heard: set[str] = field(default_factory=set)  # topics subscribed in this connection
    _announced: dict[str, DeviceInfo] = field(default_factory=dict)
    _online: dict[str, bool] = field(default_factory=dict)
    _begun: set[tuple[str, str]] = field(default_factory=set)  # points whose silence counts already

    def waits_for(self, topic: str) -> str | None:
        """Return the topic itself as long as nobody has announced it."""
        return None if self._is_config(topic) or any(self._as_announced(topic)) else topic

    def explained(self, topic: str) -> Iterable[str]:
        """Return the topics an announcement has explained."""
        if not self._is_config(topic):
            return ()
        return [route for known in self._at(topic) for route in (*known.topics, *known.presence.topics)]

    def hear(self, topic: str, payload: bytes, *, retain: bool) -> tuple[Heard, ...]:
        """Return what a message means; nothing it holds can raise."""
        if self._is_config(topic):
            return tuple(self._config(topic, payload, retain=retain))
        return tuple(self._said(topic, payload, retain=retain))

    def command(self, device: str, point: str, value: Value) -> Order:
        """Return the message that asks for a value; raises CommandRejected."""
        if device not in self._announced:
            raise CommandRejected("unknown_device", f"there is no device {device}")
        for known in self._of(device):
            for part in known.parts:
                if part.point.name == point and part.say is not None:
                    if not known.presence.online:
                        raise CommandRejected("offline", f"{device} is offline")
                    return Order(part.point, part.say(value))
        raise CommandRejected("unknown_point", f"{device} takes no command for {point}")

    # --- what there is ----------------------------------------------------------------------------------------------
    def _is_config(self, topic: str) -> bool:
        return topic.startswith(f"{self.prefix}/") and topic.endswith(CONFIG)

    def _as_announced(self, topic: str) -> Iterator[str]:
        """Yield the routes a topic belongs to: its own, and those with open levels."""
        if topic in self._routes:
            yield topic
        yield from (each for each in self._open if fits(topic, each))

    def _at(self, topic: str) -> list[Known]:
        return [known for key, known in self.entities.items() if key == topic or key.startswith(f"{topic}#")]

    def _of(self, device: str) -> Iterator[Known]:
        return (known for known in self.entities.values() if known.entity.device_id == device)

    def _config(self, topic: str, payload: bytes, *, retain: bool) -> Iterator[Heard]:
        levels = topic.removeprefix(f"{self.prefix}/").removesuffix(CONFIG).split("/")
        before = self._at(topic)
        touched = dict.fromkeys(known.entity.device_id for known in before)
        try:
            document = object_in(payload, ANNOUNCEMENT_LIMIT) if payload else {}
            entities = list(entities_in(topic, levels, document)) if payload else []
        except BadReading as bad:
            yield Nonsense(id_of("_".join(levels)), bad.reason, shortened(bad.detail))
            return
        for known in before:
            self._forget(known)
        for entity in entities:
            self._take(entity)
            touched[entity.device_id] = None
            if not retain and entity.device_id not in self._announced:
                self.firsts.newcomer(entity.device_id)
        for device in touched:
            yield from self._described(device)
        yield from self._listened(topic)

    def _take(self, entity: Entity) -> None:
        if len(self.entities) >= ENTITIES_LIMIT:
            return
        try:
            parts = parts_of(entity, self.templates, self.when_alone)
            presence = presence_of(entity, self.templates)
        except ValueError as error:
            log.info("%s %s: left out: %s", entity.component, shortened(entity.object_id), shortened(error))
            return
        known = self.entities[entity.key] = Known(entity, parts, presence)
        for topic in (*known.topics, *presence.topics):
            if entity.key not in self._routes.setdefault(topic, []):
                self._routes[topic].append(entity.key)
            if "+" in topic:
                self._open.add(topic)

    def _forget(self, known: Known) -> None:
        del self.entities[known.entity.key]
        for topic in {*known.topics, *known.presence.topics}:
            self._routes[topic].remove(known.entity.key)
            if not self._routes[topic]:
                del self._routes[topic]
                self._open.discard(topic)

    def _described(self, device: str) -> Iterator[Heard]:
        entities = list(self._of(device))
        if not entities:
            self._online.pop(device, None)
            self._begun = {key for key in self._begun if key[0] != device}
            if self._announced.pop(device, None) is not None:
                yield Gone(device)
            return
        info = _info(device, entities)
        if info != self._announced.get(device):
            self._announced[device] = info
            self._online.pop(device, None)
            yield Found(info)
        yield from self._told(device)
        for part in (part for known in entities for part in known.parts):
            if (device, part.point.name) not in self._begun:  # what it said before this connection lapses, too
                self._begun.add((device, part.point.name))
                yield from part.later(device, on=True)

    def _listened(self, topic: str) -> Iterator[Listen]:
        here = self._at(topic)
        there = dict.fromkeys((each, 0) for known in here for each in known.presence.topics)
        states = dict.fromkeys((each, 1) for known in here for each in known.topics)
        new = tuple(each for each in (*there, *states) if each[0] not in self._heard)
        self._heard.update(each for each, _ in new)
        if new:
            yield Listen(tuple({each: (each, qos) for each, qos in new}.values()))

    # --- what it says -----------------------------------------------------------------------------------------------
    def _told(self, device: str) -> Iterator[GatewayEvent]:
        """Tell the platform, once per change, whether any entity of the device is there."""
        online = any(known.presence.online for known in self._of(device))
        if online != self._online.get(device):
            self._online[device] = online
            yield Availability(device, online)

    def _said(self, topic: str, payload: bytes, *, retain: bool) -> Iterator[Heard]:
        readings: dict[str, list[Reading]] = {}
        routes = [(route, self.entities[key]) for route in self._as_announced(topic) for key in self._routes[route]]
        for route, known in routes:
            device = known.entity.device_id
            try:
                if known.presence.hear(topic, payload):
                    yield from self._told(device)
            except BadReading as bad:
                yield Nonsense(device, bad.reason, shortened(payload[:80]))
            for part in known.parts:
                if part.topic == route and part.read is not None and payload:
                    yield from self._read(device, part, payload, readings, retain=retain)
        yield from (Report(device, tuple(each)) for device, each in readings.items())

    def _read(
        self, device: str, part: Part, payload: bytes, readings: dict[str, list[Reading]], *, retain: bool
    ) -> Iterator[Nonsense | Later]:
        if part.read is None or (retain and isinstance(part.point, Event)):
            return
        try:
            value = part.read(payload)
        except NothingSaid:
            return
        except BadReading as bad:
            yield Nonsense(device, bad.reason, f"{part.point.name}: {shortened(payload[:80])}")
            return
        if self.firsts.is_news(device, part.point.name, retain=retain):
            readings.setdefault(device, []).append(Reading(part.point.name, value))
            yield from part.later(device, on=value is True)


def _info(device: str, entities: list[Known]) -> DeviceInfo:
    points: dict[str, Point] = {}
    for known in entities:
        for part in known.parts:
            points.setdefault(part.point.name, part.point)
    about = next((known.entity.device for known in entities if known.entity.device), {})
    name = words(about, "name") or words(entities[0].entity.config, "name") or device
    return DeviceInfo(
        id=device,
        points=tuple(points[name] for name in sorted(points)),
        title=title_in_its_language(name),
        make=words(about, "manufacturer"),
        model=words(about, "model"),
        firmware=words(about, "sw_version"),
    )
