"""Bodies of bounded size, halved until only the lines at fault are left out; waits that grow."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkeeper_hub.influx.backoff import FIRST_S, LONGEST_S, Backoff
from labkeeper_hub.influx.delivery import MOST_BYTES, MOST_LINES, Delivery, cut
from labkeeper_hub.influx.verdict import Refused, Taken, TooLarge

Server = Callable[[list[bytes]], Taken | Refused | TooLarge]


def delivered(lines: list[bytes], server: Server) -> tuple[Delivery, list[list[bytes]]]:
    delivery, bodies = Delivery(lines), list[list[bytes]]()
    while (body := delivery.body()) is not None:
        bodies.append(body.split(b"\n"))
        delivery.judged(server(bodies[-1]))
    return delivery, bodies


@given(count=st.integers(0, 60), bad=st.sets(st.integers(0, 59)))
def test_only_the_lines_at_fault_are_left_out(count: int, bad: set[int]) -> None:
    lines = [b"line %d" % number for number in range(count)]
    wrong = {lines[number] for number in bad if number < count}
    held = set[bytes]()

    def server(body: list[bytes]) -> Taken | Refused:
        held.update(set(body) - wrong)  # a partial write
        return Refused("conflict") if wrong & set(body) else Taken()

    delivery, _ = delivered(lines, server)
    assert [one.line.encode() for one in delivery.refused] == [line for line in lines if line in wrong]
    assert {one.reason for one in delivery.refused} <= {"conflict"}
    assert held == set(lines) - wrong
    assert delivery.taken == count - len(wrong)


def test_a_body_that_is_too_large_goes_in_halves_and_a_line_that_is_alone_is_left_out() -> None:
    def server(body: list[bytes]) -> Taken | TooLarge:
        return TooLarge() if sum(map(len, body)) > 10 else Taken()

    delivery, bodies = delivered([b"1234", b"5678", b"abcd", b"x" * 11], server)
    assert [one.reason for one in delivery.refused] == ["too large for the server, alone"]
    assert delivery.taken == 3
    assert [b"1234", b"5678"] in bodies


def test_what_is_beyond_retention_is_counted_apart() -> None:
    delivery, _ = delivered([b"a", b"b", b"c"], lambda _: Taken(beyond_retention=2))
    assert (delivery.taken, delivery.beyond_retention) == (1, 2)
    delivery, _ = delivered([b"a"], lambda _: Taken(beyond_retention=9))
    assert (delivery.taken, delivery.beyond_retention) == (0, 1)


def test_the_same_body_comes_again_until_it_is_judged() -> None:
    delivery = Delivery([b"a", b"b"])
    assert delivery.body() == delivery.body() == b"a\nb"


@given(
    st.lists(st.binary(max_size=30).map(lambda line: line.replace(b"\n", b"")), max_size=30),
    st.integers(1, 5),
    st.integers(1, 60),
)
def test_bodies_are_bounded_by_lines_and_bytes_and_leave_nothing_out(
    lines: list[bytes], most_lines: int, most_bytes: int
) -> None:
    parts = cut(lines, most_lines, most_bytes)
    assert [line for start, end in parts for line in lines[start:end]] == lines
    for start, end in parts:
        assert 0 < end - start <= most_lines
        assert end - start == 1 or sum(len(line) + 1 for line in lines[start:end]) <= most_bytes


def test_large_batches_are_cut() -> None:
    assert len(cut([b"x"] * (MOST_LINES + 1), MOST_LINES, MOST_BYTES)) == 2
    assert len(cut([b"x" * (MOST_BYTES // 2)] * 3, MOST_LINES, MOST_BYTES)) == 3


@pytest.mark.parametrize("luck", [0.0, 0.5, 1.0])
def test_waits_double_up_to_a_limit_and_begin_anew_after_a_success(luck: float) -> None:
    backoff = Backoff()
    waits = [backoff.failed(luck) for _ in range(12)]
    assert waits[0] == FIRST_S * (0.5 + luck / 2)
    assert all(after == min(2 * before, LONGEST_S * (0.5 + luck / 2)) for before, after in pairwise(waits))
    backoff.worked()
    assert backoff.failed(luck) == waits[0]


def test_what_the_server_asks_for_is_waited_at_least() -> None:
    assert Backoff().failed(0.0, 7.0) == 7.0
    assert Backoff(failures=20).failed(1.0, 7.0) == LONGEST_S
