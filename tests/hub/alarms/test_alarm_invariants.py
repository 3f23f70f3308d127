"""Whatever happens in whatever order: what ISA-18.2 asks of an alarm stays true. Hypothesis prints what breaks it."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from labkeeper_hub.alarms.states import (
    Acknowledged,
    Alarm,
    AlarmRefused,
    Cleared,
    Core,
    Designed,
    Event,
    Priority,
    Raised,
    Reset,
    Returned,
    Service,
    Shelf,
    Shelved,
    Suppression,
    TakenOut,
    Unshelved,
    due,
    step,
)

ALARMING = st.sampled_from([Priority.LOW, Priority.MEDIUM, Priority.HIGH])
ACTIVE = (Core.UNACK, Core.ACK)
UNSEEN = (Core.UNACK, Core.RTN_UNACK, Core.LATCHED_UNACK)


class AlarmLife(RuleBasedStateMachine):
    """One alarm, beside the plainest account of what should be true of it."""

    def __init__(self) -> None:
        super().__init__()
        self.safety = False
        self.alarm = Alarm()
        self.now_ms = 0
        self.log: list[tuple[Event, int]] = []
        self.condition = False
        self.seen_since_raise = True
        self.called = False

    def happens(self, event: Event) -> None:
        before = self.alarm
        self.now_ms += 1
        try:
            self.alarm = step(before, event, self.now_ms)
        except AlarmRefused:
            return
        self.log.append((event, self.now_ms))
        self.called = self.alarm.annunciated or (self.called and self.alarm.core in UNSEEN)
        assert step(self.alarm, event, self.now_ms) is self.alarm or isinstance(event, Acknowledged | Cleared | Raised)
        if before.core in UNSEEN and self.alarm.core is Core.NORM:
            assert isinstance(event, Acknowledged)
        assert self.alarm.version == before.version + (self.alarm is not before)

    @initialize(safety=st.booleans())
    def of_a_class(self, safety: bool) -> None:  # noqa: FBT001 - drawn by Hypothesis
        self.safety = safety
        self.alarm = Alarm(safety=safety)

    @rule(priority=ALARMING, latch=st.booleans(), rank=st.integers(0, 3))
    def raised(self, priority: Priority, latch: bool, rank: int) -> None:  # noqa: FBT001 - drawn by Hypothesis
        news = not self.condition or (priority, rank) > (self.alarm.priority, self.alarm.rank)
        self.happens(Raised(priority, latch, rank=rank))
        self.condition = True
        self.seen_since_raise = self.seen_since_raise and not news

    @rule()
    def cleared(self) -> None:
        self.happens(Cleared())
        self.condition = False

    @rule()
    def acknowledged(self) -> None:
        self.happens(Acknowledged("li"))
        self.seen_since_raise = True

    @rule()
    def reset(self) -> None:
        self.happens(Reset("li"))

    @rule(minutes=st.integers(0, 2000))
    def shelved(self, minutes: int) -> None:
        self.happens(Shelved(Shelf("li", "paint", self.now_ms + minutes * 60_000)))

    @rule()
    def unshelved(self) -> None:
        self.happens(Unshelved("li"))

    @rule(cause=st.sampled_from(["", "node_lost", "broker_lost"]))
    def designed(self, cause: str) -> None:
        self.happens(Designed(cause))

    @rule(second=st.sampled_from(["", "li", "wang"]))
    def taken_out(self, second: str) -> None:
        self.happens(TakenOut(Service("li", "W-7", second)))

    @rule()
    def returned(self) -> None:
        self.happens(Returned("li"))

    @precondition(lambda self: self.alarm.shelf is not None)
    @rule()
    def a_day_passes(self) -> None:
        self.now_ms += 86_400_000
        ends = due(self.alarm, self.now_ms)
        assert ends is not None
        self.happens(ends)
        assert self.alarm.shelf is None

    @invariant()
    def the_core_tells_the_condition(self) -> None:
        assert (self.alarm.core in ACTIVE) is self.condition

    @invariant()
    def nothing_unseen_looks_seen(self) -> None:
        assert (self.alarm.core in UNSEEN) is not self.seen_since_raise

    @invariant()
    def annunciated_means_standing_unseen_and_not_suppressed(self) -> None:
        alarm = self.alarm
        free = alarm.shelf is None and not alarm.design and alarm.service is None
        assert (alarm.suppression is Suppression.NOT_SUPPRESSED) is free
        assert alarm.annunciated is (free and alarm.core in (Core.UNACK, Core.LATCHED_UNACK))

    @invariant()
    def whoever_was_called_and_nobody_else_is_left_with_it(self) -> None:
        alarm = self.alarm
        put_aside = alarm.shelf is not None or alarm.service is not None
        held = alarm.core in (*ACTIVE, Core.LATCHED_UNACK, Core.LATCHED_ACK)
        assert alarm.shown is (put_aside or held or (self.called and alarm.core is Core.RTN_UNACK))

    @invariant()
    def the_safety_class_is_never_shelved_and_out_of_service_by_two_persons_only(self) -> None:
        assert self.alarm.safety is self.safety
        if self.safety:
            assert self.alarm.shelf is None
            service = self.alarm.service
            assert service is None or service.second not in ("", service.who)

    @invariant()
    def replaying_the_log_gives_the_same_state(self) -> None:
        again = Alarm(safety=self.safety)
        for event, time_ms in self.log:
            again = step(again, event, time_ms)
        assert again == self.alarm


AlarmLife.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestAlarmLife = AlarmLife.TestCase
