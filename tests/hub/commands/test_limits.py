"""What a point's own description allows to be commanded."""

import pytest

from labkeeper_hub.commands.limits import checked
from labkeeper_sdk import CommandRejected, Value
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import PointDescription

DIMMER = PointDescription("Brightness of lamp 1", "setpoint", DataType.INT64, minimum=0, maximum=254, writable=True)
HEATER = PointDescription("target", "setpoint", DataType.DOUBLE, minimum=5, maximum=30, writable=True)
MODE = PointDescription("mode", "setpoint", DataType.STRING, options=("auto", "off"), writable=True)
NARROW = PointDescription("level", "setpoint", DataType.INT8, writable=True)
TWISTED = PointDescription("x", "setpoint", DataType.DOUBLE, minimum=9, maximum=1, writable=True)
TEXT = PointDescription("sign", "setpoint", DataType.STRING, writable=True)
SENSOR = PointDescription("co2", "measure", DataType.DOUBLE)


@pytest.mark.parametrize(
    ("point", "value", "taken"),
    [(DIMMER, 254, 254), (HEATER, 20, 20.0), (MODE, "auto", "auto"), (NARROW, -128, -128), (TWISTED, 5.0, 5.0)],
)
def test_a_value_within_the_limits_is_taken_as_the_points_type(
    point: PointDescription, value: Value, taken: Value
) -> None:
    assert (checked(point, value), type(checked(point, value))) == (taken, type(taken))


@pytest.mark.parametrize(
    ("point", "value", "code"),
    [
        (SENSOR, 1.0, "read_only"),
        (DIMMER, 255, "out_of_range"),
        (DIMMER, 1.5, "wrong_type"),
        (DIMMER, True, "wrong_type"),
        (HEATER, float("nan"), "not_finite"),
        (MODE, "party", "not_an_option"),
        (NARROW, 128, "out_of_range"),
        (TEXT, "x" * 5000, "out_of_range"),
    ],
)
def test_everything_else_is_rejected_with_a_stable_code(point: PointDescription, value: Value, code: str) -> None:
    with pytest.raises(CommandRejected) as rejected:
        checked(point, value)
    assert rejected.value.code == code
