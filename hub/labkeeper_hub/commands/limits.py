"""What may be commanded at all: the point's own description decides, by the SDK's rules."""

from labkeeper_hub.model import TYPE_NAMES, TypeName
from labkeeper_sdk import CommandRejected, Setpoint, Value, accept
from labkeeper_sdk.points import ValueType
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import PointDescription

TYPES: dict[TypeName, ValueType] = {"float": float, "int": int, "bool": bool, "str": str}
LONGEST_TEXT = 4096
BITS = {
    DataType.INT8: (-(1 << 7), (1 << 7) - 1),
    DataType.INT16: (-(1 << 15), (1 << 15) - 1),
    DataType.INT32: (-(1 << 31), (1 << 31) - 1),
    DataType.INT64: (-(1 << 63), (1 << 63) - 1),
    DataType.UINT8: (0, (1 << 8) - 1),
    DataType.UINT16: (0, (1 << 16) - 1),
    DataType.UINT32: (0, (1 << 32) - 1),
    DataType.UINT64: (0, (1 << 64) - 1),
}


def checked(description: PointDescription, value: Value) -> Value:
    """Return the value as the point's type; raises CommandRejected with the SDK's codes."""
    if not description.writable:
        raise CommandRejected("read_only", f"{description.name} cannot be commanded")
    value = accept(_as_setpoint(description), value)
    lowest, highest = BITS.get(DataType(description.datatype), (None, None))
    if isinstance(value, int) and lowest is not None and highest is not None and not lowest <= value <= highest:
        raise CommandRejected("out_of_range", f"{description.name} takes {lowest} to {highest}")
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise CommandRejected("out_of_range", f"{description.name} takes {LONGEST_TEXT} characters at most")
    return value


def _as_setpoint(description: PointDescription) -> Setpoint:
    """Return the SDK's point with the same limits. A foreign node's name may be none of ours, and its limits the wrong
    way round: those bind nobody.
    """
    low, high = description.minimum, description.maximum
    if low is not None and high is not None and low > high:
        low = high = None
    return Setpoint(
        "value",
        type=TYPES[TYPE_NAMES[description.datatype]],
        unit=description.unit,
        minimum=low,
        maximum=high,
        options=description.options,
    )
