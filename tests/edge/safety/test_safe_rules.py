"""Safe-value rules: when the node drives actuators by itself."""

from labkeeper_edge.safety.safe_rules import Cause, Drive, Mark, SafeValues
from labkeeper_sdk import Measure, Point, Setpoint, Switch

HEATER = Switch("heater", safe_value=False, link_loss_s=10)
LAMP = Switch("lamp", safe_value=True)
POINTS: tuple[Point, ...] = (HEATER, LAMP, Measure("t"), Setpoint("level"))


def drives(rules: SafeValues, now_s: float) -> list[tuple[str, Cause]]:
    return [(drive.point, drive.cause) for drive in rules.due(now_s)]


def started() -> SafeValues:
    rules = SafeValues()
    rules.link_up()
    rules.device("d", POINTS, online=True)
    rules.due(0.0)
    return rules


def test_every_actuator_with_a_safe_value_is_driven_once_when_first_online() -> None:
    rules = SafeValues()
    rules.device("d", POINTS, online=False)
    assert rules.due(0.0) == []
    assert rules.next_due_s(0.0) is None
    rules.device("d", POINTS, online=True)
    assert rules.next_due_s(0.0) == 0.0
    assert rules.due(0.0) == [Drive("d", "heater", False, Cause.START), Drive("d", "lamp", True, Cause.START)]
    rules.device("d", POINTS, online=False)
    rules.device("d", POINTS, online=True)
    assert rules.due(1.0) == []


def test_a_lost_link_drives_once_after_the_points_own_time_and_holds_others() -> None:
    rules = started()
    rules.link_down(100.0)
    rules.link_down(105.0)
    assert rules.next_due_s(104.0) == 6.0
    assert drives(rules, 109.9) == []
    assert drives(rules, 110.0) == [("heater", Cause.LINK_LOSS)]
    assert drives(rules, 999.0) == []
    assert rules.next_due_s(999.0) is None


def test_a_link_that_comes_back_in_time_drives_nothing_and_the_next_loss_counts_anew() -> None:
    rules = started()
    rules.link_down(100.0)
    rules.link_up()
    assert rules.next_due_s(105.0) is None
    assert drives(rules, 200.0) == []
    rules.link_down(200.0)
    assert drives(rules, 210.0) == [("heater", Cause.LINK_LOSS)]
    rules.link_up()
    rules.link_down(300.0)
    assert drives(rules, 310.0) == [("heater", Cause.LINK_LOSS)]


def test_a_device_that_was_away_when_the_time_was_up_is_driven_when_it_is_back() -> None:
    rules = started()
    rules.link_down(100.0)
    rules.device("d", POINTS, online=False)
    assert drives(rules, 150.0) == []
    rules.device("d", POINTS, online=True)
    assert drives(rules, 151.0) == [("heater", Cause.LINK_LOSS)]


def test_a_drive_that_failed_is_due_again() -> None:
    rules = SafeValues()
    rules.device("d", (HEATER,), online=True)
    (start,) = rules.due(0.0)
    rules.failed(start)
    assert rules.due(1.0) == [start]
    rules.link_down(1.0)
    (loss,) = rules.due(11.0)
    rules.failed(loss)
    assert rules.due(12.0) == [loss]


def test_a_point_that_is_no_more_is_driven_no_more() -> None:
    rules = started()
    rules.device("d", (LAMP,), online=True)
    rules.link_down(0.0)
    assert drives(rules, 100.0) == []


def test_a_process_that_stood_still_longer_than_a_point_holds_drives_it_once() -> None:
    rules = started()
    rules.stood_still(9.9)
    assert drives(rules, 100.0) == []
    rules.stood_still(10.0)
    assert rules.next_due_s(100.0) == 0.0
    rules.device("d", POINTS, online=False)
    assert drives(rules, 100.0) == []
    rules.device("d", POINTS, online=True)
    assert drives(rules, 100.0) == [("heater", Cause.STOPPED)]
    assert drives(rules, 100.0) == []
    rules.failed(Drive("d", "heater", False, Cause.STOPPED))
    assert drives(rules, 105.0) == [("heater", Cause.STOPPED)]


def test_a_lease_that_ends_drives_once_what_does_not_hold() -> None:
    rules = started()
    rules.leased(lambda *_: True)
    assert drives(rules, 1.0) == []
    rules.leased(lambda *_: False)
    rules.leased(lambda *_: False)
    assert rules.next_due_s(1.0) == 0.0
    assert drives(rules, 1.0) == [("heater", Cause.LEASE_END)]
    assert drives(rules, 1.0) == []
    rules.failed(Drive("d", "heater", False, Cause.LEASE_END))
    assert drives(rules, 5.0) == [("heater", Cause.LEASE_END)]


def test_a_lease_that_the_next_one_follows_at_once_drives_nothing() -> None:
    rules = started()
    for covered in (True, False, True):
        rules.leased(lambda *_, covered=covered: covered)
    assert drives(rules, 1.0) == []


def test_a_stop_drives_everything_once_and_says_who_has_not_confirmed() -> None:
    rules = started()
    assert rules.missing() == ()
    rules.stop()
    assert rules.missing() == ("d",)
    assert rules.next_due_s(1.0) == 0.0
    heater, lamp = rules.due(1.0)
    assert (heater.cause, lamp.point) == (Cause.STOP, "lamp")
    assert drives(rules, 1.0) == []
    rules.done(heater)
    assert rules.missing() == ("d",)
    rules.failed(lamp)
    (again,) = rules.due(2.0)
    rules.done(again)
    assert rules.missing() == ()
    rules.release()
    assert drives(rules, 3.0) == []


def test_what_was_away_during_a_stop_is_driven_when_it_is_back_and_counts_as_missing_until_then() -> None:
    rules = started()
    rules.stop()
    for drive in rules.due(1.0):
        rules.done(drive)
    rules.device("d", POINTS, online=False)
    assert rules.missing() == ("d",)
    assert drives(rules, 2.0) == []
    rules.device("d", POINTS, online=True)
    late = rules.due(3.0)
    assert [drive.cause for drive in late] == [Cause.STOP, Cause.STOP]
    rules.device("d", POINTS, online=False)
    rules.done(late[0])
    assert rules.missing() == ("d",), "it has confirmed to nobody who can be asked"


def test_a_stop_before_the_first_drive_drives_once() -> None:
    rules = SafeValues()
    rules.stop()
    rules.device("d", POINTS, online=True)
    assert [cause for _, cause in drives(rules, 0.0)] == [Cause.STOP, Cause.STOP]
    rules.done(Drive("d", "heater", False, Cause.START))
    assert rules.missing() == ("d",), "another cause's word is none about the stop"
    rules.release()
    assert drives(rules, 1.0) == []


def test_standing_still_before_the_first_drive_drives_once_not_twice() -> None:
    rules = SafeValues()
    rules.device("d", POINTS, online=True)
    rules.stood_still(60.0)
    assert [cause for _, cause in drives(rules, 0.0)] == [Cause.START, Cause.START]
    assert drives(rules, 0.0) == []


def taken_back(rules: SafeValues) -> list[tuple[str, Cause]]:
    rules.given(lambda *_: False)
    return drives(rules, 5.0)


def test_what_a_group_set_goes_to_safe_once_when_it_no_longer_has_the_point_with_that_value() -> None:
    rules = started()
    rules.writing("d", "heater", True, "g-1")
    rules.writing("d", "lamp", False, "g-1")
    asked: list[tuple[str, str, Mark]] = []

    def has(device: str, point: str, mark: Mark) -> bool:
        asked.append((device, point, mark))
        return True

    rules.given(has)
    assert asked == [("d", "heater", Mark("g-1", True)), ("d", "lamp", Mark("g-1", False))]
    assert drives(rules, 4.0) == []
    assert taken_back(rules) == [("heater", Cause.FLOOR_END)], "the lamp holds when a lease ends, so it holds here"
    assert taken_back(rules) == []


def test_what_somebody_else_wrote_since_stays_and_what_they_could_not_write_goes_to_safe() -> None:
    rules = started()
    rules.writing("d", "heater", True, "g-1")()
    rules.writing("d", "heater", True, None)
    assert taken_back(rules) == []
    rules.writing("d", "heater", True, "g-1")
    failed = rules.writing("d", "heater", True, None)
    assert taken_back(rules) == []
    failed()
    assert taken_back(rules) == [("heater", Cause.FLOOR_END)]


def test_the_safe_value_of_a_floor_is_tried_again_until_it_is_there_or_somebody_writes() -> None:
    for somebody in (False, True):
        rules = started()
        rules.writing("d", "heater", True, "g-1")
        rules.given(lambda *_: False)
        (drive,) = rules.due(5.0)
        if somebody:
            rules.writing("d", "heater", True, None)
        rules.failed(drive)
        assert rules.due(6.0) == ([] if somebody else [drive])
    rules.writing("d", "heater", True, "g-1")
    rules.done(drive)
    assert taken_back(rules) == [], "it is safe already"
    rules.writing("d", "heater", True, "g-1")
    rules.given(lambda *_: False)
    rules.writing("d", "heater", False, None)
    assert drives(rules, 9.0) == []
