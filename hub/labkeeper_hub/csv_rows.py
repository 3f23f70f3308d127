"""Rows as CSV (RFC 4180): ISO-8601 in UTC with milliseconds, and floats that read back bit for bit."""

import codecs
from collections.abc import Iterable
from datetime import UTC, datetime

from labkeeper_hub.model import Row
from labkeeper_sdk import Value

HEADER = codecs.BOM_UTF8 + b"time,value\r\n"  # without the BOM a spreadsheet takes Chinese for Latin
SPECIAL = frozenset(',"\r\n')


def csv_rows(rows: Iterable[Row]) -> bytes:
    """Return the lines of these rows; nothing between comma and line end means: no value."""
    return "".join(f"{iso(row.time_ms)},{field(row.value)}\r\n" for row in rows).encode("utf-8", "replace")


def iso(time_ms: int) -> str:
    """Return e.g. 2026-01-01T00:00:00.000Z."""
    seconds, milliseconds = divmod(time_ms, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC).isoformat()[:19]}.{milliseconds:03d}Z"


def field(value: Value | None) -> str:
    """Return one field: `repr` of a float, true or false, text quoted where it must be."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return repr(value)
    if not value or SPECIAL.intersection(value):
        return '"' + value.replace('"', '""') + '"'
    return value
