"""Recorded tables: columns to points, with the oddities real files have."""

from pathlib import Path

import pytest

from labkeeper_cli.recorded import read_map, read_rows
from labkeeper_cli.replay import description, device_id, message
from labkeeper_sdk import BadConfiguration

MAP = """
time = "date"
utc_offset = "+08:00"
[points.temperature]
column = "T"
unit = "°C"
[points.people]
column = "N"
type = "integer"
[points.occupied]
column = "Occ"
type = "yes_no"
[points.note]
column = "Note"
type = "text"
"""


def write(folder: Path, name: str, text: str) -> Path:
    place = folder / name
    place.write_text(text, encoding="utf-8")
    return place


def test_a_table_becomes_rows_with_the_devices_time(tmp_path: Path) -> None:
    table = write(
        tmp_path, "t.csv", "date,T,N,Occ,Note\n2015-02-02 14:19:00,23.7,2,1,好\n\n2015-02-02 14:20:00,NA,,0,x\n"
    )
    rows = list(read_rows(table, read_map(write(tmp_path, "m.toml", MAP))))
    assert [row.time_ms for row in rows] == [1422857940000, 1422858000000]
    assert rows[0].values == {"temperature": 23.7, "people": 2, "occupied": True, "note": "好"}
    assert rows[1].values == {"occupied": False, "note": "x"}


def test_a_row_number_without_a_name_is_stepped_over(tmp_path: Path) -> None:
    table = write(tmp_path, "t.csv", '"date","T","N","Occ","Note"\n"1","2015-02-02 14:19:00",23.7,2,1,"a"\n')
    assert next(iter(read_rows(table, read_map(write(tmp_path, "m.toml", MAP))))).values["temperature"] == 23.7


@pytest.mark.parametrize(
    ("form", "text", "time_ms"),
    [
        ("epoch_ms", "1422857940123", 1422857940123),
        ("epoch_s", "1422857940.5", 1422857940500),
        ("iso", "2015-02-02T06:19:00.250+00:00", 1422857940250),
    ],
)
def test_times_come_in_many_forms(tmp_path: Path, form: str, text: str, time_ms: int) -> None:
    mapping = read_map(write(tmp_path, "m.toml", f'time = "t"\ntime_format = "{form}"\n[points.a]\ncolumn = "a"\n'))
    assert next(read_rows(write(tmp_path, "t.csv", f"t,a\n{text},1\n"), mapping)).time_ms == time_ms


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ("date,T\n2015-02-02 14:19:00,1\n", "no such column"),
        ("date,T,N,Occ,Note\n2015-02-02 14:19:00,warm,1,1,a\n", "t.csv:2"),
        ("date,T,N,Occ,Note\n2015-02-02 14:19:00,1,1,maybe,a\n", "neither yes nor no"),
        ("date,T,N,Occ,Note\nyesterday,1,1,1,a\n", "yesterday"),
        ("date,T,N,Occ,Note\n2015-02-02 14:19:00,1\n", "t.csv:2"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_at_its_line(tmp_path: Path, table: str, why: str) -> None:
    with pytest.raises(BadConfiguration, match=why):
        list(read_rows(write(tmp_path, "t.csv", table), read_map(write(tmp_path, "m.toml", MAP))))


@pytest.mark.parametrize(
    ("text", "why"), [("time = ", "whole file"), ('time = "t"\n', "points"), (MAP + "nonsense = 1\n", "nonsense")]
)
def test_a_mapping_that_is_wrong_names_its_key(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(BadConfiguration, match=why):
        read_map(write(tmp_path, "m.toml", text))
    with pytest.raises(BadConfiguration, match=r"none\.toml"):
        read_map(tmp_path / "none.toml")


def test_the_device_is_described_as_its_protocol_asks(tmp_path: Path) -> None:
    mapping = read_map(write(tmp_path, "m.toml", MAP))
    told = description("Office 3", mapping)
    assert told["ieee_address"] == device_id("Office 3")
    assert [expose["type"] for expose in told["definition"]["exposes"]] == ["numeric", "numeric", "binary", "text"]
    table = write(tmp_path, "t.csv", "date,T,N,Occ,Note\n2015-02-02 14:19:00,23.7,2,1,a\n")
    assert b'"last_seen": 1422857940000' in message(next(read_rows(table, mapping)))
