"""How long is waited before another attempt."""

from labkeeper_edge.backoff import FIRST_WAIT_S, LAST_WAIT_S, STEADY_S, Backoff
from labkeeper_edge.supervision.supervisor import BROKER_WAIT_S


def test_each_wait_is_up_to_twice_as_long_until_the_last_and_short_again_after_a_good_connection() -> None:
    backoff = Backoff()
    waits = [backoff.next_s(0.0) for _ in range(20)]
    assert FIRST_WAIT_S <= waits[0] <= 2 * FIRST_WAIT_S
    assert all(LAST_WAIT_S / 2 <= wait_s <= LAST_WAIT_S for wait_s in waits[1:])
    assert backoff.next_s(STEADY_S) <= FIRST_WAIT_S


def test_a_broker_is_tried_for_within_a_fifth_of_a_second_however_long_it_is_away() -> None:
    backoff = Backoff(BROKER_WAIT_S / 2, BROKER_WAIT_S)
    waits = [backoff.next_s(STEADY_S), *(backoff.next_s(0.0) for _ in range(200))]
    assert max(waits) <= BROKER_WAIT_S == 0.2
    assert min(waits) >= BROKER_WAIT_S / 4
    assert len(set(waits)) > 100  # never all drivers at the same moment
