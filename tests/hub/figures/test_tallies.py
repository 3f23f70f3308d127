"""Counting between looks: every coming back and every end of a command once."""

from uuid import uuid4

from labkeeper_hub.figures.tallies import Ends, Returns
from labkeeper_hub.model import Command, Node, NodeKey, Order, PointKey, State
from labkeeper_sdk import Title

KEY = NodeKey("school", "lab")


def node(*, online: bool, since_ms: int) -> Node:
    return Node(KEY, "lab", Title(), online, since_ms, since_ms)


def command(state: State, school: str = "school") -> Command:
    order = Order(str(uuid4()), PointKey(school, "lab", "plug", "state"), True, "owner", 0, 1000)
    return Command(order, state, "", "", 10)


def test_a_node_that_stays_online_has_not_come_back() -> None:
    returns = Returns()
    for _ in range(3):
        returns.look([node(online=True, since_ms=5)])
    assert returns.counts[KEY] == 0


def test_a_node_that_was_away_has_come_back_once_however_often_one_looks() -> None:
    returns = Returns()
    returns.look([node(online=True, since_ms=5)])
    returns.look([node(online=False, since_ms=8)])
    for _ in range(3):
        returns.look([node(online=True, since_ms=9)])
    assert returns.counts[KEY] == 1


def test_an_absence_between_two_looks_is_noticed_by_its_time() -> None:
    returns = Returns()
    returns.look([node(online=True, since_ms=5)])
    returns.look([node(online=True, since_ms=9)])
    assert returns.counts[KEY] == 1


def test_who_was_offline_when_the_hub_started_comes_back() -> None:
    returns = Returns()
    returns.first_seen([node(online=False, since_ms=5)])
    returns.look([node(online=True, since_ms=9)])
    assert returns.counts[KEY] == 1


def test_the_end_of_a_command_counts_once_and_an_open_one_not_at_all() -> None:
    ends = Ends()
    done, still_open = command(State.DONE), command(State.SENT)
    ends.look([done, still_open])
    ends.look([done, still_open])
    assert dict(ends.counts) == {("school", State.DONE): 1}


def test_commands_count_for_their_own_school() -> None:
    ends = Ends()
    ends.look([command(State.DONE, "a"), command(State.DONE, "b"), command(State.EXPIRED, "b")])
    assert dict(ends.counts) == {("a", State.DONE): 1, ("b", State.DONE): 1, ("b", State.EXPIRED): 1}


def test_what_is_no_longer_shown_is_forgotten() -> None:
    ends = Ends()
    ends.look([command(State.DONE)])
    ends.look([])
    assert not ends._counted
