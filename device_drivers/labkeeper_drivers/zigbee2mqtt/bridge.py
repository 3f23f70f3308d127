"""One Zigbee2MQTT bridge as we hear it (documentation: "MQTT Topics and Messages"); sans-IO."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from labkeeper_drivers.alone import WhenAlone
from labkeeper_drivers.documents import object_in
from labkeeper_drivers.listening import Order, Outgoing
from labkeeper_drivers.observing import shortened
from labkeeper_drivers.zigbee2mqtt.exposes import Binding, together
from labkeeper_drivers.zigbee2mqtt.inventory import BRIDGE, Described, devices_in, groups_in
from labkeeper_drivers.zigbee2mqtt.state import HISTORICAL, LAST_SEEN, Memory, Problem, device_time_ms, values_in
from labkeeper_sdk import (
    Availability,
    BadReading,
    CommandRejected,
    Found,
    GatewayEvent,
    Gone,
    Nonsense,
    Reading,
    Report,
    Value,
)

DEVICES = "the list of devices"  # what messages wait for
AVAILABILITY = "/availability"
COMMANDS = ("/set", "/get")
NAMES_LIMIT = 10_000  # availabilities remembered for names nobody has described
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Known:
    """A device of the bridge and what it said last."""

    described: Described
    by_key: Mapping[str, tuple[Binding, ...]]
    memory: Memory = field(default_factory=Memory)
    online: bool | None = None  # as last told to the platform

    @property
    def bindings(self) -> tuple[Binding, ...]:
        return self.described.derived.bindings


@dataclass(slots=True)
class Bridge:
    """The devices behind one base topic."""

    base: str = "zigbee2mqtt"
    when_alone: WhenAlone = "safe"
    described: bool = False  # the list of devices has been heard
    online: bool = True
    devices: dict[str, Known] = field(default_factory=dict)
    _names: dict[str, Known] = field(default_factory=dict)
    _members: dict[str, Described] = field(default_factory=dict)
    _groups: object = field(default_factory=list)
    _available: dict[str, bool] = field(default_factory=dict)

    def part(self, topic: str) -> str:
        """Return what of the topic comes after the base."""
        return topic.removeprefix(self.base + "/")

    def waits_for(self, topic: str) -> str | None:
        """Return the list of devices as long as it is needed to understand this message and has not come."""
        part = self.part(topic)
        alone = part.startswith(BRIDGE + "/") or part.endswith((AVAILABILITY, *COMMANDS))
        return None if self.described or alone else DEVICES

    def explained(self, topic: str) -> tuple[str, ...]:  # noqa: ARG002 -- every topic may be the one
        """Return the list of devices once it is here."""
        return (DEVICES,) if self.described else ()

    def hear(self, topic: str, payload: bytes, *, retain: bool) -> tuple[GatewayEvent, ...]:
        """Return what a message means; nothing it holds can raise."""
        part = self.part(topic)
        known = self._names.get(part)
        if known is not None:
            return tuple(self._state(known, payload, retain=retain))
        if part == "bridge/devices":
            return tuple(self._inventory(payload))
        if part == "bridge/groups":
            return tuple(self._grouped(payload))
        if part == "bridge/state":
            return tuple(self._bridge_state(payload))
        if part.endswith(AVAILABILITY):
            return tuple(self._availability(part.removesuffix(AVAILABILITY), payload))
        return ()  # our own commands, the bridge's log, attribute output: nothing of a device's points

    # --- what there is ----------------------------------------------------------------------------------------------
    def _inventory(self, payload: bytes) -> Iterator[GatewayEvent]:
        try:
            found = list(devices_in(orjson.loads(payload), self.when_alone))
        except orjson.JSONDecodeError as error:
            yield Nonsense(BRIDGE, "not_json", shortened(error))
            return
        self.described = True
        nonsense = [event for event in found if isinstance(event, Nonsense)]
        here = {each.info.id: each for each in found if isinstance(each, Described)}
        # an entry nobody can read may be any of the devices that are not in the others
        self._members = {**self._members, **here} if nonsense else here
        yield from nonsense
        yield from self._reconcile()

    def _grouped(self, payload: bytes) -> Iterator[GatewayEvent]:
        try:
            self._groups = orjson.loads(payload)
        except orjson.JSONDecodeError as error:
            yield Nonsense(BRIDGE, "not_json", shortened(error))
            return
        if self.described:
            yield from self._reconcile()

    def _reconcile(self) -> Iterator[GatewayEvent]:
        """Tell what has gone and what is new or otherwise, devices before the groups they make."""
        groups = list(groups_in(self._groups, self.base, self._members, self.when_alone))
        here = {**self._members, **{each.info.id: each for each in groups if isinstance(each, Described)}}
        yield from (each for each in groups if isinstance(each, Nonsense))
        for device in self.devices.keys() - here.keys():
            del self.devices[device]
            yield Gone(device)
        for each in here.values():
            yield from self._describe(each)
        self._names = {known.described.name: known for known in self.devices.values()}

    def _describe(self, each: Described) -> Iterator[GatewayEvent]:
        before = self.devices.get(each.info.id)
        if before is not None and before.described == each:
            return
        for skipped in each.derived.skipped:
            log.debug("zigbee device %s: %s: %s", each.info.id, skipped.what, skipped.why)
        by_key: dict[str, tuple[Binding, ...]] = {}
        for binding in each.derived.bindings:
            by_key[binding.path[0]] = (*by_key.get(binding.path[0], ()), binding)
        known = self.devices[each.info.id] = Known(each, by_key)
        if before is not None:
            known.memory, known.online = before.memory, before.online
        if before is None or before.described.info != each.info:
            known.online = None  # a device that is found counts as online until it is told otherwise
            yield Found(each.info)
        yield from self._told(known)

    # --- whether it is there ----------------------------------------------------------------------------------------
    def _bridge_state(self, payload: bytes) -> Iterator[GatewayEvent]:
        online = _online(payload)
        if online is None:
            yield Nonsense(BRIDGE, "bad_state", shortened(payload[:80]))
            return
        self.online = online
        for known in self.devices.values():
            yield from self._told(known)

    def _availability(self, name: str, payload: bytes) -> Iterator[GatewayEvent]:
        known = self._names.get(name)
        if not payload:  # a device was renamed or removed
            self._available.pop(name, None)
            return
        online = _online(payload)
        if online is None:
            yield Nonsense(known.described.info.id if known else BRIDGE, "bad_availability", shortened(payload[:80]))
            return
        if name in self._available or len(self._available) < NAMES_LIMIT:
            self._available[name] = online
        if known is not None:
            yield from self._told(known)

    def _told(self, known: Known) -> Iterator[GatewayEvent]:
        """Tell the platform, once per change, whether a device can be reached."""
        online = self.online and self._available.get(known.described.name, True)
        if online != known.online:
            known.online = online
            yield Availability(known.described.info.id, online)

    # --- what it says -----------------------------------------------------------------------------------------------
    def _state(self, known: Known, payload: bytes, *, retain: bool) -> Iterator[GatewayEvent]:
        device = known.described.info.id
        try:
            document = object_in(payload)
        except BadReading as bad:
            if payload:  # nothing: somebody cleared a retained message
                yield Nonsense(device, bad.reason, shortened(payload[:80]))
            return
        time_ms = device_time_ms(document.get(LAST_SEEN))
        past = time_ms is not None and document.get(HISTORICAL) is True
        readings: list[Reading] = []
        problems: list[Problem] = []
        is_news = not retain or (time_ms is not None and time_ms > known.memory.newest_ms)
        for found in values_in(document, known.by_key):
            if isinstance(found, Problem):
                problems.append(found)
            elif not is_news:
                known.memory.keep(*found)
            elif reading := known.memory.take(*found, time_ms):
                readings.append(replace(reading, historical=True) if past else reading)
        if time_ms is not None:
            known.memory.newest_ms = max(known.memory.newest_ms, time_ms)
        if readings:
            yield Report(device, tuple(readings))
        if problems and is_news:
            yield Nonsense(device, problems[0].reason, f"{problems[0].point}: {problems[0].detail}")

    # --- what it is asked -------------------------------------------------------------------------------------------
    def command(self, device: str, point: str, value: Value) -> Order:
        """Return the message that asks for a value, at QoS 1 to the bridge; raises CommandRejected."""
        known = self.devices.get(device)
        if known is None:
            raise CommandRejected("unknown_device", f"the bridge has no device {device}")
        binding = next((each for each in known.bindings if each.point.name == point), None)
        if binding is None:
            raise CommandRejected("unknown_point", f"{device} has no point {point}")
        if not binding.point.writable:
            raise CommandRejected("read_only", f"{point} cannot be commanded")
        if not self.online:
            raise CommandRejected("offline", "the Zigbee bridge is offline")
        document: dict[str, object] = {}
        for other in together(known.bindings, binding):
            said = known.memory.values.get(other.point.name)
            if said is not None:
                _place(document, other.path, other.codec.encode(said))
        _place(document, binding.path, binding.codec.encode(value))
        topic = f"{self.base}/{known.described.name}/set"
        return Order(binding.point, (Outgoing(topic, orjson.dumps(document), qos=1),))


def _online(payload: bytes) -> bool | None:
    """Read `online`/`offline`, as JSON `{"state": …}` or plain as before version 1.29; None for anything else."""
    try:
        said = object_in(payload).get("state")
    except BadReading:
        said = payload[:80].decode("utf-8", "replace").strip()
    return {"online": True, "offline": False}.get(said) if isinstance(said, str) else None


def _place(document: dict[str, object], path: tuple[str, ...], value: object) -> None:
    """Put a value into nested objects, making them on the way."""
    place: Any = document
    for part in path[:-1]:
        place = place.setdefault(part, {})
    place[path[-1]] = value
