"""What a Sparkplug B message says. Named tuples, because a hub makes a hundred thousand of them a second."""

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

Scalar: TypeAlias = bool | int | float | str
"""A value of a basic datatype; DateTime is int milliseconds since the epoch, UTC."""

PropertySet: TypeAlias = Mapping[str, "Property"]
PropertyValue: TypeAlias = "Scalar | PropertySet | tuple[PropertySet, ...] | None"
MetricValue: TypeAlias = "Scalar | bytes | DataSet | Template | tuple[Scalar, ...] | None"

GOOD = 192
STALE = 500
BAD = 0
QUALITY = "Quality"


class Property(NamedTuple):
    """One property: its value (None = null) and its datatype, 0 if the sender left it out."""

    value: PropertyValue
    datatype: int


class DataSet(NamedTuple):
    """A table: as many `types` (basic datatypes) as `columns`, and every row as long; a cell without value is None."""

    columns: tuple[str, ...]
    types: tuple[int, ...]
    rows: tuple[tuple[Scalar | None, ...], ...]


class Parameter(NamedTuple):
    """A Template's parameter of a basic datatype, 0 if the sender left it out."""

    name: str
    value: Scalar | None
    datatype: int


class Template(NamedTuple):
    """A definition (no `template_ref`) or an instance (`template_ref` = the definition's metric name)."""

    metrics: tuple["Metric", ...]
    parameters: tuple[Parameter, ...] = ()
    version: str | None = None
    template_ref: str | None = None
    is_definition: bool = False


class MetaData(NamedTuple):
    """What is said about the bytes of a File, or about one part of a value too large for one message."""

    is_multi_part: bool | None = None
    content_type: str | None = None
    size: int | None = None
    seq: int | None = None
    file_name: str | None = None
    file_type: str | None = None
    md5: str | None = None
    description: str | None = None


class Metric(NamedTuple):
    """A named value; `value` None is Sparkplug's is_null, `time_ms` is UTC milliseconds.

    `raw_field` is the wire field (such as "long_value") of a value that came without datatype: `resolve` needs it.
    """

    name: str | None
    value: MetricValue
    datatype: int | None = None
    time_ms: int | None = None
    alias: int | None = None
    historical: bool = False
    transient: bool = False
    properties: PropertySet | None = None
    metadata: MetaData | None = None
    raw_field: str | None = None


class Payload(NamedTuple):
    """One message: its metrics in order, when it was sent (`time_ms`, UTC) and its `seq` 0..255."""

    metrics: tuple[Metric, ...]
    time_ms: int | None = None
    seq: int | None = None
    uuid: str | None = None
    body: bytes | None = None


def quality_of(metric: Metric) -> int:
    """GOOD without a `Quality` property, its value if Sparkplug knows it, otherwise BAD."""
    if metric.properties is None or QUALITY not in metric.properties:
        return GOOD
    quality = metric.properties[QUALITY].value
    return quality if isinstance(quality, int) and quality in (GOOD, STALE) else BAD
