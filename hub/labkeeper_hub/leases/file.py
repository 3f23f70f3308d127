"""The book of leases on disk: replaced whole, or not at all, before its number reaches any node."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from labkeeper_hub.model import HeldLease
from labkeeper_hub.private_files import read_private, replace_private
from labkeeper_wire.leases.book import Book, Given, Room, Scope
from labkeeper_wire.leases.table import Allowed

FILE = "leases.json"


class _Stored(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Given(_Stored):
    node: str
    device: str
    point: str
    minimum: float | None
    maximum: float | None


class _Lease(_Stored):
    fence: int
    holder: str
    school: str
    lab: str
    bench: str
    node: str
    device: str
    until_ms: int
    parent: int
    floor: list[_Given] | None


class _Number(_Stored):
    school: str
    lab: str
    fence: int


class _Book(_Stored):
    fence: int
    leases: list[_Lease]
    changed: list[_Number]


def read_book(data: Path) -> Book:
    """Return the book of the last run, empty at the first; raises BadConfiguration for a damaged file.

    A damaged file stops the start, for a number used twice could let an old holder command again.
    """
    advice = "put back a copy, or delete it: then the nodes' own numbers are taken up"
    stored = read_private(data / FILE, _Book, "leases", advice)
    if stored is None:
        return Book()
    changed = {Room(one.school, one.lab): one.fence for one in stored.changed}
    return Book(stored.fence, tuple(_held(one) for one in stored.leases), changed)


def write_book(data: Path, book: Book) -> None:
    """Keep the book; raises OSError, and then nothing has changed."""
    changed = [_Number(**room._asdict(), fence=fence) for room, fence in book.changed.items()]
    stored = _Book(fence=book.fence, leases=_leases(book.held), changed=changed)
    replace_private(data / FILE, stored.model_dump_json())


def _held(one: _Lease) -> HeldLease:
    scope = Scope(Room(one.school, one.lab), one.bench, one.node, one.device)
    floor = None if one.floor is None else tuple(_given(given) for given in one.floor)
    return HeldLease(one.fence, one.holder, scope, one.until_ms, one.parent, floor)


def _given(one: _Given) -> Given:
    return Given(one.node, Allowed(one.device, one.point, one.minimum, one.maximum))


def _leases(held: Sequence[HeldLease]) -> list[_Lease]:
    return [
        _Lease(
            fence=one.fence,
            holder=one.holder,
            **one.scope.room._asdict(),
            bench=one.scope.bench,
            node=one.scope.node,
            device=one.scope.device,
            until_ms=one.until_ms,
            parent=one.parent,
            floor=None if one.floor is None else [_Given(node=it.node, **it.allowed._asdict()) for it in one.floor],
        )
        for one in held
    ]
