import pytest
from zxcvbn.matching import RANKED_DICTIONARIES

from labkeeper_hub.accounts.passwords import (
    LONGEST,
    SHORTEST,
    WeakPassword,
    check_password,
    hash_password,
    is_password,
)


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("x" * (SHORTEST - 1), "short_password"),
        ("x7!" * LONGEST, "long_password"),
        ("password123", "common_password"),
        ("1234567890", "common_password"),
        ("qwertyuiop", "common_password"),
        ("liuyang-li", "common_password"),
        ("Labkeeper1", "common_password"),
        ("woaini1314520", "common_password"),
        ("zhangwei1990", "common_password"),
        ("liuyang5201314", "common_password"),
    ],
)
def test_a_password_that_is_short_or_easy_to_guess_is_refused(password: str, code: str) -> None:
    with pytest.raises(WeakPassword) as refusal:
        check_password(password, "liuyang", "li")
    assert refusal.value.code == code


@pytest.mark.parametrize("password", ["7ugd5hip2j", "j3qq4h7h2v", "sojdlg123aljg"])
def test_a_password_is_refused_for_nothing_but_having_leaked(password: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WeakPassword, match="easy to guess"):
        check_password(password)
    monkeypatch.delitem(RANKED_DICTIONARIES["passwords"], password)
    check_password(password)


@pytest.mark.parametrize("password", ["three oxen under plum", "墨竹工卡的第七盏灯在响", "kT9#vbQ2xw!e"])
def test_a_good_password_is_taken(password: str) -> None:
    check_password(password, "li", "李老师")


def test_what_is_kept_is_argon2id_and_fits_this_password_only() -> None:
    kept = hash_password("three oxen under plum")
    assert kept.startswith("$argon2id$")
    assert is_password(kept, "three oxen under plum")
    assert not is_password(kept, "three oxen under plums")
    assert not is_password("not a hash", "three oxen under plum")
