"""An export as CSV: UTF-8 with BOM (RFC 4180), a line per reading, floats that read back bit for bit."""

import codecs
from collections.abc import Callable

import numpy as np

from labkeeper_hub.csv_rows import field
from labkeeper_hub.export.order import OrderedPoint
from labkeeper_hub.timeseries.columns import QUALITIES, QUALITY, Columns, values_of

HEADER = codecs.BOM_UTF8 + b"time,school,lab,node,device,point,kind,unit,value,quality\r\n"


class CsvFile:
    """Writes what it is given at once."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        write(HEADER)

    def add(self, point: OrderedPoint, columns: Columns) -> None:
        """Write the lines of these readings."""
        who = (point.school, point.lab, point.node, point.device, point.point, point.kind, point.unit)
        start = "Z," + ",".join(map(field, who)) + ","
        ends = {mark: f",{quality}\r\n" for mark, quality in QUALITIES.items()}
        times = np.datetime_as_string(columns.times.astype("datetime64[ms]"))
        rows = zip(times.tolist(), values_of(columns), (columns.marks & QUALITY).tolist(), strict=True)
        self._write("".join(f"{time}{start}{field(value)}{ends[mark]}" for time, value, mark in rows).encode())

    def close(self) -> None:
        """Nothing waits."""
