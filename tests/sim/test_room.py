import pytest

from labkeeper_sdk.sim.clock import DeviceClock
from labkeeper_sdk.sim.room import KEPT_STEPS, STEP_S, Air, Room, air_after, people_at, window_next

SIZES = (30, 31, 32, 33, 34, 35, 36, 37)


@pytest.mark.parametrize(
    ("minute", "people"), [(470, 0), (478.5, 15), (480, 30), (519, 30), (521, 15), (522, 0), (530, 31), (1200, 0)]
)
def test_a_class_comes_in_stays_and_leaves(minute: float, people: int) -> None:
    assert people_at(minute, SIZES) == people


def test_somebody_opens_the_window_in_bad_air_and_shuts_it_in_good() -> None:
    assert window_next(is_open=False, co2_ppm=1500)
    assert not window_next(is_open=False, co2_ppm=1200)
    assert window_next(is_open=True, co2_ppm=1200)
    assert not window_next(is_open=True, co2_ppm=700)


def test_people_make_the_air_worse_and_an_open_window_better() -> None:
    air = Air(co2_ppm=1000)
    shut = air_after(air, 600, hour=10, people=35, normal=0)
    opened = air_after(Air(co2_ppm=1000, window_open=True), 600, hour=10, people=35, normal=0)
    assert opened.co2_ppm < shut.co2_ppm
    assert shut.co2_ppm > 1000
    assert shut.temperature_c > air.temperature_c
    assert shut.vapour_hpa > air.vapour_hpa
    assert air_after(air, 600, hour=10, people=0, normal=-99).pm25_ug_m3 == 1.0


def test_a_school_day_has_good_and_bad_air_and_every_visitor_leaves() -> None:
    room = Room(seed=1, start_hour=7.9)
    day = [room.at(second) for second in range(0, 12 * 3600, 10)]
    assert max(one.air.co2_ppm for one in day) > 1300
    assert {one.air.window_open for one in day} == {True, False}
    assert max(one.people for one in day) >= 28
    assert day[-1].people == 0
    assert day[-1].came == day[-1].left > 8 * 28
    assert all(one.came - one.left == one.people for one in day)


def test_the_same_seed_makes_the_same_day_in_whatever_order_it_is_asked() -> None:
    forwards, backwards = Room(5, 7.9), Room(5, 7.9)
    backwards.at(3600)
    assert [forwards.at(s) for s in range(0, 3600, 60)] == [backwards.at(s) for s in range(0, 3600, 60)]
    assert Room(6, 7.9).at(3600) != forwards.at(3600)


def test_a_room_forgets_the_distant_past_and_not_the_present() -> None:
    room = Room(1, 7.9)
    late_s = (KEPT_STEPS + 50) * STEP_S
    present = room.at(late_s)
    assert room.at(late_s) is present
    assert room.at(0) is room.at(late_s - (KEPT_STEPS - 1) * STEP_S)


def test_a_clock_has_its_offset_and_its_drift() -> None:
    clock = DeviceClock(offset_ms=-120_000, drift_ppm=100, set_ms=1_000_000)
    assert clock.read(1_000_000) == 880_000
    assert clock.read(1_000_000 + 3_600_000) == 880_000 + 3_600_000 + 360
