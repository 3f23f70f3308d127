"""A command's life as a pure machine: what moves it, what does not, and that it never says more than is known."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkeeper_hub.commands import lifecycle
from labkeeper_hub.commands.lifecycle import (
    GRACE_MS,
    RESEND_MS,
    Answer,
    Course,
    Dispatch,
    Effect,
    Event,
    NodeLost,
    Tick,
    Undeliverable,
    step,
)
from labkeeper_hub.model import Order, PointKey, State
from labkeeper_wire.commands import CommandResult, CommandState

START_MS = 1_000_000
DEADLINE_MS = START_MS + 3000
ORDER = Order(
    "0b9fe4b1-7a34-4f1b-8a07-5b8de0a2a3a4", PointKey("s", "n", "d", "p"), True, "owner", START_MS, DEADLINE_MS
)


def answer(state: CommandState, code: str = "", message: str = "") -> Answer:
    return Answer(CommandResult(ORDER.id, state, code, message))


def queued() -> Course:
    return lifecycle.begin(ORDER)


def sent(now_ms: int = START_MS) -> Course:
    return step(queued(), Dispatch(online=True), now_ms)[0]


def accepted() -> Course:
    return step(sent(), answer(CommandState.ACCEPTED), START_MS + 5)[0]


def test_a_new_command_is_queued_and_dispatch_sends_it() -> None:
    course, effects = step(queued(), Dispatch(online=True), START_MS)
    assert (course.command.state, effects, course.sent_ms) == (State.SENT, (Effect.SEND,), START_MS)


def test_a_command_for_an_offline_device_is_rejected_and_never_sent() -> None:
    course, effects = step(queued(), Dispatch(online=False), START_MS)
    assert (course.command.state, course.command.code, effects) == (State.REJECTED, "offline", ())


def test_a_command_that_comes_to_its_dispatch_too_late_is_expired() -> None:
    course, effects = step(queued(), Dispatch(online=True), DEADLINE_MS)
    assert (course.command.state, course.command.code, effects) == (State.EXPIRED, "not_sent", ())


def test_a_command_is_dispatched_once() -> None:
    course = sent()
    assert step(course, Dispatch(online=True), START_MS) == (course, ())


def test_a_queued_command_expires_at_its_deadline() -> None:
    assert step(queued(), Tick(online=True), DEADLINE_MS - 1)[0].command.state is State.QUEUED
    assert step(queued(), Tick(online=True), DEADLINE_MS)[0].command.state is State.EXPIRED


def test_what_cannot_be_put_on_the_wire_is_rejected_with_the_reason() -> None:
    command = step(sent(), Undeliverable("out_of_range", "300 is no Int8"), START_MS)[0].command
    assert (command.state, command.code, command.message) == (State.REJECTED, "out_of_range", "300 is no Int8")


@pytest.mark.parametrize("final", [state for state in CommandState if state is not CommandState.ACCEPTED])
@pytest.mark.parametrize("course", [sent(), accepted()])
def test_the_nodes_word_ends_a_command(course: Course, final: CommandState) -> None:
    command = step(course, answer(final, "code", "said"), START_MS + 9)[0].command
    assert (command.state, command.code, command.message) == (State(final), "code", "said")
    assert command.updated_ms == START_MS + 9


def test_accepted_again_changes_nothing() -> None:
    course = accepted()
    assert step(course, answer(CommandState.ACCEPTED), START_MS + 9)[0] is course


def test_without_an_answer_the_same_id_is_sent_again_each_second_until_the_deadline() -> None:
    course, again = sent(), []
    for now_ms in range(START_MS, DEADLINE_MS + GRACE_MS, 50):
        course, effects = step(course, Tick(online=True), now_ms)
        again += [now_ms - START_MS for _ in effects]
    assert again == [RESEND_MS, 2 * RESEND_MS]
    assert course.command.state is State.SENT


def test_nothing_is_sent_again_to_a_device_that_is_offline() -> None:
    course, effects = step(sent(), Tick(online=False), START_MS + RESEND_MS)
    assert (course.command.state, effects, course.sent_ms) == (State.SENT, (), START_MS + RESEND_MS)


def test_a_sent_command_without_an_answer_ends_unknown_and_is_never_called_done_or_expired() -> None:
    command = step(sent(), Tick(online=True), DEADLINE_MS + GRACE_MS)[0].command
    assert (command.state, command.code) == (State.UNKNOWN, "no_answer")


def test_an_accepted_command_has_the_time_its_device_needs_and_is_not_sent_again() -> None:
    course = accepted()
    last_ms = DEADLINE_MS + course.confirm_ms + GRACE_MS
    assert step(course, Tick(online=True), last_ms - 1) == (course, ())
    assert step(course, Tick(online=True), last_ms)[0].command.state is State.UNKNOWN


@pytest.mark.parametrize("course", [sent(), accepted()])
def test_a_node_that_dies_leaves_its_commands_unknown(course: Course) -> None:
    command = step(course, NodeLost(), START_MS + 9)[0].command
    assert (command.state, command.code) == (State.UNKNOWN, "node_lost")


def test_a_node_that_dies_before_the_dispatch_leaves_it_rejected() -> None:
    assert step(queued(), NodeLost(), START_MS)[0].command.state is State.REJECTED


def test_a_late_word_of_the_node_corrects_unknown() -> None:
    unknown = step(sent(), NodeLost(), START_MS)[0]
    assert step(unknown, answer(CommandState.DONE), START_MS + 60_000)[0].command.state is State.DONE
    assert step(unknown, answer(CommandState.ACCEPTED), START_MS + 60_000)[0] is unknown


@pytest.mark.parametrize("event", [Tick(online=True), NodeLost(), Dispatch(online=True), answer(CommandState.FAILED)])
def test_what_is_done_stays_done(event: Event) -> None:
    done = step(sent(), answer(CommandState.DONE), START_MS)[0]
    assert step(done, event, DEADLINE_MS * 2) == (done, ())


def test_after_a_restart_a_queued_command_counts_as_sent_because_it_may_have_been() -> None:
    course, effects = lifecycle.resume(queued(), START_MS + 100)
    assert (course.command.state, effects) == (State.SENT, ())
    assert step(course, Tick(online=True), START_MS + 100 + RESEND_MS)[1] == (Effect.SEND,)


def test_after_a_restart_beyond_the_deadline_an_open_command_is_unknown() -> None:
    late_ms = DEADLINE_MS + 60_000
    assert lifecycle.resume(queued(), late_ms)[0].command.state is State.UNKNOWN
    assert lifecycle.resume(replace(accepted(), sent_ms=None), late_ms)[0].command.state is State.UNKNOWN


def test_the_time_to_live_is_what_is_left_of_it() -> None:
    assert lifecycle.ttl_ms(sent(), START_MS + 1000) == 2000
    assert lifecycle.ttl_ms(sent(), DEADLINE_MS + 1) == 1


EVENTS = st.one_of(
    st.builds(Dispatch, online=st.booleans()),
    st.builds(Tick, online=st.booleans()),
    st.builds(NodeLost),
    st.sampled_from(CommandState).map(answer),
)


@given(st.lists(st.tuples(EVENTS, st.integers(0, 1500)), max_size=30))
def test_only_the_node_can_say_accepted_done_or_failed(events: list[tuple[Event, int]]) -> None:
    course, now_ms, said = queued(), START_MS, set[str]()
    for event, pause_ms in events:
        now_ms += pause_ms
        before = course
        course, effects = step(course, event, now_ms)
        if isinstance(event, Answer):
            said.add(event.result.state)
        if Effect.SEND in effects:
            assert now_ms < DEADLINE_MS
            assert not before.command.state.final
        if course.command.state in (State.ACCEPTED, State.DONE, State.FAILED):
            assert course.command.state in said
        if before.command.state.final and before.command.state is not State.UNKNOWN:
            assert course is before
