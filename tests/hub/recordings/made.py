"""Recordings made for tests."""

from labkeeper_hub.export.order import OrderedPoint
from labkeeper_hub.recordings.recording import Plan, Recording, begin

START_MS = 1_767_225_600_000


def point(name: str = "temperature", device: str = "air", kind: str = "float", *, unit: str = "Cel") -> OrderedPoint:
    return OrderedPoint(
        school="demo", lab="lab-301", node="pi", device=device, point=name, unit=unit, kind="measure", type=kind
    )


def plan(*points: OrderedPoint, every_ms: int | None = None, lab: str = "lab-301") -> Plan:
    return Plan("demo", lab, "cooling", points or (point(),), every_ms)


def recording(*points: OrderedPoint, identity: str = "r-1", every_ms: int | None = None) -> Recording:
    return begin(identity, plan(*points, every_ms=every_ms), "p-1", START_MS)
