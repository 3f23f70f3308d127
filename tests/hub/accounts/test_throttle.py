from labkeeper_hub.accounts.throttle import (
    FORGOTTEN_AFTER_S,
    FREE_ATTEMPTS,
    LONGEST_WAIT_S,
    MOST_KEYS,
    Throttle,
)


def _use_up(throttle: Throttle, address: str, now_s: float) -> None:
    for _ in range(FREE_ATTEMPTS):
        assert throttle.attempt(address, now_s) == 0.0


def test_a_few_attempts_are_free_then_each_waits_twice_as_long() -> None:
    throttle, now_s = Throttle(), 100.0
    _use_up(throttle, "10.0.0.1", now_s)
    for expected in (1.0, 2.0, 4.0, 8.0):
        assert throttle.attempt("10.0.0.1", now_s) == expected
        now_s += expected
        assert throttle.attempt("10.0.0.1", now_s) == 0.0


def test_waiting_less_than_told_is_not_counted_but_still_refused() -> None:
    throttle = Throttle()
    _use_up(throttle, "10.0.0.1", 0.0)
    assert throttle.attempt("10.0.0.1", 0.25) == 0.75
    assert throttle.attempt("10.0.0.1", 0.5) == 0.5
    assert throttle.attempt("10.0.0.1", 1.0) == 0.0


def test_the_wait_stops_growing_at_five_minutes() -> None:
    throttle, now_s = Throttle(), 0.0
    for _ in range(60):
        now_s += throttle.attempt("10.0.0.1", now_s)
        throttle.attempt("10.0.0.1", now_s)
    assert throttle.attempt("10.0.0.1", now_s) == LONGEST_WAIT_S


def test_success_wipes_the_slate() -> None:
    throttle = Throttle()
    _use_up(throttle, "10.0.0.1", 0.0)
    throttle.succeeded("10.0.0.1")
    _use_up(throttle, "10.0.0.1", 0.0)
    throttle.succeeded("10.9.9.9")


def test_a_quiet_quarter_of_an_hour_wipes_the_slate() -> None:
    throttle = Throttle()
    _use_up(throttle, "10.0.0.1", 0.0)
    _use_up(throttle, "10.0.0.1", FORGOTTEN_AFTER_S + 0.1)


def test_one_client_does_not_slow_another() -> None:
    throttle = Throttle()
    _use_up(throttle, "10.0.0.1", 0.0)
    assert throttle.attempt("10.0.0.2", 0.0) == 0.0


def test_the_many_addresses_of_one_ipv6_host_are_one() -> None:
    throttle = Throttle()
    for number in range(FREE_ATTEMPTS):
        assert throttle.attempt(f"2001:db8:1:2::{number}", 0.0) == 0.0
    assert throttle.attempt("2001:db8:1:2:ffff::1", 0.0) == 1.0
    assert throttle.attempt("2001:db8:1:3::1", 0.0) == 0.0


def test_a_client_without_an_ip_address_is_throttled_by_its_name() -> None:
    throttle = Throttle()
    _use_up(throttle, "unknown", 0.0)
    assert throttle.attempt("unknown", 0.0) == 1.0


def test_memory_is_bounded_and_the_longest_unheard_address_is_forgotten() -> None:
    throttle = Throttle()
    _use_up(throttle, "10.0.0.1", 0.0)
    for number in range(MOST_KEYS):
        throttle.attempt(f"name-{number}", 0.0)
    assert len(throttle._records) == MOST_KEYS
    assert throttle.attempt("10.0.0.1", 0.0) == 0.0
