import pytest

from labkeeper_hub.alarms.rooms import Room
from labkeeper_hub.alarms.rules import Gate
from labkeeper_hub.alarms.states import (
    Acknowledged,
    Alarm,
    Cleared,
    Core,
    Designed,
    Event,
    Priority,
    Raised,
    Service,
    Shelf,
    Shelved,
    TakenOut,
)
from labkeeper_hub.alarms.words import KINDS, kind_of, words_of
from labkeeper_hub.model import DeviceKey, NodeKey, PointKey
from labkeeper_hub.registry.known import KnownDevice, KnownNode, KnownPoint
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import PointDescription

ACTIVE = Alarm(Core.ACK, Priority.MEDIUM)
JULY, JANUARY, OCTOBER = 1_783_000_000_000, 1_767_300_000_000, 1_791_000_000_000


@pytest.mark.parametrize(
    ("before", "event", "kind", "words"),
    [
        (Alarm(), Raised(Priority.LOW), "raised", ("", "")),
        (ACTIVE, Raised(Priority.HIGH), "risen", ("", "")),
        (ACTIVE, Raised(Priority.MEDIUM, rank=1), "risen", ("", "")),
        (ACTIVE, Raised(Priority.LOW), "eased", ("", "")),
        (ACTIVE, Raised(Priority.LOW, rank=1), "eased", ("", "")),
        (ACTIVE, Cleared(), "cleared", ("", "")),
        (ACTIVE, Acknowledged("li"), "acknowledged", ("li", "")),
        (ACTIVE, Designed("node_lost"), "suppressed", ("", "node_lost")),
        (ACTIVE, Designed(), "unsuppressed", ("", "")),
        (ACTIVE, Shelved(Shelf("li", "paint", 1)), "shelved", ("li", "paint")),
        (ACTIVE, TakenOut(Service("li", "W-7", "wang")), "taken_out", ("li, wang", "W-7")),
        (ACTIVE, TakenOut(Service("li", "W-7")), "taken_out", ("li", "W-7")),
    ],
)
def test_the_history_says_what_happened_who_did_it_and_why(
    before: Alarm, event: Event, kind: str, words: tuple[str, str]
) -> None:
    assert (kind_of(before, event), words_of(event)) == (kind, words)
    assert kind in KINDS


def room(*points: tuple[str, str, bool | None], lesson: bool | None = None, now_ms: int = JULY) -> Room:
    node = KnownNode(NodeKey("s", "n"), 0, 0, online=True)
    found = []
    for number, (name, kind, value) in enumerate(points):
        device = KnownDevice(DeviceKey("s", "n", f"d{number}"), node, 0, online=True)
        for point, shape in ((name, kind), ("brightness", "setpoint")):
            description = PointDescription(point, kind=shape, datatype=DataType.BOOLEAN)
            known = KnownPoint(PointKey(*device.key, point), device, description, number, value=value, time_ms=1)
            device.points[point] = known
            found.append(known)
    return Room(tuple(found), lesson, now_ms)


def test_a_room_is_empty_only_when_every_sensor_says_so() -> None:
    assert room(("occupancy", "measure", False)).gate(Gate.EMPTY) is True
    assert room(("occupancy", "measure", False), ("presence", "measure", True)).gate(Gate.EMPTY) is False
    assert room(("occupancy", "measure", False), ("presence", "measure", None)).gate(Gate.EMPTY) is None
    assert room().gate(Gate.EMPTY) is None
    assert room(("camera/occupancy", "measure", True)).gate(Gate.EMPTY) is False


def test_a_room_is_used_when_a_lesson_or_a_sensor_says_so_and_lessons_decide_where_no_sensor_is() -> None:
    nobody, somebody = ("occupancy", "measure", False), ("occupancy", "measure", True)
    assert room(somebody, lesson=False).gate(Gate.USED) is True
    assert room(nobody, lesson=True).gate(Gate.USED) is True
    assert room(nobody, lesson=False).gate(Gate.USED) is False
    assert room(lesson=True).gate(Gate.USED) is True
    assert room(lesson=False).gate(Gate.USED) is False
    assert room(lesson=None).gate(Gate.USED) is None


def test_lights_are_those_switches_that_can_be_dimmed() -> None:
    assert room(("state", "switch", True)).gate(Gate.LIGHTS) is True
    assert room(("state", "switch", False)).gate(Gate.LIGHTS) is False
    assert room(("state", "measure", True)).gate(Gate.LIGHTS) is None


def test_seasons_are_months_and_a_lesson_is_as_it_is_told() -> None:
    seasons = [[room(now_ms=now_ms).gate(gate) for gate in (Gate.SUMMER, Gate.WINTER)] for now_ms in (JULY, JANUARY)]
    assert seasons == [[True, False], [False, True]]
    assert room(now_ms=OCTOBER).gates((Gate.SUMMER, Gate.WINTER)) is False
    assert room(lesson=True).gate(Gate.LESSON) is True


def test_all_gates_must_be_open_and_what_is_not_known_is_no_answer() -> None:
    lit = room(("state", "switch", True))
    assert lit.gates((Gate.LIGHTS, Gate.LESSON)) is None
    assert room(("state", "switch", False)).gates((Gate.LIGHTS, Gate.LESSON)) is False
    assert lit.gates((Gate.LIGHTS,)) is True
    assert lit.gates(()) is True
