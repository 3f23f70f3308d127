"""What calls somebody and what does not: one cause is one alarm, in the numbers too."""

from labkeeper_hub.alarms.calls import calls, in_order
from labkeeper_hub.alarms.causes import OF_BROKER, cause_of
from labkeeper_hub.alarms.kpis import kpis_of
from labkeeper_hub.model import AlarmKey, PointKey

from .given import ALL, DEVICE, NODE, RULES, SILENT, WEEK, line

CHANNEL = AlarmKey("channel_failed", PointKey("", "", "", "mail"))


def kinds(*said: str) -> list[str]:
    return [entry.kind for entry in calls([line(DEVICE, kind) for kind in said])]


def test_an_alarm_calls_when_it_is_raised_and_when_it_rises() -> None:
    assert kinds("raised", "risen", "eased", "acknowledged", "cleared", "raised") == ["raised", "risen", "raised"]


def test_what_is_suppressed_shelved_or_out_of_service_does_not_call() -> None:
    for begin in ("suppressed", "shelved", "taken_out"):
        assert kinds(begin, "raised", "risen") == []


def test_it_calls_once_it_is_let_out_if_it_still_stands_and_nobody_has_seen_it() -> None:
    assert kinds("suppressed", "raised", "unsuppressed") == ["unsuppressed"]
    assert kinds("suppressed", "raised", "cleared", "unsuppressed") == []
    assert kinds("shelved", "raised", "acknowledged", "unshelved") == []
    assert kinds("shelved", "suppressed", "raised", "unshelved", "unsuppressed") == ["unsuppressed"]
    assert kinds("raised", "unshelved") == ["raised"]


def test_what_begins_to_suppress_comes_before_what_was_raised_in_the_same_moment() -> None:
    newest_first = [line(DEVICE, "raised", 5), line(DEVICE, "suppressed", 5), line(NODE, "raised", 4)]
    assert [entry.key for entry in calls(in_order(newest_first))] == [NODE]
    assert in_order([line(NODE, "raised", late=True)]) == []


def test_the_widest_that_is_lost_is_the_cause_and_nothing_hangs_on_itself() -> None:
    assert cause_of(SILENT, {OF_BROKER, NODE, DEVICE}.__contains__) == "broker_lost"
    assert cause_of(SILENT, {NODE, DEVICE}.__contains__) == "node_lost"
    assert cause_of(SILENT, {DEVICE}.__contains__) == "device_lost"
    assert cause_of(DEVICE, {DEVICE}.__contains__) == ""
    assert cause_of(NODE, {NODE, DEVICE}.__contains__) == ""
    assert cause_of(SILENT, set[AlarmKey]().__contains__) == ""
    derived = AlarmKey("sensor_silent", SILENT.source._replace(node=f"#hub-derived-{SILENT.source.node}"))
    assert cause_of(derived, {NODE, DEVICE}.__contains__) == "node_lost"
    assert cause_of(CHANNEL, {OF_BROKER}.__contains__) == ""


def test_a_node_that_is_lost_with_twenty_devices_is_one_alarm_and_no_flood() -> None:
    devices = [AlarmKey("device_lost", PointKey("demo", "pi", f"device-{number}", "")) for number in range(20)]
    lines = [line(NODE, "raised", 1)]
    for device in devices:
        lines += [line(device, "suppressed", 2), line(device, "raised", 2)]
    found = kpis_of(lines[::-1], [], RULES, WEEK)[ALL]
    assert (found.raised, found.flood_share, found.within) == (1, 0.0, True)
