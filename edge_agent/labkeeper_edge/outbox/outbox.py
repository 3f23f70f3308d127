"""The outbox: everything of a node that must survive kill -9, in one SQLite file with a thread of its own."""

import asyncio
import fcntl
import math
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from labkeeper_edge.outbox.batch_store import JOURNAL_KEY, BatchStore
from labkeeper_edge.outbox.batches import Batch, Draft, in_parts
from labkeeper_edge.outbox.books import Quota
from labkeeper_edge.outbox.command_store import CommandRecord, CommandStore
from labkeeper_edge.outbox.database import open_database, transaction
from labkeeper_edge.outbox.node_store import Ledger, NodeStore
from labkeeper_sdk import BadConfiguration
from labkeeper_wire.delivery import Ack, Range

if TYPE_CHECKING:
    from collections.abc import Iterator

    from labkeeper_wire.commands import CommandResult

T = TypeVar("T")


class OutboxUnwritable(Exception):
    """The disk takes nothing now (full, read-only): nothing was stored; try again later."""


FILE = "node.sqlite3"
LOG_S = 10.0  # what was overwritten is in the log no longer than that, while there are readings


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in the outbox: first and last id, how many batches, and the ledger's counters.

    `again`: ids that have just come to wait again, because the hub no longer has them.
    """

    first: int = 0
    last: int = 0
    batches: int = 0
    ledger: Ledger = field(default_factory=Ledger)
    again: tuple[Range, ...] = ()


@dataclass(frozen=True, slots=True)
class Recalled:
    """What an outbox remembers when it is opened."""

    epoch: str
    journal: str
    heard: tuple[bytes, ...]
    results: dict[str, "CommandResult"]
    fence: int
    orphans: list[tuple[str, "CommandResult"]]
    last_values: list[tuple[str, bytes]] = field(default_factory=list)
    stop: str = ""
    interlocks: str = ""
    interlock_set: str = ""


@dataclass(slots=True)
class Store:
    """The synchronous half: lives in one thread; every method is one transaction."""

    connection: sqlite3.Connection
    quota: Quota
    node: NodeStore = field(init=False)
    batches: BatchStore = field(init=False)
    commands: CommandStore = field(init=False)
    _ran_before_ms: int = field(default=0, init=False)
    _cleared_s: float = field(default=-math.inf, init=False)
    _opened_s: float = field(default_factory=time.monotonic, init=False)

    def __post_init__(self) -> None:
        self.node = NodeStore(self.connection)
        self.batches = BatchStore(self.connection, self.node, self.quota)
        self.commands = CommandStore(self.connection)

    def recall(self) -> Recalled:
        """Read what earlier processes left, and close the commands they left open."""
        with self._write():
            self._ran_before_ms = self.node.number("ran_ms")
            orphans = self.commands.close_orphans()
            heard = tuple(self.batches.remembered())
            journal = self.node.text(JOURNAL_KEY)
            results, fence = self.commands.results(), int(self.node.text("fence") or 0)
            last = self.node.last_values()
            words = [self.node.text(key) for key in ("stop", "interlocks", "interlock_set")]
            return Recalled(self.node.epoch(), journal, heard, results, fence, orphans, last, *words)

    def commit(self, drafts: Sequence[Draft], identities: Sequence[bytes]) -> tuple[list[Batch], Waiting]:
        """Store drafts and identities, and keep the quota, in one transaction."""
        ran_ms = self._ran_ms()
        self._clear_log()
        with self._write():
            batches = self.batches.add(drafts, ran_ms)
            self.batches.remember(identities)
            self.node.put("ran_ms", ran_ms)
            given_up = self.batches.evict(ran_ms)
            self.batches.trim(ran_ms)
            return [batch for batch in batches if batch.id > given_up], self._waiting()

    def acknowledge(self, acks: Iterable[Ack]) -> Waiting:
        """Let wait no longer what the hub has stored; the epochs have been compared."""
        with self._write():
            again = [ids for ack in acks for ids in self.batches.acknowledge(ack)]
            self.batches.trim(self._ran_ms())
            return self._waiting(again)

    def _clear_log(self) -> None:
        """Let the write-ahead log forget what was overwritten, at most once in so many seconds."""
        now_s = time.monotonic()
        if self.batches.scrubbed and now_s - self._cleared_s >= LOG_S:
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._cleared_s, self.batches.scrubbed = now_s, False

    def meet(self, journal: str) -> Waiting:
        """Note whose journal the hub keeps; if it is a new one, everything kept waits again."""
        with self._write():
            return self._waiting(self.batches.meet(journal))

    def read(self, first: int, last: int, limit: int) -> list[Batch]:
        """Return batches that wait."""
        with self._write():
            return self.batches.read(first, last, limit)

    def waiting(self) -> Waiting:
        """Return how much waits."""
        with self._write():
            return self._waiting()

    def take_bd_seq(self) -> int:
        """Return the next CONNECT's bdSeq, used up for good."""
        with self._write():
            return self.node.take_bd_seq()

    def put_commands(self, records: Sequence[CommandRecord], fence: int | None = None) -> None:
        """Keep the newest state of commands, and the number of the newest table of leases before them."""
        with self._write():
            if fence is not None:  # as text, for it may be beyond SQLite's signed numbers
                self.node.put("fence", str(fence))
            for record in records:
                self.commands.put(record)

    def keep_last(self, rows: Sequence[tuple[str, bytes]]) -> None:
        """Keep what the points of these devices said last."""
        with self._write():
            self.node.keep_last(rows)

    def keep_text(self, key: str, text: str) -> None:
        """Keep a word about the node itself."""
        with self._write():
            self.node.put(key, text)

    def record_safe_write(self, at_ms: int, device: str, point: str, cause: str, outcome: str) -> None:
        """Put a safe write on record."""
        with self._write():
            self.commands.record_safe_write(at_ms, device, point, cause, outcome)

    def _waiting(self, again: Iterable[Range] = ()) -> Waiting:
        return Waiting(*self.batches.span(), self.batches.held.batches, self.node.ledger(), tuple(again))

    def _ran_ms(self) -> int:
        return self._ran_before_ms + round((time.monotonic() - self._opened_s) * 1000)

    @contextmanager
    def _write(self) -> "Iterator[None]":
        before = self.batches.books
        try:
            with transaction(self.connection):
                yield
        except BaseException:  # raised again: the books say what the disk has
            self.batches.books = before
            raise


@dataclass(slots=True)
class Outbox:
    """The asynchronous half: every call returns when its transaction is on disk, in the order of the calls."""

    store: Store
    recalled: Recalled
    _thread: ThreadPoolExecutor
    journal: str = ""

    @property
    def epoch(self) -> str:
        """The uuid of this outbox."""
        return self.recalled.epoch

    def offering(self, through: int) -> None:
        """Note, before it happens, that batches up to this id may be sent."""
        batches = self.store.batches
        batches.offered_through = max(batches.offered_through, through)

    async def commit(self, drafts: Sequence[Draft], identities: Sequence[bytes] = ()) -> tuple[list[Batch], Waiting]:
        """Store readings and the identities of the messages that brought them; return them as batches with ids."""
        parts = [part for draft in drafts for part in in_parts(draft)]
        return await self._run(lambda: self.store.commit(parts, identities))

    async def acknowledge(self, acks: Sequence[Ack]) -> Waiting:
        """Let wait no longer what the acknowledgements of this epoch cover; others are ignored."""
        ours = [ack for ack in acks if ack.epoch == self.epoch]
        return await self._run(lambda: self.store.acknowledge(ours))

    async def meet(self, journal: str) -> Waiting:
        """Note whose journal the hub keeps; if it is another one than before, everything kept waits `again`."""
        waiting = await self._run(lambda: self.store.meet(journal))
        self.journal = journal
        return waiting

    async def read(self, first: int, last: int, limit: int) -> list[Batch]:
        """Return at most `limit` batches with ids first..last, the oldest first."""
        return await self._run(lambda: self.store.read(first, last, limit))

    async def waiting(self) -> Waiting:
        """Return how much waits."""
        return await self._run(self.store.waiting)

    async def take_bd_seq(self) -> int:
        """Return the bdSeq for the next CONNECT."""
        return await self._run(self.store.take_bd_seq)

    async def put_commands(self, records: Sequence[CommandRecord], fence: int | None = None) -> None:
        """Keep the newest state of commands, and the number of the newest table of leases if it is new."""
        await self._run(lambda: self.store.put_commands(records, fence))

    async def keep_last(self, rows: Sequence[tuple[str, bytes]]) -> None:
        """Keep what the points of these devices said last, for the births after a restart."""
        await self._run(lambda: self.store.keep_last(rows))

    async def keep_text(self, key: str, text: str) -> None:
        """Keep a word about the node itself, for the next process."""
        await self._run(lambda: self.store.keep_text(key, text))

    async def record_safe_write(self, at_ms: int, device: str, point: str, cause: str, outcome: str) -> None:
        """Put on record what the node drove to safe by itself."""
        await self._run(lambda: self.store.record_safe_write(at_ms, device, point, cause, outcome))

    async def _run(self, work: Callable[[], T]) -> T:
        # shielded: a caller who is cancelled has handed its readings over, and they are written all the same
        working = asyncio.get_running_loop().run_in_executor(self._thread, work)
        try:
            return await asyncio.shield(working)
        except sqlite3.OperationalError as error:
            raise OutboxUnwritable(str(error)) from error


@asynccontextmanager
async def open_outbox(folder: Path, quota: Quota) -> AsyncIterator[Outbox]:
    """Open the outbox in `folder`; raises BadConfiguration if another node process has it, UnusableDatabase."""
    with _only_process(folder), ThreadPoolExecutor(1, thread_name_prefix="outbox") as thread:
        loop = asyncio.get_running_loop()
        store = await loop.run_in_executor(thread, lambda: Store(open_database(folder / FILE), quota))
        try:
            recalled = await loop.run_in_executor(thread, store.recall)
            yield Outbox(store, recalled, thread, recalled.journal)
        finally:
            await asyncio.shield(loop.run_in_executor(thread, store.connection.close))


@contextmanager
def _only_process(folder: Path) -> "Iterator[None]":
    """Two processes on one outbox would be one node twice; the lock ends with the process, however it ends."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise BadConfiguration("--data", f"cannot be used ({error.strerror})", str(folder)) from error
    with closing(_Lock(descriptor)) as lock:
        lock.take(folder)
        yield


@dataclass(frozen=True, slots=True)
class _Lock:
    file: int

    def take(self, folder: Path) -> None:
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BadConfiguration("--data", "another node process uses this folder", str(folder)) from error

    def close(self) -> None:
        os.close(self.file)
