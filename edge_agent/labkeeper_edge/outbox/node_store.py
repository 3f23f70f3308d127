"""What the node knows about itself across restarts: the outbox's epoch, the ledger's counters, bdSeq, running time."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import uuid4

from labkeeper_wire.sequence import next_bd_seq


@dataclass(frozen=True, slots=True)
class Ledger:
    """Readings whose commit returned (A of the ledger) and readings a quota gave up (X)."""

    taken: int = 0
    gaps: int = 0


class NodeStore:
    """The table `node`; writing methods expect to run inside a transaction of the caller."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def epoch(self) -> str:
        """Return the uuid of this outbox, made once."""
        self._connection.execute("INSERT OR IGNORE INTO node VALUES ('epoch', ?)", (str(uuid4()),))
        return str(self._connection.execute("SELECT value FROM node WHERE key = 'epoch'").fetchone()[0])

    def number(self, key: str) -> int:
        """Return a counter, 0 if it never counted."""
        row = self._connection.execute("SELECT value FROM node WHERE key = ?", (key,)).fetchone()
        return 0 if row is None else int(row[0])

    def text(self, key: str) -> str:
        """Return a text, "" if there is none."""
        row = self._connection.execute("SELECT value FROM node WHERE key = ?", (key,)).fetchone()
        return "" if row is None else str(row[0])

    def put(self, key: str, value: int | str) -> None:
        """Set a counter or a text."""
        self._connection.execute("INSERT OR REPLACE INTO node VALUES (?, ?)", (key, value))

    def add(self, key: str, more: int) -> None:
        """Let a counter grow."""
        if more:
            self.put(key, self.number(key) + more)

    def ledger(self) -> Ledger:
        """Return the counters of the ledger."""
        return Ledger(self.number("taken"), self.number("gaps"))

    def keep_last(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Keep what the points of these devices said last."""
        self._connection.executemany("INSERT OR REPLACE INTO last_values VALUES (?, ?)", rows)

    def last_values(self) -> list[tuple[str, bytes]]:
        """Return what was kept, device by device."""
        return self._connection.execute("SELECT device, payload FROM last_values").fetchall()

    def take_bd_seq(self) -> int:
        """Return the bdSeq of the CONNECT about to be made: 0 for the first ever, then one more each time."""
        row = self._connection.execute("SELECT value FROM node WHERE key = 'bd_seq'").fetchone()
        bd_seq = 0 if row is None else next_bd_seq(int(row[0]))
        self.put("bd_seq", bd_seq)
        return bd_seq
