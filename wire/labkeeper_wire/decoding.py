"""Bytes to a Payload: all of it, or one MalformedPayload."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError

from labkeeper_wire.arrays import unpack_array
from labkeeper_wire.datatypes import ARRAY_TYPES, BASIC_TYPES, METRIC_TYPES, PROPERTY_TYPES, DataType
from labkeeper_wire.malformed import LAST_TIME_MS, LIMITS, Limits, MalformedPayload, Reason
from labkeeper_wire.payload import (
    DataSet,
    MetaData,
    Metric,
    MetricValue,
    Parameter,
    Payload,
    Property,
    PropertySet,
    PropertyValue,
    Scalar,
    Template,
)
from labkeeper_wire.scalars import LONG_UINT32, RULES, read_scalar
from labkeeper_wire.sparkplug_b_pb2 import (
    Body,
    Meta,
    Properties,
    PropertyItem,
    Structure,
    StructureParameter,
    Table,
)
from labkeeper_wire.sparkplug_b_pb2 import Metric as WireMetric

LAST_SEQ = 255
# What nearly every metric is: a scalar in its own field. Field, reader, and the field again if it must be remembered,
# which is where data leaves its datatype to the birth: nearly always a Double, so that is tried first.
PLAIN = {
    datatype: (rule.field, rule.read, None if datatype else rule.field)
    for datatype, rule in {**RULES, DataType.UNKNOWN: RULES[DataType.DOUBLE]}.items()
}
# What describes itself and needs no birth to be read.
NESTED: Mapping[int, str] = {DataType.DATASET: "dataset_value", DataType.TEMPLATE: "template_value"}


def decode(data: bytes, limits: Limits = LIMITS) -> Payload:
    """Read one message body; raise MalformedPayload, with a reason of a closed set, if anything in it is wrong."""
    if len(data) > limits.size:
        raise MalformedPayload(Reason.TOO_LARGE)
    try:
        body = Body.FromString(data)
    except DecodeError as error:
        raise MalformedPayload(Reason.NOT_PROTOBUF) from error
    metrics = _Reader(limits, limits.metrics, limits.items).metrics(body.metrics, 0)
    # a number that is not 0 is there: the question costs as much as the number, and every message is asked
    time_ms, seq = body.timestamp, body.seq
    if time_ms > LAST_TIME_MS:
        raise MalformedPayload(Reason.TIME_OUT_OF_RANGE)
    if seq > LAST_SEQ:
        raise MalformedPayload(Reason.SEQ_OUT_OF_RANGE)
    return tuple.__new__(
        Payload,
        (
            metrics,
            time_ms if time_ms or body.HasField("timestamp") else None,
            seq if seq or body.HasField("seq") else None,
            body.uuid if body.HasField("uuid") else None,
            body.body if body.HasField("body") else None,
        ),
    )


def reinterpret(raw: Any, field: str, datatype: int, limits: Limits = LIMITS) -> MetricValue:  # noqa: ANN401 - the field decides
    """Read the raw value of a wire field as `datatype`; raise MalformedPayload if it does not ride in that field."""
    rule = RULES.get(datatype)
    if rule is not None and rule.field != field and datatype == DataType.UINT32:
        rule = LONG_UINT32
    value: MetricValue
    if rule is not None and rule.field == field:
        value = raw if rule.read is None else rule.read(raw)
    elif datatype in ARRAY_TYPES and field == "bytes_value":
        value = unpack_array(raw, datatype, limits.items)
    elif NESTED.get(datatype) == field:
        value = raw
    else:
        raise MalformedPayload(Reason.DATATYPE_MISMATCH)
    return value


@dataclass(slots=True)
class _Reader:
    """One decode's walk through its message; what is left of the limits counts down."""

    limits: Limits
    metrics_left: int
    items_left: int

    def metrics(self, messages: Any, depth: int) -> tuple[Metric, ...]:  # noqa: ANN401 - protobuf's container has no public name
        """Read a list of metrics; the loop of the hot path, so it inlines what a plain metric needs."""
        self.metrics_left -= len(messages)
        if self.metrics_left < 0:
            raise MalformedPayload(Reason.TOO_MANY_METRICS)
        found = []
        for message in messages:
            datatype = message.datatype
            plain = PLAIN.get(datatype)
            value: Any = None
            raw_field = None
            if message.is_null:
                _check_null(datatype)
            elif plain is not None and message.HasField(plain[0]):
                field, read, raw_field = plain
                value = getattr(message, field)
                if read is not None:
                    value = read(value)
            elif datatype:
                value = self.value(message, datatype, depth)
            else:
                value, raw_field = self.raw(message, depth)
            name = message.name or None
            alias = message.alias if message.HasField("alias") else None
            if name is None and alias is None:
                raise MalformedPayload(Reason.NAME_MISSING)
            time_ms = message.timestamp
            if time_ms > LAST_TIME_MS:
                raise MalformedPayload(Reason.TIME_OUT_OF_RANGE)
            found.append(
                tuple.__new__(
                    Metric,
                    (
                        name,
                        value,
                        datatype or None,
                        time_ms if time_ms or message.HasField("timestamp") else None,
                        alias,
                        message.is_historical,
                        message.is_transient,
                        self.properties(message.properties, depth) if message.HasField("properties") else None,
                        _metadata(message.metadata) if message.HasField("metadata") else None,
                        raw_field,
                    ),
                )
            )
        return tuple(found)

    def raw(self, message: WireMetric, depth: int) -> tuple[MetricValue, str]:
        """Read a value without datatype as its field gives it, and name the field."""
        field = message.WhichOneof("value")
        if field is None:
            raise MalformedPayload(Reason.VALUE_MISSING)
        if field == "dataset_value":
            return self.dataset(message.dataset_value), field
        if field == "template_value":
            return self.template(message.template_value, depth + 1), field
        return getattr(message, field), field

    def value(self, message: WireMetric, datatype: int, depth: int) -> MetricValue:
        """Read every value that is not plain: arrays, DataSets, Templates, and what is in a field not its own."""
        field = message.WhichOneof("value")
        if field is None:
            raise MalformedPayload(Reason.VALUE_MISSING)
        if datatype == DataType.DATASET:
            return self.dataset(_in_field(message, field, "dataset_value").dataset_value)
        if datatype == DataType.TEMPLATE:
            return self.template(_in_field(message, field, "template_value").template_value, depth + 1)
        if datatype in ARRAY_TYPES:
            packed = _in_field(message, field, "bytes_value").bytes_value
            elements = unpack_array(packed, datatype, self.items_left)
            self.take(len(elements))
            return elements
        if datatype not in RULES:
            raise MalformedPayload(_wrong(datatype))
        scalar: MetricValue = read_scalar(message, datatype)
        return scalar

    def take(self, items: int) -> None:
        """Count items against what is left."""
        self.items_left -= items
        if self.items_left < 0:
            raise MalformedPayload(Reason.TOO_MANY_ITEMS)

    def enter(self, depth: int) -> None:
        """Refuse to go deeper than the limit."""
        if depth > self.limits.depth:
            raise MalformedPayload(Reason.TOO_DEEP)

    def dataset(self, table: Table) -> DataSet:
        """Read a table whose columns, types and rows must agree in number."""
        width = len(table.columns)
        types = tuple(table.types)
        if table.num_of_columns != width or len(types) != width or not BASIC_TYPES.issuperset(types):
            raise MalformedPayload(Reason.DATASET_MALFORMED)
        self.take(max(1, width) * len(table.rows))
        rows = []
        for row in table.rows:
            if len(row.elements) != width:
                raise MalformedPayload(Reason.DATASET_MALFORMED)
            rows.append(tuple(_optional(cell, kind) for cell, kind in zip(row.elements, types, strict=True)))
        return DataSet(tuple(table.columns), types, tuple(rows))

    def template(self, structure: Structure, depth: int) -> Template:
        """Read a definition (which has no reference) or an instance (which has one)."""
        self.enter(depth)
        if structure.is_definition == bool(structure.template_ref):
            raise MalformedPayload(Reason.TEMPLATE_MALFORMED)
        self.take(len(structure.parameters))
        return Template(
            self.metrics(structure.metrics, depth),
            tuple(_parameter(parameter) for parameter in structure.parameters),
            structure.version if structure.HasField("version") else None,
            structure.template_ref or None,
            structure.is_definition,
        )

    def properties(self, message: Properties, depth: int) -> PropertySet:
        """Read a set that must have as many values as keys, and no key twice."""
        self.enter(depth + 1)
        keys = message.keys
        self.take(len(keys))
        if len(keys) != len(message.values) or len(set(keys)) != len(keys):
            raise MalformedPayload(Reason.PROPERTYSET_MALFORMED)
        return {key: self.property(item, depth + 1) for key, item in zip(keys, message.values, strict=True)}

    def property(self, item: PropertyItem, depth: int) -> Property:
        """Read one property; without type its value stands as the field gives it."""
        if item.type and item.type not in PROPERTY_TYPES:
            raise MalformedPayload(Reason.PROPERTYSET_MALFORMED)
        return Property(None if item.is_null else self.property_value(item, depth), item.type)

    def property_value(self, item: PropertyItem, depth: int) -> PropertyValue:
        """Read the value of a property that is not null."""
        field = item.WhichOneof("value")
        if field is None:
            raise MalformedPayload(Reason.VALUE_MISSING)
        if field == "propertyset_value" and item.type in (DataType.UNKNOWN, DataType.PROPERTYSET):
            return self.properties(item.propertyset_value, depth)
        if field == "propertysets_value" and item.type in (DataType.UNKNOWN, DataType.PROPERTYSETLIST):
            sets = item.propertysets_value.propertyset
            self.take(len(sets))
            return tuple(self.properties(message, depth) for message in sets)
        if item.type and item.type not in BASIC_TYPES:
            raise MalformedPayload(Reason.DATATYPE_MISMATCH)
        value: PropertyValue = read_scalar(item, item.type) if item.type else getattr(item, field)
        return value


def _check_null(datatype: int) -> None:
    """Accept a metric without value, whatever a value field may hold, if its datatype is one at all."""
    if datatype and datatype not in METRIC_TYPES:
        raise MalformedPayload(_wrong(datatype))


def _wrong(datatype: int) -> Reason:
    """Tell a number that is no datatype from one that no metric can have."""
    return Reason.DATATYPE_MISMATCH if datatype in PROPERTY_TYPES else Reason.DATATYPE_UNKNOWN


def _in_field(message: WireMetric, field: str, wanted: str) -> WireMetric:
    """Give the message back if its value is in the wanted field."""
    if field != wanted:
        raise MalformedPayload(Reason.DATATYPE_MISMATCH)
    return message


def _optional(message: Any, datatype: int) -> Scalar | None:  # noqa: ANN401 - a cell or a parameter: same fields, no common type
    """Read a cell or parameter; an empty one is null, without type its field gives the value."""
    field = message.WhichOneof("value")
    if field is None:
        return None
    value: Scalar = read_scalar(message, datatype) if datatype else getattr(message, field)
    return value


def _parameter(message: StructureParameter) -> Parameter:
    if not message.name or (message.type and message.type not in BASIC_TYPES):
        raise MalformedPayload(Reason.TEMPLATE_MALFORMED)
    return Parameter(message.name, _optional(message, message.type), message.type)


def _metadata(message: Meta) -> MetaData:
    return MetaData(*(getattr(message, key) if message.HasField(key) else None for key in _META_FIELDS))


_META_FIELDS = ("is_multi_part", "content_type", "size", "seq", "file_name", "file_type", "md5", "description")
