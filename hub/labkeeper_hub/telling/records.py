"""Telling on disk: what the machine remembers and the messages it made, in one transaction."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from labkeeper_hub.registry.tables import telling, telling_channels, telling_messages
from labkeeper_hub.sql import AsyncConnection, AsyncEngine
from labkeeper_hub.telling.border import STATE, PlanBody
from labkeeper_hub.telling.letters import ChannelSetup, Fate, Letter
from labkeeper_hub.telling.machine import State
from labkeeper_sdk import Message

KEPT_MS = 400 * 24 * 3_600_000  # a school year and a summer


class TellingRecords:
    """The tables `telling`, `telling_channels` and `telling_messages`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def load_plan(self) -> PlanBody:
        """Return the plan; an empty one before there is any."""
        return PlanBody.model_validate(await self._value("plan") or {})

    async def load_state(self) -> State:
        """Return what the machine remembered."""
        value = await self._value("state")
        return State() if value is None else STATE.validate_python(value)

    async def load_channels(self) -> list[ChannelSetup]:
        """Return every channel there is."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(select(telling_channels).order_by(telling_channels.c.name))
            return [ChannelSetup(**row._mapping) for row in rows]  # noqa: SLF001 -- SQLAlchemy's public name

    async def save_plan(self, plan: PlanBody) -> None:
        """Put a plan in the place of the one before."""
        async with self._engine.begin() as connection:
            await _put(connection, "plan", plan.model_dump(mode="json"))

    async def save(self, state: State, letters: Iterable[Letter]) -> None:
        """Write what the machine remembers and what it wants said, both or neither."""
        rows = [_row(letter) for letter in letters]
        async with self._engine.begin() as connection:
            await _put(connection, "state", STATE.dump_python(state, mode="json"))
            if rows:
                await connection.execute(insert(telling_messages), rows)

    async def add_channel(self, setup: ChannelSetup) -> None:
        """Write a new channel."""
        async with self._engine.begin() as connection:
            await connection.execute(insert(telling_channels).values(**asdict(setup)))

    async def remove_channel(self, name: str) -> None:
        """Forget a channel and its secrets."""
        async with self._engine.begin() as connection:
            await connection.execute(delete(telling_channels).where(telling_channels.c.name == name))

    # --- messages -----------------------------------------------------------------------------------------------------
    async def add(self, letter: Letter) -> None:
        """Write one message."""
        async with self._engine.begin() as connection:
            await connection.execute(insert(telling_messages).values(**_row(letter)))

    async def change(self, letter: Letter) -> None:
        """Write what has become of a message."""
        values = {name: _row(letter)[name] for name in ("fate", "attempts", "ended_ms", "error")}
        mine = telling_messages.c.id == letter.message.id
        async with self._engine.begin() as connection:
            await connection.execute(update(telling_messages).where(mine).values(**values))

    async def waiting(self) -> list[Letter]:
        """Return what is not sent yet, the oldest first."""
        names = telling_messages.c
        return await self._letters(select(telling_messages).where(names.fate == Fate.WAITING).order_by(names.made_ms))

    async def newest(self, most: int) -> Sequence[Letter]:
        """Return the newest first."""
        return await self._letters(select(telling_messages).order_by(telling_messages.c.made_ms.desc()).limit(most))

    async def forget(self, now_ms: int) -> None:
        """Drop what is older than a school year."""
        names = telling_messages.c
        old = (names.made_ms < now_ms - KEPT_MS, names.fate != Fate.WAITING)
        async with self._engine.begin() as connection:
            await connection.execute(delete(telling_messages).where(*old))

    async def _letters(self, query: Any) -> list[Letter]:  # noqa: ANN401 -- SQLAlchemy's own type names the columns
        async with self._engine.connect() as connection:
            return [_letter(row) for row in await connection.execute(query)]

    async def _value(self, name: str) -> Any:  # noqa: ANN401 -- any JSON
        query = select(telling.c.value).where(telling.c.name == name)
        async with self._engine.connect() as connection:
            return (await connection.execute(query)).scalar()


async def _put(connection: AsyncConnection, name: str, value: object) -> None:
    await connection.execute(delete(telling).where(telling.c.name == name))
    await connection.execute(insert(telling).values(name=name, value=value))


def _row(letter: Letter) -> dict[str, Any]:
    kept = {name: getattr(letter, name) for name in ("channel", "fate", "attempts", "ended_ms", "error")}
    return {**asdict(letter.message), **kept}


def _letter(row: Row[Any]) -> Letter:
    named = ("id", "kind", "title", "text", "link", "safety", "made_ms")
    message = Message(**{name: getattr(row, name) for name in named})
    return Letter(row.channel, message, Fate(row.fate), row.attempts, row.ended_ms, row.error)
