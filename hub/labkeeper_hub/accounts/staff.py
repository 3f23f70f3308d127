"""The accounts of a hub: in memory for every request, in the registry's database before anybody is told."""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, insert, select, update

from labkeeper_hub.accounts.account import INVITED_FOR_MS, Account, canonical_login
from labkeeper_hub.accounts.api_tokens import ApiTokens
from labkeeper_hub.accounts.factors import Factors
from labkeeper_hub.accounts.identities import Identities
from labkeeper_hub.accounts.passwords import hash_password
from labkeeper_hub.accounts.person import OWNER, Grant, Person
from labkeeper_hub.accounts.tokens import digest, make_token
from labkeeper_hub.registry.tables import accounts
from labkeeper_hub.sql import AsyncEngine
from labkeeper_hub.vault import Vault

GRANTS: TypeAdapter[tuple[Grant, ...]] = TypeAdapter(tuple[Grant, ...])


class LoginTaken(Exception):
    """Tell the owner: somebody has this login already."""


class UnknownAccount(Exception):
    """There is no account of that name, or no longer."""


@dataclass(slots=True)
class Staff:
    """Everybody but the owner of the secret. `people` is what requests look rights up in."""

    engine: AsyncEngine
    now_ms: Callable[[], int]
    factors: Factors
    tokens: ApiTokens
    identities: Identities
    people: dict[str, Person] = field(default_factory=lambda: {OWNER.name: OWNER})
    nobody: str = ""  # the hash that a password is tried on when nobody has that login
    _accounts: dict[str, Account] = field(default_factory=dict)
    _numbers: int = 0

    @property
    def vault(self) -> Vault:
        """Return what seals and marks."""
        return self.identities.vault

    def all(self) -> tuple[Account, ...]:
        """Return the accounts, the oldest first."""
        return tuple(self._accounts.values())

    def account(self, name: str) -> Account:
        """Return an account by its pseudonym; raises UnknownAccount."""
        try:
            return self._accounts[name]
        except KeyError as error:
            raise UnknownAccount from error

    def of_login(self, login: str) -> Account | None:
        """Return the account of somebody who types this."""
        wanted = canonical_login(login)
        return next((one for one in self._accounts.values() if one.login == wanted), None)

    def of_invitation(self, token: str) -> Account | None:
        """Return the account that this invitation opens, if it still does."""
        key, now_ms = digest(token), self.now_ms()
        return next((one for one in self._accounts.values() if one.invited(key, now_ms)), None)

    async def add(self, login: str, title: str, grants: Iterable[Grant]) -> Account:
        """Add a person, who cannot come in before an invitation; raises LoginTaken. A pseudonym is never used again."""
        if canonical_login(login) == OWNER.name or self.of_login(login):
            raise LoginTaken
        return await self._insert(login, title, grants)

    async def adopt(self, title: str, grants: Iterable[Grant]) -> Account:
        """Add a person who comes in by the school's account only: there is no password, and nothing one would type."""
        name = f"p-{self._numbers + 1}"
        return await self._insert(f"{name} ({secrets.token_hex(4)})", title or name, grants)

    async def _insert(self, login: str, title: str, grants: Iterable[Grant]) -> Account:
        self._numbers += 1
        account = Account(f"p-{self._numbers}", canonical_login(login), title, tuple(grants), self.now_ms())
        async with self.engine.begin() as connection:
            await connection.execute(insert(accounts).values(**_row(account)))
        self._keep(account)
        return account

    async def grant(self, name: str, grants: Iterable[Grant]) -> Account:
        """Put these grants in the place of all that the person had; raises UnknownAccount."""
        return await self._change(replace(self.account(name), grants=tuple(grants)))

    async def invite(self, name: str) -> str:
        """Return the token of an invitation, which works once within three days; the password is no good any more."""
        token = make_token()
        until_ms = self.now_ms() + INVITED_FOR_MS
        asked = replace(self.account(name), password=None, invitation=digest(token), invited_until_ms=until_ms)
        await self._change(asked)
        return token

    async def set_password(self, name: str, hashed: str) -> Account:
        """Keep the hash of a new password; the invitation is used up."""
        return await self._change(replace(self.account(name), password=hashed, invitation=None, invited_until_ms=0))

    async def remove(self, name: str) -> None:
        """Forget a person's names, password and rights; raises UnknownAccount. The pseudonym stays, so that the record
        of what it did cannot become somebody else's.
        """
        gone = replace(self.account(name), login=f"removed {name}", title="", grants=(), password=None, invitation=None)
        await self.identities.remove(name)
        await self._write(gone, removed=True)
        await self.tokens.revoke_all(name)
        await self.factors.remove(name)
        del self._accounts[name], self.people[name]

    async def load(self) -> None:
        """Read the accounts, and how many there ever were."""
        self.nobody = hash_password(secrets.token_urlsafe())
        await self.factors.load()
        await self.tokens.load()
        await self.identities.load()
        async with self.engine.connect() as connection:
            rows = (await connection.execute(select(accounts).order_by(accounts.c.number))).all()
        for row in rows:
            self._numbers = max(self._numbers, row.number)
            if not row.removed:
                self._keep(_account(row))

    async def _change(self, account: Account) -> Account:
        await self._write(account)
        if account.name not in self._accounts:  # removed meanwhile
            raise UnknownAccount
        self._keep(account)
        return account

    async def _write(self, account: Account, *, removed: bool = False) -> None:
        values = {**_row(account), "removed": removed}
        known = (accounts.c.name == account.name) & accounts.c.removed.is_(False)
        async with self.engine.begin() as connection:
            await connection.execute(update(accounts).where(known).values(**values))

    def _keep(self, account: Account) -> None:
        self._accounts[account.name] = account
        self.people[account.name] = account.person


async def open_staff(engine: AsyncEngine, now_ms: Callable[[], int], vault: Vault) -> Staff:
    """Return the accounts kept in the (migrated) database."""
    factors, tokens = Factors(engine, vault, now_ms), ApiTokens(engine, now_ms)
    staff = Staff(engine, now_ms, factors, tokens, Identities(engine, vault, now_ms))
    await staff.load()
    return staff


def _row(account: Account) -> dict[str, Any]:
    kept = {name: value for name, value in asdict(account).items() if name != "grants"}
    number = int(account.name.removeprefix("p-"))
    return {**kept, "number": number, "grants": GRANTS.dump_python(account.grants, mode="json"), "removed": False}


def _account(row: Row[Any]) -> Account:
    return Account(
        row.name,
        row.login,
        row.title,
        GRANTS.validate_python(row.grants),
        row.created_ms,
        row.password,
        row.invitation,
        row.invited_until_ms,
    )
