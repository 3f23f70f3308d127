"""Gates as they were on record: the same room as the live one, and what nobody knows is taken for open and named."""

from datetime import UTC, datetime

from labkeeper_hub.alarms.past_gates import PastRoom, Read, asked_of, gates_over
from labkeeper_hub.alarms.rules import Gate
from labkeeper_hub.model import Device, DeviceKey, PointKey
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import DeviceDescription, PointDescription

KEY = DeviceKey("s", "n", "d")
SEEN, LAMP, STRANGER = (PointKey(*KEY, name) for name in ("occupancy", "light0/output", "plug"))
MONTH_MS = 31 * 86_400_000
SPRING_MS = round(datetime(2026, 5, 20, tzinfo=UTC).timestamp() * 1000)
WINTER_MS = round(datetime(2026, 12, 20, tzinfo=UTC).timestamp() * 1000)


def device() -> Device:
    said = [PointDescription("occupancy", "measure", DataType.BOOLEAN)]
    said += [PointDescription(name, "switch", DataType.BOOLEAN, writable=True) for name in ("light0/output", "plug")]
    said.append(PointDescription("light0/brightness", "setpoint", DataType.DOUBLE, writable=True))
    return Device(KEY, "lab", DeviceDescription(), tuple(said), online=True, since_ms=0)


def past(*reads: tuple[int, PointKey, bool], lessons: tuple[tuple[int, int], ...] = ()) -> PastRoom:
    since_ms = min((begin_ms for begin_ms, _ in lessons), default=None)
    return PastRoom([device()], [Read(*one) for one in reads], lessons, since_ms)


def test_only_what_a_gate_looks_at_is_read() -> None:
    assert asked_of({Gate.LESSON, Gate.SUMMER}, [device()]) == []
    assert asked_of({Gate.LIGHTS}, [device()]) == [SEEN, LAMP]


def test_a_rule_without_gates_is_always_open() -> None:
    assert gates_over(frozenset(), past(), 0, 100).turns == [(0, True)]


def test_an_empty_room_is_one_where_nobody_is_seen_and_open_until_anybody_looked() -> None:
    found = gates_over(frozenset({Gate.EMPTY}), past((10, SEEN, True), (20, STRANGER, True), (30, SEEN, False)), 0, 100)
    assert found.turns == [(0, True), (10, False), (30, True)]
    assert (found.recorded, found.assumed) == ({Gate.EMPTY}, {Gate.EMPTY})


def test_what_was_so_before_the_time_still_stands_at_its_beginning() -> None:
    found = gates_over(frozenset({Gate.EMPTY}), past((10, SEEN, True)), 50, 100)
    assert (found.turns, found.assumed) == ([(50, False)], set())


def test_a_value_of_a_point_that_is_not_there_any_more_says_nothing() -> None:
    gone = Read(10, PointKey("s", "n", "gone", "occupancy"), value=True)
    assert gates_over(frozenset({Gate.EMPTY}), PastRoom([device()], [gone]), 0, 100).turns == [(0, True)]


def test_lessons_count_from_the_first_that_is_on_record() -> None:
    found = gates_over(frozenset({Gate.LESSON}), past(lessons=((40, 50), (20, 30))), 0, 100)
    assert found.turns == [(0, True), (30, False), (40, True), (50, False)]
    assert (found.recorded, found.assumed) == ({Gate.LESSON}, {Gate.LESSON})
    assert gates_over(frozenset({Gate.LESSON}), past(), 0, 100).assumed == {Gate.LESSON}


def test_all_gates_are_to_be_open_and_a_lamp_is_what_can_be_made_brighter() -> None:
    both = frozenset({Gate.LESSON, Gate.LIGHTS})
    found = gates_over(both, past((5, LAMP, False), (25, LAMP, True), lessons=((20, 30),)), 5, 100)
    assert found.turns == [(5, False), (25, True), (30, False)]


def test_seasons_turn_with_the_months() -> None:
    summer = gates_over(frozenset({Gate.SUMMER}), past(), SPRING_MS, SPRING_MS + MONTH_MS)
    assert [(datetime.fromtimestamp(at / 1000, UTC).month, is_open) for at, is_open in summer.turns] == [
        (5, False),
        (6, True),
    ]
    winter = gates_over(frozenset({Gate.WINTER}), past(), WINTER_MS, WINTER_MS + 5 * MONTH_MS)
    assert [(datetime.fromtimestamp(at / 1000, UTC).month, is_open) for at, is_open in winter.turns] == [
        (12, True),
        (4, False),
    ]
