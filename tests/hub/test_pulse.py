"""A worker that hangs is told from one that waits, and commits are counted by how long they took."""

from labkeeper_hub.pulse import HANGING_S, CommitTimes, Pulse, WatchedAccounts
from labkeeper_hub.status import DURATION_BOUNDS_S
from labkeeper_hub.timeseries.group import Group


class Clock:
    """Stands where it is put."""

    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Ledger:
    """Remembers in which order it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def close(self, group: Group) -> None:
        assert not group
        self.asked.append("close")

    def committed(self, group: Group) -> None:
        assert not group
        self.asked.append("committed")


def test_only_a_worker_that_stays_at_one_piece_of_work_hangs() -> None:
    clock = Clock()
    pulse = Pulse("worker", clock)
    clock.now_s += HANGING_S
    assert not pulse.hanging
    with pulse.working():
        clock.now_s += HANGING_S - 1
        assert not pulse.hanging
        clock.now_s += 1
        assert pulse.hanging
    assert not pulse.hanging
    assert pulse.end() == 0.0


def test_a_commit_is_timed_from_its_closing_to_its_end() -> None:
    clock, ledger, group = Clock(), Ledger(), Group()
    watched = WatchedAccounts(ledger, Pulse("commits", clock))
    for took_s in (0.001, 0.004, 99.0):
        watched.close(group)
        clock.now_s += took_s
        watched.committed(group)
    assert ledger.asked == ["close", "committed"] * 3
    counts, sum_s = watched.times.durations()
    assert (sum(counts), counts[-1], len(counts)) == (3, 1, len(DURATION_BOUNDS_S) + 1)
    assert round(sum_s, 6) == 99.005


def test_a_duration_at_a_bound_counts_below_it() -> None:
    times = CommitTimes()
    for bound_s in DURATION_BOUNDS_S:
        times.observe(bound_s)
    assert times.durations().counts == (*[1] * len(DURATION_BOUNDS_S), 0)
