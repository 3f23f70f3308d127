"""The book of interlocks on disk: replaced whole, or not at all, before any node is told."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from labkeeper_hub.interlocks.book import EMPTY, Book, Entry, Proposal
from labkeeper_hub.model import NodeKey
from labkeeper_hub.private_files import read_private, replace_private
from labkeeper_wire.interlocks import AgreedSet

FILE = "interlocks.json"


class _Stored(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Entry(_Stored):
    school: str
    node: str
    proposal: Proposal | None
    agreed: AgreedSet | None
    agreed_ms: int
    seen: str = ""


class _Book(_Stored):
    nodes: list[_Entry]


def read_book(data: Path) -> Book:
    """Return the book of the last run, empty at the first; raises BadConfiguration for a damaged file."""
    stored = read_private(data / FILE, _Book, "interlocks", "put back a copy, or delete it")
    if stored is None:
        return EMPTY
    return {
        NodeKey(one.school, one.node): Entry(one.proposal, one.agreed, one.agreed_ms, one.seen) for one in stored.nodes
    }


def write_book(data: Path, book: Book) -> None:
    """Keep the book; raises OSError, and then nothing has changed."""
    nodes = [
        _Entry(
            school=node.school,
            node=node.node,
            proposal=entry.proposal,
            agreed=entry.agreed,
            agreed_ms=entry.agreed_ms,
            seen=entry.seen,
        )
        for node, entry in book.items()
    ]
    replace_private(data / FILE, _Book(nodes=nodes).model_dump_json())
