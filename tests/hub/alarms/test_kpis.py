"""EEMUA's numbers over a week: by everybody, by role, by lab."""

import random

from labkeeper_hub.alarms.entry import AlarmEntry
from labkeeper_hub.alarms.kpis import Group, kpis_of
from labkeeper_hub.alarms.states import Alarm, Core, Priority
from labkeeper_hub.model import AlarmKey, AlarmNow

from .given import AIR, ALL, CO2, DEVICE, HEAT, HOUR, MIN, RULES, WEEK, line


def test_a_week_without_alarms_is_within_and_has_no_mix() -> None:
    found = kpis_of([], [], RULES, WEEK)
    assert list(found) == [ALL]
    assert found[ALL].within
    assert (found[ALL].raised, found[ALL].mix, found[ALL].acknowledge_s) == (0, None, None)


def test_each_alarm_counts_for_everybody_for_its_role_and_for_its_lab() -> None:
    lines = [
        line(CO2, at_ms=HOUR),
        line(DEVICE, at_ms=2 * HOUR, level="lost"),
        line(HEAT, at_ms=3 * HOUR, level="alarm"),
    ]
    found = kpis_of(lines, [], RULES, WEEK)
    counts = {group: one.raised for group, one in found.items()}
    roles = {Group("role", "teacher"): 2, Group("role", "facility"): 1}
    assert counts == {ALL: 3, Group("lab", "lab-1"): 3, **roles}
    assert found[ALL].mix == {Priority.LOW: 0.6667, Priority.MEDIUM: 0.0, Priority.HIGH: 0.3333}
    unknown = line(AlarmKey("gone", AIR), at_ms=HOUR)
    assert Group("role", "teacher") not in kpis_of([unknown], [], RULES, WEEK)


def test_an_alarm_of_no_lab_is_in_none() -> None:
    entry = AlarmEntry(AlarmKey("broker_lost", AIR), "", "raised", "lost", HOUR, HOUR)
    assert set(kpis_of([entry], [], RULES, WEEK)) == {ALL, Group("role", "it")}


def test_a_flood_is_a_share_of_time_and_beyond_what_a_person_can_do() -> None:
    flood = [line(CO2, at_ms=HOUR + second * 1000) for second in range(10)]
    found = kpis_of(flood, [], RULES, WEEK)[ALL]
    assert (found.peak_10min, found.peak_hour, found.chattering) == (10, 10, 1)
    assert found.flood_share == round(1 / 1008, 4)
    assert not found.within


def test_a_busy_hour_without_a_flood_is_beyond_too() -> None:
    busy = [line(CO2, at_ms=HOUR + minute * 3 * MIN) for minute in range(16)]
    found = kpis_of(busy, [], RULES, WEEK)[ALL]
    assert (found.peak_hour, found.flood_share, found.within) == (16, 0.0, False)


def test_waiting_is_from_the_newest_raise_to_its_acknowledgement() -> None:
    lines = [
        line(CO2, at_ms=HOUR),
        line(CO2, "risen", HOUR + 30_000, "alarm"),
        line(CO2, "acknowledged", HOUR + 70_000),
        line(CO2, "acknowledged", HOUR + 90_000),
        line(CO2, "cleared", HOUR + 95_000),
    ]
    assert kpis_of(lines[::-1], [], RULES, WEEK)[ALL].acknowledge_s == 40.0


def test_what_came_late_called_nobody() -> None:
    assert kpis_of([line(CO2, at_ms=HOUR, late=True)], [], RULES, WEEK)[ALL].raised == 0


def test_what_stands_for_a_day_is_stale() -> None:
    old = AlarmNow(CO2, "lab-1", "warn", Alarm(Core.ACK, Priority.LOW, raised_ms=WEEK.to_ms - 25 * HOUR))
    fresh = AlarmNow(HEAT, "lab-1", "alarm", Alarm(Core.ACK, Priority.HIGH, raised_ms=WEEK.to_ms - HOUR))
    over = AlarmNow(DEVICE, "lab-1", "lost", Alarm(Core.RTN_UNACK, Priority.LOW))
    found = kpis_of([], [old, fresh, over], RULES, WEEK)[ALL]
    assert (found.standing, found.stale) == (2, 1)


def test_peaks_are_those_of_any_stretch_of_that_length() -> None:
    dice = random.Random(7)
    times = sorted(dice.randrange(WEEK.to_ms // 10) for _ in range(300))
    found = kpis_of([line(CO2, at_ms=time_ms) for time_ms in times], [], RULES, WEEK)[ALL]
    assert found.peak_hour == max(sum(time <= one < time + HOUR for one in times) for time in times)
