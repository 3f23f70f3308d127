"""Which batches of which outbox have come, and the acknowledgements that follow their commit."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from labkeeper_hub.ingest.gap import Gap
from labkeeper_hub.model import LedgerEntry, NodeKey
from labkeeper_hub.timeseries.group import GapRecord, Group, OutboxKey, OutboxState
from labkeeper_wire.delivery import BatchSet, format_ack

FOREIGN = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What a node said of its outbox at one moment, and how many readings had come by then."""

    taken: int
    backlog: int
    missing: int  # taken, neither come nor given up; negative: more came than was taken
    newest: int = 0  # the id of the newest batch it had made


@dataclass(slots=True, eq=False)
class Delivery:
    """One outbox as the hub knows it: `stored` readings have come, `committed` of them are on disk already."""

    key: OutboxKey
    batches: BatchSet
    stored: int = 0
    duplicates: int = 0
    gaps: int = 0
    committed: int = 0
    report: Report | None = None

    def take(self, batch: int) -> bool:
        """Note a batch; False: it has come before."""
        if self.batches.add(batch):
            return True
        self.duplicates += 1
        return False

    def give_up(self, gap: Gap) -> int:
        """Count a gap's readings but those that had come, and return how many; its batches will not be waited for, nor
        stored if they come after all.
        """
        here = sum(self.batches.count(first, last) * readings for first, last, readings in gap.offered)
        self.gaps += gap.readings - here
        for first, last in gap.batches:
            self.batches.add_range(first, last)
        return gap.readings - here

    def state(self) -> OutboxState:
        """Return what is to be stored of it."""
        batches = self.batches
        return OutboxState(batches.high_water, batches.ranges, self.stored, self.duplicates, self.gaps)

    def reported(self, taken: int, backlog: int) -> None:
        """Take what the node says of itself."""
        here = self.batches.high_water + sum(last - first + 1 for first, last in self.batches.ranges)
        self.report = Report(taken, backlog, taken - self.stored - self.gaps, here + backlog)

    @property
    def whole(self) -> bool:
        """Whether every batch the outbox has spoken of is on disk, and none is missing among those that came."""
        newest = 0 if self.report is None else self.report.newest
        arrived = not self.batches.ranges and self.batches.high_water >= newest
        return arrived and self.committed == self.stored

    def entry(self) -> LedgerEntry:
        """Return the account."""
        report = self.report
        return LedgerEntry(
            node=self.key.node,
            epoch=self.key.epoch or None,
            taken=None if report is None else report.taken,
            stored=self.committed,
            gaps=self.gaps,
            duplicates=self.duplicates,
            backlog=0 if report is None else report.backlog,
            missing=None if report is None else report.missing,
        )


@dataclass(slots=True)
class Deliveries:
    """All outboxes; `send` puts an acknowledgement on the wire, if there is one."""

    send: Callable[[NodeKey, str], None]
    known: dict[OutboxKey, Delivery] = field(default_factory=dict)
    _touched: dict[Delivery, list[int]] = field(default_factory=dict)
    _closed: list[tuple[Delivery, int, str]] = field(default_factory=list)

    def recall(self, states: Mapping[OutboxKey, OutboxState]) -> None:
        """Begin with what earlier runs stored."""
        for key, state in states.items():
            batches = BatchSet(high_water=state.high_water, ranges=state.ranges)
            self.known[key] = Delivery(key, batches, state.stored, state.duplicates, state.gaps, state.stored)

    def of(self, node: NodeKey, epoch: str) -> Delivery:
        """Return an outbox' account, made if it is new; epoch "" for a foreign node."""
        key = OutboxKey(node, epoch)
        if key not in self.known:
            self.known[key] = Delivery(key, BatchSet())
        return self.known[key]

    def touch(self, delivery: Delivery, batch: int) -> None:
        """Acknowledge this batch after the next commit; 0: nothing to acknowledge, only counts to store."""
        self._touched.setdefault(delivery, []).append(batch)

    def gap(self, delivery: Delivery, gap: Gap, group: Group) -> None:
        """Put a gap on record."""
        lost = delivery.give_up(gap)
        ranges = ";".join(f"{first}-{last}" for first, last in gap.batches)
        group.gaps.append(GapRecord(delivery.key, gap.id, gap.from_ms, gap.to_ms, lost, ranges))

    def close(self, group: Group) -> None:
        """Put the state of every outbox the group touches into it, and word the acknowledgements."""
        touched, self._touched = self._touched, {}
        for delivery, batches in touched.items():
            group.outboxes[delivery.key] = delivery.state()
            epoch = delivery.key.epoch
            ack = "" if epoch == FOREIGN else format_ack(epoch, delivery.batches, first=batches)
            self._closed.append((delivery, delivery.stored, ack))

    def committed(self, group: Group) -> None:  # noqa: ARG002 -- one group is on its way at a time
        """The disk has them: acknowledge."""
        closed, self._closed = self._closed, []
        for delivery, stored, ack in closed:
            delivery.committed = stored
            if ack:
                self.send(delivery.key.node, ack)

    def ledger(self) -> tuple[LedgerEntry, ...]:
        """Return every account, by node."""
        return tuple(delivery.entry() for _, delivery in self._sorted())

    def whole(self, node: NodeKey, epoch: str) -> bool:
        """Tell whether everything of an outbox has come, as far as its node has said; of an unknown one nothing has."""
        delivery = self.known.get(OutboxKey(node, epoch))
        return delivery is not None and delivery.whole

    def _sorted(self) -> Iterator[tuple[OutboxKey, Delivery]]:
        yield from sorted(self.known.items())
