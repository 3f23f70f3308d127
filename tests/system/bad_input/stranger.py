"""A foreign Sparkplug node whose every byte a test chooses."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from labkeeper_wire import mqtt
from labkeeper_wire.codec import encode
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.payload import Metric, Payload

SCHOOL = "foreign-school"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def double(name: str, value: float | None, time_ms: int | None = None) -> Metric:
    return Metric(name, value, DataType.DOUBLE, time_ms)


@dataclass(slots=True)
class Stranger:
    """One node; `seq` is the number of the next message."""

    link: mqtt.Link
    node: str
    bd_seq: int = 0
    seq: int = 0

    def born(self, *metrics: Metric, time_ms: int | None = None, bd_seq: int | None = None) -> None:
        """Publish NBIRTH, seq 0."""
        self.seq = 0
        number = Metric("bdSeq", self.bd_seq if bd_seq is None else bd_seq, DataType.INT64)
        rebirth = Metric("Node Control/Rebirth", False, DataType.BOOLEAN)
        self.say("NBIRTH", None, (number, rebirth, *metrics), time_ms=time_ms)

    def device_born(self, device: str, *metrics: Metric, time_ms: int | None = None) -> None:
        """Publish DBIRTH."""
        self.say("DBIRTH", device, metrics, time_ms=time_ms)

    def data(self, device: str | None, *metrics: Metric, time_ms: int | None = None) -> None:
        """Publish DDATA, or NDATA for the node itself."""
        self.say("NDATA" if device is None else "DDATA", device, metrics, time_ms=time_ms)

    def died(self, bd_seq: int | None = None) -> None:
        """Publish NDEATH."""
        number = Metric("bdSeq", self.bd_seq if bd_seq is None else bd_seq, DataType.INT64)
        self.link.send(self.topic("NDEATH"), encode(Payload((number,), now_ms())))

    def say(self, kind: str, device: str | None, metrics: Sequence[Metric], *, time_ms: int | None = None) -> None:
        """Publish a message that counts in the sequence."""
        self.raw(kind, device, encode(Payload(tuple(metrics), now_ms() if time_ms is None else time_ms, self.seq)))
        self.seq = (self.seq + 1) % 256

    def raw(self, kind: str, device: str | None, payload: bytes) -> None:
        """Publish bytes."""
        self.link.send(self.topic(kind, device), payload)

    def topic(self, kind: str, device: str | None = None) -> str:
        stem = f"spBv1.0/{SCHOOL}/{kind}/{self.node}"
        return stem if device is None else f"{stem}/{device}"
