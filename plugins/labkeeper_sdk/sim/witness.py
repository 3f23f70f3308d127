"""The witness: a file of what the devices truly published, by the broker's acknowledgements and nothing else."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labkeeper_sdk.sim.messages import Order, Outgoing, Sighting


def now_ms() -> int:
    """Return the machine's time in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


class Witness:
    """Lines of JSON, each handed to the operating system whole: a kill -9 loses at most the line being written."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    def acknowledged(self, message: Outgoing, published_ms: int) -> None:
        """Write down every reading of a message that the broker has acknowledged."""
        self._append([_reading(sighting, published_ms) for sighting in message.sightings])

    def unconfirmed(self, message: Outgoing, published_ms: int) -> None:
        """Write down readings that were sent and never acknowledged, sent again later or not: nobody knows."""
        self._append([{"unconfirmed": _reading(sighting, published_ms)} for sighting in message.sightings])

    def commanded(self, order: Order) -> None:
        """Write down a command the moment it arrives at a device."""
        told = {"device": order.device, "title": order.title, "property": order.name, "value": order.value}
        self._append([{"command": {**told, "received_ms": now_ms()}}])

    def _append(self, lines: list[dict[str, object]]) -> None:
        if self._descriptor is not None and lines:
            text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
            os.write(self._descriptor, text.encode())


@contextmanager
def open_witness(path: Path | None) -> Iterator[Witness]:
    """Open the witness for appending; without a path it sees everything and writes nothing."""
    if path is None:
        yield Witness(None)
        return
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        yield Witness(descriptor)
    finally:
        os.close(descriptor)


def _reading(sighting: Sighting, published_ms: int) -> dict[str, object]:
    return {
        "device": sighting.device,
        "title": sighting.title,
        "property": sighting.name,
        "value": sighting.value,
        "time_ms": sighting.time_ms,
        "published_ms": published_ms,
    }
