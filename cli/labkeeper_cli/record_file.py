"""A lesson record as a file: record.json, seal.json and readings.csv in one ZIP; checked and read without a hub."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from labkeeper_cli.recorded import Cell, DeviceMap, PointMap, Row, TableMap
from labkeeper_sdk import BadConfiguration

BLOCK: Final = 1 << 20
Kind: TypeAlias = Literal["number", "integer", "yes_no", "text"]
SIGNS: Final[Mapping[str, str]] = {
    "Cel": "°C",
    "[degF]": "°F",
    "dB{A}": "dBA",
    "kW.h": "kWh",
    "W.h": "Wh",
    "Ohm": "Ω",
    "deg": "°",
}
KINDS: Final[Mapping[str, Kind]] = {
    "float": "number",
    "int": "integer",
    "bool": "yes_no",
    "str": "text",
}


@dataclass(frozen=True, slots=True)
class RecordFile:
    """An open record."""

    archive: zipfile.ZipFile

    @property
    def text(self) -> bytes:
        """The record's bytes, as they were sealed."""
        return self.archive.read("record.json")

    @property
    def told(self) -> dict[str, Any]:
        """What the record says."""
        found: dict[str, Any] = json.loads(self.text)
        return found

    @property
    def seal(self) -> dict[str, Any]:
        """What the seal says."""
        found: dict[str, Any] = json.loads(self.archive.read("seal.json"))
        return found

    def faults(self) -> list[str]:
        """Return what is not as it was sealed; nothing if all is."""
        found = []
        if hashlib.sha256(self.text).hexdigest() != self.seal["digest"]:
            found.append("record.json was changed: its SHA-256 is not the seal's digest")
        digest, rows = self._hashed()
        if (digest, rows) != (self.told["readings"]["sha256"], self.told["readings"]["rows"]):
            found.append("readings.csv was changed: its SHA-256 is not the one in the record")
        return found

    def devices(self) -> dict[str, tuple[TableMap, list[Row]]]:
        """Return what each device said, by its name, in order of time."""
        maps = self._maps()
        moments: dict[str, dict[int, dict[str, Cell]]] = {name: {} for name in maps}
        for line in self._lines():
            name, kind = line["device"], maps[line["device"]].points[line["point"]].type
            if line["value"]:
                moments[name].setdefault(_ms(line["time"]), {})[line["point"]] = _cell(kind, line["value"])
        return {name: (maps[name], [Row(*one) for one in sorted(moments[name].items())]) for name in maps}

    def _maps(self) -> dict[str, TableMap]:
        points: dict[str, dict[str, PointMap]] = {}
        for one in self.told["points"]:
            unit = SIGNS.get(one["unit"], one["unit"].strip("[]{}"))
            point = PointMap(column=one["point"], type=KINDS[one["type"]], unit=unit)
            points.setdefault(one["device"], {})[one["point"]] = point
        about = DeviceMap(description=f"recording {self.told['id']}")
        return {
            name: TableMap(time="time", time_format="iso", utc_offset="+00:00", device=about, points=of)
            for name, of in points.items()
        }

    def _lines(self) -> Iterator[dict[str, str]]:
        with self.archive.open("readings.csv") as raw, io.TextIOWrapper(raw, "utf-8-sig", newline="") as text:
            yield from csv.DictReader(text)

    def _hashed(self) -> tuple[str, int]:
        digest = hashlib.sha256()
        with self.archive.open("readings.csv") as file:
            while block := file.read(BLOCK):
                digest.update(block)
        return digest.hexdigest(), sum(1 for _ in self._lines())


def open_record(path: Path) -> RecordFile:
    """Open a record; raises BadConfiguration for a file that is none. The caller closes its archive."""
    try:
        archive = zipfile.ZipFile(path)
        if {"record.json", "seal.json", "readings.csv"} - set(archive.namelist()):
            raise BadConfiguration("FILE", "has no record.json, seal.json and readings.csv in it", str(path))
    except (OSError, zipfile.BadZipFile) as error:
        raise BadConfiguration("FILE", f"is no lesson record ({error})", str(path)) from error
    return RecordFile(archive)


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)


def _cell(kind: str, text: str) -> Cell:
    if kind == "yes_no":
        return text == "true"
    if kind == "integer":
        return int(text)
    return text if kind == "text" else float(text)
