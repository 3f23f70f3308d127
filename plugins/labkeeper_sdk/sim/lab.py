"""The lab as a whole: its devices, their links, their rhythm."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from labkeeper_sdk.sim import homie, inventory, zigbee
from labkeeper_sdk.sim.bridge import Bridge
from labkeeper_sdk.sim.control import Control
from labkeeper_sdk.sim.faults import Fault
from labkeeper_sdk.sim.guests import Guest, invite
from labkeeper_sdk.sim.homie_unit import MOVING_S, HomieDevice, HomieUnit
from labkeeper_sdk.sim.link import Link, Talker
from labkeeper_sdk.sim.network import Network, ZigbeeDevice
from labkeeper_sdk.sim.room import Room
from labkeeper_sdk.sim.settings import Broker, LabSettings, parse_broker
from labkeeper_sdk.sim.witness import Witness, open_witness

LEAVING_S = 5.0
JITTER = 0.1
"""Share of its interval by which a report may come late."""


@dataclass(frozen=True, slots=True)
class DeviceNote:
    """What a person or a test needs to know of a device; `settable` are the names that take commands."""

    id: str
    title: str
    protocol: str
    settable: tuple[str, ...]


class Lab:
    """A running lab of simulated devices."""

    def __init__(self, broker: Broker, settings: LabSettings, witness: Witness) -> None:
        self._settings = settings
        self._broker = broker
        self._witness = witness
        self._room = Room(settings.seed, settings.room.start_hour)
        self._run = uuid.uuid4().hex[:8]
        self._talks: list[tuple[Link, Talker]] = []
        self._network = self._open_network()
        self._units = [self._open_unit(devices) for devices in inventory.homie_units(settings, self._room)]
        self._guests = invite(inventory.guests(settings), self._link)
        self._talks += self._guests
        link = self._link("control")
        self._talks.append((link, Control(link, self.strike)))
        self.awake = asyncio.Event()
        self.over = asyncio.Event()
        self._leaving = asyncio.Event()

    @property
    def devices(self) -> tuple[DeviceNote, ...]:
        """Return every device of this lab."""
        zigbees = [_zigbee_note(device) for device in self._network.devices]
        guests = [DeviceNote(*note[:3], tuple(note[3])) for _, guest in self._guests for note in guest.introduces]
        return (*zigbees, *(_homie_note(device) for unit in self._units for device in unit.devices), *guests)

    def value(self, device: str, name: str) -> object:
        """Return where a device stands, asked of itself; composites are named `color/x`; None for what it has not."""
        for one in self._network.devices:
            if one.who.ieee == device:
                return _part(one.state, name)
        values = [one.values.get(name) for unit in self._units for one in unit.devices if one.id == device]
        guests = [guest.value(device, name) for _, guest in self._guests if device in guest.ids]
        return next(iter((*values, *guests)), None)

    def strike(self, name: str, fault: Fault, for_s: float | None = None) -> None:
        """Begin a fault of the device with this id or title; raise KeyError where there is none."""
        for device in self._network.devices:
            if device.answers_to(name):
                self._network.strike(device, fault, for_s)
                return
        for unit in self._units:
            for gadget in unit.devices:
                if name in (gadget.id, gadget.gadget.title):
                    unit.strike(gadget, fault, for_s)
                    return
        known = ", ".join(f"{note.id} ({note.title})" for note in self.devices)
        raise KeyError(f"no device is called {name!r}; there are {known}")

    def leave(self) -> None:
        """Let every device say goodbye and `live` come to its end."""
        self._leaving.set()

    async def live(self) -> None:
        """Connect every device, then let all of them report until `leave`; `over` is set however it ends."""
        try:
            async with asyncio.TaskGroup() as group:
                talks = [group.create_task(link.run(talker), name=link.name) for link, talker in self._talks]
                beats = [group.create_task(self._beats_once_awake(), name="rhythms")]
                await self._leaving.wait()
                await self._part(talks, beats)
        finally:
            self.over.set()

    async def _beats_once_awake(self) -> None:
        for link, _ in self._talks:
            await link.up.wait()
        self.awake.set()
        async with asyncio.TaskGroup() as group:
            for name, beat in self._rhythms():
                group.create_task(beat, name=name)

    async def _part(self, talks: Sequence[asyncio.Task[None]], beats: Sequence[asyncio.Task[None]]) -> None:
        for beat in beats:
            beat.cancel()
        for link, _ in self._talks:
            link.leave()
        _, stuck = await asyncio.wait(talks, timeout=LEAVING_S)
        for talk in stuck:
            talk.cancel()

    def _rhythms(self) -> Sequence[tuple[str, Coroutine[None, None, None]]]:
        zigbees = [(one.who.ieee, self._zigbee_rhythm(one)) for one in self._network.devices]
        homies = [(one.id, self._homie_rhythm(unit, one)) for unit in self._units for one in unit.devices]
        motions = [(f"{one.id} moves", _move(unit, one)) for unit in self._units for one in unit.devices]
        guests = [(link.name, self._guest_rhythm(link.name, guest)) for link, guest in self._guests]
        return [*zigbees, *homies, *motions, *guests, ("availability", self._watch())]

    def _open_network(self) -> Network:
        link = self._link("bridge")
        devices = inventory.zigbee_devices(self._settings, self._room)
        network = Network(link, devices, self._settings.zigbee, self._settings.faults)
        if devices:
            self._talks.append((link, Bridge(link, network, self._settings.zigbee)))
        return network

    def _open_unit(self, devices: Sequence[HomieDevice]) -> HomieUnit:
        link = self._link(devices[0].id)
        unit = HomieUnit(link, self._settings.homie_domain, devices, self._settings.faults)
        self._talks.append((link, unit))
        return unit

    def _link(self, name: str) -> Link:
        return Link(self._broker, f"labkeeper-sim-{self._run}-{name}", self._witness)

    async def _zigbee_rhythm(self, device: ZigbeeDevice) -> None:
        await self._beat(device.interval_s, device.who.ieee, lambda lab_s: self._network.report(device, lab_s))

    async def _homie_rhythm(self, unit: HomieUnit, device: HomieDevice) -> None:
        await self._beat(device.interval_s, device.id, lambda lab_s: unit.report(device, lab_s))

    async def _guest_rhythm(self, name: str, guest: Guest) -> None:
        await self._beat(guest.interval_s / self._settings.rate, name, guest.report)

    async def _beat(self, interval_s: float, name: str, report: Callable[[float], None]) -> None:
        """Report at the device's own cadence; the lab's time follows the cadence, so a seed repeats its values."""
        random = Random(f"{self._settings.seed}:{name}:rhythm")
        loop = asyncio.get_running_loop()
        start_s = loop.time() + interval_s * random.random()
        number = 0
        while True:
            due_s = start_s + interval_s * (number + JITTER * random.random())
            await asyncio.sleep(due_s - loop.time())
            report(number * interval_s * self._settings.room.speed)
            number += 1

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._settings.zigbee.availability_timeout_s / 5)
            self._network.judge()


@asynccontextmanager
async def open_lab(
    broker_url: str,
    *,
    seed: int = 1,
    rate: float = 1.0,
    witness: Path | None = None,
    settings: LabSettings | None = None,
) -> AsyncIterator[Lab]:
    """Run a lab in this event loop, entered once every device has announced itself.

    `settings` replaces `seed` and `rate`. Raises BadSettings for what cannot be; waits as long as there is no broker.
    """
    chosen = settings or LabSettings(seed=seed, rate=rate)
    inventory.check(chosen)
    with open_witness(witness) as book:
        lab = Lab(parse_broker(broker_url), chosen, book)
        life = asyncio.create_task(lab.live(), name="simulated lab")
        try:
            await _first(lab.awake.wait(), life)
            yield lab
        finally:
            lab.leave()
            await life


async def _first(wanted: Coroutine[None, None, object], life: asyncio.Task[None]) -> None:
    """Wait for what is wanted; a lab that dies meanwhile raises what killed it."""
    waiting = asyncio.ensure_future(wanted)
    try:
        await asyncio.wait({waiting, life}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
    if life.done():
        life.result()


async def _move(unit: HomieUnit, device: HomieDevice) -> None:
    while True:
        await device.stirred.wait()
        device.stirred.clear()
        moving = True
        while moving:
            await asyncio.sleep(MOVING_S)
            moving = unit.advance(device, MOVING_S)


def _part(state: Mapping[str, object], name: str) -> object:
    head, _, rest = name.partition("/")
    found = state.get(head)
    return _part(found, rest) if rest and isinstance(found, Mapping) else found


def _zigbee_note(device: ZigbeeDevice) -> DeviceNote:
    settable = zigbee.names(device.who.appliance.model, zigbee.SET)
    return DeviceNote(device.who.ieee, device.who.title, "zigbee2mqtt", tuple(sorted(settable)))


def _homie_note(device: HomieDevice) -> DeviceNote:
    return DeviceNote(device.id, device.gadget.title, "homie", tuple(homie.settable(device.gadget.nodes)))
