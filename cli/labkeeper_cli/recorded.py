"""A recorded table read as a device's readings: columns to points by a small mapping file."""

import csv
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import chain
from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from labkeeper_sdk import BadConfiguration

Cell: TypeAlias = float | int | bool | str


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PointMap(_Strict):
    """One column: the point it becomes, its type, and its unit as the device would say it (°C, ppm, lx)."""

    column: str
    type: Literal["number", "integer", "yes_no", "text"] = "number"
    unit: str = ""
    label: str = ""


class DeviceMap(_Strict):
    """What the device says of itself."""

    make: str = "Recorded"
    model: str = "Table"
    description: str = ""


class TableMap(_Strict):
    """The whole mapping file."""

    time: str
    time_format: str = Field("%Y-%m-%d %H:%M:%S", description="strptime's, or 'epoch_ms', 'epoch_s', 'iso'")
    utc_offset: str = Field("+00:00", pattern=r"^[+-]\d\d:\d\d$", description="of times without one")
    device: DeviceMap = DeviceMap()
    points: Mapping[str, PointMap]


@dataclass(frozen=True, slots=True)
class Row:
    """One moment of the table; a cell that is empty there is not here."""

    time_ms: int
    values: Mapping[str, Cell]


def read_map(path: Path) -> TableMap:
    """Read a mapping file; raises BadConfiguration naming the file and the key."""
    try:
        return TableMap.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise BadConfiguration("--map", error.strerror or str(error), str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfiguration("(whole file)", str(error), str(path)) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise BadConfiguration(".".join(map(str, first["loc"])), first["msg"], str(path)) from error


def read_rows(table: Path, mapping: TableMap) -> Iterator[Row]:
    """Yield the table's rows in the file's order; raises BadConfiguration naming the line.

    A table whose rows have one cell more than its header carries an unnamed row number first, as R writes it.
    """
    with table.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file)
        header, first = next(lines, []), next(lines, [])
        columns = _columns(header, first, mapping, str(table))
        for number, cells in enumerate(chain([first] if first else [], lines), start=2):
            if cells:
                yield _row(cells, columns, mapping, f"{table}:{number}")


def _columns(header: Sequence[str], first: Sequence[str], mapping: TableMap, source: str) -> Mapping[str, int]:
    shift = 1 if len(first) == len(header) + 1 else 0
    columns = {name: index + shift for index, name in enumerate(header)}
    for name in (mapping.time, *(point.column for point in mapping.points.values())):
        if name not in columns:
            raise BadConfiguration(name, f"the table has no such column; it has {', '.join(header)}", source)
    return columns


def _row(cells: Sequence[str], columns: Mapping[str, int], mapping: TableMap, source: str) -> Row:
    try:
        time_ms = _time_ms(cells[columns[mapping.time]], mapping)
        named = ((name, point, cells[columns[point.column]].strip()) for name, point in mapping.points.items())
        return Row(time_ms, {name: _cell(text, point) for name, point, text in named if text not in ("", "NA")})
    except (ValueError, IndexError) as error:
        raise BadConfiguration("(row)", str(error), source) from error


def _time_ms(text: str, mapping: TableMap) -> int:
    if mapping.time_format == "epoch_ms":
        return int(text)
    if mapping.time_format == "epoch_s":
        return round(float(text) * 1000)
    iso = mapping.time_format == "iso"
    moment = datetime.fromisoformat(text) if iso else datetime.strptime(text, mapping.time_format)  # noqa: DTZ007 -- below
    aware = moment if moment.tzinfo else moment.replace(tzinfo=_offset(mapping.utc_offset))
    return round(aware.timestamp() * 1000)


def _offset(text: str) -> tzinfo:
    return datetime.strptime(text, "%z").tzinfo or UTC


def _cell(text: str, point: PointMap) -> Cell:
    if point.type == "yes_no":
        return _yes_or_no(text)
    if point.type == "integer":
        return int(text)
    return float(text) if point.type == "number" else text


def _yes_or_no(text: str) -> bool:
    if text.lower() in ("1", "true", "yes"):
        return True
    if text.lower() in ("0", "false", "no"):
        return False
    raise ValueError(f"{text!r} is neither yes nor no")
