"""Why a payload is refused, and how large one may be."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Every reason a payload can be malformed for: a closed set, fit to be a metric's label."""

    TOO_LARGE = "too_large"
    TOO_MANY_METRICS = "too_many_metrics"
    TOO_MANY_ITEMS = "too_many_items"
    TOO_DEEP = "too_deep"
    NOT_PROTOBUF = "not_protobuf"
    NAME_MISSING = "name_missing"
    VALUE_MISSING = "value_missing"
    VALUE_OUT_OF_RANGE = "value_out_of_range"
    TIME_OUT_OF_RANGE = "time_out_of_range"
    SEQ_OUT_OF_RANGE = "seq_out_of_range"
    DATATYPE_UNKNOWN = "datatype_unknown"
    DATATYPE_MISMATCH = "datatype_mismatch"
    ARRAY_MALFORMED = "array_malformed"
    DATASET_MALFORMED = "dataset_malformed"
    TEMPLATE_MALFORMED = "template_malformed"
    PROPERTYSET_MALFORMED = "propertyset_malformed"


class MalformedPayload(Exception):
    """The payload breaks the standard or our limits: count it under `reason` and store nothing of it."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason: str = reason.value


class CannotEncode(ValueError):
    """The caller asked for a payload the standard does not allow, such as 300 as an Int8."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a payload may be before it is refused; nested metrics, properties and rows count too."""

    size: int = 1 << 20  # bytes of the whole payload
    metrics: int = 10_000
    items: int = 100_000  # array elements, DataSet cells and properties, all together
    depth: int = 8  # Templates in Templates, PropertySets in PropertySets


LIMITS = Limits()

LAST_TIME_MS = 253_402_300_799_999
"""9999-12-31T23:59:59.999Z: later times do not fit into the date types of most databases and languages."""
