"""The batches on disk: committed whole, kept a while when acknowledged, given up as explicit gaps by a quota."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from labkeeper_edge.outbox.acknowledged import Acknowledged, said_by
from labkeeper_edge.outbox.batches import GAP, NODE, Batch, Draft, Gap, pack, unpack, without
from labkeeper_edge.outbox.books import SLACK, Books, Held, Old, Quota, beyond_quota, gap_of, too_old
from labkeeper_edge.outbox.database import overwriting
from labkeeper_edge.outbox.node_store import NodeStore
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.delivery import MOST_RANGES, Ack, Range
from labkeeper_wire.payload import Metric

ROW_BYTES = 64  # what SQLite adds to a payload, roughly
EVICT_ROWS = 256
MOST_OFFERED = 2048  # runs of offered batches in one gap record, some 40 kB of text
LAST_ROW = 2**63 - 1  # SQLite's greatest key
OLD = f"id, readings, from_ms, to_ms, ran_ms, LENGTH(payload) + {ROW_BYTES}"
ACKNOWLEDGED, AGAIN, KEPT_BATCHES, KEPT_BYTES = "acknowledged", "again", "kept_batches", "kept_bytes"
JOURNAL_KEY = "journal"
HEARD_KEPT = 8192  # below the 65,535 packet ids of MQTT: a reused id is never taken for a redelivery


class BatchStore:
    """The tables `batches` and `heard`; every method expects to run inside a transaction of the caller.

    An acknowledged batch stays for a while, should the hub lose what it had: that it is acknowledged stands in one row
    of the table `node`, and it is deleted later, with many others at once.

    `scrubbed`: something was overwritten, of which the database's log may have a copy.

    Batches up to `offered_through` may have been sent: in this process, or by an earlier one, which wrote no list.
    """

    def __init__(self, connection: sqlite3.Connection, node: NodeStore, quota: Quota) -> None:
        self._connection = connection
        self._node = node
        self._quota = quota
        acknowledged = Acknowledged.parse(node.text(ACKNOWLEDGED))
        kept = Held(node.number(KEPT_BATCHES), node.number(KEPT_BYTES))
        self.books = Books(self.counted(acknowledged), kept, acknowledged, Acknowledged.parse(node.text(AGAIN)))
        self.offered_through = self.span()[1]
        self.scrubbed = True  # an earlier process may have left traces in the log

    @property
    def held(self) -> Held:
        """What waits."""
        return self.books.held

    def counted(self, acknowledged: Acknowledged) -> Held:
        """Count what waits, row by row; `held` is the same without the work."""
        counts = [self._measured(part) for part in acknowledged.open_in(1, LAST_ROW)]
        return Held(sum(count for count, _, _ in counts), sum(size for _, size, _ in counts))

    def add(self, drafts: Iterable[Draft], ran_ms: int) -> list[Batch]:
        """Insert drafts as batches with new ids and count their readings as taken."""
        batches, size, readings = [], 0, 0
        for draft in drafts:
            payload = pack(draft.metrics)
            batches.append(Batch(self._insert(draft, ran_ms, payload), draft.device, draft.metrics))
            size += len(payload) + ROW_BYTES
            readings += len(draft.metrics)
        self._node.add("taken", readings)
        self.books = replace(self.books, held=self.held.with_more(len(batches), size))
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

    def acknowledge(self, ack: Ack) -> tuple[Range, ...]:
        """Keep what the acknowledgement covers, for a while; the caller has compared its epoch.

        A hub that says less than before has lost its memory; the ids that wait again for that reason are returned.
        """
        said = said_by(ack, self._last_id())
        again = self.offer_again() if _says_less(ack, said, self.books.acknowledged) else ()
        acknowledged = self.books.acknowledged
        new = [part for first, last in said for part in acknowledged.open_in(first, last)]
        counts = [self._measured(part) for part in new]
        batches = sum(count for count, _, _ in counts)
        held = self.held.with_more(-batches, -sum(size for _, size, _ in counts))
        sizes = [self._measured(part)[2] for part in new] if self._scrub(new) else [size for _, _, size in counts]
        kept = self.books.kept.with_more(batches, sum(sizes))
        if new:
            self._write(replace(self.books, held=held, kept=kept, acknowledged=acknowledged.with_more(new)))
        return again

    def _scrub(self, ids: Iterable[Range]) -> bool:
        """What speaks of a person's body goes as soon as the hub has it; return whether there was any. It is not kept
        for a hub that lost its memory: such a hub is told how many there were, and counts them.
        """
        found = list(self._rows("id, personal, payload", ids, LAST_ROW, "AND personal <> ''"))
        if not found:
            return False
        rest = [(pack(without(unpack(payload), names.split("\n"))), number) for number, names, payload in found]
        with overwriting(self._connection):
            self._connection.executemany("UPDATE batches SET payload = ?, personal = '' WHERE id = ?", rest)
        self.scrubbed = True
        return True

    def meet(self, journal: str) -> tuple[Range, ...]:
        """Note whose journal the hub keeps; where it is another one than before, everything kept waits again."""
        before = self._node.text(JOURNAL_KEY)
        if before == journal:
            return ()
        self._node.put(JOURNAL_KEY, journal)
        return self.offer_again() if before else ()

    def offer_again(self) -> tuple[Range, ...]:
        """Let everything kept wait again; return its ids."""
        books = self.books
        first = self._connection.execute("SELECT MIN(id) FROM batches").fetchone()[0]
        there = () if first is None else ((first, LAST_ROW),)
        kept = books.acknowledged.without(books.acknowledged.without(there).ranges)
        nothing = Acknowledged()
        again = books.again.with_more(kept.ranges)
        self._write(Books(self.counted(nothing), Held(), nothing, again))
        return kept.ranges

    def trim(self, ran_ms: int) -> None:
        """Delete what was acknowledged and is kept no longer, the oldest first, many at a time."""
        while victims := self._kept_too_long(ran_ms):
            for first, last in self.books.acknowledged.without(((victims[-1].id + 1, LAST_ROW),)).ranges:
                self._connection.execute("DELETE FROM batches WHERE id BETWEEN ? AND ?", (first, last))
            gone = self.books.kept.with_more(-len(victims), -sum(old.size for old in victims))
            self._write(replace(self.books, kept=gone))

    def read(self, first: int, last: int, limit: int) -> list[Batch]:
        """Return at most `limit` waiting batches from first to last id; gap records among them can grow no more."""
        rows = list(self._rows("id, device, payload", self.books.acknowledged.open_in(first, last), limit))
        gaps = [(row[0],) for row in rows if row[1] == NODE]
        self._connection.executemany("UPDATE batches SET offered = 1 WHERE id = ?", gaps)
        return [Batch(number, device, unpack(payload)) for number, device, payload in rows]

    def span(self) -> tuple[int, int]:
        """Return the first and the last id that wait; zeros for none."""
        # two statements: SQLite answers a lone MIN or MAX from the key, and both together by reading every row
        waiting = list(self.books.acknowledged.open_in(1, LAST_ROW))
        firsts = (self._end("MIN", part) for part in waiting)
        lasts = (self._end("MAX", part) for part in reversed(waiting))
        return next(filter(None, firsts), 0), next(filter(None, lasts), 0)

    def _insert(self, draft: Draft, ran_ms: int, payload: bytes) -> int:
        times = [metric.time_ms or 0 for metric in draft.metrics]
        done = self._connection.execute(
            "INSERT INTO batches (device, readings, from_ms, to_ms, ran_ms, payload, personal)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (draft.device, len(draft.metrics), min(times), max(times), ran_ms, payload, _personal(draft)),
        )
        return int(done.lastrowid or 0)

    def _beyond(self, ran_ms: int) -> list[Old]:
        waiting = self.books.acknowledged.open_in(1, LAST_ROW)
        rows = self._rows(OLD, waiting, EVICT_ROWS, "AND device <> ''")
        return beyond_quota([Old(*row) for row in rows], self.held.size, ran_ms, self._quota)

    def _kept_too_long(self, ran_ms: int) -> list[Old]:
        """Return the oldest of what is kept, once a good part of it is beyond the limits."""
        quota, kept = self._quota, self.books.kept
        room = max(0, min(quota.keep_bytes, quota.max_bytes - self.held.size))
        old = [Old(*row) for row in self._rows(OLD, self.books.acknowledged.ranges, 1)]
        if not old or not (kept.size > room + room // SLACK or too_old(old[0], ran_ms, quota)):
            return []
        old = [Old(*row) for row in self._rows(OLD, self.books.acknowledged.ranges, EVICT_ROWS)]
        return beyond_quota(old, kept.size, ran_ms, Quota(room, quota.keep_age_ms))

    def _give_up(self, victims: Sequence[Old]) -> None:
        with overwriting(self._connection):
            self._connection.executemany("DELETE FROM batches WHERE id = ?", [(old.id,) for old in victims])
        held = self.held.with_more(-len(victims), -sum(old.size for old in victims))
        self.books = replace(self.books, held=held)
        # what was acknowledged once may be stored: as a gap it would count twice, so the hub is to miss it if it does
        again = self.books.again
        lost = [old for old in victims if any(again.open_in(old.id, old.id))]
        if lost:
            self._put_on_record(gap_of(lost, self.offered_through))

    def _put_on_record(self, gap: Gap) -> None:
        self._node.add("gaps", gap.readings)
        growing = self._connection.execute(
            "SELECT id, payload FROM batches WHERE device = '' AND offered = 0 AND id > ? ORDER BY id DESC LIMIT 1",
            (self.books.acknowledged.high_water,),
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
        self.books = replace(self.books, held=self.held.with_more(1, 0))
        self._write_gap(int(done.lastrowid or 0), gap)

    def _write_gap(self, batch: int, gap: Gap) -> None:
        metric = Metric(GAP, gap.to_json(batch), DataType.STRING, gap.to_ms)
        self._connection.execute(
            "UPDATE batches SET from_ms = ?, to_ms = ?, payload = ? WHERE id = ?",
            (gap.from_ms, gap.to_ms, pack([metric]), batch),
        )

    def _write(self, books: Books) -> None:
        self.books = books
        self._node.put(ACKNOWLEDGED, str(books.acknowledged))
        self._node.put(KEPT_BATCHES, books.kept.batches)
        self._node.put(KEPT_BYTES, books.kept.size)
        self._node.put(AGAIN, str(books.again))

    def _measured(self, ids: Range) -> tuple[int, int, int]:
        """Count batches, the bytes of those with readings, and the bytes of all."""
        row: tuple[int, int, int] = self._connection.execute(
            "SELECT COUNT(*), COALESCE(SUM(LENGTH(payload) + ?1) FILTER (WHERE device <> ''), 0),"
            " COALESCE(SUM(LENGTH(payload) + ?1), 0) FROM batches WHERE id BETWEEN ?2 AND ?3",
            (ROW_BYTES, *ids),
        ).fetchone()
        return row

    def _rows(self, what: str, ids: Iterable[Range], limit: int, also: str = "") -> Iterator[tuple[Any, ...]]:
        """Return the first rows within ranges of ids."""
        for first, last in ids:
            rows = self._connection.execute(
                f"SELECT {what} FROM batches WHERE id BETWEEN ? AND ? {also} ORDER BY id LIMIT ?",  # noqa: S608 -- ours
                (first, min(last, LAST_ROW), limit),
            ).fetchall()
            yield from rows
            limit -= len(rows)
            if limit <= 0:
                return

    def _end(self, which: str, ids: Range) -> int:
        row = self._connection.execute(
            f"SELECT {which}(id) FROM batches WHERE id BETWEEN ? AND ?",  # noqa: S608 -- MIN or MAX
            ids,
        ).fetchone()
        return int(row[0] or 0)

    def _last_id(self) -> int:
        """Return the last id that was ever given out."""
        row = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'batches'").fetchone()
        return 0 if row is None else int(row[0])


def _personal(draft: Draft) -> str:
    return "\n".join(sorted(draft.personal & {metric.name for metric in draft.metrics if metric.name}))


def _says_less(ack: Ack, said: Sequence[Range], before: Acknowledged) -> bool:
    """Whether the hub no longer has what it had; one with as many ranges as fit need not have named them all."""
    if ack.high_water < before.high_water:
        return True
    return len(ack.ranges) < MOST_RANGES and bool(before.without(said).ranges)


def _gap_in(payload: bytes) -> Gap:
    return Gap.from_json(str(unpack(payload)[0].value))
