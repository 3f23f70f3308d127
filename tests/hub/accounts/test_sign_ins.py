from itertools import count

from labkeeper_hub.accounts.sign_ins import FORGIVEN_EVERY_S, MOST_LOGINS, MOST_OPEN, SignIns
from labkeeper_hub.accounts.throttle import FREE_ATTEMPTS, MOST_KEYS

HERE = "10.0.0.1"
LOGINS = (f"login-{number}" for number in count())


def _fail(sign_ins: SignIns, login: str, now_s: float = 0.0, times: int = FREE_ATTEMPTS) -> None:
    for _ in range(times):
        assert sign_ins.attempt(HERE, login, now_s) == 0.0


def _fill(sign_ins: SignIns, now_s: float = 0.0) -> None:
    for _ in range(MOST_OPEN):
        _fail(sign_ins, next(LOGINS), now_s, times=1)


def test_one_login_waits_and_its_neighbours_behind_the_address_do_not() -> None:
    sign_ins = SignIns()
    _fail(sign_ins, "li")
    assert sign_ins.attempt(HERE, "li", 0.0) == 1.0
    _fail(sign_ins, "wang")
    assert sign_ins.attempt("10.0.0.2", "li", 0.0) == 0.0, "nobody locks anybody out from elsewhere"


def test_a_success_forgives_its_own_login_alone() -> None:
    sign_ins = SignIns()
    _fail(sign_ins, "li")
    _fail(sign_ins, "own", times=2)
    for _ in range(10):
        _fail(sign_ins, "own", times=1)
        sign_ins.succeeded(HERE, "own")
        assert sign_ins.attempt(HERE, "li", 0.0) == 1.0
    _fail(sign_ins, "own")


def test_successes_between_do_not_let_one_address_try_more_logins() -> None:
    sign_ins = SignIns()
    for _ in range(MOST_OPEN - 1):
        _fail(sign_ins, next(LOGINS), times=1)
        _fail(sign_ins, "own", times=1)
        sign_ins.succeeded(HERE, "own")
    _fail(sign_ins, next(LOGINS), times=1)
    assert sign_ins.attempt(HERE, next(LOGINS), 0.0) == FORGIVEN_EVERY_S
    assert sign_ins.attempt(HERE, "own", 0.0) == FORGIVEN_EVERY_S
    assert sign_ins.attempt("10.0.0.2", "own", 0.0) == 0.0


def test_time_forgives_an_address_one_by_one_the_oldest_first() -> None:
    sign_ins = SignIns()
    _fill(sign_ins)
    assert sign_ins.attempt(HERE, "li", FORGIVEN_EVERY_S - 10.0) == 10.0
    assert sign_ins.attempt(HERE, "li", FORGIVEN_EVERY_S) == 0.0
    assert sign_ins.attempt(HERE, "li", FORGIVEN_EVERY_S + 1.0) == FORGIVEN_EVERY_S - 1.0
    _fill(sign_ins, now_s=(MOST_OPEN + 1) * FORGIVEN_EVERY_S)
    assert sign_ins.attempt(HERE, "li", (MOST_OPEN + 1) * FORGIVEN_EVERY_S) == FORGIVEN_EVERY_S


def test_what_waits_counts_for_nothing() -> None:
    sign_ins = SignIns()
    _fail(sign_ins, "li")
    for _ in range(MOST_OPEN):
        assert sign_ins.attempt(HERE, "li", 0.5) == 0.5
    _fail(sign_ins, "wang", 0.5)


def test_the_many_addresses_of_one_ipv6_host_are_one() -> None:
    sign_ins = SignIns()
    for number in range(FREE_ATTEMPTS):
        assert sign_ins.attempt(f"2001:db8:1:2::{number}", "li", 0.0) == 0.0
    assert sign_ins.attempt("2001:db8:1:2:ffff::1", "li", 0.0) == 1.0
    sign_ins.succeeded("2001:db8:1:2::9", "li")
    assert sign_ins.attempt("2001:db8:1:2:ffff::1", "li", 0.0) == 0.0


def test_a_known_device_counts_for_itself_by_login_and_in_the_way_of_nobody() -> None:
    sign_ins = SignIns()
    _fill(sign_ins)
    assert sign_ins.attempt(HERE, "li", 0.0) == FORGIVEN_EVERY_S
    for _ in range(FREE_ATTEMPTS):
        assert sign_ins.attempt(HERE, "li", 0.0, "tablet") == 0.0
    assert sign_ins.attempt(HERE, "li", 0.0, "tablet") == 1.0
    assert sign_ins.attempt(HERE, "wang", 0.0, "tablet") == 0.0
    assert sign_ins.attempt(HERE, "li", 0.0, "another") == 0.0
    sign_ins.succeeded(HERE, "li", "tablet")
    assert sign_ins.attempt(HERE, "li", 0.0, "tablet") == 0.0
    assert sign_ins.attempt(HERE, "li", 0.0) == FORGIVEN_EVERY_S, "what was guessed elsewhere is not forgiven"
    assert sign_ins.attempt("10.0.0.2", "li", 0.0) == 0.0


def test_a_success_out_of_the_blue_forgives_nothing() -> None:
    sign_ins = SignIns()
    sign_ins.succeeded(HERE, "li")
    _fail(sign_ins, "li")


def test_memory_is_bounded() -> None:
    sign_ins = SignIns()
    for number in range(MOST_LOGINS + 1):
        assert sign_ins.attempt(f"10.1.{number // 256}.{number % 256}", "li", 0.0) == 0.0
    assert len(sign_ins._addresses) == MOST_KEYS
    assert len(sign_ins._logins._records) == MOST_LOGINS
