"""A Payload to bytes; what the standard does not allow is refused before it leaves."""

from collections.abc import Iterable, Mapping
from typing import Any

from labkeeper_wire.arrays import pack_array
from labkeeper_wire.datatypes import ARRAY_TYPES, BASIC_TYPES, METRIC_TYPES, PROPERTY_TYPES, DataType
from labkeeper_wire.malformed import LAST_TIME_MS, LIMITS, CannotEncode
from labkeeper_wire.payload import (
    BAD,
    GOOD,
    QUALITY,
    STALE,
    DataSet,
    MetaData,
    Metric,
    Parameter,
    Payload,
    Property,
    PropertySet,
    Template,
)
from labkeeper_wire.scalars import RULES
from labkeeper_wire.sparkplug_b_pb2 import (
    Body,
    Cell,
    Meta,
    Properties,
    PropertyItem,
    Structure,
    StructureParameter,
    Table,
)
from labkeeper_wire.sparkplug_b_pb2 import Metric as WireMetric

LAST_SEQ = 255
PLAIN = {datatype: (rule.field, rule.write) for datatype, rule in RULES.items()}
# A value without datatype rides in the field of its own Python type.
UNTYPED: Mapping[type, DataType] = {
    bool: DataType.BOOLEAN,
    int: DataType.UINT64,
    float: DataType.DOUBLE,
    str: DataType.STRING,
    bytes: DataType.BYTES,
    DataSet: DataType.DATASET,
    Template: DataType.TEMPLATE,
}


def encode(payload: Payload, *, datatypes: bool = True) -> bytes:
    """Write one message body; raise CannotEncode if a value does not fit its datatype, or the body our own limits.

    `datatypes=False` leaves the metrics' datatypes out, as Sparkplug advises for data: the birth has told them.
    """
    body = Body()
    try:
        _write_metrics(body.metrics, payload.metrics, datatypes)
        _write_head(body, payload)
        data = body.SerializeToString()
    except CannotEncode:
        raise
    except (TypeError, ValueError) as error:
        raise CannotEncode(str(error)) from error
    # A hub of ours would refuse it each time it is sent again: better that its maker hears of it.
    if len(data) > LIMITS.size or len(payload.metrics) > LIMITS.metrics:
        raise CannotEncode(f"{len(payload.metrics)} metrics in {len(data)} bytes are too many for one message")
    return data


def _write_head(body: Body, payload: Payload) -> None:
    if payload.time_ms is not None:
        body.timestamp = _time(payload.time_ms)
    if payload.seq is not None:
        if payload.seq > LAST_SEQ:
            raise CannotEncode(f"seq {payload.seq} is not within 0..{LAST_SEQ}")
        body.seq = payload.seq
    if payload.uuid is not None:
        body.uuid = payload.uuid
    if payload.body is not None:
        body.body = payload.body


def _time(time_ms: int) -> int:
    if time_ms > LAST_TIME_MS:
        raise CannotEncode(f"time {time_ms} ms is after the year 9999")
    return time_ms


def _write_metrics(target: Any, metrics: Iterable[Metric], datatypes: bool) -> None:  # noqa: ANN401, FBT001 - a container without public name; an inner switch
    """Write a list of metrics; the loop of the hot path, so it inlines what a plain metric needs."""
    add = target.add
    for metric in metrics:
        name, value, datatype, time_ms, alias, historical, transient, properties, metadata, _ = metric
        message = add()
        if name:
            message.name = name
        elif alias is None:
            raise CannotEncode("a metric needs a name or an alias")
        if time_ms is not None:
            message.timestamp = time_ms if time_ms <= LAST_TIME_MS else _time(time_ms)
        if datatype and datatypes:
            message.datatype = datatype
        if value is None:
            message.is_null = True
        elif datatype in PLAIN:
            field, write = PLAIN[datatype]
            setattr(message, field, write(value))
        else:
            _write_value(message, metric, datatypes)
        if alias is not None or historical or transient or properties is not None or metadata is not None:
            _write_attributes(message, metric)


def _write_attributes(message: WireMetric, metric: Metric) -> None:
    """Write what most metrics do not have."""
    if metric.alias is not None:
        message.alias = metric.alias
    if metric.historical:
        message.is_historical = True
    if metric.transient:
        message.is_transient = True
    if metric.properties is not None:
        _write_properties(message.properties, metric.properties)
    if metric.metadata is not None:
        _write_metadata(message.metadata, metric.metadata)


def _write_value(message: WireMetric, metric: Metric, datatypes: bool) -> None:  # noqa: FBT001 - handed down
    """Write every value that is not plain."""
    value, datatype = metric.value, metric.datatype or UNTYPED.get(type(metric.value))
    if datatype == DataType.DATASET and isinstance(value, DataSet):
        _write_dataset(message.dataset_value, value)
    elif datatype == DataType.TEMPLATE and isinstance(value, Template):
        _write_template(message.template_value, value, datatypes)
    elif datatype in ARRAY_TYPES:
        message.bytes_value = pack_array(value, datatype)
    elif metric.raw_field is not None:
        setattr(message, metric.raw_field, value)
    elif datatype is not None and datatype in RULES:
        _write_scalar(message, value, datatype)
    else:
        raise CannotEncode(f"{value!r} is not a value of datatype {datatype}")


def _write_scalar(message: WireMetric | PropertyItem | StructureParameter | Cell, value: object, datatype: int) -> None:
    rule = RULES[datatype]
    setattr(message, rule.field, rule.write(value))


def _write_dataset(table: Table, value: DataSet) -> None:
    if len(value.types) != len(value.columns) or not BASIC_TYPES.issuperset(value.types):
        raise CannotEncode("a DataSet needs one basic type for each column")
    table.SetInParent()
    table.num_of_columns = len(value.columns)
    table.columns.extend(value.columns)
    table.types.extend(value.types)
    for row in value.rows:
        if len(row) != len(value.columns):
            raise CannotEncode("a DataSet's row is as long as its columns")
        elements = table.rows.add().elements
        for cell, datatype in zip(row, value.types, strict=True):
            element = elements.add()
            if cell is not None:
                _write_scalar(element, cell, datatype)


def _write_template(structure: Structure, value: Template, datatypes: bool) -> None:  # noqa: FBT001 - handed down
    if value.is_definition == bool(value.template_ref):
        raise CannotEncode("an instance has a template_ref, a definition has none")
    structure.is_definition = value.is_definition
    if value.template_ref:
        structure.template_ref = value.template_ref
    if value.version is not None:
        structure.version = value.version
    _write_metrics(structure.metrics, value.metrics, datatypes)
    for parameter in value.parameters:
        _write_parameter(structure.parameters.add(), parameter)


def _write_parameter(message: StructureParameter, parameter: Parameter) -> None:
    datatype = parameter.datatype or UNTYPED.get(type(parameter.value), DataType.UNKNOWN)
    if not parameter.name or (parameter.datatype and parameter.datatype not in BASIC_TYPES):
        raise CannotEncode(f"{parameter!r} needs a name and a basic type")
    message.name = parameter.name
    if parameter.datatype:
        message.type = parameter.datatype
    if parameter.value is not None:
        if datatype not in BASIC_TYPES:
            raise CannotEncode(f"{parameter.value!r} is not a parameter's value")
        _write_scalar(message, parameter.value, datatype)


def _write_properties(target: Properties, properties: PropertySet) -> None:
    target.SetInParent()
    for key, item in properties.items():
        if key == QUALITY and (item.datatype != DataType.INT32 or item.value not in (BAD, GOOD, STALE)):
            raise CannotEncode("Quality is an Int32: 0 bad, 192 good or 500 stale")
        target.keys.append(key)
        _write_property(target.values.add(), item)


def _write_property(message: PropertyItem, item: Property) -> None:
    value = item.value
    datatype = item.datatype or _untyped_property(value)
    if datatype not in PROPERTY_TYPES and value is not None:
        raise CannotEncode(f"{value!r} is not a property's value")
    if item.datatype:
        message.type = item.datatype
    if value is None:
        message.is_null = True
    elif datatype == DataType.PROPERTYSET and isinstance(value, Mapping):
        _write_properties(message.propertyset_value, value)
    elif datatype == DataType.PROPERTYSETLIST and isinstance(value, tuple):
        message.propertysets_value.SetInParent()
        for properties in value:
            _write_properties(message.propertysets_value.propertyset.add(), properties)
    elif datatype in RULES:
        _write_scalar(message, value, datatype)
    else:
        raise CannotEncode(f"{value!r} is not a value of property type {datatype}")


def _untyped_property(value: object) -> int:
    if isinstance(value, Mapping):
        return DataType.PROPERTYSET
    return DataType.PROPERTYSETLIST if isinstance(value, tuple) else UNTYPED.get(type(value), DataType.UNKNOWN)


def _write_metadata(message: Meta, metadata: MetaData) -> None:
    message.SetInParent()
    for key, value in metadata._asdict().items():
        if value is not None:
            setattr(message, key, value)


def check_value(value: object, datatype: int) -> None:
    """Raise CannotEncode if a metric cannot have this value under this datatype."""
    if datatype not in METRIC_TYPES:
        raise CannotEncode(f"no metric has datatype {datatype}")
    _write_metrics(Body().metrics, [Metric("value", value, datatype)], True)  # type: ignore[arg-type] # being checked
