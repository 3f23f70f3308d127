"""The registry's statements, worded once: SQLAlchemy takes a millisecond to word one, and births come in crowds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Delete, Insert, Table, Update, bindparam, delete, insert, update

from labkeeper_hub.sql import AsyncConnection

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Sentences:
    """What is ever said to one table about rows with the same key, in words that every database understands."""

    keys: tuple[str, ...]
    forget: Delete
    write: Insert
    change: Update

    async def replace(self, connection: AsyncConnection, rows: Sequence[Row]) -> None:
        """Delete and insert: only for a table to which no row refers."""
        if rows:
            await connection.execute(self.forget, [self._key(row) for row in rows])
            await connection.execute(self.write, rows)

    async def upsert(self, connection: AsyncConnection, rows: Sequence[Row]) -> None:
        """Update or insert: for a table to which other rows refer."""
        for row in rows:
            done = await connection.execute(self.change, {**row, **self._key(row)})
            if not done.rowcount:
                await connection.execute(self.write, row)

    async def exchange(self, connection: AsyncConnection, key: Row, rows: Sequence[Row]) -> None:
        """Put `rows` in the place of all that have this key."""
        await connection.execute(self.forget, self._key(key))
        if rows:
            await connection.execute(self.write, rows)

    def _key(self, row: Row) -> dict[str, Any]:
        return {f"its_{name}": row[name] for name in self.keys}


def sentences(table: Table, *keys: str) -> Sentences:
    """Word them for rows told apart by the columns `keys`."""
    same = [table.c[name] == bindparam(f"its_{name}") for name in keys]
    changed: dict[str, BindParameter[Any]] = {column.name: bindparam(column.name) for column in table.columns}
    return Sentences(keys, delete(table).where(*same), insert(table), update(table).where(*same).values(changed))
