from labkeeper_hub.alarms.flood import DAY_MS, FLOOD, FLOOD_WINDOW_MS, GROUP_MS, HOUR_MS, Announcer, Notice
from labkeeper_hub.alarms.states import Alarm, Core, Priority, Service, Shelf
from labkeeper_hub.alarms.tallies import Tally
from labkeeper_hub.model import AlarmKey, AlarmNow, PointKey


def key(number: int) -> AlarmKey:
    return AlarmKey("co2", PointKey("s", "n", f"d{number}", "co2"))


def flooded() -> Announcer:
    announcer = Announcer()
    for number in range(FLOOD):
        announcer.count(number)
    return announcer


def test_a_single_alarm_is_said_at_once() -> None:
    assert Announcer().say(key(1), 0, safety=False) == (Notice((key(1),)),)


def test_in_a_flood_safety_is_said_at_once_and_the_rest_together() -> None:
    announcer = flooded()
    assert announcer.say(key(1), 10, safety=False) == (Notice((key(1),), flood=True),)
    assert announcer.say(key(2), 11, safety=False) == ()
    assert announcer.say(key(3), 12, safety=True) == (Notice((key(3),)),)
    assert announcer.say(key(4), 13, safety=False) == ()
    assert announcer.due(10 + GROUP_MS - 1) == ()
    assert announcer.due(10 + GROUP_MS) == (Notice((key(2), key(4)), flood=True),)
    assert announcer.due(10 + 2 * GROUP_MS) == ()


def test_a_flood_is_ten_in_ten_minutes_and_ends() -> None:
    announcer = flooded()
    assert announcer.flood(FLOOD_WINDOW_MS - 1)
    assert not announcer.flood(FLOOD_WINDOW_MS)
    assert announcer.recent(FLOOD_WINDOW_MS) == FLOOD - 1
    assert not Announcer().flood(0)


def test_the_peak_hour_is_the_busiest_of_a_day() -> None:
    announcer = Announcer()
    for time_ms in (0, HOUR_MS, HOUR_MS + 1, 2 * HOUR_MS - 1, 5 * HOUR_MS):
        announcer.count(time_ms)
    assert announcer.peak_hour(6 * HOUR_MS) == 3
    assert announcer.peak_hour(4 * HOUR_MS + DAY_MS) == 1
    assert Announcer().peak_hour(0) == 0


def now(state: Alarm) -> AlarmNow:
    return AlarmNow(key(0), "lab", "warn", state)


def test_the_tallies_count_what_stands_and_how_it_was_met() -> None:
    tally = Tally()
    for time_ms in (0, 1, 2):
        tally.raise_of(key(0), Priority.LOW, time_ms)
    tally.raise_of(key(1), Priority.HIGH, 3)
    tally.acknowledgement(key(0), 0, 99_000_000)
    for waited_ms in (1_000, 3_000, 50_000):
        tally.acknowledgement(key(1), HOUR_MS, waited_ms)
    shown = [
        now(Alarm(Core.UNACK)),
        now(Alarm(Core.ACK, raised_ms=-DAY_MS, shelf=Shelf("li", "paint", 1))),
        now(Alarm(Core.RTN_UNACK)),
        now(Alarm(service=Service("li", "W-7"))),
    ]
    told = tally.tallies(shown, 5)
    assert (told.standing, told.unacknowledged, told.shelved, told.out_of_service) == (2, 1, 1, 1)
    assert (told.stale, told.chattering, told.raised_10min, told.flood) == (1, 1, 4, False)
    assert told.raised == {Priority.LOW: 3, Priority.HIGH: 1}
    assert [(call.key, call.priority) for call in told.called[2:]] == [(key(0), Priority.LOW), (key(1), Priority.HIGH)]
    assert [call.time_ms for call in tally.tallies([], DAY_MS + 1).called] == [2, 3]
    later = tally.tallies([], HOUR_MS + 1)
    assert [wait.waited_ms for wait in later.waits] == [1_000, 3_000, 50_000]
    assert (later.acknowledge_s, later.chattering) == (3.0, 0)
    tally.raise_of(key(2), Priority.LOW, DAY_MS)
    assert [call.time_ms for call in tally.tallies([], 5).called] == [1, 2, 3, DAY_MS]
    assert Tally().tallies([], 0).acknowledge_s is None
