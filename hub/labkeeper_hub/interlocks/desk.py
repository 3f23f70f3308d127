"""The desk of interlocks: keeps what two persons agreed on, tells it to nodes, and compares what they prove to run."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from labkeeper_hub.audit.record import Notes, Unheard
from labkeeper_hub.commands.desk import Wire
from labkeeper_hub.ingest.host import NotConnected
from labkeeper_hub.interlocks import book as rules
from labkeeper_hub.interlocks.book import Book, Desired, Entry, InterlockRefused, Unapproved
from labkeeper_hub.interlocks.file import read_book, write_book
from labkeeper_hub.interlocks.signing import Signing
from labkeeper_hub.model import NodeKey, PointKey
from labkeeper_hub.registry.registry import HubRegistry
from labkeeper_hub.trouble import Trouble
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.interlocks import DEVICE, HASH, REFUSED, SET
from labkeeper_wire.mqtt import LinkLost
from labkeeper_wire.payload import Metric

log = logging.getLogger(__name__)

LOOK_S = 1.0
TELL_EVERY_MS = 10_000  # a node that did not take it is told again
SETTLE_MS = 10_000  # a node that has just come says within this time what it runs
NUMBER = "number"
WRONG = {
    Unapproved.NO: "not as approved",
    Unapproved.FOUND: "approved by nobody",
    Unapproved.CHANGED: "changed without approval",
}


@dataclass(slots=True)
class InterlockDesk:
    """`write` sends metrics to a node, which believes what `signing` signed."""

    registry: HubRegistry
    data: Path
    write: Wire
    now_ms: Callable[[], int]
    signing: Signing
    audit: Notes = field(default_factory=Unheard)
    book: Book = field(default_factory=dict)
    _told_ms: dict[NodeKey, int] = field(default_factory=dict)
    _noted: dict[NodeKey, str] = field(default_factory=dict)
    _trouble: Trouble = field(default_factory=lambda: Trouble(log, "interlocks: cannot be kept (%s); trying again"))

    @property
    def public_key(self) -> str:
        """What a node's settings name, so that it takes sets of this hub only."""
        return self.signing.public

    async def resume(self) -> None:
        """Take up the book of the last run."""
        self.book = await asyncio.to_thread(read_book, self.data)

    async def propose(self, node: NodeKey, text: str, by: str) -> Desired:
        """Propose a set; raises InterlockRefused."""
        self._known(node)
        await self._keep(rules.propose(self.book, node, text, by, self.now_ms()))
        return self.desired(node)

    async def approve(self, node: NodeKey, name: str, by: str) -> Desired:
        """Approve the proposal of that hash as a second person, and tell the node; raises InterlockRefused."""
        self._known(node)
        number = self._said(node, NUMBER)
        known = number if isinstance(number, int) else 0
        await self._keep(rules.approve(self.book, node, name, by, self.now_ms(), known))
        self._tell(node)
        return self.desired(node)

    def all(self) -> tuple[Desired, ...]:
        """Return every node that has interlocks, or is to have some."""
        having = {key for key in self.registry.known if self._said(key, HASH) is not None}
        return tuple(self.desired(node) for node in sorted(having | self.book.keys()))

    def desired(self, node: NodeKey) -> Desired:
        """Return how one node stands."""
        entry, known = self.book.get(node, Entry()), self.registry.known.get(node)
        if known is None or not known.online:
            return Desired(node, None, entry, heard=False)
        running, refused = self._says(node, HASH), self._says(node, REFUSED)
        settled = running is not None or self.now_ms() - known.since_ms >= SETTLE_MS
        return Desired(node, running, entry, refused or "", heard=settled)

    async def run(self) -> None:
        """Tell nodes that run something else than was approved, for ever."""
        while True:
            await self.look()
            for node in self.book:
                if self.desired(node).differs and self.now_ms() - self._told_ms.get(node, 0) >= TELL_EVERY_MS:
                    self._tell(node)
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Have it told, noted, and told again, which nodes do not run what two persons approved."""
        await self._see()
        for node in self.book.keys() & self.registry.known.keys():
            known, now = self.registry.known[node], self.desired(node)
            known.unapproved = now.unapproved
            if known.differs != now.differs:
                known.differs = now.differs
                self.registry.changed(known)
            self._note(now)

    async def _see(self) -> None:
        """Remember what each node ran first, so that a change is seen where nothing is approved."""
        book = self.book
        for node in self.registry.known:
            book = rules.see(book, node, self._says(node, HASH))
        if book is not self.book:
            try:
                await self._keep(book)
            except InterlockRefused as refused:
                self._trouble.begun(refused)
            else:
                self._trouble.over()

    def _note(self, now: Desired) -> None:
        """Have it on record once when a node runs what nobody approved, and when that is over."""
        if not now.heard:
            return
        wrong = now.differs or now.unapproved is not Unapproved.NO
        said = f"{WRONG[now.unapproved]}: {now.running or 'none'}" if wrong else ""
        if said != self._noted.get(now.node, ""):
            self.audit.note("hub", "see_interlocks", "/".join(now.node), said or f"as approved: {now.running}")
            self._noted[now.node] = said

    def _tell(self, node: NodeKey) -> None:
        agreed, known = self.book[node].agreed, self.registry.known.get(node)
        if agreed is None or known is None or not known.online:
            return
        self._told_ms[node] = self.now_ms()
        try:
            self.write(node, None, (Metric(SET, self.signing.signed(agreed, node).to_text(), DataType.STRING),))
        except (NotConnected, LinkLost):
            del self._told_ms[node]

    def _known(self, node: NodeKey) -> None:
        if self._said(node, HASH) is None:
            raise InterlockRefused("no_interlocks", "there is no such node, or its settings name no interlocks")

    async def _keep(self, book: Book) -> None:
        """Have it on disk before anybody is told."""
        try:
            await asyncio.to_thread(write_book, self.data, book)
        except OSError as error:
            raise InterlockRefused("hub_disk", "the hub cannot write to its disk") from error
        self.book = book

    def _says(self, node: NodeKey, point: str) -> str | None:
        """Return what the node says now: what it said before it went away proves nothing."""
        found = self.registry.point(PointKey(*node, DEVICE, point))
        return found.value if found is not None and not found.stale and isinstance(found.value, str) else None

    def _said(self, node: NodeKey, point: str) -> object:
        found = self.registry.point(PointKey(*node, DEVICE, point))
        return None if found is None else found.value
