"""The two files: every kind of value and quality reads back as it was stored."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from labkeeper_hub.export import parquet_file
from labkeeper_hub.export.__main__ import File, export
from labkeeper_hub.export.csv_file import CsvFile
from labkeeper_hub.export.order import Order
from labkeeper_hub.export.parquet_file import NAMES, ParquetFile
from labkeeper_hub.model import PointKey
from labkeeper_hub.timeseries.columns import BAD, STALE

from .stored import START_MS, Reading, Stored, order

AIR, DOOR = PointKey("school", "lab", "air", "co2"), PointKey("school", "lab", "门,1", "open")
READINGS: list[Reading] = [
    (START_MS, 0, 0.1 + 0.2),
    (START_MS + 1, STALE, -0.0),
    (START_MS + 2, BAD, 5e-324),
    (START_MS + 3, 0, -(2**63)),
    (START_MS + 4, 0, 2**64 - 1),
    (START_MS + 5, 0, True),
    (START_MS + 6, 0, False),
    (START_MS + 7, 0, '他说,"好"\r\n'),
    (START_MS + 8, 0, ""),
    (START_MS + 9, STALE, None),
]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    stored = Stored(tmp_path / "journal.sqlite")
    stored.take(AIR, READINGS[:5])
    stored.compact()
    stored.take(AIR, READINGS[5:])
    stored.take(DOOR, [(START_MS, 0, True)])
    stored.close()
    return stored.file


def written(wanted: Order) -> bytes:
    out = io.BytesIO()
    file: File = CsvFile(out.write) if wanted.format == "csv" else ParquetFile(out.write, wanted)
    export(wanted, file)
    return out.getvalue()


def test_csv_is_utf8_with_bom_and_a_line_per_reading(journal: Path) -> None:
    text = written(order(journal, "csv", AIR, DOOR))
    assert text.startswith(b"\xef\xbb\xbftime,")
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline="")))
    air = [row for row in rows if row["point"] == "co2"]
    assert [row["value"] for row in air[:3]] == ["0.30000000000000004", "-0.0", "5e-324"]
    assert [row["value"] for row in air[3:]] == [
        str(-(2**63)),
        str(2**64 - 1),
        "true",
        "false",
        '他说,"好"\r\n',
        "",
        "",
    ]
    assert [row["quality"] for row in air[:3]] == ["192", "500", "0"]
    assert air[9]["time"] == "2026-01-01T00:00:00.009Z"
    assert rows[-1] | {"value": ""} == {
        "time": "2026-01-01T00:00:00.000Z",
        "school": "school",
        "lab": "一号",
        "node": "lab",
        "device": "门,1",
        "point": "open",
        "kind": "measure",
        "unit": "Cel",
        "value": "",
        "quality": "192",
    }


def test_parquet_has_every_value_exactly_in_the_column_of_its_type(journal: Path) -> None:
    table = pq.read_table(io.BytesIO(written(order(journal, "parquet", AIR, DOOR))))
    rows = table.to_pylist()[:10]
    assert [row["value"] for row in rows] == [0.1 + 0.2, -0.0, 5e-324, -(2.0**63), 2.0**64, 1.0, 0.0, None, None, None]
    assert np.signbit(rows[1]["value"])
    assert [row["value_int"] for row in rows if row["value_int"] is not None] == [-(2**63)]
    assert [row["value_uint64"] for row in rows if row["value_uint64"] is not None] == [2**64 - 1]
    assert [row["value_bool"] for row in rows if row["value_bool"] is not None] == [True, False]
    assert [row["value_text"] for row in rows if row["value_text"] is not None] == ['他说,"好"\r\n', ""]
    assert [row["quality"] for row in rows] == [192, 500, 0, 192, 192, 192, 192, 192, 192, 500]
    assert [round(row["time"].timestamp() * 1000) - START_MS for row in rows] == list(range(10))
    assert {row["device"] for row in table.to_pylist()} == {"air", "门,1"}


def test_names_are_dictionaries_and_the_catalogue_is_in_the_metadata(journal: Path) -> None:
    file = pq.ParquetFile(io.BytesIO(written(order(journal, "parquet", AIR, DOOR))))
    said = json.loads(file.schema_arrow.metadata[b"labkeeper"])
    assert [point["device"] for point in said["points"]] == ["air", "门,1"]
    assert (said["from_ms"], said["to_ms"]) == (0, 1 << 60)
    columns = {file.metadata.row_group(0).column(at).path_in_schema: at for at in range(file.metadata.num_columns)}
    for name in NAMES:
        assert "RLE_DICTIONARY" in file.metadata.row_group(0).column(columns[name]).encodings
        assert str(file.schema_arrow.field(name).type).startswith("dictionary")


def test_parquet_is_written_a_row_group_at_a_time(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_file, "ROWS", 4)
    stored = Stored(journal)
    for number in range(20):
        stored.take(DOOR, [(START_MS + number, 0, bool(number % 2))])
        stored.compact()
    stored.close()
    content = written(order(journal, "parquet", AIR, DOOR))
    file = pq.ParquetFile(io.BytesIO(content))
    assert file.metadata.num_rows == 31
    assert file.metadata.num_row_groups > 1


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_an_export_of_nothing_is_a_file_without_rows(journal: Path, form: str) -> None:
    wanted = order(journal, "parquet" if form == "parquet" else "csv", AIR, to_ms=1)
    content = written(wanted)
    if form == "csv":
        assert content.count(b"\r\n") == 1
    else:
        assert pq.read_table(io.BytesIO(content)).num_rows == 0
