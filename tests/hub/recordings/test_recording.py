"""What may become of a recording."""

import pytest

from labkeeper_hub.model import DERIVED_NODE, NodeKey
from labkeeper_hub.recordings.recording import (
    DERIVED_MS,
    MOST_MARKS,
    MOST_POINTS,
    MOST_RUNNING,
    OPEN_END_MS,
    SETTLE_MS,
    Delivered,
    Mark,
    Plan,
    RecordingRefused,
    Seal,
    Stage,
    begin,
    follow,
    mark,
    seal,
    settled,
    stop,
)

from .made import START_MS, plan, point, recording

SEAL = Seal("digest", 3, "sha", START_MS + 9_000, "hub")
PI = NodeKey("demo", "pi")


def refused(code: str) -> "pytest.RaisesExc[RecordingRefused]":
    return pytest.RaisesExc(RecordingRefused, check=lambda error: error.code == code)


def test_it_runs_is_marked_stops_and_is_sealed() -> None:
    running = mark(recording(), Mark(START_MS + 5, "p-1", "lamp on"))
    assert (running.stage, running.end_ms) == (Stage.RUNNING, OPEN_END_MS)
    stopped = stop(running, "p-2", START_MS + 1_000)
    assert (stopped.stage, stopped.end_ms) == (Stage.STOPPED, START_MS + 1_000)
    sealed = seal(stopped, SEAL)
    assert (sealed.stage, sealed.marks, sealed.seal) == (Stage.SEALED, running.marks, SEAL)


def test_a_stop_in_the_same_millisecond_still_leaves_an_interval() -> None:
    assert stop(recording(), "p-1", START_MS).end_ms == START_MS + 1


def test_it_needs_points_and_not_too_many() -> None:
    with refused("no_points"):
        begin("r", Plan("demo", "lab-301", "", ()), "p-1", START_MS)
    with refused("too_many_points"):
        begin("r", plan(*(point(f"p{at}") for at in range(MOST_POINTS + 1))), "p-1", START_MS)


def test_a_lab_has_so_many_at_once_and_other_labs_do_not_count() -> None:
    running = [recording(identity=f"r-{at}") for at in range(MOST_RUNNING)]
    with refused("too_many_recordings"):
        begin("r", plan(), "p-1", START_MS, running)
    assert begin("r", plan(lab="lab-302"), "p-1", START_MS, running).stage is Stage.RUNNING
    ended = [stop(running[0], "p-1", START_MS + 1), *running[1:]]
    assert begin("r", plan(), "p-1", START_MS, ended).stage is Stage.RUNNING


def test_it_follows_what_joins_as_far_as_there_is_room_and_while_it_runs() -> None:
    before = recording()
    assert follow(before, before.plan.points) is before
    grown = follow(before, (*before.plan.points, point("humidity")))
    assert [one.point for one in grown.plan.points] == ["temperature", "humidity"]
    full = follow(before, [point(f"p{at}") for at in range(MOST_POINTS)])
    assert len(full.plan.points) == MOST_POINTS
    assert follow(full, [point("one more")]) is full
    with refused("not_running"):
        follow(stop(before, "p-1", START_MS + 1_000), [point("humidity")])


def test_what_has_stopped_is_neither_marked_nor_stopped_again() -> None:
    stopped = stop(recording(), "p-1", START_MS + 1)
    with refused("not_running"):
        mark(stopped, Mark(START_MS, "p-1", ""))
    with refused("not_running"):
        stop(stopped, "p-1", START_MS + 2)


def test_marks_have_an_end() -> None:
    running = recording()
    for _ in range(MOST_MARKS):
        running = mark(running, Mark(START_MS, "p-1", ""))
    with refused("too_many_marks"):
        mark(running, Mark(START_MS, "p-1", ""))


def test_only_what_has_stopped_is_sealed_and_once() -> None:
    with refused("still_running"):
        seal(recording(), SEAL)
    sealed = seal(stop(recording(), "p-1", START_MS + 1), SEAL)
    with refused("sealed"):
        seal(sealed, SEAL)


@pytest.mark.parametrize(
    ("nodes", "after_ms", "expected"),
    [
        ({PI: Delivered(online=True, empty=True)}, SETTLE_MS, True),
        ({PI: Delivered(online=True, empty=True)}, SETTLE_MS - 1, False),
        ({PI: Delivered(online=True, empty=False)}, SETTLE_MS, False),
        ({PI: Delivered(online=False, empty=True)}, SETTLE_MS, False),
        ({}, SETTLE_MS, False),
    ],
)
def test_it_has_settled_when_its_nodes_have_delivered(
    nodes: dict[NodeKey, Delivered], after_ms: int, *, expected: bool
) -> None:
    stopped = stop(recording(), "p-1", START_MS + 1_000)
    assert settled(stopped, nodes, START_MS + 1_000 + after_ms) is expected


def test_what_runs_or_is_sealed_does_not_settle() -> None:
    nodes = {PI: Delivered(online=True, empty=True)}
    assert not settled(recording(), nodes, START_MS * 2)
    assert not settled(seal(stop(recording(), "p-1", START_MS + 1), SEAL), nodes, START_MS * 2)


def test_where_derived_points_are_recorded_it_waits_for_their_rows_and_for_what_they_come_from() -> None:
    stopped = stop(recording(point().model_copy(update={"node": f"{DERIVED_NODE}pi"})), "p-1", START_MS + 1_000)
    nodes = {PI: Delivered(online=True, empty=True)}
    assert not settled(stopped, nodes, START_MS + 1_000 + DERIVED_MS - 1)
    assert settled(stopped, nodes, START_MS + 1_000 + DERIVED_MS)
    assert not settled(stopped, {}, START_MS + 1_000 + DERIVED_MS)
