"""Advice: on-delays, off-delays, deadbands, caps, and that unknown time counts for nothing."""

from labkeeper_hub.pe.advice import Advice, Limits, Trip, Watch, limits_for, watched
from labkeeper_hub.pe.zones import Zone, highest_rate, is_moving, zone_of

TEN = highest_rate(10)  # 201


def after(rates: list[tuple[int, int]], limits: Limits, watch: Watch | None = None) -> Watch:
    """Return the watch after rates that each held for so many seconds."""
    watch = watch or Watch()
    for rate, seconds in rates:
        for _ in range(seconds):
            watch = watched(watch, limits, rate, 1000)
    return watch


def test_the_highest_rate_falls_with_age_and_zones_are_shares_of_it() -> None:
    assert (highest_rate(10), round(highest_rate(14), 1)) == (201, 198.2)
    rates = (100, 115, 130, 160, 193)
    assert [zone_of(rate, TEN) for rate in rates] == list(Zone)
    assert [is_moving(rate, TEN) for rate in rates] == [False, True, True, True, True]


def test_more_than_85_percent_for_a_minute_asks_to_slow_down() -> None:
    limits = limits_for(TEN, None)  # 170.85
    assert after([(171, 59)], limits).advice is Advice.NONE
    assert after([(171, 60)], limits).advice is Advice.EASE
    assert after([(171, 59), (170, 1), (171, 59)], limits).advice is Advice.NONE


def test_more_than_95_percent_or_200_for_15_s_asks_to_look() -> None:
    limits = limits_for(TEN, None)  # 190.95
    assert after([(191, 14)], limits).advice is Advice.NONE
    assert after([(191, 15)], limits).advice is Advice.LOOK
    assert after([(199, 15)], limits_for(300, None)).advice is Advice.NONE
    assert after([(200, 15)], limits_for(300, None)).advice is Advice.LOOK


def test_advice_ends_below_the_deadband_after_a_while_and_not_at_the_limit() -> None:
    limits = limits_for(TEN, None)
    looking = after([(195, 15)], limits)
    assert after([(182, 60)], limits, looking).advice is Advice.LOOK  # within the deadband of ten
    assert after([(180, 14)], limits, looking).advice is Advice.LOOK
    assert after([(180, 15)], limits, looking).advice is Advice.NONE
    easing = after([(175, 60)], limits)
    assert after([(167, 90)], limits, easing).advice is Advice.EASE
    assert after([(165, 30)], limits, easing).advice is Advice.NONE


def test_a_cap_asks_earlier_and_goes_with_the_cap() -> None:
    limits = limits_for(TEN, 140)
    assert after([(141, 14)], limits).advice is Advice.NONE
    capped = after([(141, 15)], limits)
    assert capped.advice is Advice.EASE
    assert after([(141, 1)], limits_for(TEN, None), capped).advice is Advice.NONE


def test_what_was_seen_is_seen_until_it_gets_worse_or_comes_again() -> None:
    limits = limits_for(TEN, None)
    seen = Watch(ease=Trip(on=True), seen=True)
    assert after([(175, 10)], limits, seen).seen
    worse = after([(195, 15)], limits, seen)
    assert (worse.advice, worse.seen) == (Advice.LOOK, False)
    assert not after([(150, 30)], limits, seen).seen
