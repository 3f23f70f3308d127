import asyncio
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from labkeeper_hub.accounts import Accounts, Clocks, SignInRefused, TooManyAttempts, open_accounts
from labkeeper_hub.accounts import accounts as module
from labkeeper_hub.accounts.files import OWNER_FILE, SESSIONS_FILE
from labkeeper_hub.accounts.links import LIFETIME_S
from labkeeper_hub.accounts.secret import OwnerSecret, open_owner_secret
from labkeeper_hub.accounts.sessions import IDLE_MS
from labkeeper_hub.accounts.throttle import FREE_ATTEMPTS
from labkeeper_sdk import BadConfiguration

HERE = "127.0.0.1"


@dataclass
class Hands:
    """A clock that is moved by hand."""

    now_s: float = 1_800_000_000.0

    def clocks(self) -> Clocks:
        return Clocks(now_ms=lambda: int(self.now_s * 1000), monotonic_s=lambda: self.now_s)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_the_first_run_makes_a_secret_and_only_the_first_shows_it(tmp_path: Path) -> None:
    async with open_accounts(tmp_path / "new" / "hub") as first:
        secret = first.new_secret
        assert secret is not None
    async with open_accounts(tmp_path / "new" / "hub") as second:
        assert second.new_secret is None
        await second.check_bearer(secret, HERE)


async def test_the_secret_is_on_disk_only_as_an_argon2id_hash_that_others_cannot_read(tmp_path: Path) -> None:
    async with open_accounts(tmp_path) as accounts:
        assert accounts.new_secret is not None
        text = (tmp_path / OWNER_FILE).read_text()
    assert "$argon2id$" in text
    assert accounts.new_secret not in text
    assert _mode(tmp_path / OWNER_FILE) == 0o600


async def test_a_wrong_secret_signs_nobody_in(tmp_path: Path) -> None:
    async with open_accounts(tmp_path) as accounts:
        with pytest.raises(SignInRefused):
            await accounts.sign_in_with_secret("wrong", HERE)
        with pytest.raises(SignInRefused):
            await accounts.check_bearer("\udcff", HERE)


async def test_the_right_secret_opens_a_session(tmp_path: Path) -> None:
    async with open_accounts(tmp_path) as accounts:
        token = await accounts.sign_in_with_secret(_secret(accounts), HERE)
        session = accounts.use_session(token)
        assert session is not None
        assert session.name == "owner"
        await accounts.sign_out(token)
        assert accounts.use_session(token) is None
        assert accounts.person_of(session.key) is None


async def test_a_link_opens_a_session_once_and_not_after_ten_minutes(tmp_path: Path) -> None:
    hands = Hands()
    async with open_accounts(tmp_path, hands.clocks()) as accounts:
        link, late = accounts.issue_link(), accounts.issue_link()
        assert accounts.use_session(await accounts.sign_in_with_link(link, HERE))
        with pytest.raises(SignInRefused):
            await accounts.sign_in_with_link(link, HERE)
        hands.now_s += LIFETIME_S
        with pytest.raises(SignInRefused):
            await accounts.sign_in_with_link(late, HERE)


async def test_failures_slow_the_next_attempt_and_success_forgives_them(tmp_path: Path) -> None:
    hands = Hands()
    async with open_accounts(tmp_path, hands.clocks()) as accounts:
        for _ in range(FREE_ATTEMPTS):
            with pytest.raises(SignInRefused):
                await accounts.sign_in_with_secret("wrong", HERE)
        with pytest.raises(TooManyAttempts) as refusal:
            await accounts.sign_in_with_secret(_secret(accounts), HERE)
        assert refusal.value.retry_after_s == 1.0
        hands.now_s += 1.0
        await accounts.sign_in_with_secret(_secret(accounts), HERE)
        with pytest.raises(SignInRefused):
            await accounts.sign_in_with_link("wrong", HERE)


async def test_guessing_links_is_throttled_too(tmp_path: Path) -> None:
    async with open_accounts(tmp_path, Hands().clocks()) as accounts:
        for _ in range(FREE_ATTEMPTS):
            with pytest.raises(SignInRefused):
                await accounts.sign_in_with_link("wrong", HERE)
        with pytest.raises(TooManyAttempts):
            await accounts.sign_in_with_link(accounts.issue_link(), HERE)


async def test_a_bearer_pays_for_argon2id_once_and_a_hundred_at_once_pay_once_together(tmp_path: Path) -> None:
    async with open_accounts(tmp_path) as accounts:
        counted = CountedSecret(accounts.owner)
        accounts.owner = counted
        await asyncio.gather(*(accounts.check_bearer(_secret(accounts), HERE) for _ in range(30)))
        await accounts.check_bearer(_secret(accounts), HERE)
        assert counted.verified == 1


class CountedSecret(OwnerSecret):
    """The same secret; counts how often argon2id ran."""

    def __init__(self, real: OwnerSecret) -> None:
        super().__init__(real._hashed)
        self.verified = 0

    def verify(self, secret: str) -> bool:
        self.verified += 1
        return super().verify(secret)


async def test_a_known_secret_still_works_beside_a_guesser_at_the_same_address(tmp_path: Path) -> None:
    async with open_accounts(tmp_path, Hands().clocks()) as accounts:
        await accounts.check_bearer(_secret(accounts), HERE)
        for _ in range(FREE_ATTEMPTS):
            with pytest.raises(SignInRefused):
                await accounts.check_bearer("wrong", HERE)
        with pytest.raises(TooManyAttempts):
            await accounts.check_bearer("wrong", HERE)
        await accounts.check_bearer(_secret(accounts), HERE)


async def test_a_crowd_at_the_door_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 2)
    async with open_accounts(tmp_path) as accounts:
        crowd = (accounts.sign_in_with_secret("wrong", f"10.0.0.{number}") for number in range(5))
        outcomes = await asyncio.gather(*crowd, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["SignInRefused"] * 2 + ["TooManyAttempts"] * 3


async def test_sessions_survive_a_restart(tmp_path: Path) -> None:
    async with open_accounts(tmp_path) as first:
        token = await first.sign_in_with_link(first.issue_link(), HERE)
    async with open_accounts(tmp_path) as second:
        assert second.use_session(token) is not None
    assert _mode(tmp_path / SESSIONS_FILE) == 0o600
    assert token not in (tmp_path / SESSIONS_FILE).read_text()


async def test_a_session_that_was_signed_out_stays_out_after_a_crash(tmp_path: Path) -> None:
    async with open_accounts(tmp_path) as first:
        token = await first.sign_in_with_link(first.issue_link(), HERE)
        await first.sign_out(token)
        async with open_accounts(tmp_path) as second:  # the first has had no chance to close
            assert second.use_session(token) is None


async def test_an_idle_session_ends_and_a_touched_one_does_not(tmp_path: Path) -> None:
    hands = Hands()
    async with open_accounts(tmp_path, hands.clocks()) as accounts:
        session = accounts.use_session(await accounts.sign_in_with_link(accounts.issue_link(), HERE))
        assert session is not None
        hands.now_s += IDLE_MS / 1000 - 1
        accounts.touch_session(session.key)
        hands.now_s += IDLE_MS / 1000 - 1
        assert accounts.person_of(session.key) is not None
        hands.now_s += 1
        assert accounts.person_of(session.key) is None
        accounts.touch_session(session.key)
        assert accounts.person_of(session.key) is None


async def test_used_sessions_are_written_down_from_time_to_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SAVE_EVERY_S", 0.001)
    async with open_accounts(tmp_path) as accounts:
        accounts.use_session(await accounts.sign_in_with_link(accounts.issue_link(), HERE))
        keeping = asyncio.create_task(accounts.keep())
        await _until(lambda: not accounts.sessions.changed)
        keeping.cancel()


async def test_a_disk_that_refuses_is_logged_and_tried_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with open_accounts(tmp_path) as accounts:
        (tmp_path / SESSIONS_FILE).mkdir()
        await accounts.sign_in_with_link(accounts.issue_link(), HERE)
        assert "sessions are not saved" in caplog.text
        (tmp_path / SESSIONS_FILE).rmdir()
        await accounts.save()
        assert (tmp_path / SESSIONS_FILE).is_file()


async def test_a_damaged_session_file_signs_everybody_out_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / SESSIONS_FILE).write_text("{")
    async with open_accounts(tmp_path) as accounts:
        assert accounts.sessions.kept() == ()


def test_a_damaged_owner_file_stops_the_start_and_names_the_file(tmp_path: Path) -> None:
    (tmp_path / OWNER_FILE).write_text("{}")
    with pytest.raises(BadConfiguration) as refusal:
        open_owner_secret(tmp_path)
    assert refusal.value.source == str(tmp_path / OWNER_FILE)
    assert refusal.value.key == "secret_argon2id"


def test_a_hash_that_is_none_lets_nobody_in() -> None:
    assert not OwnerSecret("not a hash").verify("anything")


def test_a_secret_nobody_has_proved_is_not_known() -> None:
    assert not OwnerSecret("not a hash").is_proved("anything")


def test_nothing_is_left_beside_the_files(tmp_path: Path) -> None:
    open_owner_secret(tmp_path)
    assert os.listdir(tmp_path) == [OWNER_FILE]  # noqa: PTH208 - names are what is compared


def _secret(accounts: Accounts) -> str:
    assert accounts.new_secret is not None
    return accounts.new_secret


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)
