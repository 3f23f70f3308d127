"""A Homie device with its children on one connection, seen from MQTT."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from labkeeper_sdk.sim import homie
from labkeeper_sdk.sim.faults import HOMIE_RUBBISH, Fault, Health, upset
from labkeeper_sdk.sim.link import Link
from labkeeper_sdk.sim.messages import Order, Outgoing, Refused, Scalar, Sighting
from labkeeper_sdk.sim.network import later
from labkeeper_sdk.sim.settings import FaultSettings

MOVING_S = 0.1
"""How often a moving device reports."""


@dataclass(slots=True)
class HomieDevice:
    """One device: the protocol gives its readings no time of their own."""

    id: str
    gadget: homie.Gadget
    family: homie.Family
    interval_s: float
    health: Health = field(default_factory=Health)
    values: dict[str, Scalar] = field(default_factory=dict)
    targets: dict[str, bytes] = field(default_factory=dict)
    alerts: dict[str, str] = field(default_factory=dict)
    stirred: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """Begin with what stands after power on; every property with a target starts at it."""
        self.gadget.power_on()
        self.values = {**self.gadget.measure(0.0), **self.gadget.outputs()}
        self.targets = {
            name: homie.payload(value) for name, value in self.values.items() if _kind(self.gadget, name).target
        }


class HomieUnit:
    """The root device and its children; the will is the root's, as the convention wants it."""

    def __init__(self, link: Link, domain: str, devices: Sequence[HomieDevice], faults: FaultSettings) -> None:
        self.devices = tuple(devices)
        self._link = link
        self._base = f"{domain}/5"
        self._faults = faults
        self._root = next(device for device in devices if device.family.root is None)

    @property
    def will(self) -> Outgoing:
        """Return the root's will: lost."""
        return self._state(self._root, "lost")

    @property
    def filters(self) -> tuple[str, ...]:
        """Return the `set` topic of every settable property."""
        return tuple(
            f"{self._base}/{device.id}/{name}/set"
            for device in self.devices
            for name in homie.settable(device.gadget.nodes)
        )

    def greeting(self) -> Sequence[Outgoing]:
        """Return every device's introduction, children first."""
        return [message for device in reversed(self.devices) for message in self._introduction(device)]

    def ready(self) -> Sequence[Outgoing]:
        """Return that all are ready, children first."""
        return [self._state(device, "ready") for device in reversed(self.devices)]

    def farewell(self) -> Sequence[Outgoing]:
        """Return that all have left on purpose."""
        return [self._state(device, "disconnected") for device in reversed(self.devices)]

    def received(self, topic: str, payload: bytes) -> None:
        """Take a command to one of the settable properties."""
        device_id, _, rest = topic.removeprefix(self._base + "/").partition("/")
        name = rest.removesuffix("/set")
        for device in self.devices:
            if device.id == device_id:
                self._told(device, name, payload)

    def report(self, device: HomieDevice, lab_s: float) -> None:
        """Let a device measure, and publish what comes of it in its present health."""
        measured = upset(device.gadget, device.gadget.measure(lab_s), device.health.now())
        if device.health.now() is Fault.STUCK:
            measured = {name: device.values[name] for name in measured}
        self._publish(device, measured)
        self._raise_alerts(device)

    def advance(self, device: HomieDevice, dt_s: float) -> bool:
        """Let a device go on moving; return whether it moved."""
        if device.health.now() is Fault.STUCK:
            return False
        moved = device.gadget.advance(dt_s)
        self._publish(device, moved)
        return bool(moved) or (isinstance(device.gadget, homie.Restless) and device.gadget.restless)

    def strike(self, device: HomieDevice, fault: Fault, for_s: float | None) -> None:
        """Begin a fault; the root reboots with its connection, a child alone."""
        device.health.strike(fault, None if fault is Fault.REBOOT else for_s)
        if fault is Fault.REBOOT and device is self._root:
            self._power_cut(for_s or self._faults.reboot_s)
        elif fault is Fault.REBOOT:
            self._link.send(self._state(device, "lost"))
            later(for_s or self._faults.reboot_s, lambda: self._return(device))

    def _power_cut(self, away_s: float) -> None:
        for device in self.devices:
            device.health.strike(Fault.NONE, None)
            device.wake()
        self._link.cut(away_s)

    def _return(self, device: HomieDevice) -> None:
        if device.health.now() is Fault.REBOOT:
            device.health.strike(Fault.NONE, None)
            device.wake()
            for message in (*self._introduction(device), self._state(device, "ready")):
                self._link.send(message)

    def _introduction(self, device: HomieDevice) -> Sequence[Outgoing]:
        return [
            self._state(device, "init"),
            self._retained(device, "$description", homie.description(device.gadget, device.family)),
            *(self._retained(device, f"{name}/$target", raw) for name, raw in device.targets.items()),
            *(self._property(device, name, value) for name, value in device.values.items()),
        ]

    def _told(self, device: HomieDevice, name: str, raw: bytes) -> None:
        kind = homie.find(device.gadget, name)
        if kind is None or not kind.settable:
            return
        self._link.witness.commanded(Order(device.id, device.gadget.title, name, raw.decode(errors="replace")))
        if not device.health.mute:
            slow = device.health.now() is Fault.SLOW
            later(self._faults.slow_s if slow else 0.0, lambda: self._obey(device, name, raw))

    def _obey(self, device: HomieDevice, name: str, raw: bytes) -> None:
        kind = _kind(device.gadget, name)
        try:
            value = homie.parse(kind, raw)
        except Refused as error:
            self._log(device, "warn", f"{name}: {error}")
            return
        if kind.target:
            # The exact bytes that came: by them a controller knows its own command again.
            device.targets[name] = raw
            self._link.send(self._retained(device, f"{name}/$target", raw))
        if device.health.now() is Fault.STUCK:
            self._publish(device, {name: device.values[name]} if name in device.values else {})
            return
        self._publish(device, device.gadget.command(name, value))
        device.stirred.set()

    def _publish(self, device: HomieDevice, values: Mapping[str, Scalar]) -> None:
        if device.health.mute:
            return
        device.values.update({name: value for name, value in values.items() if _kind(device.gadget, name).retained})
        for name, value in values.items():
            if device.health.now() is Fault.GARBAGE:
                self._link.send(self._retained(device, name, device.health.rubbish(HOMIE_RUBBISH)))
            else:
                self._link.send(self._property(device, name, value))

    def _raise_alerts(self, device: HomieDevice) -> None:
        if device.health.mute:
            return
        present = dict(device.gadget.alerts())
        for name in device.alerts.keys() | present.keys():
            if device.alerts.get(name) != present.get(name):
                self._link.send(self._alert(device, name, present.get(name, "")))
        device.alerts = present

    def _alert(self, device: HomieDevice, name: str, text: str) -> Outgoing:
        seen = Sighting(device.id, device.gadget.title, f"$alert/{name}", text, None)
        return replace(self._retained(device, f"$alert/{name}", text.encode()), sightings=(seen,))

    def _log(self, device: HomieDevice, level: str, text: str) -> None:
        self._link.send(Outgoing(f"{self._base}/{device.id}/$log/{level}", text.encode(), qos=0))

    def _state(self, device: HomieDevice, state: str) -> Outgoing:
        return self._retained(device, "$state", state.encode())

    def _retained(self, device: HomieDevice, name: str, raw: bytes) -> Outgoing:
        return Outgoing(f"{self._base}/{device.id}/{name}", raw, retain=True)

    def _property(self, device: HomieDevice, name: str, value: Scalar) -> Outgoing:
        """Return a property's message; events are not retained and go at QoS 0: said, and confirmed by nobody."""
        topic, raw = f"{self._base}/{device.id}/{name}", homie.payload(value)
        retained = _kind(device.gadget, name).retained
        seen = Sighting(device.id, device.gadget.title, name, value, None)
        return Outgoing(topic, raw, retain=retained, qos=1 if retained else 0, sightings=(seen,))


def _kind(gadget: homie.Gadget, name: str) -> homie.Property:
    kind = homie.find(gadget, name)
    if kind is None:
        raise KeyError(name)
    return kind
