"""The book of driver sets on disk: replaced whole, or not at all, before any node is told. Secrets in it are sealed."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from labkeeper_hub.drivers.book import EMPTY, Book, Version
from labkeeper_hub.model import NodeKey
from labkeeper_hub.private_files import read_private, replace_private
from labkeeper_wire.driver_sets import Order

FILE = "driver-sets.json"


class _Stored(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Version(_Stored):
    order: Order
    at_ms: int
    changes: tuple[str, ...]
    taken: bool | None


class _Node(_Stored):
    school: str
    node: str
    versions: list[_Version]


class _Book(_Stored):
    nodes: list[_Node]


def read_book(data: Path) -> Book:
    """Return the book of the last run, empty at the first; raises BadConfiguration for a damaged file."""
    advice = "put back a copy, or delete it: nodes keep what they run"
    stored = read_private(data / FILE, _Book, "drivers", advice)
    if stored is None:
        return EMPTY
    return {
        NodeKey(node.school, node.node): tuple(
            Version(one.order, one.at_ms, one.changes, one.taken) for one in node.versions
        )
        for node in stored.nodes
    }


def write_book(data: Path, book: Book) -> None:
    """Keep the book; raises OSError, and then nothing has changed."""
    nodes = [
        _Node(
            school=node.school,
            node=node.node,
            versions=[
                _Version(order=one.order, at_ms=one.at_ms, changes=one.changes, taken=one.taken) for one in versions
            ],
        )
        for node, versions in book.items()
    ]
    replace_private(data / FILE, _Book(nodes=nodes).model_dump_json())
