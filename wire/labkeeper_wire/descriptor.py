"""What births tell about nodes, devices and points, so that a hub needs no driver to show and command them."""

import hashlib
import json
import math
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from labkeeper_wire.datatypes import BASIC_TYPES, DataType
from labkeeper_wire.payload import MetaData, Metric, Property, PropertySet, Scalar

MAKE = "Properties/Hardware Make"
MODEL = "Properties/Hardware Model"
FIRMWARE = "Properties/FW"
TITLE_ZH = "Properties/Title zh"
TITLE_EN = "Properties/Title en"
BENCH = "Properties/Bench"
LAB = "Properties/Lab"
LAB_TITLE_ZH = "Properties/Lab Title zh"
LAB_TITLE_EN = "Properties/Lab Title en"
DESCRIPTOR = "Descriptor"

KINDS = frozenset({"measure", "state", "setpoint", "switch", "action", "event"})
DEFAULT_CONFIRM_S = 2.0
LONGEST_DETAILS = 1 << 20  # bytes of JSON, unpacked
LAST_INT64 = (1 << 63) - 1

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"


class BadDescriptor(ValueError):
    """The `Descriptor` file is damaged or too large; `reason` is a short snake_case code of a closed set."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def is_description(name: str) -> bool:
    """Tell a metric that describes its node or device from a point."""
    return name == DESCRIPTOR or name.startswith("Properties/")


@dataclass(frozen=True, slots=True)
class PointDescription:
    """One point as its birth describes it; the words are those of the SDK, `unit` is UCUM, seconds are seconds."""

    name: str
    kind: str
    datatype: int
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    options: tuple[str, ...] = ()
    writable: bool = False
    safe_value: Scalar | None = None
    link_loss_s: float | None = None
    risk: str = "none"
    title_zh: str = ""
    title_en: str = ""
    confirm_s: float = DEFAULT_CONFIRM_S
    personal: bool = False

    def to_properties(self) -> PropertySet:
        """Give the PropertySet for the point's metric in births; what is not known is left out."""
        options = json.dumps(self.options, ensure_ascii=False) if self.options else ""
        said: Mapping[str, Scalar | None] = {
            "engUnit": self.unit or None,
            "engLow": self.minimum,
            "engHigh": self.maximum,
            "readOnly": not self.writable,
            "lk:kind": self.kind,
            "lk:step": self.step,
            "lk:options": options or None,
            "lk:safe": self.safe_value,
            "lk:linkLossS": self.link_loss_s,
            "lk:risk": self.risk,
            "lk:titleZh": self.title_zh or None,
            "lk:titleEn": self.title_en or None,
            "lk:confirmS": self.confirm_s,
            "lk:personal": self.personal or None,
        }
        return {key: _typed(value) for key, value in said.items() if value is not None}

    @classmethod
    def from_metric(cls, metric: Metric) -> "PointDescription":
        """Read a birth's metric. Never raises: what a foreign node leaves out or says strangely counts as not said.

        Without our kind it is guessed from datatype and `readOnly`; without `readOnly` the point cannot be commanded.
        """
        said: PropertySet = metric.properties or {}
        datatype = metric.datatype or DataType.UNKNOWN
        writable = said["readOnly"].value is False if "readOnly" in said else False
        kind = _string(said, "lk:kind")
        return cls(
            name=metric.name or "",
            kind=kind if kind in KINDS else _guess_kind(datatype, writable=writable),
            datatype=datatype,
            unit=_string(said, "engUnit"),
            minimum=_number(said, "engLow"),
            maximum=_number(said, "engHigh"),
            step=_number(said, "lk:step"),
            options=_options(said),
            writable=writable,
            safe_value=_scalar(said, "lk:safe"),
            link_loss_s=_number(said, "lk:linkLossS"),
            risk=_string(said, "lk:risk", "none"),
            title_zh=_string(said, "lk:titleZh"),
            title_en=_string(said, "lk:titleEn"),
            confirm_s=_confirm_s(said),
            personal="lk:personal" in said and said["lk:personal"].value is not False,
        )


@dataclass(frozen=True, slots=True)
class DeviceDescription:
    """One device as its birth describes it; `details` is any JSON object its driver adds."""

    title_zh: str = ""
    title_en: str = ""
    make: str = ""
    model: str = ""
    firmware: str = ""
    bench: str = ""
    details: Mapping[str, Json] = field(default_factory=dict)

    def to_metrics(self, time_ms: int) -> tuple[Metric, ...]:
        """Give the DBIRTH's metrics about the device itself; what is empty is left out."""
        texts = {
            MAKE: self.make,
            MODEL: self.model,
            FIRMWARE: self.firmware,
            TITLE_ZH: self.title_zh,
            TITLE_EN: self.title_en,
            BENCH: self.bench,
        }
        metrics = _text_metrics(texts, time_ms)
        return (*metrics, _pack_details(self.details, time_ms)) if self.details else metrics

    @classmethod
    def from_metrics(cls, metrics: Iterable[Metric]) -> "DeviceDescription":
        """Read them out of a DBIRTH; raise BadDescriptor if its `Descriptor` file is damaged or too large."""
        found = {metric.name: metric for metric in metrics if metric.name is not None}
        return cls(
            title_zh=_text(found, TITLE_ZH),
            title_en=_text(found, TITLE_EN),
            make=_text(found, MAKE),
            model=_text(found, MODEL),
            firmware=_text(found, FIRMWARE),
            bench=_text(found, BENCH),
            details=_unpack_details(found.get(DESCRIPTOR)),
        )


@dataclass(frozen=True, slots=True)
class NodeDescription:
    """Where a node stands: its lab's id and the lab's titles."""

    lab: str = ""
    title_zh: str = ""
    title_en: str = ""

    def to_metrics(self, time_ms: int) -> tuple[Metric, ...]:
        """Give the NBIRTH's metrics about the lab; what is empty is left out."""
        return _text_metrics({LAB: self.lab, LAB_TITLE_ZH: self.title_zh, LAB_TITLE_EN: self.title_en}, time_ms)

    @classmethod
    def from_metrics(cls, metrics: Iterable[Metric]) -> "NodeDescription":
        """Read them out of an NBIRTH; a foreign node's lab is ""."""
        found = {metric.name: metric for metric in metrics if metric.name is not None}
        return cls(_text(found, LAB), _text(found, LAB_TITLE_ZH), _text(found, LAB_TITLE_EN))


def _typed(value: Scalar) -> Property:
    """Give the property of a value, its datatype chosen by the value's own type, so that it comes back equal."""
    if isinstance(value, bool):
        return Property(value, DataType.BOOLEAN)
    if isinstance(value, int):
        return Property(value, DataType.UINT64 if value > LAST_INT64 else DataType.INT64)
    return Property(value, DataType.DOUBLE if isinstance(value, float) else DataType.STRING)


def _guess_kind(datatype: int, *, writable: bool) -> str:
    if writable:
        return "switch" if datatype == DataType.BOOLEAN else "setpoint"
    numeric = datatype in BASIC_TYPES and datatype <= DataType.DOUBLE
    return "measure" if numeric else "state"


def _string(said: PropertySet, key: str, default: str = "") -> str:
    """Give a text property, else the default."""
    value = said[key].value if key in said else None
    return value if isinstance(value, str) else default


def _scalar(said: PropertySet, key: str) -> Scalar | None:
    value = said[key].value if key in said else None
    return value if isinstance(value, bool | int | float | str) else None


def _number(said: PropertySet, key: str) -> float | None:
    """Give a finite number, an int as the int it is."""
    value = _scalar(said, key)
    if isinstance(value, bool | str) or value is None:
        return None
    return value if math.isfinite(value) else None


def _confirm_s(said: PropertySet) -> float:
    seconds = _number(said, "lk:confirmS")
    return DEFAULT_CONFIRM_S if seconds is None else seconds


def _options(said: PropertySet) -> tuple[str, ...]:
    try:
        options = json.loads(_string(said, "lk:options", "[]"))
    except (ValueError, RecursionError):
        return ()
    if not isinstance(options, list) or not all(isinstance(option, str) for option in options):
        return ()
    return tuple(options)


def _text_metrics(texts: Mapping[str, str], time_ms: int) -> tuple[Metric, ...]:
    return tuple(Metric(name, text, DataType.STRING, time_ms) for name, text in texts.items() if text)


def _text(found: Mapping[str, Metric], name: str) -> str:
    value = found[name].value if name in found else None
    return value if isinstance(value, str) else ""


def _pack_details(details: Mapping[str, Json], time_ms: int) -> Metric:
    content = zlib.compress(json.dumps(details, ensure_ascii=False, allow_nan=False).encode())
    metadata = MetaData(
        content_type="application/json",
        size=len(content),
        file_name="descriptor.json.z",
        md5=hashlib.md5(content, usedforsecurity=False).hexdigest(),
    )
    return Metric(DESCRIPTOR, content, DataType.FILE, time_ms, metadata=metadata)


def _unpack_details(metric: Metric | None) -> Mapping[str, Json]:
    """Read the descriptor file; a metric of that name that is no file is a foreign device's own affair."""
    if metric is None or metric.datatype != DataType.FILE or not isinstance(metric.value, bytes):
        return {}
    told = metric.metadata.md5 if metric.metadata else None
    if told is not None and told.lower() != hashlib.md5(metric.value, usedforsecurity=False).hexdigest():
        raise BadDescriptor("md5_mismatch")
    try:
        details = json.loads(_inflate(metric.value))
    except (ValueError, RecursionError, zlib.error) as error:
        raise BadDescriptor("not_json") from error
    if not isinstance(details, dict):
        raise BadDescriptor("not_json")
    return details


def _inflate(content: bytes) -> bytes:
    """Unpack up to the limit, so that a few kilobytes cannot fill the memory."""
    unpacking = zlib.decompressobj()
    unpacked = unpacking.decompress(content, LONGEST_DETAILS)
    if not unpacking.eof:
        raise zlib.error("more than the limit, or cut short")
    return unpacked
