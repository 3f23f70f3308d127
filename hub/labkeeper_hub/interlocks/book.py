"""Who has proposed and who has approved what for which node: pure rules of two persons."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from types import MappingProxyType

from labkeeper_hub.model import NodeKey
from labkeeper_wire.interlock_loading import load_set
from labkeeper_wire.interlocks import AgreedSet, BadSet


class InterlockRefused(Exception):
    """The change is refused; `code` is short and stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Proposal:
    """A set that one person wants a node to run."""

    text: str
    hash: str
    by: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What is proposed for a node, and what was approved last. `seen`: while nothing is, the hash that it ran first."""

    proposal: Proposal | None = None
    agreed: AgreedSet | None = None
    agreed_ms: int = 0
    seen: str = ""


class Unapproved(IntEnum):
    """Whether a node for which two persons have approved nothing has interlocks all the same; the worse is the greater.

    FOUND: those it had when it was first heard of. CHANGED: others than that, or none any more.
    """

    NO = 0
    FOUND = 1
    CHANGED = 2


Book = Mapping[NodeKey, Entry]
EMPTY: Book = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Desired:
    """How a node stands: what it says it runs now (None: it is not heard from, or runs none), why it did not take what
    was sent last ("": it did), and what the book says. `heard`: it is there, and would have said what it runs.
    """

    node: NodeKey
    running: str | None
    entry: Entry = field(default_factory=Entry)
    refused: str = ""
    heard: bool = True

    @property
    def agreed_hash(self) -> str | None:
        """The hash of what was approved last."""
        return None if self.entry.agreed is None else self.entry.agreed.hash

    @property
    def differs(self) -> bool:
        """Whether the node runs something else than was approved, or none; of a node that is away nobody knows."""
        return self.heard and self.agreed_hash is not None and self.running != self.agreed_hash

    @property
    def unapproved(self) -> Unapproved:
        """Whether it runs a set, or has lost one, of which two persons never spoke."""
        if not self.heard or self.entry.agreed is not None or (self.running or "") == self.entry.seen == "":
            return Unapproved.NO
        return Unapproved.CHANGED if self.entry.seen not in ("", self.running) else Unapproved.FOUND


def see(book: Book, node: NodeKey, running: str | None) -> Book:
    """Return the book with the first set heard of where nothing is approved; the very same if that is known."""
    entry = book.get(node, Entry())
    if not running or entry.seen or entry.agreed is not None:
        return book
    return {**book, node: replace(entry, seen=running)}


def propose(book: Book, node: NodeKey, text: str, by: str, now_ms: int) -> Book:
    """Return the book with a proposal in the place of any other for this node, checked whole as the node will check it;
    raises InterlockRefused.
    """
    try:
        proposal = Proposal(text, load_set(text).hash, by, now_ms)
    except BadSet as bad:
        raise InterlockRefused("bad_set", str(bad)) from bad
    return {**book, node: replace(book.get(node, Entry()), proposal=proposal)}


def approve(book: Book, node: NodeKey, name: str, by: str, now_ms: int, known: int = 0) -> Book:
    """Return the book with the proposal of that hash agreed; raises InterlockRefused, for its own author too.

    `known` is the number of the set that the node has: a hub from a backup goes on from there.
    """
    entry = book.get(node, Entry())
    proposal = entry.proposal
    if proposal is None or proposal.hash != name:
        raise InterlockRefused("no_proposal", "nothing with this hash is proposed for this node, or no longer")
    if proposal.by == by:
        raise InterlockRefused("same_person", "a second person has to approve what you propose")
    number = 1 + max(known, 0 if entry.agreed is None else entry.agreed.number)
    return {**book, node: Entry(None, AgreedSet(number, proposal.text, proposal.by, by), now_ms)}
