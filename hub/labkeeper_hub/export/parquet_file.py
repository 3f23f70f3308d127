"""An export as Parquet: a row per reading, names as dictionaries, values by type, the catalogue in the metadata."""

import json
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from labkeeper_hub.export.order import Order, OrderedPoint
from labkeeper_hub.timeseries.columns import (
    BOOL,
    FLOAT,
    INT,
    KIND,
    QUALITIES,
    QUALITY,
    TEXT,
    WIDE,
    Columns,
)

ROWS = 1 << 17  # in a row group: what is in memory at least
NAMES = ("school", "lab", "node", "device", "point", "kind", "unit")
NAMED = pa.dictionary(pa.int32(), pa.string())
FIELDS = (
    pa.field("time", pa.timestamp("ms", tz="UTC"), nullable=False),
    *(pa.field(name, NAMED, nullable=False) for name in NAMES),
    pa.field("value", pa.float64()),  # every number and yes/no (1, 0): what one computes with
    pa.field("value_int", pa.int64()),  # whole numbers, exact
    pa.field("value_uint64", pa.uint64()),  # whole numbers beyond 63 bits, exact
    pa.field("value_bool", pa.bool_()),
    pa.field("value_text", pa.string()),
    pa.field("quality", pa.int16(), nullable=False),
)
QUALITY_OF = np.zeros(256, np.int16)
for _mark in range(256):
    QUALITY_OF[_mark] = QUALITIES.get(_mark & QUALITY, 0)


class ParquetFile:
    """Gathers a row group and writes it."""

    def __init__(self, write: Callable[[bytes], object], order: Order) -> None:
        catalogue = [point.model_dump() for point in order.points]
        said = {"labkeeper": version("labkeeper"), "from_ms": order.from_ms, "to_ms": order.to_ms, "points": catalogue}
        self._schema = pa.schema(FIELDS, {"labkeeper": json.dumps(said, ensure_ascii=False)})
        self._writer = pq.ParquetWriter(
            pa.PythonFile(Sink(write), mode="w"),
            self._schema,
            compression="zstd",
            use_dictionary=[*NAMES, "value_text", "quality"],
            column_encoding={"time": "DELTA_BINARY_PACKED"},
        )
        self._parts: list[tuple[OrderedPoint, Columns]] = []
        self._rows = 0

    def add(self, point: OrderedPoint, columns: Columns) -> None:
        """Take readings of one point."""
        self._parts.append((point, columns))
        self._rows += len(columns)
        if self._rows >= ROWS:
            self._flush()

    def close(self) -> None:
        """Write what waits, and the file's end."""
        if self._rows:
            self._flush()
        self._writer.close()

    def _flush(self) -> None:
        self._writer.write_table(_table(self._parts, self._schema), row_group_size=self._rows)
        self._parts, self._rows = [], 0


class Sink:
    """A file that can only be written forward."""

    closed = False

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write, self._at = write, 0

    def write(self, data: bytes) -> int:
        """Pass on; return how many bytes."""
        self._write(data)
        self._at += len(data)
        return len(data)

    def tell(self) -> int:
        """Return how many bytes were written."""
        return self._at

    def flush(self) -> None:
        """Nothing waits here."""

    def close(self) -> None:
        """End."""
        self.closed = True


def _table(parts: Sequence[tuple[OrderedPoint, Columns]], schema: Any) -> Any:  # noqa: ANN401 -- pyarrow has no types
    lengths = [len(columns) for _, columns in parts]
    places = np.repeat(np.arange(len(parts), dtype=np.int32), lengths)
    times = np.concatenate([columns.times for _, columns in parts])
    marks = np.concatenate([columns.marks for _, columns in parts])
    names = [_dictionary([getattr(point, name) for point, _ in parts], places) for name in NAMES]
    arrays = [
        pa.array(times, pa.timestamp("ms", tz="UTC")),
        *names,
        *_values(parts, marks),
        pa.array(QUALITY_OF[marks]),
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def _dictionary(names: Sequence[str], places: npt.NDArray[np.int32]) -> Any:  # noqa: ANN401 -- as above
    different = sorted(set(names))
    number = {name: at for at, name in enumerate(different)}
    indices = np.array([number[name] for name in names], np.int32)
    return pa.DictionaryArray.from_arrays(pa.array(indices[places]), pa.array(different, pa.string()))


def _values(parts: Sequence[tuple[OrderedPoint, Columns]], marks: npt.NDArray[np.uint8]) -> list[Any]:
    kinds, bits = marks & KIND, np.concatenate([columns.bits for _, columns in parts])
    there = {kind: kinds == kind for kind in (BOOL, INT, WIDE, FLOAT, TEXT)}
    number = np.select(
        [there[FLOAT], there[INT], there[BOOL] | there[WIDE]],
        [bits.view(np.float64), bits.view(np.int64).astype(np.float64), bits.astype(np.float64)],
    )
    return [
        pa.array(number, mask=~(there[FLOAT] | there[INT] | there[BOOL] | there[WIDE])),
        pa.array(bits.view(np.int64), mask=~there[INT]),
        pa.array(bits, mask=~there[WIDE]),
        pa.array(bits != 0, mask=~there[BOOL]),
        pa.array(_texts(parts), pa.string()),
    ]


def _texts(parts: Sequence[tuple[OrderedPoint, Columns]]) -> list[str | None]:
    found: list[str | None] = []
    for _, columns in parts:
        if not columns.texts:
            found.extend([None] * len(columns))
            continue
        places = zip((columns.marks & KIND == TEXT).tolist(), columns.bits.tolist(), strict=True)
        found.extend(columns.texts[place].encode(errors="replace").decode() if text else None for text, place in places)
    return found
