"""The batches on disk: committed whole, deleted when acknowledged, and given up as explicit gaps by a quota."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from labkeeper_edge.batches import GAP, NODE, Batch, Draft, Gap, Offered, pack, unpack
from labkeeper_edge.node_store import NodeStore
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.delivery import Ack
from labkeeper_wire.payload import Metric

ROW_BYTES = 64  # what SQLite adds to a payload, roughly
EVICT_ROWS = 256
MOST_OFFERED = 2048  # runs of offered batches in one gap record, some 40 kB of text
LAST_ROW = 2**63 - 1  # SQLite's greatest key
HEARD_KEPT = 8192  # below the 65,535 packet ids of MQTT: a reused id is never taken for a redelivery


@dataclass(frozen=True, slots=True)
class Quota:
    """How much may wait: bytes of batches, and milliseconds of the node's running time."""

    max_bytes: int
    max_age_ms: int


@dataclass(frozen=True, slots=True)
class Held:
    """How many batches wait, gap records included, and how many bytes count against the quota."""

    batches: int = 0
    size: int = 0

    def with_more(self, batches: int, size: int) -> "Held":
        """Return the sum; negative numbers take away."""
        return Held(self.batches + batches, self.size + size)


@dataclass(frozen=True, slots=True)
class Old:
    """A batch as the quota sees it."""

    id: int
    readings: int
    from_ms: int
    to_ms: int
    ran_ms: int
    size: int


class BatchStore:
    """The tables `batches` and `heard`; every method expects to run inside a transaction of the caller.

    Batches up to `offered_through` may have been sent: in this process, or by an earlier one, which wrote no list.
    """

    def __init__(self, connection: sqlite3.Connection, node: NodeStore, quota: Quota) -> None:
        self._connection = connection
        self._node = node
        self._quota = quota
        self.held = self.counted()
        self.offered_through = self.span()[1]

    def counted(self) -> Held:
        """Count what is there, row by row; `held` is the same without the work."""
        row = self._connection.execute(
            "SELECT COUNT(*), COALESCE(SUM(LENGTH(payload) + ?) FILTER (WHERE device <> ''), 0) FROM batches",
            (ROW_BYTES,),
        ).fetchone()
        return Held(*row)

    def add(self, drafts: Iterable[Draft], ran_ms: int) -> list[Batch]:
        """Insert drafts as batches with new ids and count their readings as taken."""
        batches, size, readings = [], 0, 0
        for draft in drafts:
            payload = pack(draft.metrics)
            batches.append(Batch(self._insert(draft, ran_ms, payload), draft.device, draft.metrics))
            size += len(payload) + ROW_BYTES
            readings += len(draft.metrics)
        self._node.add("taken", readings)
        self.held = self.held.with_more(len(batches), size)
        return batches

    def remember(self, identities: Sequence[bytes]) -> None:
        """Keep the identities of messages whose readings this transaction stores, the oldest forgotten."""
        if not identities:
            return
        self._connection.executemany(
            "INSERT OR REPLACE INTO heard (identity) VALUES (?)", [(identity,) for identity in identities]
        )
        newest = self._connection.execute("SELECT MAX(number) FROM heard").fetchone()[0]
        self._connection.execute("DELETE FROM heard WHERE number <= ?", (newest - HEARD_KEPT,))

    def remembered(self) -> list[bytes]:
        """Return the identities, oldest first."""
        return [row[0] for row in self._connection.execute("SELECT identity FROM heard ORDER BY number")]

    def evict(self, ran_ms: int) -> int:
        """Give up the oldest batches beyond the quota as a gap record; return the last id given up, 0 for none."""
        last = 0
        while victims := self._beyond(ran_ms):
            self._give_up(victims)
            last = victims[-1].id
        return last

    def delete(self, ack: Ack) -> None:
        """Delete what the acknowledgement covers; the caller has compared its epoch."""
        for first, last in ((0, ack.high_water), *ack.ranges):
            rows = self._connection.execute(
                "DELETE FROM batches WHERE id BETWEEN ? AND ? RETURNING device, LENGTH(payload)",
                (first, min(last, LAST_ROW)),
            ).fetchall()
            size = sum(length + ROW_BYTES for device, length in rows if device != NODE)
            self.held = self.held.with_more(-len(rows), -size)

    def read(self, first: int, last: int, limit: int) -> list[Batch]:
        """Return at most `limit` batches from first to last id; gap records among them can grow no more."""
        rows = self._connection.execute(
            "SELECT id, device, payload FROM batches WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?",
            (first, last, limit),
        ).fetchall()
        gaps = [(row[0],) for row in rows if row[1] == NODE]
        self._connection.executemany("UPDATE batches SET offered = 1 WHERE id = ?", gaps)
        return [Batch(number, device, unpack(payload)) for number, device, payload in rows]

    def span(self) -> tuple[int, int]:
        """Return the first and the last id that wait; zeros for none."""
        # two statements: SQLite answers a lone MIN or MAX from the key, and both together by reading every row
        first = self._connection.execute("SELECT MIN(id) FROM batches").fetchone()[0]
        last = self._connection.execute("SELECT MAX(id) FROM batches").fetchone()[0]
        return (first or 0, last or 0)

    def _insert(self, draft: Draft, ran_ms: int, payload: bytes) -> int:
        times = [metric.time_ms or 0 for metric in draft.metrics]
        done = self._connection.execute(
            "INSERT INTO batches (device, readings, from_ms, to_ms, ran_ms, payload) VALUES (?, ?, ?, ?, ?, ?)",
            (draft.device, len(draft.metrics), min(times), max(times), ran_ms, payload),
        )
        return int(done.lastrowid or 0)

    def _beyond(self, ran_ms: int) -> list[Old]:
        rows = self._connection.execute(
            "SELECT id, readings, from_ms, to_ms, ran_ms, LENGTH(payload) + ? FROM batches WHERE device <> ''"
            " ORDER BY id LIMIT ?",
            (ROW_BYTES, EVICT_ROWS),
        )
        return beyond_quota([Old(*row) for row in rows], self.held.size, ran_ms, self._quota)

    def _give_up(self, victims: Sequence[Old]) -> None:
        self._connection.executemany("DELETE FROM batches WHERE id = ?", [(old.id,) for old in victims])
        self.held = self.held.with_more(-len(victims), -sum(old.size for old in victims))
        gap = gap_of(victims, self.offered_through)
        self._node.add("gaps", gap.readings)
        growing = self._connection.execute(
            "SELECT id, payload FROM batches WHERE device = '' AND offered = 0 ORDER BY id DESC LIMIT 1"
        ).fetchone()
        before = None if growing is None else _gap_in(growing[1])
        if before is None or len(before.offered) + len(gap.offered) > MOST_OFFERED:
            self._new_gap(gap)
        else:
            self._write_gap(growing[0], before.joined(gap))

    def _new_gap(self, gap: Gap) -> None:
        done = self._connection.execute(
            "INSERT INTO batches (device, readings, from_ms, to_ms, ran_ms, payload) VALUES ('', 0, 0, 0, 0, x'')"
        )
        self.held = self.held.with_more(1, 0)
        self._write_gap(int(done.lastrowid or 0), gap)

    def _write_gap(self, batch: int, gap: Gap) -> None:
        metric = Metric(GAP, gap.to_json(batch), DataType.STRING, gap.to_ms)
        self._connection.execute(
            "UPDATE batches SET from_ms = ?, to_ms = ?, payload = ? WHERE id = ?",
            (gap.from_ms, gap.to_ms, pack([metric]), batch),
        )


def beyond_quota(oldest: Sequence[Old], size: int, ran_ms: int, quota: Quota) -> list[Old]:
    """Return those of the oldest batches (in order) that must go: too old, or too much together with the rest."""
    victims = []
    for old in oldest:
        if size <= quota.max_bytes and ran_ms - old.ran_ms <= quota.max_age_ms:
            break
        victims.append(old)
        size -= old.size
    return victims


def gap_of(victims: Sequence[Old], offered_through: int) -> Gap:
    """Return the gap that these batches leave; those up to `offered_through` may have reached the hub."""
    first, *later = (
        Gap(
            old.from_ms,
            old.to_ms,
            old.readings,
            ((old.id, old.id),),
            (Offered(old.id, old.id, old.readings),) if old.id <= offered_through else (),
        )
        for old in victims
    )
    return first.joined(*later)


def _gap_in(payload: bytes) -> Gap:
    return Gap.from_json(str(unpack(payload)[0].value))
