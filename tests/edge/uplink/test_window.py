"""The sending window: what goes, what waits, what goes again."""

from labkeeper_edge.uplink.window import FIRST_TIMEOUT_S, LAST_TIMEOUT_S, Window
from labkeeper_wire.delivery import Ack


def ack(high_water: int, *ranges: tuple[int, int]) -> Ack:
    return Ack("e", high_water, ranges)


def test_ids_that_follow_each_other_are_one_range() -> None:
    window = Window()
    for number in range(1, 1000):
        window.add(number, number)
    assert window._waiting == [(1, 999)]
    window.add(5, 4)
    assert window._waiting == [(1, 999)]


def test_the_backlog_is_read_in_order_and_only_as_far_as_there_is_room() -> None:
    window = Window(backlog_limit=3)
    window.add(1, 10)
    assert window.next_backlog(32) == (1, 10, 3)
    for number in (1, 2):
        window.sent(number, "d", 0.0)
    window.taken(1, 2)
    assert window.next_backlog(32) == (3, 10, 1)
    assert window.next_backlog(0) is None
    window.taken(3, 10)
    assert window.idle()
    assert window.next_backlog(32) is None


def test_new_batches_go_until_too_many_are_unacknowledged() -> None:
    window = Window(live_limit=2)
    window.sent(1, "d", 0.0)
    assert window.may_send_live()
    window.sent(2, "d", 0.0)
    assert not window.may_send_live()
    assert window.acknowledged(ack(0, (2, 2))) == 1
    assert window.may_send_live()


def test_a_batch_that_stays_unacknowledged_waits_again_each_time_longer() -> None:
    window = Window()
    window.sent(1, "d", 0.0)
    now_s, waits = 0.0, []
    for _ in range(7):
        due_s = window.next_due_s()
        assert due_s is not None
        waits.append(due_s - now_s)
        assert window.expire(due_s - 0.01) == 0
        assert window.next_backlog(1) is None
        assert window.expire(due_s) == 1
        assert window.next_backlog(1) == (1, 1, 1)
        window.sent(1, "d", due_s)
        window.taken(1, 1)
        now_s = due_s
    assert waits[:3] == [FIRST_TIMEOUT_S, 2 * FIRST_TIMEOUT_S, 4 * FIRST_TIMEOUT_S]
    assert waits[-1] == LAST_TIMEOUT_S
    window.acknowledged(ack(1))
    assert window.next_due_s() is None


def test_tries_of_what_was_given_up_meanwhile_are_forgotten() -> None:
    window = Window()
    window.sent(1, "d", 0.0)
    window.expire(100.0)
    window.taken(1, 1)
    assert not window._tries


def test_an_expired_batch_goes_before_what_waits_behind_it() -> None:
    window = Window()
    window.add(5, 9)
    window.sent(2, "d", 0.0)
    window.expire(100.0)
    assert window.next_backlog(9) == (2, 2, 9)


def test_it_knows_whose_batches_are_on_their_way() -> None:
    window = Window()
    window.sent(1, "d", 0.0)
    assert window.flying_to("d")
    assert not window.flying_to("e")
    window.acknowledged(ack(1))
    assert not window.flying_to("d")


def test_a_range_is_taken_in_parts() -> None:
    window = Window()
    window.add(1, 4)
    window.add(8, 9)
    window.taken(1, 8)
    assert window._waiting == [(9, 9)]


def test_what_comes_to_wait_while_others_are_read_waits_on() -> None:
    window = Window()
    window.add(5, 9)
    window.add(1, 3)  # the hub lost these while 5 to 9 were read
    window.add(10, 12)
    window.taken(5, 9)
    assert window._waiting == [(1, 3), (10, 12)]
