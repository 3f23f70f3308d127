from base64 import b32encode

import pyotp
import pytest

from labkeeper_hub.accounts.second_factor import STEP_MS, SecondFactor, address, plain
from labkeeper_hub.accounts.tokens import digest

SECRET = b32encode(b"12345678901234567890").decode()  # of RFC 6238, appendix B
FACTOR = SecondFactor("p-1", "sealed", on=True)


def code(now_ms: int) -> str:
    return pyotp.TOTP(SECRET).generate_otp(now_ms // STEP_MS)


@pytest.mark.parametrize(("time_s", "said"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")])
def test_the_published_codes_are_good_at_their_times(time_s: int, said: str) -> None:
    assert FACTOR.by_code(SECRET, said, time_s * 1000) is not None
    assert FACTOR.by_code(SECRET, f"{said[:3]} {said[3:]}", time_s * 1000) is not None
    assert FACTOR.by_code(SECRET, said, time_s * 1000 + 2 * STEP_MS) is None


def test_a_code_is_good_once_and_after_it_no_older_one_is() -> None:
    now_ms = 1_800_000_000_000
    left = FACTOR.by_code(SECRET, code(now_ms), now_ms)
    assert left is not None
    assert left.by_code(SECRET, code(now_ms), now_ms) is None
    assert left.by_code(SECRET, code(now_ms - STEP_MS), now_ms) is None
    assert left.by_code(SECRET, code(now_ms + STEP_MS), now_ms) is not None


@pytest.mark.parametrize("said", ["", "12345", "１２３４５６", "\udcff", "abcdef"])
def test_anything_else_is_no_code(said: str) -> None:
    assert FACTOR.by_code(SECRET, said, 59_000) is None
    assert FACTOR.by_recovery(said) is None


def test_a_recovery_code_is_good_once_however_it_is_written() -> None:
    factor = SecondFactor("p-1", "sealed", on=True, recovery=(digest(plain("abcd-efgh")), digest("other")))
    left = factor.by_recovery(" ABCD efgh ")
    assert left is not None
    assert left.recovery == (digest("other"),)
    assert left.by_recovery("abcd-efgh") is None


def test_an_app_reads_who_and_where_from_the_address() -> None:
    assert address(SECRET, "li") == f"otpauth://totp/Labkeeper:li?secret={SECRET}&issuer=Labkeeper"
