"""When somebody is there, and which alarms a rule is for."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from pydantic import ValidationError

from labkeeper_hub.alarms.rules import AlarmClass, Role
from labkeeper_hub.alarms.states import Priority
from labkeeper_hub.model import AlarmKey, PointKey
from labkeeper_hub.telling.border import PlanBody
from labkeeper_hub.telling.hours import ALWAYS, Calendar, Hours, in_common
from labkeeper_hub.telling.plan import Calling, Cause, Picks

SHANGHAI = timezone(timedelta(hours=8))
LESSONS = Hours(frozenset(range(1, 6)), time(7), time(18), holidays=False)
NIGHT = Hours(frozenset({5}), time(22), time(6), holidays=False)
CALENDAR = Calendar(holidays=frozenset({date(2026, 10, 1)}), worked={date(2026, 10, 10): 3})
WEDNESDAYS = Hours(frozenset({3}), holidays=False)


def at(day: int, hour: int, minute: int = 0) -> int:
    """A moment of October 2026 on a clock in Shanghai; the 1st is a Thursday."""
    return int(datetime(2026, 10, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("hours", "moment", "expected"),
    [
        (ALWAYS, at(1, 3), True),
        (LESSONS, at(2, 7), True),
        (LESSONS, at(2, 6, 59), False),
        (LESSONS, at(2, 18), False),
        (LESSONS, at(3, 12), False),  # a Saturday
        (LESSONS, at(10, 12), True),  # a Saturday that is worked
        (WEDNESDAYS, at(10, 12), True),  # in the place of a Wednesday
        (Hours(frozenset({6})), at(10, 12), True),  # and a Saturday all the same
        (Hours(frozenset({2})), at(10, 12), False),
        (LESSONS, at(1, 12), False),  # a Thursday that is a holiday
        (NIGHT, at(2, 22), True),  # Friday evening,
        (NIGHT, at(3, 5, 59), True),  # and what is left of it on Saturday
        (NIGHT, at(3, 6), False),
        (NIGHT, at(2, 5), False),  # the night of Thursday
        (NIGHT, at(3, 22), False),
        (Hours(end=time(6)), at(4, 5), True),
        (Hours(frozenset({7}), end=time(6)), at(5, 5), False),  # Monday
    ],
)
def test_somebody_is_there_at_their_hours_but_for_holidays(hours: Hours, moment: int, *, expected: bool) -> None:
    assert CALENDAR.is_open(hours, moment) is expected


def calling(**changed: object) -> Calling:
    told: dict[str, object] = {
        "key": AlarmKey("co2", PointKey("demo", "n", "d", "p")),
        "lab": "lab-1",
        "priority": Priority.MEDIUM,
        "alarm_class": AlarmClass.ENVIRONMENT,
        "role": Role.TEACHER,
    }
    return Calling(**{**told, **changed})  # type: ignore[arg-type] # fields by name


@pytest.mark.parametrize(
    ("picks", "expected"),
    [
        (Picks(), True),
        (Picks(schools=frozenset({"demo"}), labs=frozenset({"lab-1"})), True),
        (Picks(schools=frozenset({"other"})), False),
        (Picks(labs=frozenset({"lab-2"})), False),
        (Picks(classes=frozenset({AlarmClass.SAFETY})), False),
        (Picks(roles=frozenset({Role.TEACHER, Role.IT})), True),
        (Picks(roles=frozenset({Role.IT})), False),
        (Picks(priority=Priority.MEDIUM), True),
        (Picks(priority=Priority.HIGH), False),
    ],
)
def test_a_rule_picks_by_place_class_role_and_priority(picks: Picks, *, expected: bool) -> None:
    assert picks(calling()) is expected


def test_sensors_of_a_lab_share_a_cause_but_not_in_the_safety_class_nor_of_the_hub() -> None:
    assert calling().cause == Cause("co2", "demo", "lab-1")
    gas = AlarmKey("gas", PointKey("demo", "n", "d", "p"))
    assert calling(key=gas, alarm_class=AlarmClass.SAFETY).cause == Cause("gas", "demo", "lab-1", "n/d/p")
    failed = AlarmKey("channel_failed", PointKey("", "", "duty", ""))
    assert calling(key=failed, lab="").cause == Cause("channel_failed", "", "", "duty")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"per_hour": 0}, "per_hour"),
        ({"rules": [{"name": "a", "steps": []}]}, "steps"),
        ({"rules": [{"name": "a", "steps": [{"channel": "x"}]}] * 2}, "rules"),
        ({"rules": [{"name": "a", "priority": "note", "steps": [{"channel": "x"}]}]}, "priority"),
        ({"rules": [{"name": "a", "steps": [{"channel": "x", "after_min": 5}, {"channel": "y"}]}]}, "rules"),
        ({"rules": [{"name": "a", "steps": [{"channel": "x", "hours": {"end": "24:00"}}]}]}, "end"),
        ({"url": "javascript:alert(1)"}, "url"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused_by_its_field(wrong: dict[str, object], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        PlanBody.model_validate(wrong)
    assert field in refused.value.errors()[0]["loc"]


def test_a_plan_as_people_write_it_is_the_noun_and_comes_back_from_where_it_is_kept() -> None:
    hours = {"days": [1, 2], "start": "07:00", "end": "18:00"}
    steps = [{"channel": "duty", "hours": hours}, {"channel": "head", "after_min": 10}]
    rules = [{"name": "all", "classes": ["safety"], "roles": ["it"], "priority": "high", "steps": steps}]
    plan = PlanBody.model_validate({"rules": rules, "url": "https://hub.school"})
    noun = plan.noun()
    assert noun == PlanBody.model_validate(plan.model_dump(mode="json")).noun()
    assert noun.channels() == {"duty", "head"}
    rule = noun.rule("all")
    assert rule is not None
    assert rule.steps[0].hours == Hours(frozenset({1, 2}), time(7), time(18), holidays=False)
    assert (rule.steps[1].after_ms, rule.steps[1].hours) == (600_000, ALWAYS)
    assert noun.rule("none") is None


@pytest.mark.parametrize("key", ["zone", "holidays", "workdays"])
def test_a_plan_from_before_is_told_where_its_days_are_now(key: str) -> None:
    with pytest.raises(ValidationError, match=f"{key}: these are the school year's now"):
        PlanBody.model_validate({key: []})


def test_what_schools_have_in_common_is_a_holiday_where_none_of_them_works() -> None:
    first, second = date(2026, 10, 1), date(2026, 10, 2)
    one = Calendar("Asia/Urumqi", frozenset({first, second}), {date(2026, 10, 10): 3})
    other = Calendar(holidays=frozenset({first}), worked={second: 1})
    assert in_common([one, other]) == Calendar("Asia/Urumqi", frozenset({first}), {date(2026, 10, 10): 3, second: 1})
    assert in_common([]) == Calendar()
