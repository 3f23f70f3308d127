"""What can be given of a bench."""

import pytest

from labkeeper_hub.floor.points import NotToGive, checked
from labkeeper_hub.model import Device, DeviceKey
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import DeviceDescription, PointDescription
from labkeeper_wire.leases.book import Given, Room, Scope
from labkeeper_wire.leases.table import Allowed

BENCH = Scope(Room("demo", "lab-301"), "1")
ROBOT = Device(
    DeviceKey("demo", "pi", "robot"),
    "lab-301",
    DeviceDescription("机器人", "Robot", "", "", "", "1"),
    (
        PointDescription("motor", "setpoint", DataType.DOUBLE, "%", -100, 100, writable=True),
        PointDescription("pull", "setpoint", DataType.DOUBLE, minimum=0, writable=True),
        PointDescription("lamp", "switch", DataType.BOOLEAN, writable=True),
        PointDescription("speed", "measure", DataType.DOUBLE),
    ),
    online=True,
    since_ms=0,
)


def given(point: str, minimum: float | None = None, maximum: float | None = None, device: str = "robot") -> Given:
    return Given("pi", Allowed(device, point, minimum, maximum))


@pytest.mark.parametrize(
    ("wish", "limits"),
    [
        (given("motor", -40, 40), (-40, 40)),
        (given("motor", maximum=40), (-100, 40)),
        (given("motor", -500, 500), (-100, 100)),
        (given("motor"), (-100, 100)),
        (given("pull", maximum=7), (0, 7)),
        (given("pull", minimum=2), (2, None)),
        (given("lamp"), (None, None)),
    ],
)
def test_limits_lie_within_the_points_own(wish: Given, limits: tuple[float | None, float | None]) -> None:
    allowed = checked(wish, BENCH, [ROBOT]).allowed
    assert (allowed.minimum, allowed.maximum) == limits


@pytest.mark.parametrize(
    ("wish", "bench", "code"),
    [
        (given("speed"), BENCH, "read_only"),
        (given("lamp", maximum=1), BENCH, "bad_limits"),
        (given("motor", 50, 40), BENCH, "bad_limits"),
        (given("motor", 101, 110), BENCH, "bad_limits"),
        (given("wing"), BENCH, "unknown_point"),
        (given("motor", device="other"), BENCH, "unknown_point"),
        (given("motor"), Scope(BENCH.room, "2"), "unknown_point"),
        (given("motor"), Scope(Room("demo", "lab-302"), "1"), "unknown_point"),
    ],
)
def test_what_cannot_be_given_is_refused_with_the_reason(wish: Given, bench: Scope, code: str) -> None:
    with pytest.raises(NotToGive) as refused:
        checked(wish, bench, [ROBOT])
    assert refused.value.code == code
