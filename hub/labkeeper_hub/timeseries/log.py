"""The log of commits as it lies in the file: read from a position on, and cut off below what everybody has passed."""

import sqlite3
from collections.abc import Iterator

from labkeeper_hub.timeseries import segment
from labkeeper_hub.timeseries.columns import Columns

_CONTAINING = "(SELECT MAX(first) FROM segments WHERE first <= ?)"


def segments_from(connection: sqlite3.Connection, position: int) -> Iterator[tuple[int, Columns]]:
    """Return (position of the first reading, readings) of each segment, from the one that contains `position`."""
    found = connection.execute(
        f"SELECT first, body FROM segments WHERE first >= COALESCE({_CONTAINING}, ?) ORDER BY first",  # noqa: S608 -- ours
        (position, position),
    )
    for first, body in found:
        yield first, segment.unpack(body)


def trim(connection: sqlite3.Connection, end: int) -> None:
    """Delete the segments that lie wholly below what is compacted and what every forwarder has passed.

    `end` is the log's end. A segment that reaches beyond stays whole: a compaction may end within one.
    """
    passed = connection.execute(
        "SELECT MIN(compacted, COALESCE((SELECT MIN(position) FROM forwarded), compacted)) FROM places"
    ).fetchone()[0]
    below = "?" if passed >= end else _CONTAINING
    connection.execute(f"DELETE FROM segments WHERE first < {below}", (passed,))  # noqa: S608 -- ours
