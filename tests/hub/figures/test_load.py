"""What alarms ask of a group is counted as EEMUA counts it."""

from labkeeper_hub.alarms.flood import DAY_MS, FLOOD, FLOOD_WINDOW_MS, HOUR_MS
from labkeeper_hub.alarms.states import Alarm, Core, Priority
from labkeeper_hub.alarms.tallies import Call, Wait
from labkeeper_hub.figures.load import Load, together
from labkeeper_hub.model import AlarmKey, PointKey

NOW_MS = 3 * DAY_MS


def key(name: str) -> AlarmKey:
    return AlarmKey("co2", PointKey("school", "pi", name, "co2"))


def call(ago_ms: int, name: str = "air", priority: Priority = Priority.LOW) -> Call:
    return Call(NOW_MS - ago_ms, key(name), priority)


def test_nothing_asks_nothing_and_nobody_has_waited() -> None:
    figures = Load().figures(NOW_MS)
    assert figures.pop("acknowledge") is None  # type: ignore[attr-defined] # a dict
    assert set(figures.values()) == {0}


def test_what_came_is_counted_by_its_age_and_by_its_priority() -> None:
    calls = [call(DAY_MS - 1, priority=Priority.HIGH), call(HOUR_MS), call(HOUR_MS - 1), call(FLOOD_WINDOW_MS), call(0)]
    figures = Load(calls=calls).figures(NOW_MS)
    assert (figures["raised_10min"], figures["raised_hour"], figures["peak_hour"]) == (1, 3, 3)
    assert (figures["day_low"], figures["day_medium"], figures["day_high"]) == (4, 0, 1)


def test_ten_in_ten_minutes_are_a_flood_and_three_of_one_are_chatter() -> None:
    calls = [call(ago_ms, f"d{ago_ms % 4}") for ago_ms in reversed(range(FLOOD))]
    assert Load(calls=calls[1:]).figures(NOW_MS)["flood"] == 0
    figures = Load(calls=calls).figures(NOW_MS)
    assert (figures["flood"], figures["chattering"]) == (1, 2)


def test_what_stands_is_counted_and_what_stands_for_a_day_is_stale() -> None:
    old = Alarm(core=Core.ACK, priority=Priority.MEDIUM, raised_ms=NOW_MS - DAY_MS - 1)
    new = Alarm(core=Core.UNACK, priority=Priority.LOW, raised_ms=NOW_MS)
    figures = Load([old, new]).figures(NOW_MS)
    assert (figures["standing"], figures["unacknowledged"], figures["stale"], figures["highest"]) == (2, 1, 1, 2)


def test_loads_put_together_are_one_in_order_of_time() -> None:
    first = Load([Alarm(core=Core.ACK)], [call(5), call(1)], [Wait(NOW_MS, key("air"), 2_000)])
    both = together([first, None, Load(calls=[call(3)], waits=[Wait(NOW_MS, key("air"), 6_000)])])
    assert [one.time_ms for one in both.calls] == [NOW_MS - 5, NOW_MS - 3, NOW_MS - 1]
    assert (both.figures(NOW_MS)["standing"], both.figures(NOW_MS)["acknowledge"]) == (1, 4.0)
