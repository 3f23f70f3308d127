"""`python -m labkeeper_hub.export`: an order on stdin, the file on stdout, how far it is on stderr, a JSON a line."""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from typing import Protocol

from labkeeper_hub.export.csv_file import CsvFile
from labkeeper_hub.export.order import Order, OrderedPoint
from labkeeper_hub.export.plan import Behind, InfluxAway, Plan, before_horizon, planned
from labkeeper_hub.export.sampling import sampled
from labkeeper_hub.export.source import ChangedMeanwhile, Series, Window, find
from labkeeper_hub.model import PointKey
from labkeeper_hub.timeseries.columns import Columns
from labkeeper_hub.timeseries.schema import open_for_reading
from labkeeper_sdk.standing_back import stand_back

SAY_EVERY_S = 0.2
CHANGED = 3
NOBODY = 4
AWAY = 5


class File(Protocol):
    """What takes readings and writes a file of them."""

    def add(self, point: OrderedPoint, columns: Columns) -> None:
        """Take readings of one point, in order of time."""

    def close(self) -> None:
        """Write the file's end."""


def export(order: Order, file: File) -> None:
    """Write every reading that is ordered; raises InfluxAway where InfluxDB had begun and goes away."""
    with closing(open_for_reading(Path(order.journal))) as connection:
        keys = [PointKey(one.school, one.node, one.device, one.point) for one in order.points]
        found = find(connection, keys, Window(order.from_ms, order.to_ms))
        with _behind(order, found) as behind:
            write(planned(connection, order, found, behind), file, order.every_ms)


def write(plan: Plan, file: File, every_ms: int | None) -> None:
    """Write what is planned, and say how far it is."""
    done, rows, said_s = 0, 0, time.monotonic()
    say(total=plan.total, incomplete_before_ms=plan.incomplete_before_ms, reason=plan.reason)
    for part in plan.parts:
        for columns, looked in sampled(plan.pieces(part), every_ms):
            if len(columns):
                file.add(part.point, columns)
            done, rows = done + looked, rows + len(columns)
            if time.monotonic() - said_s >= SAY_EVERY_S:
                said_s = time.monotonic()
                say(total=plan.total, done=done, rows=rows)
    file.close()
    say(total=plan.total, done=done, rows=rows)


def say(**told: int | str | None) -> None:
    """Tell the hub, but for what is None."""
    print(json.dumps({name: one for name, one in told.items() if one is not None}), file=sys.stderr, flush=True)


def main() -> int:
    """Carry out one order; returns 3 where retention took away what was to be read, 4 where nobody reads any more, 5
    where InfluxDB has the rest and cannot be asked.
    """
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
    except InfluxAway as away:
        say(reason=away.reason)
        return AWAY
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOBODY
    return 0


def _behind(order: Order, found: Sequence[Series]) -> AbstractContextManager[Behind | None]:
    """Return what asks InfluxDB, where there is one and the journal does not go back far enough."""
    if order.influx is None or not any(before_horizon(series, order) for series in found):
        return nullcontext()
    from labkeeper_hub.export.older import open_older  # noqa: PLC0415 -- the HTTP client, which few exports need

    return open_older(order.influx, order.points)


def _parquet(order: Order) -> File:
    from labkeeper_hub.export.parquet_file import ParquetFile  # noqa: PLC0415 -- Arrow takes longer than most CSV files

    return ParquetFile(sys.stdout.buffer.write, order)


if __name__ == "__main__":
    sys.exit(main())
