from labkeeper_hub.alarms.flood import DAY_MS, FLOOD, HOUR_MS
from labkeeper_hub.alarms.rules import Role
from labkeeper_hub.alarms.states import Alarm, Core, Priority
from labkeeper_hub.alarms.tallies import AlarmTallies, Call
from labkeeper_hub.figures.loads import Load, loads_of_nodes, loads_of_roles
from labkeeper_hub.model import AlarmKey, AlarmNow, PointKey

NOW_MS = 10 * DAY_MS


def key(number: int, node: str = "n") -> AlarmKey:
    return AlarmKey("co2", PointKey("s", node, f"d{number}", "co2"))


def called(*ages_ms: int, priority: Priority = Priority.LOW) -> list[Call]:
    return [Call(NOW_MS - age_ms, key(number), priority) for number, age_ms in enumerate(ages_ms)]


def test_a_flood_that_is_over_is_still_the_peak_hour_of_the_day() -> None:
    burst = [Call(NOW_MS - 2 * HOUR_MS, key(number)) for number in range(FLOOD)]
    then, now = Load(called=burst).values(NOW_MS - 2 * HOUR_MS), Load(called=burst).values(NOW_MS)
    assert (then["flood"], then["raised_10min"], then["peak_hour"]) == (1, FLOOD, FLOOD)
    assert (now["flood"], now["raised_10min"], now["raised_hour"], now["peak_hour"]) == (0, 0, 0, FLOOD)


def test_what_comes_and_goes_and_what_nobody_ends_is_counted_where_it_is() -> None:
    chatter = [Call(NOW_MS - age_ms, key(1)) for age_ms in (300, 200, 100)]
    old = Alarm(core=Core.UNACK, raised_ms=NOW_MS - DAY_MS - 1)
    values = Load([old], chatter).values(NOW_MS)
    assert (values["chattering"], values["stale"], values["unacknowledged"]) == (1, 1, 1)


def test_two_loads_make_one_with_its_calls_in_order() -> None:
    both = Load(called=called(500, 100)) + Load(called=called(300, priority=Priority.HIGH))
    assert [NOW_MS - call.time_ms for call in both.called] == [500, 300, 100]
    assert (both.values(NOW_MS)["day_low"], both.values(NOW_MS)["day_high"]) == (2, 1)


def test_what_does_not_stand_weighs_on_nobody_and_what_no_rule_knows_has_no_role() -> None:
    shown = [AlarmNow(key(0), "l", "warn", Alarm()), AlarmNow(key(1, "m"), "l", "warn", Alarm(core=Core.ACK))]
    tallies = AlarmTallies(called=called(5))
    nodes = loads_of_nodes(shown, tallies)
    assert {node.node: (len(load.standing), len(load.called)) for node, load in nodes.items()} == {
        "m": (1, 0),
        "n": (0, 1),
    }
    assert set(loads_of_roles(shown, tallies, {})) == {("s", None)}
    assert set(loads_of_roles(shown, tallies, {"co2": Role.TEACHER})) == {("s", Role.TEACHER)}
