"""A node's side of the wire before a host's session, and what tests read out of its effects."""

from collections.abc import Sequence

from labkeeper_wire.codec import encode
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.effects import (
    DataReceived,
    HostEffect,
    Publish,
    Refused,
)
from labkeeper_wire.host_session import HostSession
from labkeeper_wire.payload import Metric, MetricValue, Payload

NOW = 1_760_000_000_000
STATE = "spBv1.0/STATE/labkeeper"
STEM = "spBv1.0/school"
TEMPERATURE = Metric("temperature", 21.5, DataType.DOUBLE, NOW - 50, 1)
COUNT = Metric("count", 3, DataType.INT8, NOW - 50, 0)
BATCH = Metric("Delivery/Batch", None, DataType.UINT64, NOW - 50, 2, transient=True)
REBIRTH_TOPIC = f"{STEM}/NCMD/node"


class Node:
    """An edge node's side of the wire, with every number in the test's hand; sends at `at`, NOW by default."""

    def __init__(self, host: HostSession) -> None:
        self.host = host
        self.now = NOW
        self.at: int | None = NOW

    def send(
        self,
        kind: str,
        seq: int | None,
        metrics: Sequence[Metric] = (),
        *,
        device: str | None = None,
        types: bool = True,
    ) -> list[HostEffect]:
        topic = f"{STEM}/{kind}/node" + ("" if device is None else f"/{device}")
        payload = encode(Payload(tuple(metrics), self.at, seq), datatypes=types)
        return self.host.received(topic, payload, self.now)

    def born(self, *metrics: Metric, bd_seq: int = 5, at: int | None = NOW, seq: int | None = 0) -> list[HostEffect]:
        self.at = at
        return self.send("NBIRTH", seq, (Metric("bdSeq", bd_seq, DataType.INT64, NOW), *metrics))

    def device_born(self, seq: int, *metrics: Metric, device: str = "probe") -> list[HostEffect]:
        return self.send("DBIRTH", seq, metrics or (TEMPERATURE, COUNT, BATCH), device=device)

    def data(self, seq: int | None, *metrics: Metric, device: str | None = "probe") -> list[HostEffect]:
        return self.send("DDATA" if device else "NDATA", seq, metrics, device=device, types=False)

    def value(self, seq: int | None, number: float = 1.0) -> list[HostEffect]:
        return self.data(seq, Metric("temperature", number, DataType.DOUBLE))

    def died(self, bd_seq: int = 5) -> list[HostEffect]:
        self.at = None
        return self.send("NDEATH", None, (Metric("bdSeq", bd_seq, DataType.INT64),))


def online(**options: int) -> HostSession:
    host = HostSession("labkeeper", connect_ms=NOW, **options)
    host.connected(NOW)
    return host


def is_rebirth(effect: HostEffect) -> bool:
    return isinstance(effect, Publish) and effect.topic == REBIRTH_TOPIC


def values(effects: list[HostEffect]) -> list[tuple[str | None, MetricValue]]:
    return [(m.name, m.value) for effect in effects if isinstance(effect, DataReceived) for m in effect.metrics]


def reasons(effects: list[HostEffect]) -> list[str]:
    return [effect.reason for effect in effects if isinstance(effect, Refused)]


def types(effects: list[HostEffect]) -> list[str]:
    return [type(effect).__name__ for effect in effects]
