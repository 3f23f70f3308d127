"""What has come is known once, acknowledged after its commit, and accounted for."""

from labkeeper_hub.ingest.deliveries import Deliveries
from labkeeper_hub.ingest.gap import Gap, Offered
from labkeeper_hub.model import NodeKey
from labkeeper_hub.timeseries.group import Group, OutboxKey, OutboxState

NODE = NodeKey("school", "lab")
OURS = OutboxKey(NODE, "epoch")


class Wire:
    """Collects acknowledgements."""

    def __init__(self) -> None:
        self.sent: list[tuple[NodeKey, str]] = []

    def __call__(self, node: NodeKey, text: str) -> None:
        """Keep it."""
        self.sent.append((node, text))


def taken(deliveries: Deliveries, *batches: int, readings: int = 10) -> list[bool]:
    """Take batches as the intake does."""
    delivery, new = deliveries.of(NODE, "epoch"), []
    for batch in batches:
        deliveries.touch(delivery, batch)
        new.append(delivery.take(batch))
        delivery.stored += readings if new[-1] else 0
    return new


def commit(deliveries: Deliveries, group: Group | None = None) -> Group:
    group = group or Group()
    deliveries.close(group)
    deliveries.committed(group)
    return group


def test_nothing_is_acknowledged_before_its_commit() -> None:
    deliveries = Deliveries(wire := Wire())
    taken(deliveries, 1, 2)
    group = Group()
    deliveries.close(group)
    assert wire.sent == []
    assert deliveries.ledger()[0].stored == 0
    taken(deliveries, 3)
    deliveries.committed(group)
    assert wire.sent == [(NODE, "epoch;2")]
    assert deliveries.ledger()[0].stored == 20


def test_the_acknowledgements_of_one_commit_are_one_message_a_node() -> None:
    deliveries = Deliveries(wire := Wire())
    taken(deliveries, 1, 2, 5, 3)
    commit(deliveries)
    assert wire.sent == [(NODE, "epoch;3;5-5")]


def test_a_batch_that_comes_again_is_acknowledged_again_and_stored_once() -> None:
    deliveries = Deliveries(wire := Wire())
    assert taken(deliveries, 1, 1) == [True, False]
    commit(deliveries)
    assert taken(deliveries, 1) == [False]
    group = commit(deliveries)
    assert wire.sent == [(NODE, "epoch;1"), (NODE, "epoch;1")]
    assert group.outboxes == {OURS: OutboxState(1, (), 10, 2, 0)}


def test_a_foreign_node_is_accounted_and_never_acknowledged() -> None:
    deliveries = Deliveries(wire := Wire())
    foreign = deliveries.of(NODE, "")
    foreign.stored += 5
    deliveries.touch(foreign, 0)
    commit(deliveries)
    assert wire.sent == []
    (entry,) = deliveries.ledger()
    assert (entry.epoch, entry.taken, entry.stored, entry.pending, entry.balanced) == (None, None, 5, None, True)


def test_after_a_restart_everything_stored_is_still_known() -> None:
    deliveries = Deliveries(Wire())
    deliveries.recall({OURS: OutboxState(4, ((7, 8),), 50, 2, 3)})
    assert taken(deliveries, 4, 8, 5) == [False, False, True]
    entry = deliveries.ledger()[0]
    assert (entry.stored, entry.duplicates, entry.gaps) == (50, 4, 3)


def test_a_gap_is_counted_and_what_it_covers_is_not_stored_any_more() -> None:
    deliveries = Deliveries(Wire())
    taken(deliveries, 1)
    group = Group()
    deliveries.gap(deliveries.of(NODE, "epoch"), Gap("9", 1, 2, 30, ((2, 4), (6, 7))), group)
    assert taken(deliveries, 3, 6, 5) == [False, False, True]
    assert deliveries.of(NODE, "epoch").batches.high_water == 7
    assert group.gaps[0].batches == "2-4;6-7"
    commit(deliveries, group)
    assert group.outboxes[OURS].gaps == 30


def test_what_had_come_before_it_was_given_up_is_stored_and_no_gap() -> None:
    deliveries = Deliveries(Wire())
    taken(deliveries, 1, 4)
    group = Group()
    gap = Gap("9", 1, 2, 45, ((1, 5),), (Offered(1, 3, 10), Offered(4, 4, 10)))
    deliveries.gap(deliveries.of(NODE, "epoch"), gap, group)
    assert group.gaps[0].readings == 25
    commit(deliveries, group)
    assert group.outboxes[OURS] == OutboxState(5, (), 20, 0, 25)


def test_an_account_of_countless_ranges_is_recalled_and_a_gap_beyond_all_of_them_taken() -> None:
    deliveries = Deliveries(Wire())
    deliveries.recall({OURS: OutboxState(0, ((10, 2**60),), 50, 0, 0)})
    delivery = deliveries.of(NODE, "epoch")
    delivery.give_up(Gap("9", 1, 2, 30, ((2**61, 2**62),)))
    assert delivery.batches.ranges == ((10, 2**60), (2**61, 2**62))


def test_the_account_balances_when_everything_taken_has_come_or_was_given_up() -> None:
    deliveries = Deliveries(Wire())
    taken(deliveries, 1, 2)
    delivery = deliveries.of(NODE, "epoch")
    delivery.reported(30, 1)
    assert deliveries.ledger()[0].balanced  # ten are missing, and a batch still waits
    assert deliveries.ledger()[0].unexplained == 0
    delivery.reported(30, 0)
    assert not deliveries.ledger()[0].balanced
    assert deliveries.ledger()[0].unexplained == 10
    taken(deliveries, 3)
    delivery.reported(30, 0)
    assert deliveries.ledger()[0].balanced
    delivery.reported(20, 1)
    assert not deliveries.ledger()[0].balanced  # more came than was ever taken


def test_an_outbox_is_whole_when_every_batch_it_spoke_of_has_come_and_none_is_missing_between() -> None:
    deliveries = Deliveries(lambda *_: None)
    assert not deliveries.whole(NODE, "epoch")
    delivery = deliveries.of(NODE, "epoch")
    assert deliveries.whole(NODE, "epoch")  # it has said nothing of itself: a foreign one never does
    delivery.reported(taken=30, backlog=3)
    assert not deliveries.whole(NODE, "epoch")
    delivery.take(1)
    delivery.take(3)  # live ones go first
    delivery.take(4)
    assert not deliveries.whole(NODE, "epoch")
    delivery.take(2)
    assert deliveries.whole(NODE, "epoch")
    delivery.take(6)
    delivery.reported(taken=60, backlog=1)
    assert not deliveries.whole(NODE, "epoch")
    delivery.take(5)
    assert deliveries.whole(NODE, "epoch")


def test_an_outbox_is_not_whole_before_the_disk_has_what_came() -> None:
    deliveries = Deliveries(Wire())
    taken(deliveries, 1)
    assert not deliveries.whole(NODE, "epoch")
    commit(deliveries)
    assert deliveries.whole(NODE, "epoch")
