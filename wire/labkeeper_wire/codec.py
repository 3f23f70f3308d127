"""The Sparkplug B codec: encode, decode, and the datatypes that data leaves to its birth."""

from labkeeper_wire.decoding import decode, reinterpret
from labkeeper_wire.encoding import check_value, encode
from labkeeper_wire.malformed import LIMITS, CannotEncode, Limits, MalformedPayload, Reason
from labkeeper_wire.payload import Metric
from labkeeper_wire.runtime import SlowProtobuf, active_implementation, require_upb

__all__ = [
    "LIMITS",
    "CannotEncode",
    "Limits",
    "MalformedPayload",
    "Reason",
    "SlowProtobuf",
    "decode",
    "encode",
    "resolve",
]

require_upb(active_implementation())


def resolve(metric: Metric, datatype: int, limits: Limits = LIMITS) -> Metric:
    """Give the metric the datatype its birth declared and read its raw value by it.

    Raise MalformedPayload("datatype_mismatch") if it says another datatype itself or its value came in another's field.
    """
    if metric.datatype == datatype:
        return metric
    if metric.datatype is not None:
        raise MalformedPayload(Reason.DATATYPE_MISMATCH)
    value = metric.value
    if metric.raw_field is not None:
        value = reinterpret(value, metric.raw_field, datatype, limits)
    elif value is not None:
        _check_local(value, datatype)
    name, _, _, time_ms, alias, historical, transient, properties, metadata, _ = metric
    return Metric(name, value, datatype, time_ms, alias, historical, transient, properties, metadata)


def _check_local(value: object, datatype: int) -> None:
    """Refuse a value made in this process that does not fit the datatype."""
    try:
        check_value(value, datatype)
    except CannotEncode as error:
        raise MalformedPayload(Reason.DATATYPE_MISMATCH) from error
