"""What waits for one commit: readings in order of arrival, and the batches they came in."""

from dataclasses import dataclass, field
from sys import getsizeof
from typing import NamedTuple

import numpy as np

from labkeeper_hub.model import NodeKey, PointKey
from labkeeper_hub.timeseries.columns import Columns, pack_bits
from labkeeper_sdk import Value


class OutboxKey(NamedTuple):
    """One outbox of one node; epoch "" stands for everything a foreign node sent."""

    node: NodeKey
    epoch: str


class OutboxState(NamedTuple):
    """What is stored of one outbox: batches up to `high_water` and in `ranges`, and the ledger's counts."""

    high_water: int = 0
    ranges: tuple[tuple[int, int], ...] = ()
    stored: int = 0
    duplicates: int = 0
    gaps: int = 0


class GapRecord(NamedTuple):
    """What an outbox gave up: readings with times from..to, and the ranges of their batches as the node wrote them."""

    outbox: OutboxKey
    id: str
    from_ms: int
    to_ms: int
    readings: int
    batches: str


@dataclass(slots=True)
class Group:
    """Filled by one task, then handed to the writer's thread and left alone."""

    series: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    marks: bytearray = field(default_factory=bytearray)
    values: list[bool | int | float | None] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    text_bytes: int = 0
    """What the texts take of the memory: a reading is small, a text may be a megabyte."""
    new_series: list[tuple[int, PointKey]] = field(default_factory=list)
    outboxes: dict[OutboxKey, OutboxState] = field(default_factory=dict)
    gaps: list[GapRecord] = field(default_factory=list)

    def add(self, series: int, time_ms: int, mark: int, value: Value | None) -> None:
        """Take one reading; the mark's kind is the value's."""
        self.series.append(series)
        self.times.append(time_ms)
        self.marks.append(mark)
        self.values.append(self.text(value) if isinstance(value, str) else value)

    def text(self, text: str) -> int:
        """Keep a text; return its place, which stands for it among the values."""
        self.texts.append(text)
        self.text_bytes += getsizeof(text)
        return len(self.texts) - 1

    def columns(self) -> Columns:
        """Return the readings as columns."""
        return Columns(
            np.array(self.series, np.uint32),
            np.array(self.times, np.int64),
            np.frombuffer(bytes(self.marks), np.uint8),
            pack_bits(self.marks, self.values),
            self.texts,
        )

    def __len__(self) -> int:
        return len(self.times)

    def __bool__(self) -> bool:
        return bool(self.times or self.new_series or self.outboxes or self.gaps)
