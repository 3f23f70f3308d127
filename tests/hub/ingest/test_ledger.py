"""A = D ∪ X, D ∩ X = ∅: whatever is sent, lost, evicted, acknowledged or forgotten, the account closes exactly."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from labkeeper_edge.outbox.batch_store import BatchStore
from labkeeper_edge.outbox.batches import GAP, Batch, Draft
from labkeeper_edge.outbox.books import Quota
from labkeeper_edge.outbox.database import SCHEMA
from labkeeper_edge.outbox.node_store import NodeStore
from labkeeper_hub.ingest.deliveries import Deliveries, Delivery
from labkeeper_hub.ingest.gap import parse_gap
from labkeeper_hub.model import NodeKey
from labkeeper_hub.timeseries.group import Group
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.delivery import parse_ack
from labkeeper_wire.payload import Metric

NODE = NodeKey("school", "lab")
QUOTA = Quota(max_bytes=900, max_age_ms=10**9)  # some six batches
LAST = 2**62


@dataclass
class Hub:
    """The hub's account, and what it really stored, batch by batch."""

    acks: list[str] = field(default_factory=list)
    readings: dict[int, int] = field(default_factory=dict)
    deliveries: Deliveries = field(init=False)

    def __post_init__(self) -> None:
        self.deliveries = Deliveries(lambda _, text: self.acks.append(text))

    @property
    def account(self) -> Delivery:
        return self.deliveries.of(NODE, "epoch")

    def hear(self, batch: Batch) -> None:
        """Take a batch as the intake does, and commit it."""
        group, account = Group(), self.account
        self.deliveries.touch(account, batch.id)
        if account.take(batch.id):
            self._store(batch, account, group)
        self.deliveries.close(group)
        self.deliveries.committed(group)

    def _store(self, batch: Batch, account: Delivery, group: Group) -> None:
        if batch.metrics[0].name == GAP:
            self.deliveries.gap(account, parse_gap(batch.metrics[0].value), group)
        else:
            account.stored += len(batch.metrics)
            self.readings[batch.id] = len(batch.metrics)

    def restart(self) -> None:
        """Begin again with what is on disk."""
        group = Group()
        self.deliveries.touch(self.account, 0)
        self.deliveries.close(group)
        self.deliveries = Deliveries(lambda _, text: self.acks.append(text))
        self.deliveries.recall(group.outboxes)


@dataclass
class Node:
    """The node's store in memory, sending as a session does: nothing that was not offered before."""

    connection: sqlite3.Connection
    store: BatchStore = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.store = BatchStore(self.connection, NodeStore(self.connection), QUOTA)

    def commit(self, readings: int) -> None:
        metrics = tuple(Metric("p", float(at), DataType.DOUBLE, at) for at in range(readings))
        self.store.add([Draft("d", metrics)], 0)
        self.store.evict(0)

    def offer(self) -> list[Batch]:
        self.store.offered_through = max(self.store.offered_through, self.store.span()[1])
        return self.store.read(0, LAST, 10_000)

    def acknowledged(self, text: str) -> None:
        self.store.acknowledge(parse_ack(text))


@contextmanager
def opened() -> Iterator[tuple[Node, Hub]]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(SCHEMA)
        yield Node(connection), Hub()


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("commit"), st.integers(1, 2**8)),
        st.tuples(st.just("send"), st.integers(0, 2**12 - 1)),
        st.tuples(st.just("acks lost"), st.just(0)),
        st.tuples(st.just("acks"), st.just(0)),
        st.tuples(st.just("node restart"), st.just(0)),
        st.tuples(st.just("hub restart"), st.just(0)),
    ),
    min_size=10,
    max_size=40,
)


def do(node: Node, hub: Hub, step: str, number: int) -> None:
    if step == "commit":
        for digit in f"{number:o}":
            node.commit(1 + int(digit))
    elif step == "send":
        for at, batch in enumerate(node.offer()):
            if number >> (at % 12) & 1:
                hub.hear(batch)
    elif step == "acks lost":
        hub.acks.clear()
    elif step == "acks":
        for text in hub.acks:
            node.acknowledged(text)
        hub.acks.clear()
    else:
        (node if step == "node restart" else hub).restart()


@settings(max_examples=60)
@given(steps=STEPS)
def test_the_account_closes_exactly_whatever_a_quota_takes(steps: list[tuple[str, int]]) -> None:
    with opened() as (node, hub):
        for step, number in steps:
            do(node, hub, step, number)
        do(node, hub, "send", 2**12 - 1)
        do(node, hub, "acks", 0)
        assert node.store.held.batches == 0
        taken = NodeStore(node.connection).ledger().taken
        assert hub.account.stored == sum(hub.readings.values())
        assert hub.account.stored + hub.account.gaps == taken
        hub.account.reported(taken, 0)
        assert hub.account.entry().balanced


def test_a_batch_stored_but_not_acknowledged_is_not_a_gap_too() -> None:
    with opened() as (node, hub):
        node.commit(5)
        do(node, hub, "send", 1)
        do(node, hub, "acks lost", 0)
        for _ in range(12):
            node.commit(2)
        do(node, hub, "send", 2**12 - 1)
        assert (hub.readings[1], 1 in hub.account.batches) == (5, True)
        assert hub.account.stored + hub.account.gaps == 5 + 24
        assert 0 < hub.account.gaps < 24
