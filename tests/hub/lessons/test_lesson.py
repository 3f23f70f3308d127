"""A lesson's life: what ends it, what can be taken back, and that nobody is locked out by it."""

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from labkeeper_hub.lessons.lesson import (
    AGAIN_MS,
    GRACE_MS,
    RETURN_MS,
    UNDO_MS,
    Effect,
    Ended,
    Event,
    Hurried,
    Left,
    Lesson,
    LessonRefused,
    Lessons,
    Phase,
    Prolonged,
    TakenOver,
    Tick,
    Undone,
    begin,
    lease_ms,
    step,
)
from labkeeper_wire.leases.book import Room

START, END = 1_000, 2_701_000
LESSON = Lesson("l-1", Room("demo", "lab-301"), "anna", 7, START, END)
ENDING = replace(LESSON, phase=Phase.ENDING, ending_ms=5_000 + UNDO_MS, ended_by="anna")


def test_a_start_begins_the_record_before_the_opening_scene() -> None:
    assert begin(LESSON) == (LESSON, (Effect.RECORD, Effect.OPEN))


def test_an_end_runs_the_closing_scene_and_holds_the_lease_until_it_can_no_longer_be_taken_back() -> None:
    assert step(LESSON, Ended("anna"), 5_000) == (ENDING, (Effect.CLOSE,))
    assert step(ENDING, Tick(leased=True), 5_000 + UNDO_MS - 1) == (ENDING, ())
    assert step(ENDING, Tick(leased=True), 5_000 + UNDO_MS) == (None, (Effect.RELEASE, Effect.SEAL))


def test_an_end_that_is_taken_back_is_a_lesson_as_before() -> None:
    assert step(ENDING, Undone("anna"), 6_000) == (LESSON, (Effect.RESTORE,))


def test_a_forgotten_lesson_ends_by_its_time_and_can_be_taken_back_for_a_while_longer() -> None:
    assert step(LESSON, Tick(leased=True), END - 1) == (LESSON, ())
    ending, effects = step(LESSON, Tick(leased=True), END)
    assert effects == (Effect.CLOSE,)
    assert ending == replace(LESSON, phase=Phase.ENDING, ending_ms=END + UNDO_MS)
    assert ending is not None
    assert step(ending, Undone("anna"), END + 1)[0] == replace(LESSON, until_ms=END + 1 + AGAIN_MS)


@pytest.mark.parametrize("lesson", [LESSON, ENDING])
def test_a_lesson_whose_lease_is_not_its_own_any_more_is_over_and_switches_nothing(lesson: Lesson) -> None:
    assert step(lesson, Tick(leased=False), 5_000) == (None, (Effect.SEAL,))


def test_who_takes_over_teaches_on_and_who_it_was_is_remembered() -> None:
    taken = replace(LESSON, teacher="ben", fence=8, until_ms=END + 1, before="anna")
    assert step(LESSON, TakenOver("ben", 8, END + 1), 5_000) == (taken, (Effect.HAND,))


def test_a_lesson_can_be_prolonged() -> None:
    assert step(LESSON, Prolonged("anna", END + 5), 5_000) == (replace(LESSON, until_ms=END + 5), ())


LEFT = replace(LESSON, left_ms=5_000)


def test_a_lesson_waits_for_a_teacher_who_signed_out_everywhere_and_is_as_before_when_they_are_back() -> None:
    assert step(LESSON, Left("anna"), 5_000) == (LEFT, ())
    assert (LESSON.ends_ms, LEFT.ends_ms) == (END, 5_000 + RETURN_MS)
    assert step(LEFT, Tick(leased=True), LEFT.ends_ms - 1) == (LEFT, ())
    assert step(LEFT, Tick(leased=True, back=True), LEFT.ends_ms) == (LESSON, ())


def test_a_lesson_whose_teacher_does_not_come_back_ends_as_by_its_time() -> None:
    ending, effects = step(LEFT, Tick(leased=True), LEFT.ends_ms)
    assert effects == (Effect.CLOSE,)
    assert ending == replace(LESSON, phase=Phase.ENDING, ending_ms=LEFT.ends_ms + UNDO_MS)
    late = replace(LESSON, left_ms=END - 1)
    assert late.ends_ms == END
    assert step(late, Tick(leased=True), END)[1] == (Effect.CLOSE,)


def test_an_ending_lesson_waits_for_nobody_and_one_that_is_taken_over_not_for_its_former_teacher() -> None:
    assert step(ENDING, Left("anna"), 6_000) == (ENDING, ())
    taken, _ = step(LEFT, TakenOver("ben", 8, END), 6_000)
    assert taken is not None
    assert (taken.left_ms, taken.ends_ms) == (0, END)


def test_who_waits_for_the_lab_need_not_wait_for_an_end_that_could_be_taken_back() -> None:
    assert step(ENDING, Hurried(), 5_001) == (None, (Effect.RELEASE, Effect.SEAL))


@pytest.mark.parametrize(
    ("lesson", "event", "code"),
    [
        (LESSON, Ended("ben"), "not_the_teacher"),
        (LESSON, Prolonged("ben", END), "not_the_teacher"),
        (ENDING, Undone("ben"), "not_the_teacher"),
        (LESSON, Left("ben"), "not_the_teacher"),
        (ENDING, Ended("anna"), "not_running"),
        (ENDING, Prolonged("anna", END), "not_running"),
        (ENDING, TakenOver("ben", 8, END), "not_running"),
        (LESSON, Undone("anna"), "not_ending"),
        (LESSON, Hurried(), "not_ending"),
    ],
)
def test_what_does_not_fit_is_refused(lesson: Lesson, event: Event, code: str) -> None:
    with pytest.raises(LessonRefused) as refused:
        step(lesson, event, 5_000)
    assert refused.value.code == code


def test_the_lease_outlives_the_lesson_by_its_end() -> None:
    assert lease_ms(END, START) == END - START + UNDO_MS + GRACE_MS
    assert lease_ms(START, END) == UNDO_MS + GRACE_MS


def test_all_lessons_are_one_thing_that_changes() -> None:
    assert Lessons(()).key == Lessons(((LESSON, None),)).key


class Life(RuleBasedStateMachine):
    """Any sequence of wishes of two teachers, with time going on and the lease being lost."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ms = START
        self.lesson: Lesson | None = LESSON
        self.effects: list[Effect] = [*begin(LESSON)[1]]

    def happens(self, event: Event) -> None:
        assert self.lesson is not None
        try:
            self.lesson, effects = step(self.lesson, event, self.now_ms)
        except LessonRefused:
            return
        self.effects += effects

    @precondition(lambda self: self.lesson is None)
    @rule()
    def begin_anew(self) -> None:
        self.lesson, effects = begin(replace(LESSON, started_ms=self.now_ms, until_ms=self.now_ms + END))
        self.effects = [*effects]

    @precondition(lambda self: self.lesson is not None)
    @rule(who=st.sampled_from(("anna", "ben")), wish=st.sampled_from((Ended, Undone, Left)))
    def wish(self, who: str, wish: type[Ended | Undone | Left]) -> None:
        self.happens(wish(who))

    @precondition(lambda self: self.lesson is not None)
    @rule(who=st.sampled_from(("anna", "ben")), minutes=st.integers(0, 90))
    def prolong(self, who: str, minutes: int) -> None:
        self.happens(Prolonged(who, self.now_ms + minutes * 60_000))

    @precondition(lambda self: self.lesson is not None)
    @rule(minutes=st.integers(1, 90))
    def take_over(self, minutes: int) -> None:
        assert self.lesson is not None
        self.happens(TakenOver("ben", self.lesson.fence + 1, self.now_ms + minutes * 60_000))

    @precondition(lambda self: self.lesson is not None)
    @rule(wait_ms=st.integers(0, 3_000_000), leased=st.booleans(), back=st.booleans())
    def pass_time(self, wait_ms: int, leased: bool, back: bool) -> None:  # noqa: FBT001 -- hypothesis gives it
        self.now_ms += wait_ms
        self.happens(Tick(leased or wait_ms < 60_000, back))

    @precondition(lambda self: self.lesson is not None)
    @rule()
    def hurry(self) -> None:
        self.happens(Hurried())

    @invariant()
    def what_is_over_is_sealed_once_and_what_is_on_is_not(self) -> None:
        assert self.effects.count(Effect.SEAL) == (self.lesson is None)
        assert self.effects.count(Effect.RECORD) == 1

    @invariant()
    def nothing_is_given_back_or_restored_that_was_not_closed(self) -> None:
        closed = self.effects.count(Effect.CLOSE)
        undone = self.effects.count(Effect.RESTORE) + self.effects.count(Effect.RELEASE)
        ending = self.lesson is not None and self.lesson.phase is Phase.ENDING
        lost_while_ending = self.lesson is None and Effect.RELEASE not in self.effects
        assert closed - undone == ending or (lost_while_ending and closed - undone in (0, 1))

    @invariant()
    def nobody_is_locked_out_for_long(self) -> None:
        """Left alone, it is over when its lease is."""
        if self.lesson is None:
            return
        now_ms = self.now_ms + lease_ms(self.lesson.until_ms, self.now_ms)
        first, _ = step(self.lesson, Tick(leased=True), now_ms)
        assert first is None or step(first, Tick(leased=True), first.ending_ms)[0] is None


Life.TestCase.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)
test_any_sequence_of_wishes = Life.TestCase
