"""The tokens for programs: in memory for every request, in the registry's database, of each only the digest."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sqlalchemy import Row, func, insert, select, update

from labkeeper_hub.accounts.actions import Action
from labkeeper_hub.accounts.api_token import PREFIX, ApiToken
from labkeeper_hub.accounts.tokens import digest, make_token
from labkeeper_hub.registry.tables import api_tokens
from labkeeper_hub.sql import AsyncEngine

MOST_OF_ONE = 20
NOTED_EVERY_MS = 60_000  # when a token was last used is written down once a minute


class TooManyTokens(Exception):
    """Tell the person to revoke one first."""


@dataclass(slots=True)
class ApiTokens:
    """Everybody's tokens."""

    engine: AsyncEngine
    now_ms: Callable[[], int]
    _by_digest: dict[str, ApiToken] = field(default_factory=dict)
    _numbers: int = 0

    def of(self, holder: str) -> tuple[ApiToken, ...]:
        """Return the tokens of one person, the oldest first."""
        return tuple(one for one in self._by_digest.values() if one.holder == holder)

    def find(self, text: str) -> ApiToken | None:
        """Return the living token of this text."""
        return self.living(digest(text))

    def living(self, key: str) -> ApiToken | None:
        """Return the token of this digest, if it has neither expired nor been revoked."""
        token = self._by_digest.get(key)
        return token if token is not None and token.lives(self.now_ms()) else None

    async def make(
        self, holder: str, title: str, actions: Iterable[Action], labs: Iterable[tuple[str, str]], expires_ms: int
    ) -> tuple[str, ApiToken]:
        """Return the text of a new token, which nobody can read again, and what is kept; raises TooManyTokens."""
        if len(self.of(holder)) >= MOST_OF_ONE:
            raise TooManyTokens
        self._numbers += 1
        text, now_ms = PREFIX + make_token(), self.now_ms()
        scopes = frozenset(actions), tuple(labs)
        token = ApiToken(f"t-{self._numbers}", holder, title, *scopes, digest(text), now_ms, expires_ms)
        async with self.engine.begin() as connection:
            await connection.execute(insert(api_tokens).values(**_row(token)))
        self._by_digest[token.digest] = token
        return text, token

    async def note_use(self, token: ApiToken) -> None:
        """Write down that a token is used, now and then."""
        now_ms = self.now_ms()
        if token.used_ms is not None and now_ms - token.used_ms < NOTED_EVERY_MS:
            return
        self._by_digest[token.digest] = replace(token, used_ms=now_ms)
        async with self.engine.begin() as connection:
            await connection.execute(update(api_tokens).where(api_tokens.c.id == token.id).values(used_ms=now_ms))

    async def revoke(self, holder: str, identity: str) -> bool:
        """End a token of this person and return whether there was one; its open sockets close within a second."""
        token = next((one for one in self.of(holder) if one.id == identity), None)
        if token is not None:
            await self._end([token])
        return token is not None

    async def revoke_all(self, holder: str) -> None:
        """End every token of a person."""
        await self._end(self.of(holder))

    async def revoke_since(self, holder: str, since_ms: int) -> tuple[str, ...]:
        """End the tokens of a person that were made at that time or later, and return what they were called."""
        made = [one for one in self.of(holder) if one.created_ms >= since_ms]
        await self._end(made)
        return tuple(one.id for one in made)

    async def load(self) -> None:
        """Read the tokens. A number is never given twice."""
        async with self.engine.connect() as connection:
            rows = (await connection.execute(select(api_tokens).order_by(api_tokens.c.number))).all()
            self._numbers = (await connection.execute(select(func.max(api_tokens.c.number)))).scalar() or 0
        self._by_digest |= {row.digest: _token(row) for row in rows if row.digest is not None}

    async def _end(self, tokens: Iterable[ApiToken]) -> None:
        """Forget them; the number stays, so that the record of what it did cannot become another's."""
        for token in tokens:
            del self._by_digest[token.digest]
            ended = update(api_tokens).where(api_tokens.c.id == token.id).values(digest=None, title="")
            async with self.engine.begin() as connection:
                await connection.execute(ended)


def _row(token: ApiToken) -> dict[str, Any]:
    kept = asdict(token)
    return {**kept, "number": int(token.id.removeprefix("t-")), "actions": sorted(token.actions)}


def _token(row: Row[Any]) -> ApiToken:
    actions = frozenset(Action(one) for one in row.actions if one in set(Action))
    labs = tuple((school, lab) for school, lab in row.labs)
    times = row.created_ms, row.expires_ms, row.used_ms
    return ApiToken(row.id, row.holder, row.title, actions, labs, row.digest, *times)
