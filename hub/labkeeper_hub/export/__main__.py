"""`python -m labkeeper_hub.export`: an order on stdin, the file on stdout, how far it is on stderr, a JSON a line."""

import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Protocol

from labkeeper_hub.export.csv_file import CsvFile
from labkeeper_hub.export.order import Order, OrderedPoint
from labkeeper_hub.export.sampling import sampled
from labkeeper_hub.export.source import ChangedMeanwhile, Window, find, pieces
from labkeeper_hub.model import PointKey
from labkeeper_hub.timeseries.columns import Columns
from labkeeper_hub.timeseries.schema import open_for_reading
from labkeeper_sdk.standing_back import stand_back

SAY_EVERY_S = 0.2
CHANGED = 3
NOBODY = 4


class File(Protocol):
    """What takes readings and writes a file of them."""

    def add(self, point: OrderedPoint, columns: Columns) -> None:
        """Take readings of one point, in order of time."""

    def close(self) -> None:
        """Write the file's end."""


def export(order: Order, file: File) -> None:
    """Write every reading that is ordered."""
    window = Window(order.from_ms, order.to_ms)
    with closing(open_for_reading(Path(order.journal))) as connection:
        keys = [PointKey(one.school, one.node, one.device, one.point) for one in order.points]
        found = find(connection, keys, window)
        done, rows, said_s = 0, 0, time.monotonic()
        gone = [series.retired_until_ms for series in found if series.retired_until_ms is not None]
        say(total=sum(series.readings for series in found), **({"incomplete_before_ms": max(gone)} if gone else {}))
        for point, series in zip(order.points, found, strict=True):
            for columns, looked in sampled(pieces(connection, series, window), order.every_ms):
                if len(columns):
                    file.add(point, columns)
                done, rows = done + looked, rows + len(columns)
                if time.monotonic() - said_s >= SAY_EVERY_S:
                    said_s = time.monotonic()
                    say(done=done, rows=rows)
        file.close()
        say(done=done, rows=rows)


def say(**numbers: int) -> None:
    """Tell the hub."""
    print(json.dumps(numbers), file=sys.stderr, flush=True)


def main() -> int:
    """Carry out one order; returns 3 where retention took away what was to be read, 4 where nobody reads any more."""
    order = Order.model_validate_json(sys.stdin.buffer.read())
    write = sys.stdout.buffer.write
    return carried_out(lambda: export(order, CsvFile(write) if order.format == "csv" else _parquet(order)))


def carried_out(work: Callable[[], None]) -> int:
    """Do it behind the hub and return the exit status, as `main` says."""
    stand_back()
    try:
        work()
        sys.stdout.buffer.flush()
    except ChangedMeanwhile:
        return CHANGED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOBODY
    return 0


def _parquet(order: Order) -> File:
    from labkeeper_hub.export.parquet_file import ParquetFile  # noqa: PLC0415 -- Arrow takes longer than most CSV files

    return ParquetFile(sys.stdout.buffer.write, order)


if __name__ == "__main__":
    sys.exit(main())
