"""A stream of readings and births: what is true when a device is born counts from then on."""

from collections.abc import Iterable

import pytest

from labkeeper_hub.alarms.rules import AlarmClass, Kind, Level, Match, Response, Role, Rule
from labkeeper_hub.alarms.states import Priority
from labkeeper_hub.alarms.streams import Found, Stream
from labkeeper_hub.alarms.tap import Heard
from labkeeper_hub.model import DeviceKey, NodeKey, PointKey
from labkeeper_hub.registry.known import KnownDevice, KnownNode, KnownPoint
from labkeeper_sdk import Quality, Title
from labkeeper_sdk import Value as PointValue
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import PointDescription

NOW_MS, MIN = 1_783_000_000_000, 60_000
TOLD = Response(Title(), Title(), Title(), Role.TEACHER)
TRIPPED = Rule(
    "smoke", TOLD, AlarmClass.SAFETY, Match(frozenset({"smoke"})), (Level("alarm", 0.5, Priority.HIGH),), Title()
)
SILENT = Rule(
    "silent",
    TOLD,
    AlarmClass.SYSTEM,
    Match(frozenset({"smoke"})),
    (Level("silent", 300, Priority.LOW, kind=Kind.STALE),),
    Title(),
)


def smoke(value: PointValue | None, *, quality: Quality = Quality.GOOD, online: bool = True) -> Stream:
    """Return a stream that has read its past."""
    node = KnownNode(NodeKey("s", "n"), 0, 0, online=online)
    device = KnownDevice(DeviceKey("s", "n", "d"), node, 0, online=online)
    description = PointDescription("smoke", kind="measure", datatype=DataType.BOOLEAN)
    point = KnownPoint(PointKey(*device.key, "smoke"), device, description, 1, value=value, time_ms=1, quality=quality)
    stream = Stream(point, "lab", (TRIPPED, SILENT))
    stream.primed()
    return stream


def told(found: Iterable[Found]) -> list[tuple[str, str | None]]:
    return [(one.rule.id, one.verdict.level.name if one.verdict.level else None) for one in found]


def test_what_a_birth_says_is_so_raises_and_clears_once() -> None:
    stream = smoke(value=True)
    assert told(stream.present(NOW_MS)) == [("smoke", "alarm")]
    assert told(stream.present(NOW_MS + 1)) == []
    stream.point.value = False
    assert told(stream.present(NOW_MS + 2)) == [("smoke", None)]


@pytest.mark.parametrize(
    "stream",
    [
        smoke(None),
        smoke(value=True, quality=Quality.STALE),
        smoke(value=True, quality=Quality.BAD),
        smoke(value=True, online=False),
        smoke("a text"),
    ],
)
def test_what_a_birth_does_not_know_is_not_judged(stream: Stream) -> None:
    assert told(stream.present(NOW_MS)) == []
    assert stream.judges[0].value is None


def test_a_device_that_is_back_and_has_nothing_new_to_say_is_not_silent() -> None:
    stream = smoke(value=False)
    stream.point.device.online = False
    assert told(stream.time_passes(NOW_MS)) == []
    stream.point.device.online = True
    assert told(stream.present(NOW_MS + MIN)) == []
    assert told(found for minute in range(2, 20) for found in stream.time_passes(NOW_MS + minute * MIN)) == []


def test_a_birth_is_judged_though_the_past_was_read_of_a_clock_that_is_ahead() -> None:
    stream = smoke(value=True)
    ahead_ms = NOW_MS + 60 * MIN
    assert not list(stream.past(ahead_ms, 0.0))
    (found,) = stream.present(NOW_MS)
    assert (found.verdict.time_ms, found.verdict.level) == (ahead_ms, TRIPPED.levels[0])


def test_what_only_ever_told_of_the_past_is_not_silent_and_what_never_told_anything_is() -> None:
    found = {}
    for said in (True, False):
        stream = smoke(None)
        stream.point.time_ms = None
        if said:
            list(stream.heard(Heard(1, 1_400_000_000_000, 1.0, historical=True), NOW_MS))
        later = (stream.time_passes(NOW_MS + minute * MIN) for minute in range(20))
        found[said] = told(one for minute in later for one in minute)
    assert found == {True: [], False: [("silent", "silent")]}


def test_the_time_nobody_listened_is_no_silence() -> None:
    stream = smoke(value=False, online=False)
    assert not list(stream.past(NOW_MS - 60 * MIN, 0.0))
    assert told(stream.time_passes(NOW_MS)) == []
    assert told(stream.time_passes(NOW_MS + 6 * MIN)) == [("silent", "silent")]


def test_a_birth_waits_until_the_past_is_read() -> None:
    stream = smoke(value=True)
    stream.waiting = []
    assert told(stream.present(NOW_MS)) == []
    (waited,) = stream.primed()
    assert waited == (Heard(1, None, 1.0, historical=False), NOW_MS)
    assert told(stream.heard(*waited)) == [("smoke", "alarm")]


def test_a_reading_after_the_birth_counts_by_its_own_time() -> None:
    stream = smoke(value=True)
    list(stream.present(NOW_MS))
    assert told(stream.heard(Heard(1, NOW_MS - 100, 0.0, historical=False), NOW_MS + 50)) == [("smoke", None)]


def test_a_node_whose_clock_is_behind_alarms_at_once_by_the_hubs_time() -> None:
    stream = smoke(value=False)
    list(stream.present(NOW_MS))
    behind_ms = NOW_MS - 60 * MIN
    (found,) = stream.heard(Heard(1, behind_ms, 1.0, historical=False), NOW_MS + 200)
    assert (found.verdict.time_ms, found.verdict.level) == (NOW_MS, TRIPPED.levels[0])
    (found,) = stream.heard(Heard(1, behind_ms + MIN, 0.0, historical=False), NOW_MS + MIN)
    assert (found.verdict.time_ms, found.verdict.level) == (NOW_MS + MIN, None)


def test_a_clock_that_is_put_right_is_believed_again() -> None:
    stream = smoke(value=False)
    list(stream.present(NOW_MS))
    list(stream.heard(Heard(1, NOW_MS - 60 * MIN, 0.0, historical=False), NOW_MS))
    (found,) = stream.heard(Heard(1, NOW_MS + 2 * MIN, 1.0, historical=False), NOW_MS + 2 * MIN)
    assert found.verdict.time_ms == NOW_MS + 2 * MIN


def test_a_clock_that_is_put_back_makes_no_alarm_wait() -> None:
    stream = smoke(value=False)
    list(stream.heard(Heard(1, NOW_MS + 60 * MIN, 0.0, historical=False), NOW_MS))
    assert told(stream.heard(Heard(1, NOW_MS + MIN, 1.0, historical=False), NOW_MS + MIN)) == [("smoke", "alarm")]
