"""`python -m labkeeper_hub.recordings.work`: a recording's readings hashed, or its record as one file."""

import hashlib
import json
import sys
import zipfile
from typing import ClassVar, Final, Literal

from labkeeper_hub.export.__main__ import carried_out, export
from labkeeper_hub.export.csv_file import CsvFile
from labkeeper_hub.export.order import Order, OrderedPoint
from labkeeper_hub.timeseries.columns import Columns

RECORD: Final = "record.json"
SEAL: Final = "seal.json"
READINGS: Final = "readings.csv"


class RecordingOrder(Order):
    """What is wanted of a recording: the hash of its readings, or a ZIP with record, seal and readings."""

    made_by: ClassVar = "labkeeper_hub.recordings.work"
    wanted: Literal["hash", "record"]
    record: str = ""
    seal: str = ""


class Counted:
    """A CSV file that knows its rows."""

    def __init__(self, file: CsvFile) -> None:
        self._file, self.rows = file, 0

    def add(self, point: OrderedPoint, columns: Columns) -> None:
        """Pass on."""
        self._file.add(point, columns)
        self.rows += len(columns)

    def close(self) -> None:
        """Pass on."""
        self._file.close()


def hash_readings(order: RecordingOrder) -> None:
    """Print how many rows the CSV file has and the SHA-256 of its bytes."""
    digest = hashlib.sha256()
    file = Counted(CsvFile(digest.update))
    export(order, file)
    sys.stdout.write(json.dumps({"rows": file.rows, "sha256": digest.hexdigest()}))
    sys.stdout.flush()


def write_record(order: RecordingOrder) -> None:
    """Write the ZIP, forward only."""
    with zipfile.ZipFile(sys.stdout.buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(RECORD, order.record)
        archive.writestr(SEAL, order.seal)
        with archive.open(READINGS, "w", force_zip64=True) as readings:
            export(order, CsvFile(readings.write))


def main() -> int:
    """Carry out one order; the exit statuses are those of exports."""
    order = RecordingOrder.model_validate_json(sys.stdin.buffer.read())
    return carried_out(lambda: hash_readings(order) if order.wanted == "hash" else write_record(order))


if __name__ == "__main__":
    sys.exit(main())
