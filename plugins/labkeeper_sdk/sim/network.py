"""The Zigbee devices behind the bridge: measuring, obeying and failing, seen from MQTT."""

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from labkeeper_sdk.sim import zigbee
from labkeeper_sdk.sim.clock import DeviceClock
from labkeeper_sdk.sim.faults import Fault, Health, upset, zigbee_rubbish
from labkeeper_sdk.sim.link import Link
from labkeeper_sdk.sim.messages import Order, Outgoing, Refused, Sighting
from labkeeper_sdk.sim.settings import BridgeSettings, FaultSettings
from labkeeper_sdk.sim.witness import now_ms


@dataclass(slots=True)
class ZigbeeDevice:
    """One device on the network. `counts`: its messages wait for the broker and carry no link quality."""

    who: zigbee.Identity
    clock: DeviceClock
    interval_s: float
    linkquality: int = 120
    counts: bool = False
    health: Health = field(default_factory=Health)
    state: dict[str, object] = field(default_factory=dict)
    heard_s: float = field(default_factory=time.monotonic)
    online: bool = True
    stamped_ms: int = 0

    def answers_to(self, name: str) -> bool:
        """Return whether this is its friendly name or its address."""
        return name in (self.who.title, self.who.ieee)

    def stamp(self) -> int:
        """Return the device's own time in ms, later than any it gave before: two reports are never the same moment."""
        self.stamped_ms = max(self.stamped_ms + 1, self.clock.read(now_ms()))
        return self.stamped_ms


class Network:
    """Publishes for its devices through the bridge's link."""

    def __init__(
        self, link: Link, devices: Sequence[ZigbeeDevice], settings: BridgeSettings, faults: FaultSettings
    ) -> None:
        self.devices = tuple(devices)
        self._link = link
        self._settings = settings
        self._faults = faults

    def report(self, device: ZigbeeDevice, lab_s: float) -> None:
        """Let a device measure, and publish what comes of it in its present health."""
        values = upset(device.who.appliance, device.who.appliance.sample(lab_s), device.health.now())
        if device.health.mute:
            return
        if device.health.now() is not Fault.STUCK or not device.state:
            device.state.update(values)
        self.publish(device)

    def strike(self, device: ZigbeeDevice, fault: Fault, for_s: float | None) -> None:
        """Begin a fault; a reboot ends by itself with an announcement."""
        device.health.strike(fault, None if fault is Fault.REBOOT else for_s)
        if fault is Fault.REBOOT:
            later(for_s or self._faults.reboot_s, lambda: self._announce(device))

    def judge(self) -> None:
        """Take every device offline that has not been heard within the time-out."""
        oldest_s = time.monotonic() - self._settings.availability_timeout_s
        for device in self.devices:
            if device.online and device.heard_s < oldest_s:
                self._turn(device, online=False)

    def told(self, device: ZigbeeDevice, message: Mapping[str, object]) -> None:
        """Let a device obey a `set` as its health allows."""
        for name, value in message.items():
            self._link.witness.commanded(Order(device.who.ieee, device.who.title, name, value))
        match device.health.now():
            case Fault.SILENT | Fault.REBOOT:
                later(self._faults.slow_s, lambda: self._unheard(device, message))
            case Fault.SLOW:
                later(self._faults.slow_s, lambda: self._obey(device, message))
            case Fault.STUCK | Fault.GARBAGE:
                self.publish(device)
            case Fault.NONE | Fault.LEAK | Fault.OPEN | Fault.PRESS:
                self._obey(device, message)

    def asked(self, device: ZigbeeDevice, message: Mapping[str, object]) -> None:
        """Let a device answer a `get`: with its whole state, as the bridge caches it."""
        readable = zigbee.names(device.who.appliance.model, zigbee.GET)
        for name, value in message.items():
            if name not in readable:
                self.log("error", f"No converter available for 'get' '{name}' ({json.dumps(value)})")
        if readable & message.keys() and device.state and not device.health.mute:
            slow = device.health.now() is Fault.SLOW
            later(self._faults.slow_s if slow else 0.0, lambda: self.publish(device))

    def publish(self, device: ZigbeeDevice) -> None:
        """Publish a device's whole state, or rubbish; whoever is heard is available."""
        garbage = device.health.now() is Fault.GARBAGE
        self._link.send(self._rubbish(device) if garbage else self._state(device))
        device.heard_s = time.monotonic()
        if not device.online:
            self._turn(device, online=True)

    def availability(self, device: ZigbeeDevice) -> Outgoing:
        """Return whether a device is available, retained."""
        return self.retained(f"{device.who.title}/availability", {"state": "online" if device.online else "offline"})

    def directory(self) -> Outgoing:
        """Return `bridge/devices`."""
        return self.retained("bridge/devices", [zigbee.COORDINATOR, *(zigbee.entry(one.who) for one in self.devices)])

    def retained(self, topic: str, document: object) -> Outgoing:
        """Return a retained document under the base topic."""
        return Outgoing(f"{self._settings.base_topic}/{topic}", zigbee.encode(document), retain=True)

    def say(self, topic: str, document: object) -> None:
        """Publish something of the moment under the base topic."""
        self._link.send(Outgoing(f"{self._settings.base_topic}/{topic}", zigbee.encode(document), qos=0))

    def log(self, level: str, message: str) -> None:
        """Write a line to the bridge's log, which is a topic."""
        self.say("bridge/logging", {"level": level, "message": message, "namespace": "z2m"})

    def _state(self, device: ZigbeeDevice) -> Outgoing:
        time_ms = device.stamp()
        state = dict(device.state) if device.counts else {**device.state, "linkquality": device.linkquality}
        names = zigbee.names(device.who.appliance.model, zigbee.READ) | {"linkquality"}
        seen = tuple(
            Sighting(device.who.ieee, device.who.title, name, value, time_ms)
            for name, value in zigbee.scalars(state)
            if name.partition(".")[0] in names
        )
        document = {**state, "last_seen": zigbee.last_seen(time_ms, self._settings.last_seen)}
        return Outgoing(self._topic(device), zigbee.encode(document), sightings=seen, keep=device.counts)

    def _rubbish(self, device: ZigbeeDevice) -> Outgoing:
        names = tuple(sorted(zigbee.names(device.who.appliance.model, zigbee.READ)))
        return Outgoing(self._topic(device), device.health.rubbish(zigbee_rubbish(names)))

    def _topic(self, device: ZigbeeDevice) -> str:
        return f"{self._settings.base_topic}/{device.who.title}"

    def _obey(self, device: ZigbeeDevice, message: Mapping[str, object]) -> None:
        changes: dict[str, object] = {}
        for name, value in message.items():
            try:
                changes.update(device.who.appliance.command(name, value))
            except KeyError:
                self.log("error", f"No converter available for '{name}' on '{device.who.title}': ({json.dumps(value)})")
            except Refused as error:
                self._failed(device, name, str(error))
        if changes:
            device.state.update(changes)
            self.publish(device)

    def _unheard(self, device: ZigbeeDevice, message: Mapping[str, object]) -> None:
        for name in message:
            self._failed(device, name, "Timeout")

    def _failed(self, device: ZigbeeDevice, name: str, why: str) -> None:
        self.log("error", f"Publish 'set' '{name}' to '{device.who.title}' failed: 'Error: {why}'")

    def _turn(self, device: ZigbeeDevice, *, online: bool) -> None:
        device.online = online
        self._link.send(self.availability(device))

    def _announce(self, device: ZigbeeDevice) -> None:
        if device.health.now() is not Fault.REBOOT:
            return
        device.health.strike(Fault.NONE, None)
        who = {"friendly_name": device.who.title, "ieee_address": device.who.ieee}
        self._link.send(self.directory())
        self.say("bridge/event", {"type": "device_announce", "data": who})
        if device.state:
            self.publish(device)


def later(delay_s: float, act: Callable[[], None]) -> None:
    """Act after `delay_s`; at once, in this very turn of the loop, where there is no delay."""
    if delay_s > 0:
        asyncio.get_running_loop().call_later(delay_s, act)
    else:
        act()
