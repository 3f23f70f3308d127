"""Who is told when: the machine, by examples and whatever happens."""

from dataclasses import dataclass, field
from datetime import time

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from labkeeper_hub.alarms.rules import AlarmClass, Role
from labkeeper_hub.alarms.states import Priority
from labkeeper_hub.model import AlarmKey, PointKey
from labkeeper_hub.telling.border import STATE
from labkeeper_hub.telling.hours import ALWAYS, Calendar, Calendars, Hours
from labkeeper_hub.telling.machine import HOUR_MS, Kind, State, Tell, look
from labkeeper_hub.telling.plan import MINUTE_MS, Calling, Picks, Plan, Step, TellingRule

DAY = Hours(start=time(8), end=time(18))
MORNING_MS = 1_790_812_800_000  # 08:00 in Shanghai
EVENING_MS = MORNING_MS + 10 * HOUR_MS


def alarm(
    source: str = "d",
    *,
    rule: str = "co2",
    lab: str = "lab-1",
    safety: bool = False,
    priority: Priority = Priority.LOW,
    rank: int = 0,
) -> Calling:
    kind = AlarmClass.SAFETY if safety else AlarmClass.ENVIRONMENT
    return Calling(AlarmKey(rule, PointKey("demo", "n", source, "p")), lab, priority, kind, Role.TEACHER, rank)


def plan(*steps: Step, repeat_ms: int = 0, per_hour: int = 12) -> Plan:
    return Plan((TellingRule("all", steps, repeat_ms=repeat_ms),), per_hour=per_hour)


@dataclass
class Teller:
    """The machine over a plan, at a time that a test moves."""

    plan: Plan
    now_ms: int = MORNING_MS
    state: State = field(default_factory=State)
    calendars: Calendars = lambda _: Calendar()

    def __call__(self, *calling: Calling, after_ms: int = 0) -> list[tuple[str, str]]:
        self.now_ms += after_ms
        self.state, tells = look(self.state, self.plan, self.calendars, calling, self.now_ms)
        self.tells = tells
        return [(tell.channel, tell.kind.value) for tell in tells]


TWO = (Step("duty"), Step("head", 10 * MINUTE_MS))


def test_an_alarm_is_told_once_then_escalated_until_somebody_acknowledges() -> None:
    tell = Teller(plan(*TWO))
    assert tell(alarm()) == [("duty", "alarm")]
    assert tell(alarm(), after_ms=10 * MINUTE_MS - 1) == []
    assert tell(alarm(), after_ms=1) == [("head", "escalation")]
    assert tell(alarm(), after_ms=HOUR_MS) == []
    assert tell(after_ms=1) == []  # acknowledged, or gone
    assert tell(alarm(), after_ms=1) == [("duty", "alarm")]  # and again


def test_what_rises_to_a_worse_level_is_told_again_and_what_eases_is_not() -> None:
    tell = Teller(plan(*TWO))
    assert tell(alarm(priority=Priority.HIGH, rank=1)) == [("duty", "alarm")]
    assert tell(alarm(priority=Priority.HIGH, rank=2), after_ms=MINUTE_MS) == [("duty", "alarm")]
    assert tell(alarm(priority=Priority.HIGH, rank=1), after_ms=MINUTE_MS) == []
    assert tell(alarm(priority=Priority.HIGH, rank=2), after_ms=MINUTE_MS) == []


def test_an_acknowledged_alarm_escalates_no_more() -> None:
    tell = Teller(plan(*TWO, repeat_ms=MINUTE_MS))
    tell(alarm())
    assert tell(after_ms=10 * MINUTE_MS) == []
    assert tell.state.cases == ()


def test_the_newest_step_is_repeated_if_the_rule_says_so() -> None:
    tell = Teller(plan(*TWO, repeat_ms=20 * MINUTE_MS))
    tell(alarm())
    tell(alarm(), after_ms=10 * MINUTE_MS)
    assert tell(alarm(), after_ms=20 * MINUTE_MS) == [("head", "repeat")]
    assert tell(alarm(), after_ms=1) == []


def test_who_is_away_is_passed_over_at_once_and_told_when_they_come() -> None:
    tell = Teller(plan(Step("duty", hours=DAY), Step("guard", 10 * MINUTE_MS)), EVENING_MS)
    assert tell(alarm()) == [("guard", "alarm")]
    assert tell(alarm(), after_ms=14 * HOUR_MS) == [("duty", "alarm")]


def test_where_nobody_is_there_an_alarm_waits_for_the_first_who_comes_and_is_not_repeated_to_who_went() -> None:
    tell = Teller(plan(Step("duty", hours=DAY), repeat_ms=HOUR_MS), EVENING_MS - MINUTE_MS)
    assert tell(alarm()) == [("duty", "alarm")]
    assert tell(alarm(), after_ms=2 * HOUR_MS) == []
    other = Teller(plan(Step("duty", hours=DAY)), EVENING_MS)
    assert other(alarm()) == []
    assert other(alarm(), after_ms=14 * HOUR_MS) == [("duty", "alarm")]


def test_the_safety_class_calls_at_all_hours() -> None:
    tell = Teller(plan(Step("duty", hours=DAY), repeat_ms=HOUR_MS), EVENING_MS)
    assert tell(alarm(safety=True)) == [("duty", "alarm")]
    assert tell(alarm(safety=True), after_ms=HOUR_MS) == [("duty", "repeat")]


def test_one_cause_is_one_message_and_a_worse_one_is_told_again() -> None:
    tell = Teller(plan(*TWO))
    assert tell(alarm("a"), alarm("b")) == [("duty", "alarm")]
    assert tell(alarm("a"), alarm("c"), after_ms=1) == []
    assert tell(alarm("a"), alarm("c", priority=Priority.HIGH), after_ms=1) == [("duty", "alarm")]
    assert tell(alarm("a", lab="lab-2"), alarm("a"), after_ms=1) == [("duty", "alarm")]


def test_what_no_rule_picks_is_told_to_nobody() -> None:
    rules = (TellingRule("gas", (Step("duty"),), Picks(classes=frozenset({AlarmClass.SAFETY}))),)
    assert Teller(Plan(rules))(alarm()) == []


def test_two_rules_say_the_same_once() -> None:
    rules = (TellingRule("a", (Step("duty"),)), TellingRule("b", (Step("duty"), Step("head"))))
    assert Teller(Plan(rules))(alarm()) == [("duty", "alarm"), ("head", "escalation")]


def test_a_cap_turns_a_flood_into_a_digest_and_lets_the_safety_class_through() -> None:
    tell = Teller(plan(Step("duty"), per_hour=2))
    labs = [alarm(lab=f"lab-{number}") for number in range(10)]
    assert tell(*labs) == [("duty", "alarm")] * 2
    gases = [alarm(f"g{number}", rule="gas", safety=True) for number in range(5)]
    assert tell(*labs, *gases, after_ms=1) == [("duty", "alarm")] * 5
    assert tell(*labs, *gases, after_ms=15 * MINUTE_MS) == [("duty", "digest")]
    assert len(tell.tells[0].causes) == 8
    assert tell(*labs, alarm(lab="new"), after_ms=HOUR_MS) == [("duty", "alarm")]


def test_a_plan_that_changed_goes_on_with_what_it_has() -> None:
    tell = Teller(plan(*TWO, repeat_ms=MINUTE_MS))
    tell(alarm())
    tell(alarm(), after_ms=10 * MINUTE_MS)
    tell.plan = plan(Step("other"))
    assert tell(alarm(), after_ms=MINUTE_MS) == []  # the first step was told, whoever it was
    tell.plan = Plan()
    assert tell(alarm(), after_ms=1) == []
    assert tell.state == State()


def test_what_is_remembered_comes_back_from_disk_as_it_was() -> None:
    tell = Teller(plan(*TWO, per_hour=1))
    tell(alarm(), alarm(lab="lab-2"), alarm(rule="gas", safety=True))
    assert tell.state.purses[0].held
    assert STATE.validate_python(STATE.dump_python(tell.state, mode="json")) == tell.state


ALARMS = st.builds(
    alarm, st.sampled_from("abc"), lab=st.sampled_from(["lab-1", "lab-2", "lab-3"]), safety=st.just(False)
) | st.builds(alarm, st.sampled_from("xyz"), rule=st.just("gas"), safety=st.just(True))
AWAY = st.sampled_from([ALWAYS, DAY, Hours(start=time(18), end=time(8))])


class WhateverHappens(RuleBasedStateMachine):
    """The machine beside the plainest account of what people were owed."""

    @initialize(
        hours=st.lists(AWAY, min_size=1, max_size=3),
        waits=st.lists(st.integers(0, 30), min_size=3, max_size=3),
        repeat=st.sampled_from([0, 7]),
        cap=st.integers(1, 3),
    )
    def begin(self, hours: list[Hours], waits: list[int], repeat: int, cap: int) -> None:
        times = sorted(waits)
        steps = tuple(Step(f"c{i}", times[i] * MINUTE_MS, one) for i, one in enumerate(hours))
        self.tell = Teller(plan(*steps, repeat_ms=repeat * MINUTE_MS, per_hour=cap))
        self.calling: dict[AlarmKey, Calling] = {}
        self.since: dict[Calling, int] = {}
        self.reached: set[object] = set()
        self.history: list[tuple[int, Tell]] = []
        self.said: list[Tell] = []

    @rule(one=ALARMS)
    def raised(self, one: Calling) -> None:
        self.calling[one.key] = one
        self.look(0)

    @rule(data=st.data())
    def acknowledged(self, data: st.DataObject) -> None:
        if self.calling:
            del self.calling[data.draw(st.sampled_from(sorted(self.calling)))]
        self.look(0)

    @rule(minutes=st.integers(1, 240))
    def time_passes(self, minutes: int) -> None:
        for _ in range(minutes // 10 + 1):
            self.look(MINUTE_MS * max(1, minutes // (minutes // 10 + 1)))

    def look(self, after_ms: int) -> None:
        self.tell(*self.calling.values(), after_ms=after_ms)
        self.said = list(self.tell.tells)
        now_ms = self.tell.now_ms
        self.history += [(now_ms, one) for one in self.said]
        causes = {one.cause for one in self.calling.values()}
        self.reached = {one for one in self.reached if one in causes}
        self.reached |= {cause for one in self.said for cause in one.causes}
        self.reached |= {cause for purse in self.tell.state.purses for cause in purse.held}
        self.since = {one: self.since.get(one, now_ms) for one in self.calling.values()}
        self.check()

    def check(self) -> None:
        steps, now_ms = self.tell.plan.rules[0].steps, self.tell.now_ms
        calendar = self.tell.calendars("demo")
        for one, since_ms in self.since.items():
            somebody = one.safety or any(calendar.is_open(step.hours, now_ms) for step in steps)
            if somebody and now_ms >= since_ms + steps[-1].after_ms:
                assert one.cause in self.reached, "a raise is told within its time to somebody in hours"
            if one.safety and now_ms >= since_ms + steps[0].after_ms:
                told = [at for at, tell in self.history if tell.causes == (one.cause,) and at >= since_ms]
                assert told, "caps and hours never swallow the safety class"

    @invariant()
    def who_is_away_is_told_of_safety_only(self) -> None:
        if not hasattr(self, "tell"):
            return
        hours = {step.channel: step.hours for step in self.tell.plan.rules[0].steps}
        for one in self.said:
            here = self.tell.calendars("demo").is_open(hours[one.channel], self.tell.now_ms)
            assert one.safety or one.kind is Kind.DIGEST or here

    @invariant()
    def what_calls_no_more_is_told_no_more(self) -> None:
        if not hasattr(self, "tell"):
            return
        causes = {one.cause for one in self.calling.values()}
        assert all(one.kind is Kind.DIGEST or set(one.causes) <= causes for one in self.said)

    @invariant()
    def no_hour_has_more_than_the_cap(self) -> None:
        if not hasattr(self, "tell"):
            return
        for channel in {one.channel for _, one in self.history}:
            recent = [
                at
                for at, one in self.history
                if one.channel == channel and not one.safety and one.kind is not Kind.DIGEST
                if at > self.tell.now_ms - HOUR_MS
            ]
            assert len(recent) <= self.tell.plan.per_hour


TestWhateverHappens = WhateverHappens.TestCase
TestWhateverHappens.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
