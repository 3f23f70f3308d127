"""What retention took of a window, so that whoever asks for it is told; what is pinned it has never taken."""

import sqlite3

from labkeeper_hub.timeseries.rollup import levels_for

REASON = "retired"
_PINNED = "EXISTS (SELECT 1 FROM pins WHERE series = ?1 AND from_ms <= ?2 AND to_ms >= ?3)"
_RETIRED = f"SELECT MIN(retired_ms + 1, ?3) FROM series WHERE id = ?1 AND retired_ms >= ?2 AND NOT {_PINNED}"  # noqa: S608 -- our own words
_KEPT = (
    "SELECT COALESCE(retired_ms + 1, (SELECT MIN(first_ms) FROM chunks WHERE series = ?1)) FROM series WHERE id = ?1"
)


def retired_until(
    connection: sqlite3.Connection, series: int, window: tuple[int, int], every_ms: int | None = None
) -> int | None:
    """Return the time before which a window (first <= time < end) may lack readings; None: retention took none of it.

    `every_ms`: as buckets, which roll-ups answer for longer.
    """
    found = connection.execute(_RETIRED, (series, *window)).fetchone()
    if found is None or every_ms is None or not levels_for(every_ms):
        return None if found is None else int(found[0])
    return _rolled_until(connection, series, levels_for(every_ms)[-1], (window[0], int(found[0])))


def kept_from(connection: sqlite3.Connection, series: int) -> int | None:
    """Return the time from which retention took nothing, or that of the oldest chunk; None: there is neither."""
    row = connection.execute(_KEPT, (series,)).fetchone()
    return None if row is None or row[0] is None else int(row[0])


def pinned(connection: sqlite3.Connection, series: int, window: tuple[int, int]) -> bool:
    """Tell whether somebody keeps all of a window (first <= time < end)."""
    return bool(connection.execute(f"SELECT {_PINNED}", (series, *window)).fetchone()[0])


def _rolled_until(connection: sqlite3.Connection, series: int, level: int, window: tuple[int, int]) -> int | None:
    """Return what is left of the answer where roll-ups of a level stand in for readings."""
    if connection.execute("SELECT 1 FROM retired WHERE level = ? LIMIT 1", (level,)).fetchone() is None:
        return None  # all that ever was
    query = "SELECT MIN(first_ms) FROM rollups WHERE series = ? AND level = ?"
    first_ms = connection.execute(query, (series, level)).fetchone()[0]
    until_ms = window[1] if first_ms is None else min(window[1], int(first_ms))
    return until_ms if until_ms > window[0] else None
