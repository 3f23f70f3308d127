"""Commands on disk, so that nothing is ever executed twice, whoever asks again and whenever."""

import sqlite3
from dataclasses import dataclass

from labkeeper_edge.command_rules import RESTARTED, RESTARTED_MESSAGE
from labkeeper_wire.commands import CommandResult, CommandState

COMMANDS_KEPT = 10_000
SAFE_WRITES_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class CommandRecord:
    """A command's newest state, to be kept."""

    result: CommandResult
    device: str
    at_ms: int


class CommandStore:
    """The tables `commands` and `safe_writes`; writing methods expect a transaction of the caller."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def put(self, record: CommandRecord) -> None:
        """Keep the newest word on a command; the oldest are forgotten."""
        result = record.result
        done = self._connection.execute(
            "INSERT INTO commands (id, device, state, code, message, at_ms) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET state = excluded.state, code = excluded.code,"
            " message = excluded.message, at_ms = excluded.at_ms",
            (result.id, record.device, result.state, result.code, result.message, record.at_ms),
        )
        self._connection.execute("DELETE FROM commands WHERE number <= ?", ((done.lastrowid or 0) - COMMANDS_KEPT,))

    def results(self) -> dict[str, CommandResult]:
        """Return the newest word on every command that is remembered, oldest first."""
        rows = self._connection.execute("SELECT id, state, code, message FROM commands ORDER BY number")
        return {row[0]: CommandResult(row[0], CommandState(row[1]), row[2], row[3]) for row in rows}

    def close_orphans(self) -> list[tuple[str, CommandResult]]:
        """Mark what was accepted and never ended as unknown; return (device, result) of each."""
        rows = self._connection.execute("SELECT id, device FROM commands WHERE state = ?", (CommandState.ACCEPTED,))
        orphans = [
            (device, CommandResult(number, CommandState.UNKNOWN, RESTARTED, RESTARTED_MESSAGE))
            for number, device in rows.fetchall()
        ]
        self._connection.executemany(
            "UPDATE commands SET state = ?, code = ?, message = ? WHERE id = ?",
            [(result.state, result.code, result.message, result.id) for _, result in orphans],
        )
        return orphans

    def record_safe_write(self, at_ms: int, device: str, point: str, cause: str, outcome: str) -> None:
        """Put on record that the node itself drove a point to its safe value."""
        done = self._connection.execute(
            "INSERT INTO safe_writes (at_ms, device, point, cause, outcome) VALUES (?, ?, ?, ?, ?)",
            (at_ms, device, point, cause, outcome),
        )
        oldest = (done.lastrowid or 0) - SAFE_WRITES_KEPT
        self._connection.execute("DELETE FROM safe_writes WHERE number <= ?", (oldest,))
