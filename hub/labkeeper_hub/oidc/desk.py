"""The desk where people come in, or link an account, by the school's own: deny by default, one record of each end."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from labkeeper_hub.accounts import Accounts, CodeNeeded, SignInRefused, TooManyAttempts
from labkeeper_hub.accounts.identities import AlreadyLinked
from labkeeper_hub.accounts.sessions import There
from labkeeper_hub.accounts.staff import Staff, UnknownAccount
from labkeeper_hub.accounts.throttle import Throttle
from labkeeper_hub.audit import Notes
from labkeeper_hub.oidc.attempts import Attempt, Attempts, Link
from labkeeper_hub.oidc.mapping import Claims, granted, renewed, showed_second_factor, subject_of, title_of
from labkeeper_hub.oidc.reasons import ProviderFailed, Reason
from labkeeper_hub.oidc.settings import OidcSettings
from labkeeper_hub.oidc.taken import LoggedOut, Taken

log = logging.getLogger(__name__)
STRANGER = "stranger"
HOME = "#/"
CALM_S = 60.0  # between two lines in the log about the same


class Provider(Protocol):
    """The school's provider."""

    async def address(self, attempt: Attempt, /) -> str: ...
    async def claims(self, code: str, attempt: Attempt, issuer: str | None, /) -> Mapping[str, object]: ...
    async def leaving(self) -> str | None: ...
    async def logged_out(self, token: str, /) -> LoggedOut: ...


@dataclass(frozen=True, slots=True)
class Returned:
    """What the provider sent the browser back with."""

    state: str = ""
    code: str = field(default="", repr=False)
    error: str = ""
    issuer: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attempt ended: `session` is a session's token, `waiting` the browser's while a code is asked for."""

    reason: Reason
    back: str = HOME
    who: str = STRANGER
    session: str | None = field(default=None, repr=False)
    waiting: str | None = field(default=None, repr=False)


@dataclass(slots=True)
class OidcDesk:
    """Begins attempts and ends them. Its throttle is its own: a provider that fails holds up no password."""

    settings: OidcSettings
    provider: Provider
    accounts: Accounts
    staff: Staff
    audit: Notes
    attempts: Attempts = field(default_factory=Attempts)
    _throttle: Throttle = field(default_factory=Throttle)
    _leaving: Throttle = field(default_factory=Throttle)
    _taken: Taken = field(default_factory=Taken)
    _adopting: asyncio.Lock = field(default_factory=asyncio.Lock)
    _said_s: dict[Reason, float] = field(default_factory=dict)

    async def begin(self, back: str, address: str, link: Link | None = None) -> tuple[str, str]:
        """Return the browser's token and where to send it; raises ProviderFailed."""
        token, attempt = self.attempts.begin(back, address, self._now_s(), link)
        try:
            return token, await self.provider.address(attempt)
        except ProviderFailed as failed:
            self.attempts.drop(token)
            self._tell(failed)
            self._note(Ended(failed.reason), address, link)
            raise

    async def finish(self, token: str, returned: Returned, address: str) -> Ended:
        """End an attempt by what the provider sent back. Never raises for what others did wrong."""
        now_s = self._now_s()
        if self._throttle.attempt(address, now_s) > 0:
            return self._note(Ended(Reason.THROTTLED), address)
        attempt = self.attempts.take(token, returned.state, now_s)
        if attempt is None:
            return self._note(Ended(Reason.UNKNOWN_ATTEMPT), address)
        try:
            ended = await self._finish(attempt, returned)
        except ProviderFailed as failed:
            self._tell(failed)
            ended = Ended(failed.reason)
        except TooManyAttempts:
            ended = Ended(Reason.THROTTLED)
        if ended.reason in (Reason.OK, Reason.CODE, Reason.LINKED):
            self._throttle.succeeded(address)
        return self._note(replace(ended, back=attempt.back), address, attempt.link)

    async def second_step(self, token: str, code: str | None, address: str) -> str:
        """Return a session's token for whoever has been proved in this browser, by a code of their second factor;
        raises SignInRefused, CodeNeeded or TooManyAttempts.
        """
        attempt = self.attempts.proved(token, self._now_s())
        if attempt is None or attempt.proved is None:
            raise SignInRefused
        session = await self.accounts.sign_in_proved(attempt.proved, code, attempt.there, with_factor=True)
        self.attempts.drop(token)
        self._note(Ended(Reason.OK, who=attempt.proved), address)
        return session

    async def sign_out(self, token: str, address: str) -> Reason:
        """End the sessions that the provider says are ended there, and return what became of its word. Never raises for
        what others did wrong.
        """
        if self._leaving.attempt(address, self._now_s()) > 0:
            return self._left(STRANGER, address, Reason.THROTTLED)
        try:
            told = self._taken.first(await self.provider.logged_out(token), self._now_s())
        except ProviderFailed as failed:
            self._tell(failed)
            return self._left(STRANGER, address, failed.reason)
        self._leaving.succeeded(address)
        names = await self.accounts.end_there(self._there(told.subject, told.session))
        for name in sorted(names) or (STRANGER,):
            self._left(name, address, Reason.OK)
        return Reason.OK

    def _left(self, who: str, address: str, reason: Reason) -> Reason:
        self.audit.note(who, "oidc_sign_out", address, reason.value)
        return reason

    def _there(self, subject: object, session: object) -> There:
        """Return marks of whom and of which session the provider knows: to know them again, with nothing to look up."""
        marks = (
            self.staff.vault.mark(f"{self.settings.issuer}\n{kind}\n{said}") if isinstance(said, str) and said else ""
            for kind, said in (("sub", subject), ("sid", session))
        )
        return There(*marks)

    async def _finish(self, attempt: Attempt, returned: Returned) -> Ended:
        if returned.error or not returned.code:
            return Ended(Reason.REFUSED_THERE)
        claims = await self.provider.claims(returned.code, attempt, returned.issuer)
        subject = subject_of(claims, self.settings)
        if subject is None:
            raise ProviderFailed(Reason.WRONG_TOKEN, f"it tells no {self.settings.person_claim}")
        if attempt.link is not None:
            return await self._link(attempt.link, subject)
        return await self._enter(attempt, subject, claims)

    async def _enter(self, attempt: Attempt, subject: str, claims: Claims) -> Ended:
        name = await self._whose(subject, claims)
        if name is None:
            return Ended(Reason.UNKNOWN_PERSON)
        proved, there = showed_second_factor(claims, self.settings), self._there(claims.get("sub"), claims.get("sid"))
        try:
            session = await self.accounts.sign_in_proved(name, None, there, with_factor=not proved)
        except SignInRefused:  # removed meanwhile
            return Ended(Reason.UNKNOWN_PERSON)
        except CodeNeeded:
            waiting = self.attempts.wait_for_code(name, there, attempt, self._now_s())
            return Ended(Reason.CODE, who=name, waiting=waiting)
        return Ended(Reason.OK, who=name, session=session)

    async def _whose(self, subject: str, claims: Claims) -> str | None:
        """Return whose account this is; a mapping may make one, and gives and takes what it maps."""
        identities, given = self.staff.identities, granted(claims, self.settings.roles)
        async with self._adopting:
            found = identities.find(self.settings.issuer, subject)
            if found is None:
                return await self._adopt(subject, claims) if given else None
            if not found.mapped:
                return found.name
            account = self.staff.account(found.name)
            now = renewed(account.grants, given, self.settings.roles)
            if set(now) != set(account.grants):
                await self.staff.grant(found.name, now)
                self.accounts.sessions.hurry(found.name)
                self.audit.note("oidc", "change_rights", found.name, _told(len(given)))
            return found.name if now else None

    async def _adopt(self, subject: str, claims: Claims) -> str:
        given = granted(claims, self.settings.roles)
        account = await self.staff.adopt(title_of(claims, self.settings), given)
        await self.staff.identities.add(self.settings.issuer, subject, account.name, mapped=True)
        self.audit.note("oidc", "add_person", account.name, _told(len(given)))
        return account.name

    async def _link(self, link: Link, subject: str) -> Ended:
        """Link the account of whoever asked, if their session still lives."""
        person = self.accounts.person_of(link.session)
        if person is None or person.name != link.name:
            return Ended(Reason.ENDED, who=link.name)
        async with self._adopting:
            try:
                self.staff.account(link.name)
                await self.staff.identities.add(self.settings.issuer, subject, link.name, mapped=False)
            except UnknownAccount:
                return Ended(Reason.ENDED, who=link.name)
            except AlreadyLinked:
                return Ended(Reason.LINKED_ELSEWHERE, who=link.name)
        return Ended(Reason.LINKED, who=link.name)

    def _now_s(self) -> float:
        return self.accounts.clocks.monotonic_s()

    def _note(self, ended: Ended, address: str, link: Link | None = None) -> Ended:
        what = "link_school_account" if link else "oidc_sign_in"
        self.audit.note(link.name if link else ended.who, what, address, ended.reason.value)
        return ended

    def _tell(self, failed: ProviderFailed) -> None:
        """Say in the log what the school's technician may have to mend, now and then."""
        now_s = self._now_s()
        if now_s - self._said_s.get(failed.reason, -CALM_S) >= CALM_S:
            self._said_s[failed.reason] = now_s
            log.warning("oidc: %s", failed)


def _told(grants: int) -> str:
    return f"{grants} mapped"
