"""The book of interlocks on disk: replaced whole, or not at all, before any node is told."""

import os
import secrets
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from labkeeper_hub.interlocks.book import EMPTY, Book, Entry, Proposal
from labkeeper_hub.model import NodeKey
from labkeeper_sdk import BadConfiguration
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


class _Book(_Stored):
    nodes: list[_Entry]


def read_book(data: Path) -> Book:
    """Return the book of the last run, empty at the first; raises BadConfiguration for a damaged file."""
    path = data / FILE
    try:
        stored = _Book.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return EMPTY
    except ValidationError as error:
        raise BadConfiguration("interlocks", "is damaged; put back a copy, or delete it", str(path)) from error
    return {NodeKey(one.school, one.node): Entry(one.proposal, one.agreed, one.agreed_ms) for one in stored.nodes}


def write_book(data: Path, book: Book) -> None:
    """Keep the book; raises OSError, and then nothing has changed."""
    nodes = [
        _Entry(
            school=node.school,
            node=node.node,
            proposal=entry.proposal,
            agreed=entry.agreed,
            agreed_ms=entry.agreed_ms,
        )
        for node, entry in book.items()
    ]
    path = data / FILE
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(_Book(nodes=nodes).model_dump_json())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
