"""Which devices stand in the lab, and how each is made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from labkeeper_sdk.sim.clock import DeviceClock
from labkeeper_sdk.sim.devices.air import AirQuality
from labkeeper_sdk.sim.devices.bands import HeartBands
from labkeeper_sdk.sim.devices.camera import PeopleCamera
from labkeeper_sdk.sim.devices.contact import WindowContact
from labkeeper_sdk.sim.devices.counter import Counter
from labkeeper_sdk.sim.devices.detectors import AirAnalyser, DoorContact, GasDetector, LeakSensor
from labkeeper_sdk.sim.devices.light import Light
from labkeeper_sdk.sim.devices.outlets import CHEMISTRY, FIELD, MAKER, Outlets, Plan
from labkeeper_sdk.sim.devices.plug import SmartPlug
from labkeeper_sdk.sim.devices.relays import RelayBoard
from labkeeper_sdk.sim.devices.robot import Gripper, RobotKit
from labkeeper_sdk.sim.devices.smoke import SmokeDetector
from labkeeper_sdk.sim.guests import KINDS
from labkeeper_sdk.sim.homie import Family, Gadget
from labkeeper_sdk.sim.homie_unit import HomieDevice
from labkeeper_sdk.sim.network import ZigbeeDevice
from labkeeper_sdk.sim.room import Room
from labkeeper_sdk.sim.settings import BadSettings, DeviceSettings, LabSettings
from labkeeper_sdk.sim.witness import now_ms
from labkeeper_sdk.sim.zigbee import Appliance, Identity

DEFAULT_COUNTER_RATE = 200.0
GREATEST_DRIFT_PPM = 20.0
"""What an ordinary 32 kHz watch crystal is sold with."""


@dataclass(frozen=True, slots=True)
class Place:
    """One device of the lab: its kind, its stable id, what people call it, and its cadence."""

    kind: str
    id: str
    title: str
    interval_s: float

    def is_called(self, name: str) -> bool:
        """Return whether `name` is its kind, its id or its title."""
        return name in (self.kind, self.id, self.title)


ZIGBEE: Sequence[tuple[Place, Callable[[Room, Random], Appliance]]] = (
    (Place("air", "0x00158d00000a0001", "空气质量", 1.5), AirQuality),
    (Place("plug", "0x00158d00000a0002", "bench1/plug", 1.0), lambda _, random: SmartPlug(random)),
    (Place("smoke", "0x00158d00000a0003", "Smoke detector", 2.0), lambda _, random: SmokeDetector(random)),
    (Place("contact", "0x00158d00000a0004", "窗户", 2.0), WindowContact),
    (Place("light", "0x00158d00000a0005", "Ceiling light", 2.0), lambda _, random: Light(random)),
    (Place("counter", "0x00158d00000a0006", "witness-counter", 1.0), lambda _room, _random: Counter()),
    (Place("gas", "0x00158d00000a0007", "Gas detector", 2.0), GasDetector),
    (Place("leak", "0x00158d00000a0008", "Leak sensor", 2.0), lambda _, random: LeakSensor(random)),
    (Place("door", "0x00158d00000a0009", "门", 2.0), DoorContact),
    (Place("analyser", "0x00158d00000a000a", "Air analyser", 2.0), AirAnalyser),
)


def _outlets(kind: str, plan: Plan) -> Sequence[tuple[Place, Callable[[Room, Random], Gadget]]]:
    return ((Place(kind, f"{kind}-outlets", plan.title, 0.5), lambda _room, _random: Outlets(plan)),)


HOMIE: Sequence[Sequence[tuple[Place, Callable[[Room, Random], Gadget]]]] = (
    (
        (Place("robot", "robot-kit", RobotKit.title, 1.0), lambda _, random: RobotKit(random)),
        (Place("gripper", "robot-kit-gripper", Gripper.title, 2.0), lambda _room, _random: Gripper()),
    ),
    ((Place("relays", "relay-board", RelayBoard.title, 2.0), RelayBoard),),
    ((Place("camera", "people-camera", PeopleCamera.title, 1.5), PeopleCamera),),
    _outlets("chemistry", CHEMISTRY),
    _outlets("maker", MAKER),
    _outlets("field", FIELD),
    ((Place("bands", "pe-bands", HeartBands.title, 2.0), lambda _, random: HeartBands(random)),),
)

ON_REQUEST = frozenset({"gas", "leak", "door", "analyser", "bands"})
"""Kinds that stand in the lab only when `full` or their name asks for them."""

BY_NAME_ONLY = frozenset({"counter", "chemistry", "maker", "field"})
"""Kinds that stand in the lab only when their name asks for them."""

PLACES: Sequence[Place] = tuple(place for place, _ in (*ZIGBEE, *(one for unit in HOMIE for one in unit)))


def check(settings: LabSettings) -> None:
    """Raise BadSettings where a name in `only` or `devices` means no device of the lab."""
    for key, names in (("only", settings.only), ("devices", settings.devices)):
        for name in names:
            guest = key == "only" and name in KINDS
            if not guest and not any(place.is_called(name) for place in PLACES):
                known = ", ".join((*(place.kind for place in PLACES), *KINDS))
                raise BadSettings(f"{key}: no device is called {name!r}; kinds are {known}")


def guests(settings: LabSettings) -> tuple[str, ...]:
    """Return the chosen kinds of guests."""
    if settings.only:
        return tuple(kind for kind in KINDS if kind in settings.only)
    return tuple(KINDS) if settings.full else ()


def zigbee_devices(settings: LabSettings, room: Room) -> Sequence[ZigbeeDevice]:
    """Return the chosen devices of the Zigbee network."""
    return [
        _zigbee_device(settings, place, build(room, _random(settings, place)), 0x1A00 + number)
        for number, (place, build) in enumerate(ZIGBEE)
        if _chosen(settings, place)
    ]


def homie_units(settings: LabSettings, room: Room) -> Sequence[Sequence[HomieDevice]]:
    """Return the chosen Homie devices, each root with its children; a child comes with its root."""
    chosen = [unit for unit in HOMIE if any(_chosen(settings, place) for place, _ in unit)]
    return [_unit(settings, room, unit) for unit in chosen]


def _unit(
    settings: LabSettings, room: Room, unit: Sequence[tuple[Place, Callable[[Room, Random], Gadget]]]
) -> Sequence[HomieDevice]:
    root, *children = [place.id for place, _ in unit]
    devices = [
        HomieDevice(
            id=place.id,
            gadget=build(room, _random(settings, place)),
            family=Family(None if place.id == root else root, tuple(children) if place.id == root else ()),
            interval_s=_own(settings, place).interval_s or place.interval_s / settings.rate,
        )
        for place, build in unit
    ]
    for device in devices:
        device.wake()
    return devices


def _zigbee_device(settings: LabSettings, place: Place, appliance: Appliance, address: int) -> ZigbeeDevice:
    own = _own(settings, place)
    counts = place.kind == "counter"
    drift = Random(f"{settings.seed}:{place.id}:clock").uniform(-GREATEST_DRIFT_PPM, GREATEST_DRIFT_PPM)
    if own.clock_drift_ppm is not None:
        drift = own.clock_drift_ppm
    counter_s = 1 / (settings.counter_rate or DEFAULT_COUNTER_RATE)
    return ZigbeeDevice(
        who=Identity(place.id, place.title, address, appliance),
        clock=DeviceClock(own.clock_offset_ms, drift, now_ms()),
        interval_s=own.interval_s or (counter_s if counts else place.interval_s / settings.rate),
        linkquality=Random(f"{settings.seed}:{place.id}:radio").randint(60, 255),
        counts=counts,
    )


def _chosen(settings: LabSettings, place: Place) -> bool:
    if place.kind == "counter" and settings.counter_rate:
        return True
    if settings.only:
        return any(place.is_called(name) for name in settings.only)
    return place.kind not in BY_NAME_ONLY and (settings.full or place.kind not in ON_REQUEST)


def _own(settings: LabSettings, place: Place) -> DeviceSettings:
    return next((own for name, own in settings.devices.items() if place.is_called(name)), DeviceSettings())


def _random(settings: LabSettings, place: Place) -> Random:
    return Random(f"{settings.seed}:{place.id}")
