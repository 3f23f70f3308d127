"""Two schools' hours as lines: the simulated lab's own devices, named and typed by the real drivers; what the hub makes
of them, and what it tells of itself, comes from the hub's own code.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson

from labkeeper_drivers.homie.description import describe
from labkeeper_drivers.zigbee2mqtt.exposes import Binding, derive
from labkeeper_drivers.zigbee2mqtt.state import values_in
from labkeeper_hub.model import NodeKey
from labkeeper_sdk import Point, Value
from labkeeper_sdk.sim import homie, inventory, zigbee
from labkeeper_sdk.sim.homie_unit import HomieDevice
from labkeeper_sdk.sim.network import ZigbeeDevice
from labkeeper_sdk.sim.room import Room
from labkeeper_sdk.sim.settings import LabSettings

from .hub import Hub

STEP_MS = 120_000
START_HOUR = 7.9
OFFLINE = "0x00158d00000a0004"  # the window's contact has lost its battery
LOOSE, LOOSE_EVERY = "0x00158d00000a0002", 30  # somebody pulls its plug every hour


class Lab:
    """One lab of a school, with the simulator's devices; points that are `whole` are integers here."""

    def __init__(
        self, school: str, lab: str, seed: int, only: tuple[str, ...] = (), whole: tuple[str, ...] = ()
    ) -> None:
        settings = LabSettings(seed=seed, full=True, only=only)
        room = Room(seed, START_HOUR)
        self.node = NodeKey(school, f"{lab}-pi")
        self.lab, self.whole = lab, whole
        self.zigbees = list(inventory.zigbee_devices(settings, room))
        self.homies = [device for unit in inventory.homie_units(settings, room) for device in unit]

    @property
    def devices(self) -> Iterator[tuple[str, str]]:
        """Yield id and title of every device."""
        yield from ((device.who.ieee, device.who.title) for device in self.zigbees)
        yield from ((device.id, device.gadget.title) for device in self.homies)

    def born(self, hub: Hub, now_ms: int) -> None:
        """Come to a hub."""
        hub.node_born(self.node, self.lab, now_ms)
        for device, title in self.devices:
            hub.device_born(self.node, device, title, now_ms, online=device != OFFLINE)

    def says(self, hub: Hub, lab_s: float, time_ms: int) -> None:
        """Tell a hub what every device says at one moment."""
        for device in self.zigbees:
            self._says(hub, device.who.ieee, _zigbee(device, lab_s), time_ms)
        for unit in self.homies:
            self._says(hub, unit.id, _homie(unit, lab_s), time_ms)

    def _says(self, hub: Hub, device: str, values: Iterable[tuple[Point, Value]], time_ms: int) -> None:
        for point, value in values:
            said = round(value) if point.name in self.whole and isinstance(value, float) else value
            hub.said(self.node, device, point, said, time_ms)


def _zigbee(device: ZigbeeDevice, lab_s: float) -> Iterator[tuple[Point, Value]]:
    appliance = device.who.appliance
    bindings: dict[str, tuple[Binding, ...]] = {}
    for binding in derive(zigbee.definition(appliance.model)["exposes"]).bindings:
        bindings[binding.path[0]] = (*bindings.get(binding.path[0], ()), binding)
    for found in values_in({**appliance.sample(lab_s), "linkquality": device.linkquality}, bindings):
        assert isinstance(found, tuple), found
        binding, value = found
        assert value is not None
        yield binding.point, value


def _homie(device: HomieDevice, lab_s: float) -> Iterator[tuple[Point, Value]]:
    document = orjson.loads(homie.description(device.gadget, device.family))
    described = describe(document, frozenset())
    for name, value in {**device.gadget.measure(lab_s), **device.gadget.outputs()}.items():
        point = described.properties[name].point
        yield point, float(value) if point.type is float else value


def lines_of(labs: list[Lab], from_ms: int, to_ms: int, journal_file: Path) -> list[str]:
    """Return everything the labs and their hub say, every two minutes."""
    hub = Hub(journal_file)
    for lab in labs:
        lab.born(hub, from_ms)
    for number, time_ms in enumerate(range(from_ms, to_ms, STEP_MS)):
        for lab in labs:
            if number % LOOSE_EVERY == 0:
                _pulled(hub, lab, time_ms)
            lab.says(hub, number * STEP_MS / 1000, time_ms)
        hub.look(number, time_ms, time_ms + STEP_MS)
    return hub.lines()


def _pulled(hub: Hub, lab: Lab, time_ms: int) -> None:
    titles = dict(lab.devices)
    if LOOSE in titles:
        hub.device_born(lab.node, LOOSE, titles[LOOSE], time_ms - 1000, online=False)
        hub.device_born(lab.node, LOOSE, titles[LOOSE], time_ms)
