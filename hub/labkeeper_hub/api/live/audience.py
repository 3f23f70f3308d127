"""What many sockets share: each message is encoded once for everybody who sees the same at the same place."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from labkeeper_hub.accounts import Scope
from labkeeper_hub.api import shapes
from labkeeper_hub.api.answers import Json, encode
from labkeeper_hub.api.metrics import Metrics
from labkeeper_hub.api.sight import Sight
from labkeeper_hub.model import Changes, HeldLease
from labkeeper_hub.ports import Parts
from labkeeper_hub.turns import listed
from labkeeper_wire.leases.book import is_automation

MOST_KEPT = 8  # encodings: nearly everybody makes the same step, the few that are behind make their own


@dataclass(slots=True)
class View:
    """The messages of everybody who may see the same, as JSON text."""

    sight: Sight
    parts: Parts
    metrics: Metrics
    clients: int = 0
    _changes: OrderedDict[tuple[int, int], str] = field(default_factory=OrderedDict)
    _snapshot: asyncio.Task[tuple[int, str]] | None = None

    def changes(self, since: int, changes: Changes) -> str:
        """Return the `changes` message for those who are at `since`; encoded once for all of them."""
        step = (since, changes.at)
        text = self._changes.get(step)
        if text is None:
            text = self._changes[step] = self._encode(changes)
            if len(self._changes) > MOST_KEPT:
                self._changes.popitem(last=False)
        return text

    async def snapshot(self) -> tuple[int, str]:
        """Return a place and the `snapshot` message: what is true there, or was by the time it was made.

        A school's takes a while and is made in turns, once for all who ask meanwhile or are at the same place.
        """
        if self._snapshot is None or self._is_old(self._snapshot):
            self._snapshot = asyncio.create_task(self._make(self.parts.bus.at), name="live: snapshot")
        return await asyncio.shield(self._snapshot)  # whoever goes away leaves it to the others

    def _is_old(self, made: asyncio.Task[tuple[int, str]]) -> bool:
        return made.done() and (bool(made.exception()) or made.result()[0] != self.parts.bus.at)

    async def _make(self, at: int) -> tuple[int, str]:
        self.sight = Sight(self.sight.scopes, self.parts.registry)
        return at, await snapshot(self.parts, self.sight, at)

    def _encode(self, changes: Changes) -> str:
        self.metrics.encodings.inc()
        seen = (self.sight.change(one) for one in changes.changes)
        told: Json = {
            "type": "changes",
            "at": changes.at,
            "changes": [shapes.change(one) for one in seen if one is not None],
        }
        return encode(told).decode()


@dataclass(slots=True)
class Audience:
    """The clients, by what they may see."""

    parts: Parts
    metrics: Metrics
    clients: int = 0
    views: dict[frozenset[Scope], View] = field(default_factory=dict)

    @contextmanager
    def one_more(self, sight: Sight) -> Iterator[View]:
        """Count a client for as long as it is here, and give it what it shares with those who see the same."""
        view = self.views.setdefault(sight.scopes, View(sight, self.parts, self.metrics))
        self.clients += 1
        view.clients += 1
        self.metrics.clients.inc()
        try:
            yield view
        finally:
            self.clients -= 1
            view.clients -= 1
            self.metrics.clients.dec()
            if not view.clients:
                self.views.pop(sight.scopes, None)


async def snapshot(parts: Parts, sight: Sight, at: int) -> str:
    """Return everything a page needs to begin."""
    told: Json = {
        "type": "snapshot",
        "at": at,
        "devices": await listed(shapes.device(one) for one in sight.devices()),
        "latest": await listed(shapes.latest(one) for one in sight.latest(parts.latest.latest())),
        "labs": [shapes.lab(one) for one in sight.labs()],
        "nodes": [shapes.node(one) for one in sight.nodes()],
        "commands": [shapes.command(one) for one in sight.commands(parts.commands.open())],
        **shapes.stops(sight.stops(parts.stop.stops())),
        **shapes.lessons(sight.lessons(parts.lessons.lessons())),
        "leases": [shapes.lease(one, parts.asks.all()) for one in sight.leases(_of_persons(parts))],
        "alarms": [shapes.alarm(one) for one in parts.alarms.shown() if sight.point(one.key.source)],
    }
    return encode(told).decode()


def _of_persons(parts: Parts) -> Iterator[HeldLease]:
    return (one for one in parts.leases.held() if not is_automation(one.holder))
