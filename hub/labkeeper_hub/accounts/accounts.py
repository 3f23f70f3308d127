"""Accounts: who may come in, for how long, and how often they may try."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import token_bytes
from typing import Protocol

from labkeeper_hub.accounts.account import Account, canonical_login
from labkeeper_hub.accounts.actions import Role
from labkeeper_hub.accounts.api_token import ApiToken
from labkeeper_hub.accounts.devices import Devices
from labkeeper_hub.accounts.factors import WrongCode
from labkeeper_hub.accounts.files import read_sessions, write_sessions
from labkeeper_hub.accounts.links import SignInLinks
from labkeeper_hub.accounts.passwords import check_password, hash_password, is_password
from labkeeper_hub.accounts.person import OWNER, Grant, Person
from labkeeper_hub.accounts.secret import OwnerSecret, open_owner_secret
from labkeeper_hub.accounts.sessions import NOT_THERE, Session, Sessions, There
from labkeeper_hub.accounts.sign_ins import SignIns
from labkeeper_hub.accounts.staff import Staff
from labkeeper_hub.accounts.throttle import Throttle
from labkeeper_hub.vault import Vault

log = logging.getLogger(__name__)
SAVE_EVERY_S = 30.0
FACTOR_REQUIRED_OF = (Role.OWNER, Role.MANAGER)
SECRET, LINK, INVITATION, TOKEN, WALL = " secret", " link", " invitation", " token", " wall"
"""What is counted where no login is typed; a login begins with no blank."""
MOST_WAITING = 256  # sign-ins waiting for their turn at argon2id


class SignInRefused(Exception):
    """Tell the person: the secret or link is not good (or no longer)."""


class CodeNeeded(Exception):
    """Ask the person for a code of their second factor, and come again with it."""


class TooManyAttempts(Exception):
    """Tell the person to wait `retry_after_s` seconds."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__(f"try again in {retry_after_s:.0f} s")
        self.retry_after_s = retry_after_s


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


class Guests(Protocol):
    """Who comes in by a link of theirs, and has no account."""

    def of_token(self, token: str) -> str | None: ...
    def person(self, name: str) -> Person | None: ...


class Lending(Protocol):
    """Rights that people have for a while beside those they were granted."""

    def grants(self, name: str) -> tuple[Grant, ...]: ...


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing is lent."""

    def grants(self, name: str) -> tuple[Grant, ...]:  # noqa: ARG002 - of the protocol
        return ()


@dataclass(frozen=True, slots=True)
class Nobody:
    """No guests."""

    def of_token(self, token: str) -> str | None:  # noqa: ARG002 - of the protocol
        return None

    def person(self, name: str) -> Person | None:  # noqa: ARG002 - of the protocol
        return None


class Walls(Protocol):
    """Who opens a lab's wall by its link: no session, the token comes with every question."""

    def person(self, token: str, /) -> Person | None: ...


@dataclass(frozen=True, slots=True)
class Clocks:
    """Wall time for what outlives the process, monotonic time for what does not."""

    now_ms: Callable[[], int] = _now_ms
    monotonic_s: Callable[[], float] = time.monotonic


@dataclass(slots=True)
class Accounts:
    """The doors into the hub. `new_secret` is the owner's secret at the first run, else None."""

    data: Path
    owner: OwnerSecret
    sessions: Sessions
    devices: Devices
    new_secret: str | None = None
    clocks: Clocks = Clocks()
    staff: Staff | None = None
    people: dict[str, Person] = field(default_factory=lambda: {OWNER.name: OWNER})
    guests: Guests = Nobody()
    requires_factor: bool = False  # of owners and facility managers
    walls: Walls = Nobody()
    lending: Lending = Nothing()
    _links: SignInLinks = field(default_factory=SignInLinks)
    _sign_ins: SignIns = field(default_factory=SignIns)
    _own_throttle: Throttle = field(default_factory=Throttle)  # by person, as the next
    _factor_throttle: Throttle = field(default_factory=Throttle)
    _guest_throttle: Throttle = field(default_factory=Throttle)  # apart: a guest's link frees nobody to try passwords
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _saving: asyncio.Lock = field(default_factory=asyncio.Lock)
    _waiting: int = 0

    def issue_link(self, name: str = OWNER.name) -> str:
        """Return the token of a sign-in link: it works once, within ten minutes."""
        return self._links.issue(name, self.clocks.monotonic_s())

    async def sign_in_with_secret(self, secret: str, address: str, code: str | None = None, device: str = "") -> str:
        """Return a session token; raise SignInRefused, CodeNeeded or TooManyAttempts. `device` is what the browser
        keeps of who came in from it.
        """
        known = self.devices.known(device, SECRET)
        async with self._one_at_a_time():
            await self._prove(secret, address, known)
            await self.second_step(OWNER.name, code)
            self._sign_ins.succeeded(address, SECRET, known)
        return await self._open_session()

    async def sign_in_with_link(self, token: str, address: str) -> str:
        """Return a session token; raise SignInRefused or TooManyAttempts. No code is asked for: whoever can read what
        the hub prints is at its machine, and an owner who has lost the second factor has no other way.
        """
        self._count(address, LINK)
        name = self._links.redeem(token, self.clocks.monotonic_s())
        if name is None:
            raise SignInRefused
        self._sign_ins.succeeded(address, LINK)
        return await self._open_session(name)

    async def sign_in_with_password(
        self, login: str, password: str, address: str, code: str | None = None, device: str = ""
    ) -> str:
        """Return a session token; raise SignInRefused, CodeNeeded or TooManyAttempts. Who is not there costs as much as
        who is. `device` is what the browser keeps of who came in from it.
        """
        login = canonical_login(login)
        known = self.devices.known(device, login)
        async with self._one_at_a_time():
            self._count(address, login, known)
            hashed = self._password_of(login)
            proved = await asyncio.to_thread(is_password, hashed, password)
            account = self.staff.of_login(login) if self.staff else None
            if not proved or account is None or account.password != hashed:  # it may have been reset meanwhile
                raise SignInRefused
            await self.second_step(account.name, code)
            self._sign_ins.succeeded(address, login, known)
        return await self._open_session(account.name)

    async def accept_invitation(self, token: str, password: str, address: str, code: str | None = None) -> str:
        """Set the password of whoever holds this invitation and return a session token; raise SignInRefused,
        TooManyAttempts, or CodeNeeded or WeakPassword, after which the invitation still works.
        """
        async with self._one_at_a_time():
            self._count(address, INVITATION)
            account = self.staff.of_invitation(token) if self.staff else None
            if self.staff is None or account is None:
                raise SignInRefused
            hashed = await asyncio.to_thread(_checked_hash, account, password)
            await self.second_step(account.name, code)
            self._sign_ins.succeeded(address, INVITATION)
            await self.staff.set_password(account.name, hashed)
        return await self._open_session(account.name)

    async def enter_as_guest(self, token: str, address: str) -> str:
        """Return a session token for the guest whose link this is; raise SignInRefused or TooManyAttempts."""
        _wait(self._guest_throttle.attempt(address, self.clocks.monotonic_s()))
        name = self.guests.of_token(token)
        if name is None:
            raise SignInRefused
        self._guest_throttle.succeeded(address)
        return await self._open_session(name)

    def enter_wall(self, token: str, address: str) -> Person:
        """Return who opens a wall with this token; raise SignInRefused or TooManyAttempts. Only what opens nothing is
        counted: a wall asks every second.
        """
        person = self.walls.person(token)
        if person is None:
            self._count(address, WALL)
            raise SignInRefused
        return person

    async def change_password(self, name: str, password: str, fresh: str) -> None:
        """Put a new password in the place of the old one; raise SignInRefused, TooManyAttempts or WeakPassword."""
        if self.staff is None:
            raise SignInRefused
        await self.check_own_password(name, password)
        async with self._one_at_a_time():
            hashed = await asyncio.to_thread(_checked_hash, self.staff.account(name), fresh)
            await self.staff.set_password(name, hashed)

    async def check_own_password(self, name: str, password: str) -> None:
        """Return if this is the password of somebody who is signed in; raise SignInRefused or TooManyAttempts. It is
        counted by person: whoever has got hold of a session guesses no faster from a hundred addresses, and nobody
        behind a school's one address waits for what others tried there.
        """
        if self.staff is None:
            raise SignInRefused
        async with self._one_at_a_time():
            account = self.staff.account(name)
            _wait(self._own_throttle.attempt(name, self.clocks.monotonic_s()))
            if not await asyncio.to_thread(is_password, account.password or self.staff.nobody, password):
                raise SignInRefused
            self._own_throttle.succeeded(name)

    async def check_own_secret(self, secret: str) -> None:
        """Return if this is the owner's secret, however often it was proved before; raise SignInRefused or
        TooManyAttempts, counted as in `check_own_password`.
        """
        async with self._one_at_a_time():
            _wait(self._own_throttle.attempt(OWNER.name, self.clocks.monotonic_s()))
            if not await asyncio.to_thread(self.owner.verify, secret):
                raise SignInRefused
            self._own_throttle.succeeded(OWNER.name)

    async def sign_in_proved(self, name: str, code: str | None, there: There = NOT_THERE, *, with_factor: bool) -> str:
        """Return a session token for somebody whom the school's provider has proved, and `code` too if `with_factor`;
        raise SignInRefused, CodeNeeded or TooManyAttempts.
        """
        if self.person(name) is None:
            raise SignInRefused
        if with_factor:
            await self.second_step(name, code)
        return await self._open_session(name, there)

    async def end_there(self, there: There) -> set[str]:
        """End the sessions that ended at the school's provider, and return whose they were."""
        names = self.sessions.close_there(there)
        await self.save()
        return names

    async def second_step(self, name: str, code: str | None) -> None:
        """Return if no code is asked for or this one is good, and use it up; raise SignInRefused, CodeNeeded or
        TooManyAttempts. Tries are counted by person: the first step is behind
        whoever gets here, from whatever address, so that no stranger can lock anybody out.
        """
        if self.staff is None or not self.staff.factors.on(name):
            return
        if code is None:
            raise CodeNeeded
        _wait(self._factor_throttle.attempt(name, self.clocks.monotonic_s()))
        try:
            await self.staff.factors.prove(name, code)
        except WrongCode as wrong:
            raise SignInRefused from wrong
        self._factor_throttle.succeeded(name)

    async def confirm_factor(self, name: str, code: str) -> tuple[str, ...]:
        """Turn a second factor on by its first code and return the recovery codes; raise SignInRefused or
        TooManyAttempts, counted by person as in `second_step`.
        """
        if self.staff is None:
            raise SignInRefused
        _wait(self._factor_throttle.attempt(name, self.clocks.monotonic_s()))
        try:
            codes = await self.staff.factors.confirm(name, code)
        except WrongCode as wrong:
            raise SignInRefused from wrong
        self._factor_throttle.succeeded(name)
        return codes

    async def end_sessions(self, name: str, but: str | None = None) -> None:
        """End every session of a person, but for that of one key; their open pages are closed within a second."""
        self.sessions.close_all(name, but)
        await self.save()

    def device_after(self, device: str, name: str) -> str | None:
        """Return what a browser keeps after this person came in from it; None where nobody types a login for them."""
        if name == OWNER.name:
            return self.devices.after(device, SECRET)
        account = next((one for one in self.staff.all() if one.name == name), None) if self.staff else None
        return self.devices.after(device, canonical_login(account.login)) if account else None

    async def sign_out_everywhere(self, name: str) -> tuple[str, ...]:
        """End every session of a person, and every token that was made since the oldest of them was opened: whoever had
        got hold of one of them may have made it. Return what these tokens were called.
        """
        since_ms = min((one.opened_ms for one in self.sessions.of(name)), default=self.clocks.now_ms())
        await self.end_sessions(name)
        return await self.staff.tokens.revoke_since(name, since_ms) if self.staff else ()

    def is_signed_in(self, name: str) -> bool:
        """Return whether a person has a living session anywhere."""
        return any(one.lives(self.clocks.now_ms()) for one in self.sessions.of(name))

    async def turn_session(self, key: str) -> str | None:
        """Return a fresh token for a session, whose others are no good from now on; None if it has ended."""
        fresh = self.sessions.turn(key, self.clocks.now_ms())
        await self.save()
        return fresh

    def turn_if_due(self, token: str) -> str | None:
        """Return the token that follows this one, if it is time for that."""
        return self.sessions.turn_if_due(token, self.clocks.now_ms())

    async def check_bearer(self, secret: str, address: str) -> None:
        """Return if this is the owner's secret; raise SignInRefused or TooManyAttempts, and CodeNeeded where it is half
        of what is asked for: programs use a token then.

        Once proved it is known by a keyed digest. That a proved secret is not throttled helps nobody to guess 256
        random bits, and a neighbour's failures behind the same address do not lock out a working program.
        """
        if not self.owner.is_proved(secret):
            async with self._one_at_a_time():
                if not self.owner.is_proved(secret):
                    await self._prove(secret, address)
                    self._sign_ins.succeeded(address, SECRET)
        if self.staff and self.staff.factors.on(OWNER.name):
            raise CodeNeeded

    def use_token(self, text: str, address: str) -> ApiToken:
        """Return the living token of this text; raise SignInRefused or TooManyAttempts."""
        token = self.staff.tokens.find(text) if self.staff else None
        if token is None:
            self._count(address, TOKEN)
            raise SignInRefused
        return token

    def person_of_token(self, key: str) -> Person | None:
        """Return who asks with the token of this digest, with what they may do now; None if it has ended."""
        token = self.staff.tokens.living(key) if self.staff else None
        holder = self.person(token.holder) if token else None
        return token.acting(holder) if token and holder else None

    def use_session(self, token: str) -> Session | None:
        """Return the living session of a token and count it as used."""
        return self.sessions.use(token, self.clocks.now_ms())

    def touch_session(self, key: str) -> None:
        """Count the session as used, if it lives."""
        self.sessions.touch(key, self.clocks.now_ms())

    def person_of(self, key: str) -> Person | None:
        """Return whose session this is, with what they may do now; None if it has ended or they are gone."""
        session = self.sessions.find(key, self.clocks.now_ms())
        return None if session is None else self.person_called(session.name)

    def person_called(self, name: str) -> Person | None:
        """Return whoever has this pseudonym, with what they may do now."""
        person = self.person(name) or self.guests.person(name)
        more = self.lending.grants(name) if person else ()
        return replace(person, grants=(*person.grants, *more)) if person and more else person

    def holder(self, name: str) -> Person | None:
        """Return whoever takes things under this name, with what they may do now: a person, or `p-1:t-3` for a program
        with a token of theirs while that lives.
        """
        who, _, identity = name.partition(":")
        if not identity:
            return self.person_called(who)
        tokens = self.staff.tokens.of(who) if self.staff else ()
        token = next((one for one in tokens if one.id == identity), None)
        return self.person_of_token(token.digest) if token else None

    def person(self, name: str) -> Person | None:
        """Return somebody who is no guest, with what they may do now."""
        person = self.people.get(name)
        return replace(person, lacks_factor=True) if person and self._lacks_factor(person) else person

    async def sign_out(self, token: str) -> None:
        """End the session of a token, on disk too: a crash must not bring it back."""
        self.sessions.close(token)
        await self.save()

    async def keep(self) -> None:
        """Write changed sessions down from time to time, for ever, so that a restart signs nobody out."""
        while True:
            await asyncio.sleep(SAVE_EVERY_S)
            await self.save()

    async def save(self) -> None:
        """Write the sessions down if they changed; a full disk is logged and tried again next time."""
        async with self._saving:
            self.sessions.sweep(self.clocks.now_ms())
            if not self.sessions.changed:
                return
            try:
                await asyncio.to_thread(write_sessions, self.data, self.sessions.kept())
            except OSError as error:
                self.sessions.changed = True
                log.warning("sessions are not saved: %s", error)

    async def _open_session(self, name: str = OWNER.name, there: There = NOT_THERE) -> str:
        token = self.sessions.open(name, self.clocks.now_ms(), there)
        await self.save()
        return token

    async def _prove(self, secret: str, address: str, device: str | None = None) -> None:
        self._count(address, SECRET, device)
        if not await asyncio.to_thread(self.owner.verify, secret):
            raise SignInRefused

    def _lacks_factor(self, person: Person) -> bool:
        leads = any(grant.role in FACTOR_REQUIRED_OF for grant in person.grants)
        return leads and self.requires_factor and not (self.staff and self.staff.factors.on(person.name))

    def _password_of(self, login: str) -> str:
        """Return the hash to try a password on; where there is none, one that no password fits."""
        account = self.staff.of_login(login) if self.staff else None
        nobody = self.staff.nobody if self.staff else ""
        return account.password if account and account.password else nobody

    def _count(self, address: str, login: str, device: str | None = None) -> None:
        _wait(self._sign_ins.attempt(address, login, self.clocks.monotonic_s(), device))

    @asynccontextmanager
    async def _one_at_a_time(self) -> AsyncIterator[None]:
        """Bound the memory and threads that argon2id takes, whoever knocks."""
        if self._waiting >= MOST_WAITING:
            raise TooManyAttempts(1.0)
        self._waiting += 1
        try:
            async with self._turn:
                yield
        finally:
            self._waiting -= 1


@asynccontextmanager
async def open_accounts(
    data: Path,
    clocks: Clocks | None = None,
    staff: Staff | None = None,
    guests: Guests | None = None,
    walls: Walls | None = None,
    *,
    requires_factor: bool = False,
) -> AsyncIterator[Accounts]:
    """Open the owner's secret and the sessions kept in `data`, beside the people of `staff`; a first run makes the
    secret. Run `Accounts.keep` beside it.
    """
    owner, new_secret = await asyncio.to_thread(open_owner_secret, data)
    kept = await asyncio.to_thread(read_sessions, data)
    clocks = clocks or Clocks()
    vault = staff.vault if staff else Vault(token_bytes(32))
    devices = Devices(vault.mark, clocks.now_ms)
    accounts = Accounts(data, owner, Sessions(kept), devices, new_secret, clocks, staff)
    accounts.guests, accounts.walls = guests or Nobody(), walls or Nobody()
    accounts.requires_factor = requires_factor
    if staff is not None:
        accounts.people = staff.people
    try:
        yield accounts
    finally:
        await accounts.save()


def _wait(wait_s: float) -> None:
    if wait_s > 0:
        raise TooManyAttempts(wait_s)


def _checked_hash(account: Account, password: str) -> str:
    schools = {one.scope.school for one in account.grants} - {None}
    check_password(password, account.login, account.title, *(str(school) for school in schools))
    return hash_password(password)
