"""The Tasmota devices of a broker as we hear them; sans-IO."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from labkeeper_drivers.alone import WhenAlone
from labkeeper_drivers.documents import inside, object_in
from labkeeper_drivers.listening import Heard, Listen, Order, Outgoing
from labkeeper_drivers.naming import id_of
from labkeeper_drivers.observing import shortened
from labkeeper_drivers.reading_documents import events_in
from labkeeper_drivers.tasmota.announcement import Announcement, announced
from labkeeper_drivers.tasmota.points import NOTHING, Points, derive
from labkeeper_drivers.titles import title_in_its_language
from labkeeper_sdk import (
    Availability,
    BadReading,
    CommandRejected,
    DeviceInfo,
    Found,
    GatewayEvent,
    Gone,
    Nonsense,
    Value,
)

DEVICES_LIMIT = 1_000
STATUS_SENSORS, STATUS_STATE = "10", "11"
LWT = "LWT"


@dataclass(slots=True)
class Known:
    """One device: what it announced, and whether it is there."""

    mac: str
    config: Mapping[str, object] = field(default_factory=dict)
    sensors: Mapping[str, object] = field(default_factory=dict)
    announcement: Announcement | None = None
    points: Points = NOTHING
    info: DeviceInfo | None = None
    online: bool = False


@dataclass(slots=True)
class Fleet:
    """Every device that announces itself below the discovery topic."""

    discovery: str = "tasmota/discovery"
    when_alone: WhenAlone = "safe"
    devices: dict[str, Known] = field(default_factory=dict)
    _routes: dict[str, str] = field(default_factory=dict)  # the beginning of a topic, and whose it is

    def waits_for(self, topic: str) -> str | None:
        """Return the beginning of a topic as long as nobody has announced it."""
        start = _start(topic)
        return None if topic.startswith(f"{self.discovery}/") or start in self._routes else start

    def explained(self, topic: str) -> tuple[str, ...]:
        """Return the topics of a device that has announced itself."""
        known = self.devices.get(self._mac(topic))
        told = known.announcement if known is not None else None
        return (told.answers, told.reports) if told is not None else ()

    def hear(self, topic: str, payload: bytes, *, retain: bool) -> tuple[Heard, ...]:
        """Return what a message means; nothing it holds can raise."""
        if topic.startswith(f"{self.discovery}/"):
            return tuple(self._discovered(self._mac(topic), topic.rpartition("/")[2], payload))
        start = _start(topic)
        known = self.devices.get(self._routes.get(start, ""))
        if known is None or known.announcement is None:
            return ()
        last = topic.removeprefix(start)
        if last == LWT and start == known.announcement.reports:
            return tuple(self._there(known, payload))
        return () if retain else tuple(self._said(known, known.announcement, last, payload))

    def command(self, device: str, point: str, value: Value) -> Order:
        """Return the message that asks for a value; raises CommandRejected."""
        known = next((each for each in self.devices.values() if each.info and each.info.id == device), None)
        if known is None or known.announcement is None:
            raise CommandRejected("unknown_device", f"there is no device {device}")
        output = next((each for each in known.points.outputs if each.point.name == point), None)
        if output is None:
            raise CommandRejected("unknown_point", f"{device} takes no command for {point}")
        if not known.online:
            raise CommandRejected("offline", f"{device} is offline")
        command = output.command if output.commands is None else output.commands[str(value)]
        topic = f"{known.announcement.commands}{command}"
        return Order(output.point, (Outgoing(topic, output.argument(value).encode()),))

    # --- what there is ----------------------------------------------------------------------------------------------
    def _mac(self, topic: str) -> str:
        return topic.removeprefix(f"{self.discovery}/").partition("/")[0]

    def _discovered(self, mac: str, what: str, payload: bytes) -> Iterator[Heard]:
        if not payload:
            yield from self._gone(mac)
            return
        if mac not in self.devices and len(self.devices) >= DEVICES_LIMIT:
            return
        known = self.devices.setdefault(mac, Known(mac))
        try:
            document = object_in(payload)
            if what == "config":
                known.announcement = announced(mac, document)
            elif what == "sensors":
                known.sensors = inside(document, "sn")
        except BadReading as bad:
            yield Nonsense(id_of(mac), bad.reason, shortened(bad.detail))
            return
        yield from self._described(known)

    def _described(self, known: Known) -> Iterator[Heard]:
        told = known.announcement
        if told is None:
            return
        known.points = derive(told, known.sensors, self.when_alone)
        info = DeviceInfo(
            id=id_of(told.mac),
            points=known.points.points,
            title=title_in_its_language(told.name),
            make="Tasmota",
            model=told.model,
            firmware=told.firmware,
        )
        if info != known.info:
            known.info = info
            yield Found(info)
            yield Availability(info.id, known.online)
        yield from self._hear_its_topics(told)

    def _hear_its_topics(self, told: Announcement) -> Iterator[Heard]:
        new = [start for start in (told.reports, told.answers) if self._routes.get(start) != told.mac]
        for start in new:
            self._routes[start] = told.mac
        if new:
            yield Listen(tuple((f"{start}+", 1) for start in new))

    def _gone(self, mac: str) -> Iterator[GatewayEvent]:
        known = self.devices.pop(mac, None)
        for start in [start for start, whose in self._routes.items() if whose == mac]:
            del self._routes[start]
        if known is not None and known.info is not None:
            yield Gone(known.info.id)

    # --- what it says -----------------------------------------------------------------------------------------------
    def _there(self, known: Known, payload: bytes) -> Iterator[Heard]:
        told, info = known.announcement, known.info
        if told is None or info is None or not payload:
            return
        said = {told.online.encode(): True, told.offline.encode(): False}.get(payload)
        if said is None:
            yield Nonsense(info.id, "bad_availability", shortened(payload[:80]))
            return
        if said != known.online:
            known.online = said
            yield Availability(info.id, said)
        if said:  # what it says now is new; what the broker kept is not
            topic = f"{told.commands}STATUS"
            yield from (Outgoing(topic, number.encode()) for number in (STATUS_STATE, STATUS_SENSORS))

    def _said(self, known: Known, told: Announcement, last: str, payload: bytes) -> Iterator[GatewayEvent]:
        if known.info is None or (last.startswith("POWER") and not payload.startswith(b"{")):
            return  # the bare word says again what RESULT, or POWER as JSON, says
        if last not in ("STATE", "SENSOR", "RESULT", "STATUS10", "STATUS11") and not told.answers_by_name:
            return
        try:
            document = object_in(payload)
        except BadReading as bad:
            if payload:
                yield Nonsense(known.info.id, bad.reason, f"{last}: {shortened(payload[:80])}")
            return
        whole: Mapping[str, object] = {**document, **inside(document, "StatusSNS"), **inside(document, "StatusSTS")}
        yield from events_in(known.info.id, whole, known.points.fields)


def _start(topic: str) -> str:
    return topic[: topic.rfind("/") + 1]
