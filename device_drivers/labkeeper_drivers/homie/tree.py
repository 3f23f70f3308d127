"""The Homie 5 devices of a domain as we hear them; sans-IO."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import orjson

from labkeeper_drivers.homie.description import ID, Description, Property, describe
from labkeeper_drivers.homie.payloads import decode, encode
from labkeeper_drivers.listening import Accepted, Order, Outgoing
from labkeeper_drivers.observing import shortened
from labkeeper_drivers.titles import title_in_its_language, title_of
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
    Reading,
    Report,
    State,
    Title,
    Value,
)

STATES = ("init", "ready", "sleeping", "disconnected", "lost")
LOG_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
    "fatal": logging.CRITICAL,
}
VALUE_LIMIT = 64 * 1024  # bytes
DESCRIPTION_LIMIT = 1024 * 1024
DEVICES_LIMIT = 10_000
PROPERTY_PARTS = 3  # device, node, property
TARGET = "$target"
ALERT = "_alert/"  # no node of the convention can be called so
ALERTS_LIMIT = 100  # a device
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Known:
    """One device and what it said over this connection."""

    id: str
    state: str = ""
    document: object = None
    description: Description | None = None
    announced: DeviceInfo | None = None
    online: bool | None = None
    targets: frozenset[str] = frozenset()
    alerts: dict[str, str] = field(default_factory=dict)  # "" where one has been raised and is over
    spoken: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Tree:
    """All devices below `<domain>/5`.

    `session_present`: the broker kept our session, so every value published while we were away comes as a live
    message and what it retained adds nothing.
    """

    domain: str = "homie"
    session_present: bool = True
    devices: dict[str, Known] = field(default_factory=dict)

    def waits_for(self, topic: str) -> str | None:
        """Return the device whose description is needed to understand this message, None if none is."""
        parts = self._parts(topic)
        if len(parts) != PROPERTY_PARTS or not ID.fullmatch(parts[0]):
            return None  # `$broadcast/…` among them: it is for devices
        if parts[1].startswith("$") and parts[1] != "$alert":
            return None
        known = self.devices.get(parts[0])
        return parts[0] if known is None or known.announced is None else None

    def explained(self, topic: str) -> tuple[str, ...]:
        """Return the device of a topic once it is described."""
        device = self._parts(topic)[0]
        known = self.devices.get(device)
        return (device,) if known is not None and known.announced is not None else ()

    def hear(self, topic: str, payload: bytes, *, retain: bool) -> tuple[GatewayEvent | Accepted, ...]:
        """Return what a message means; nothing it holds can raise."""
        device, *rest = self._parts(topic)
        if not rest or not ID.fullmatch(device):
            return ()
        known = self.devices.get(device)
        if known is None:
            if not payload or not rest[-1].startswith("$") or len(self.devices) >= DEVICES_LIMIT:
                return ()
            known = self.devices[device] = Known(device)
        return tuple(self._heard(known, rest, payload, retain=retain))

    def _heard(
        self, known: Known, rest: list[str], payload: bytes, *, retain: bool
    ) -> Iterator[GatewayEvent | Accepted]:
        match rest:
            case ["$state"]:
                yield from self._state(known, payload)
            case ["$description"]:
                yield from self._described(known, payload)
            case ["$log", level]:
                _say(LOG_LEVELS.get(level, logging.INFO), known.id, payload, "says")
            case ["$alert", alert]:
                yield from self._alert(known, alert, payload, retain=retain)
            case [node, name] if not node.startswith("$"):
                yield from self._value(known, f"{node}/{name}", payload, retain=retain)
            case [node, name, "$target"]:
                yield from self._target(known, f"{node}/{name}", payload)

    # --- what there is ----------------------------------------------------------------------------------------------
    def _state(self, known: Known, payload: bytes) -> Iterator[GatewayEvent]:
        state = payload.decode("utf-8", "replace")
        if not state:
            del self.devices[known.id]
            if known.announced is not None:
                yield Gone(known.id)
        elif state not in STATES:
            yield Nonsense(known.id, "bad_state", shortened(state))
        else:
            known.state = state
            yield from self._announced(known)
        for child in self.devices.values():
            if child.description is not None and child.description.root == known.id:
                yield from self._told(child)

    def _described(self, known: Known, payload: bytes) -> Iterator[GatewayEvent]:
        if not payload:
            return
        try:
            document = _json(payload)
            known.description = describe(document, known.targets)
        except BadReading as bad:
            yield Nonsense(known.id, bad.reason, shortened(bad.detail))
            return
        known.document = document
        for skipped in known.description.skipped:
            log.info("homie device %s: left out %s", known.id, shortened(skipped))
        yield from self._announced(known)

    def _announced(self, known: Known) -> Iterator[GatewayEvent]:
        """Announce a device that has both a state and a description, and again when the description changed."""
        if not known.state or known.description is None:
            return
        info = _info(known.id, known.description, known.alerts)
        if info != known.announced:
            known.announced = info
            known.online = None  # a device that is found counts as online until it is told otherwise
            yield Found(info)
        yield from self._told(known)

    def _told(self, known: Known) -> Iterator[GatewayEvent]:
        """Tell the platform, once per change, whether a device can be reached."""
        if known.announced is None:
            return
        online = _reachable(self.state_of(known), known.announced)
        if online != known.online:
            known.online = online
            yield Availability(known.id, online)

    def state_of(self, known: Known) -> str:
        """Return a device's state; the children of a lost root are lost ("Device hierarchy")."""
        root = self.devices.get(known.description.root) if known.description is not None else None
        return "lost" if root is not None and root.state == "lost" else known.state

    # --- what it says -----------------------------------------------------------------------------------------------
    def _value(self, known: Known, point: str, payload: bytes, *, retain: bool) -> Iterator[GatewayEvent]:
        told = _property(known, point)
        if told is None or not payload or (retain and not self._is_current(known, told)):
            return
        known.spoken.add(point)
        try:
            yield Report(known.id, (Reading(point, _decode(told, payload)),))
        except BadReading as bad:
            yield Nonsense(known.id, bad.reason, f"{point}: {shortened(payload[:80])}")

    def _alert(self, known: Known, alert: str, payload: bytes, *, retain: bool) -> Iterator[GatewayEvent]:
        """An alert is a state: its words while it lasts, nothing when it is over ("Alerts")."""
        text = payload[:VALUE_LIMIT].decode("utf-8", "replace")
        if not ID.fullmatch(alert) or (alert not in known.alerts and len(known.alerts) >= ALERTS_LIMIT):
            return
        before = known.alerts.get(alert)
        if before == text:
            return
        _say(logging.WARNING, known.id, payload, f"raises alert {alert}")
        known.alerts[alert] = text
        if before is None:
            yield from self._announced(known)
        if known.announced is not None and not (retain and self.session_present):
            yield Report(known.id, (Reading(ALERT + alert, text),))

    def _is_current(self, known: Known, told: Property) -> bool:
        """Whether a retained copy is worth a reading: only as the first value of a live device in a new session."""
        if self.session_present or not told.retained or isinstance(told.point, Event):
            return False
        return self.state_of(known) in ("ready", "sleeping") and told.point.name not in known.spoken

    def _target(self, known: Known, point: str, payload: bytes) -> Iterator[GatewayEvent | Accepted]:
        if point not in known.targets:
            known.targets = known.targets | {point}
            if known.description is not None:
                known.description = describe(known.document, known.targets)
                yield from self._announced(known)
        told = _property(known, point)
        if told is None or not payload:
            return
        try:
            yield Accepted(known.id, point, _decode(told, payload))
        except BadReading as bad:
            yield Nonsense(known.id, bad.reason, f"{point}/{TARGET}: {shortened(payload[:80])}")

    # --- what it is asked -------------------------------------------------------------------------------------------
    def command(self, device: str, point: str, value: Value) -> Order:
        """Return the message that asks for a value; raises CommandRejected.

        At QoS 0, as the convention has it for momentary properties, and here for all. Nothing is asked of a device
        that is not there: the broker may queue it and start a motor much later.
        """
        known = self.devices.get(device)
        if known is None or known.announced is None:
            raise CommandRejected("unknown_device", f"there is no device {device}")
        told = _property(known, point)
        if told is None:
            raise CommandRejected("unknown_point", f"{device} has no point {point}")
        if not told.point.writable:
            raise CommandRejected("read_only", f"{point} cannot be commanded")
        state = self.state_of(known)
        if state != "ready":
            raise CommandRejected("offline", f"{device} is {state}")
        payload = encode(value)
        try:
            decode(told.datatype, payload, told.options)
        except BadReading as bad:
            raise CommandRejected(bad.reason, f"{point} does not take {value!r}"[:200]) from None
        return Order(told.point, (Outgoing(f"{self.domain}/5/{device}/{point}/set", payload),))

    def _parts(self, topic: str) -> list[str]:
        return topic.removeprefix(f"{self.domain}/5/").split("/")


def _reachable(state: str, info: DeviceInfo) -> bool:
    """Whether a device does what it is for: to report, it may wake up now and then; to obey, it must be awake."""
    return state == "ready" or (state == "sleeping" and not any(point.writable for point in info.points))


def _info(device: str, description: Description, alerts: Iterable[str]) -> DeviceInfo:
    raised = [State(ALERT + alert, type=str, title=_alert_title(alert)) for alert in sorted(alerts)]
    return DeviceInfo(
        id=device,
        points=(*(each.point for each in description.properties.values()), *raised),
        title=title_in_its_language(description.name or device),
        model=description.type,
    )


def _alert_title(alert: str) -> Title:
    """Never that of what the alert is about, which has a point of its own."""
    about = title_of(alert)
    return Title(zh=f"告警 · {about.zh or about.en}", en=f"Alert · {about.en}")


def _property(known: Known, point: str) -> Property | None:
    return None if known.description is None else known.description.properties.get(point)


def _decode(told: Property, payload: bytes) -> Value:
    if len(payload) > VALUE_LIMIT:
        raise BadReading("too_large")
    return decode(told.datatype, payload, told.options)


def _json(payload: bytes) -> object:
    if len(payload) > DESCRIPTION_LIMIT:
        raise BadReading("bad_description", "too large")
    try:
        document: object = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise BadReading("bad_description", str(error)) from None
    return document


def _say(level: int, device: str, payload: bytes, verb: str) -> None:
    if payload:
        log.log(level, "homie device %s %s: %s", device, verb, shortened(payload[:400].decode("utf-8", "replace")))
