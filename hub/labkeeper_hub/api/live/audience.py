"""What many sockets share: each message is encoded once for everybody who is at the same place of the stream."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from labkeeper_hub.api import shapes
from labkeeper_hub.api.answers import Json, encode
from labkeeper_hub.api.metrics import Metrics
from labkeeper_hub.model import Changes
from labkeeper_hub.ports import Parts

MOST_KEPT = 8  # encodings: nearly everybody makes the same step, the few that are behind make their own


@dataclass(slots=True)
class Audience:
    """The clients' shared messages, as JSON text."""

    parts: Parts
    metrics: Metrics
    clients: int = 0
    _changes: OrderedDict[tuple[int, int], str] = field(default_factory=OrderedDict)
    _snapshot: tuple[int, str] | None = None

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Count a client for as long as it is here."""
        self.clients += 1
        self.metrics.clients.inc()
        try:
            yield
        finally:
            self.clients -= 1
            self.metrics.clients.dec()

    def changes(self, since: int, changes: Changes) -> str:
        """Return the `changes` message for those who are at `since`; encoded once for all of them."""
        step = (since, changes.at)
        text = self._changes.get(step)
        if text is None:
            text = self._changes[step] = self._encode(changes)
            if len(self._changes) > MOST_KEPT:
                self._changes.popitem(last=False)
        return text

    def snapshot(self) -> tuple[int, str]:
        """Return the place and the `snapshot` message that is true there; encoded once per place."""
        at = self.parts.bus.at
        if self._snapshot is None or self._snapshot[0] != at:
            self._snapshot = (at, snapshot(self.parts, at))
        return self._snapshot

    def _encode(self, changes: Changes) -> str:
        self.metrics.encodings.inc()
        told: Json = {"type": "changes", "at": changes.at, "changes": [shapes.change(one) for one in changes.changes]}
        return encode(told).decode()


def snapshot(parts: Parts, at: int) -> str:
    """Return everything a page needs to begin."""
    told: Json = {
        "type": "snapshot",
        "at": at,
        "labs": [shapes.lab(one) for one in parts.registry.labs()],
        "nodes": [shapes.node(one) for one in parts.registry.nodes()],
        "devices": [shapes.device(one) for one in parts.registry.devices()],
        "latest": [shapes.latest(one) for one in parts.latest.latest()],
        "commands": [shapes.command(one) for one in parts.commands.open()],
        **shapes.stops(parts.stop.stops()),
        "leases": [shapes.lease(one) for one in parts.leases.held()],
        "alarms": [shapes.alarm(one) for one in parts.alarms.shown()],
    }
    return encode(told).decode()
