"""Which account of the school's own opens which of ours. Of the one over there only a mark is kept: no identifier."""

from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import delete, insert, select

from labkeeper_hub.registry.tables import school_accounts
from labkeeper_hub.sql import AsyncEngine
from labkeeper_hub.vault import Vault


class AlreadyLinked(Exception):
    """Tell the person: that account opens somebody else's, or theirs has one."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One link; `mapped`: the account was made by a mapping, which goes on to give and take its rights."""

    mark: str
    name: str
    mapped: bool


@dataclass(slots=True)
class Identities:
    """All links, one of each account at most."""

    engine: AsyncEngine
    vault: Vault
    now_ms: Callable[[], int]
    _by_mark: dict[str, Identity] = field(default_factory=dict)

    def find(self, issuer: str, subject: str) -> Identity | None:
        """Return what this account of the school's opens."""
        return self._by_mark.get(self._mark(issuer, subject))

    def of(self, name: str) -> Identity | None:
        """Return the link of an account of ours."""
        return next((one for one in self._by_mark.values() if one.name == name), None)

    async def add(self, issuer: str, subject: str, name: str, *, mapped: bool) -> None:
        """Link the two; raises AlreadyLinked."""
        identity = Identity(self._mark(issuer, subject), name, mapped)
        if identity.mark in self._by_mark or self.of(name):
            raise AlreadyLinked
        self._by_mark[identity.mark] = identity
        values = {"mark": identity.mark, "name": name, "mapped": mapped, "linked_ms": self.now_ms()}
        async with self.engine.begin() as connection:
            await connection.execute(insert(school_accounts).values(**values))

    async def remove(self, name: str) -> bool:
        """Forget the link of an account of ours and return whether there was one."""
        found = self.of(name)
        if found is None:
            return False
        del self._by_mark[found.mark]
        async with self.engine.begin() as connection:
            await connection.execute(delete(school_accounts).where(school_accounts.c.name == name))
        return True

    async def forget_linked(self, name: str) -> None:
        """Forget the link of an account that is being reset, unless a mapping made both."""
        found = self.of(name)
        if found is not None and not found.mapped:
            await self.remove(name)

    async def load(self) -> None:
        """Read what is kept."""
        async with self.engine.connect() as connection:
            rows = (await connection.execute(select(school_accounts))).all()
        self._by_mark = {row.mark: Identity(row.mark, row.name, row.mapped) for row in rows}

    def _mark(self, issuer: str, subject: str) -> str:
        return self.vault.mark(f"{issuer}\n{subject}")
