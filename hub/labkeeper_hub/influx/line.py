"""Readings as InfluxDB's line protocol, built by hand: a joined body costs a tenth of what point objects cost.

measurement `readings`; tags device, kind, lab, node, point, school; the field is chosen by the value's type.
"""

from collections.abc import Callable
from math import isfinite
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from labkeeper_hub.timeseries.columns import BOOL, FLOAT, INT, KIND, NULL, QUALITIES, QUALITY, TEXT, values_of
from labkeeper_hub.timeseries.forwarding import Batch, RefusedLine
from labkeeper_sdk import Quality, Value

MEASUREMENT = "readings"
LAST_NS = (1 << 63) - 2  # InfluxDB keeps times strictly between the ends of 64 bits
NS_IN_MS = 1_000_000
_TAG = str.maketrans({",": "\\,", "=": "\\=", " ": "\\ "})
_TEXT = str.maketrans({"\\": "\\\\", '"': '\\"'})


class BadName(Exception):
    """A name that no tag can hold."""


class Lines(NamedTuple):
    """What of a batch can be sent, and what cannot even be written down for InfluxDB."""

    sendable: list[bytes]
    refused: list[RefusedLine]


def head(tags: dict[str, str]) -> str:
    """Return measurement and tags, sorted; a tag without value is left out. Raises BadName."""
    there = sorted((name, value) for name, value in tags.items() if value)
    return ",".join([MEASUREMENT, *(f"{name}={_tag(value)}" for name, value in there)])


def _tag(value: str) -> str:
    """A line end ends the line, and a backslash before a comma makes it part of the name: no escape helps."""
    if value.endswith("\\") or any(ord(sign) < ord(" ") for sign in value):
        raise BadName(f"a name has a control character or ends with a backslash: {value!r}")
    return value.translate(_TAG)


def lines(batch: Batch, head_of: Callable[[int], str]) -> Lines:
    """Return a line for each reading; `head_of` gives a series' head and may raise BadName."""
    readings, made = batch.readings, Lines([], [])
    heads = {series: _named(head_of, series) for series in np.unique(readings.series).tolist()}
    rows = zip(
        readings.series.tolist(),
        readings.times.tolist(),
        batch.ordinals.tolist(),
        readings.marks.tolist(),
        values_of(readings),
        _plain(batch).tolist(),
        strict=True,
    )
    for series, time_ms, ordinal, mark, value, plain in rows:
        start, bad_name = heads[series]
        fields = f"value={value!r}" if mark == FLOAT else _fields(mark, value)
        line = f"{start} {fields} {time_ms * NS_IN_MS + ordinal}"
        problem = bad_name or ("" if plain else _problem(time_ms, ordinal, value))
        if problem:
            made.refused.append(RefusedLine(problem, line.encode(errors="replace").decode()))
        else:
            made.sendable.append(line.encode())
    return made


def _named(head_of: Callable[[int], str], series: int) -> tuple[str, str]:
    """Return a series' head, or something in its place and what is wrong with it."""
    try:
        return head_of(series), ""
    except BadName as bad:
        return f"series {series}", str(bad)


def _plain(batch: Batch) -> npt.NDArray[np.bool_]:
    """Return which readings need no second look."""
    readings = batch.readings
    kinds = readings.marks & KIND
    last_ms = LAST_NS // NS_IN_MS - 1
    odd = (kinds == TEXT) | (batch.ordinals >= NS_IN_MS) | (readings.times > last_ms) | (readings.times < -last_ms)
    plain: npt.NDArray[np.bool_] = ~(odd | ((kinds == FLOAT) & ~np.isfinite(readings.bits.view(np.float64))))
    return plain


def _problem(time_ms: int, ordinal: int, value: Value | None) -> str:
    """Return why InfluxDB cannot have this reading; "" if it can."""
    if ordinal >= NS_IN_MS:
        return "more than a million readings in one millisecond"
    if not -LAST_NS <= time_ms * NS_IN_MS + ordinal <= LAST_NS:
        return "a time that InfluxDB cannot hold (1677 to 2262)"
    if isinstance(value, float) and not isfinite(value):
        return "not a finite number"
    return _no_utf8(value) if isinstance(value, str) else ""


def _fields(mark: int, value: Value | None) -> str:
    kind, quality = mark & KIND, QUALITIES[mark & QUALITY]
    told = f",quality={quality}i" if quality != Quality.GOOD else ""
    if kind == FLOAT:
        return f"value={value!r}{told}"
    if kind == INT:
        return f"value_int={value}i{told}"
    if kind == BOOL:
        return f"value_bool={'true' if value else 'false'}{told}"
    if kind == NULL:
        return f"quality={quality}i"
    # an integer beyond 63 bits fits no integer of InfluxDB: its digits do
    return f'value_text="{str(value).translate(_TEXT)}"{told}'


def _no_utf8(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return "a text with half a character"
    return ""
