"""Two schools' hours as lines: the simulated lab's own devices, named and typed by the real drivers, and the hub's
figures as the real hub makes them, a PE class too, whose bands are nowhere. Written by hand: alarms, the forwarder.
"""

from collections.abc import Iterable, Iterator, Mapping
from math import sin

import orjson

from labkeeper_drivers.homie.description import describe
from labkeeper_drivers.zigbee2mqtt.exposes import Binding, derive
from labkeeper_drivers.zigbee2mqtt.state import values_in
from labkeeper_hub.figures.told import Rooms, Seen, Told, figures
from labkeeper_hub.model import Device, DeviceKey, LedgerEntry, Node, NodeKey, Outbox, State
from labkeeper_hub.pe.shared import ClassMinute, SoFar
from labkeeper_hub.status import JournalStatus, Status
from labkeeper_sdk import Title, Value
from labkeeper_sdk.sim import homie, inventory, zigbee
from labkeeper_sdk.sim.homie_unit import HomieDevice
from labkeeper_sdk.sim.network import ZigbeeDevice
from labkeeper_sdk.sim.room import Room
from labkeeper_sdk.sim.settings import LabSettings
from labkeeper_wire.descriptor import DeviceDescription

from .lines import Tags, line

STEP_MS = 120_000
START_HOUR = 7.9
OFFLINE = "0x00158d00000a0004"  # the window's contact has lost its battery


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

    def lines(self, lab_s: float, time_ms: int) -> Iterator[str]:
        """Yield what every device says at one moment."""
        for device in self.zigbees:
            yield from self._told(device.who.ieee, _zigbee(device, lab_s), time_ms)
        for unit in self.homies:
            yield from self._told(unit.id, _homie(unit, lab_s), time_ms)

    def _told(self, device: str, values: Iterable[tuple[str, str, Value]], time_ms: int) -> Iterator[str]:
        for point, kind, value in values:
            tags = Tags(*self.node[:1], self.lab, self.node.node, device, point, kind)
            yield line(tags, round(value) if point in self.whole and isinstance(value, float) else value, time_ms)


def _zigbee(device: ZigbeeDevice, lab_s: float) -> Iterator[tuple[str, str, Value]]:
    appliance = device.who.appliance
    bindings: dict[str, tuple[Binding, ...]] = {}
    for binding in derive(zigbee.definition(appliance.model)["exposes"]).bindings:
        bindings[binding.path[0]] = (*bindings.get(binding.path[0], ()), binding)
    for found in values_in({**appliance.sample(lab_s), "linkquality": device.linkquality}, bindings):
        assert isinstance(found, tuple), found
        binding, value = found
        assert value is not None
        yield binding.point.name, binding.point.kind, value


def _homie(device: HomieDevice, lab_s: float) -> Iterator[tuple[str, str, Value]]:
    document = orjson.loads(homie.description(device.gadget, device.family))
    described = describe(document, frozenset())
    for name, value in {**device.gadget.measure(lab_s), **device.gadget.outputs()}.items():
        point = described.properties[name].point
        yield name, point.kind, float(value) if point.type is float else value


def lines_of(labs: list[Lab], from_ms: int, to_ms: int) -> Iterator[str]:
    """Yield everything the labs and their hub say, every two minutes."""
    for number, time_ms in enumerate(range(from_ms, to_ms, STEP_MS)):
        for lab in labs:
            yield from lab.lines(number * STEP_MS / 1000, time_ms)
        yield from (_figure_line(told, labs, time_ms) for told in figures(_seen(labs, number, time_ms)))
        for lab in labs:
            yield from _by_hand(lab, number, time_ms)


def _figure_line(told: Told, labs: list[Lab], time_ms: int) -> str:
    key, lab = told.key, told.about.lab if told.about else told.key.node
    assert labs
    kind = told.figure.description.kind
    return line(Tags(key.school, lab, key.node, key.device, key.point, kind), told.value, time_ms)


def _seen(labs: list[Lab], number: int, time_ms: int) -> Seen:
    return Seen(
        now_ms=time_ms,
        nodes=tuple(Node(lab.node, lab.lab, Title(), True, 0, time_ms, Outbox("epoch")) for lab in labs),
        devices=tuple(
            Device(
                DeviceKey(*lab.node, device),
                lab.lab,
                DeviceDescription(title_zh=title, title_en=title, bench="1"),
                (),
                device != OFFLINE,
                0,
            )
            for lab in labs
            for device, title in lab.devices
        ),
        ledger=tuple(
            LedgerEntry(lab.node, "epoch", 500 * number, 500 * number - number % 3, 0, 1, number % 3, number % 3)
            for lab in labs
        ),
        newest_ms={lab.node: time_ms - 900 for lab in labs},
        returns={lab.node: number // 120 for lab in labs},
        ends={(lab.node.school, State.DONE): number for lab in labs},
        status=Status(0, True, 40 * number, {"not_finite": number // 60}, _journal(number)),
        journal_bytes=1_000_000 + 26_000 * number,
        rooms=Rooms(tuple(_class(lab, number) for lab in labs)),
    )


def _class(lab: Lab, number: int) -> ClassMinute:
    so_far = SoFar(0.75, 0.55, 2 * number % 40, number % 20 // 4, number % 20 // 9)
    return ClassMinute(lab.node.school, lab.lab, 40, 110 + number % 20 * 3, 0.8, so_far)


def _journal(number: int) -> JournalStatus:
    return JournalStatus(3, 1000 * number, 50 * number, 2.5 + sin(number), 900, number // 15, "")


ALARMS: Mapping[str, int | float] = {
    "standing": 2,
    "unacknowledged": 1,
    "shelved": 1,
    "stale": 0,
    "chattering": 0,
    "flood": 0,
    "raised_10min": 1,
    "peak_hour": 4,
    "acknowledge": 95.0,
}


def _by_hand(lab: Lab, number: int, time_ms: int) -> Iterator[str]:
    """Yield what later parts of the hub will write, as docs/reference/hub-figures.md has it."""
    school = lab.node.school
    for name, value in ALARMS.items():
        yield line(Tags(school, "#hub", "#hub", "alarms", name), value, time_ms)
    for priority, every in (("low", 5), ("medium", 30), ("high", 90)):
        yield line(Tags(school, "#hub", "#hub", "alarms", f"raised_{priority}"), number // every, time_ms)
    about = f"#hub/{lab.node.node}"
    yield line(Tags(school, lab.lab, about, "#alarms", "standing"), 1, time_ms)
    yield line(Tags(school, lab.lab, about, "#alarms", "highest"), 2, time_ms)
    yield line(Tags(school, "#hub", "#hub", "forwarder", "lag"), 1.2, time_ms)
