"""The serial line driver: a board that tells, and does what a line says."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from labkeeper_drivers.extras import need
from labkeeper_drivers.serial_line.grammar import Grammar
from labkeeper_drivers.serial_line.settings import SerialLineConfiguration
from labkeeper_drivers.telling import Telling
from labkeeper_sdk import DeviceUnreachable, Point, Reading, Services, Value, reaching

LONGEST_LINE = 2048


@dataclass(slots=True)
class Board:
    """A board behind a serial port. A write is done when the board has said the new value."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    grammar: Grammar
    path: str
    silent_s: float
    trouble: tuple[type[Exception], ...]
    telling: Telling

    @property
    def points(self) -> Sequence[Point]:
        """Return what was declared."""
        return tuple(self.grammar.points.values())

    def changes(self) -> AsyncIterator[Sequence[Reading]]:
        """Yield what each line says; too much nonsense in a row ends the connection."""
        return self.telling.readings(self._lines(), self.grammar.readings)

    async def write(self, point: str, value: Value) -> None:
        """Say the line, and wait until the board says the value."""
        known = self.grammar.points[point]
        async with (
            self.telling.confirmation(known, value),
            reaching(self.path, within_s=known.confirm_s),
        ):
            self.writer.write(self.grammar.command(point, value))
            await self.writer.drain()

    async def _lines(self) -> AsyncIterator[bytes]:
        while True:
            yield await self._line()

    async def _line(self) -> bytes:
        within_s = self.silent_s or None
        try:
            async with asyncio.timeout(within_s):
                line = await self.reader.readuntil()
        except TimeoutError:
            raise DeviceUnreachable(f"{self.path} has said nothing for {self.silent_s:g} s") from None
        except asyncio.LimitOverrunError:
            raise DeviceUnreachable(f"{self.path} talks without an end of line") from None
        except EOFError:
            raise DeviceUnreachable(f"{self.path} was unplugged") from None
        except self.trouble as error:
            raise DeviceUnreachable(f"{self.path}: {error}") from error
        return line if len(line) <= LONGEST_LINE else b""


@asynccontextmanager
async def connect(configuration: SerialLineConfiguration, services: Services) -> AsyncIterator[Board]:  # noqa: ARG001 -- the protocol's
    """Open the port; raises DeviceUnreachable where nothing is plugged in."""
    await need("serial", "serialx")
    from labkeeper_drivers.serial_port import TROUBLE, open_port  # noqa: PLC0415 -- needs the extra

    path = configuration.path
    reader, writer = await open_port(path, configuration.baudrate)
    try:
        if configuration.hello:
            writer.write(configuration.hello.encode() + b"\n")
        telling = Telling(path, hint="; is the baud rate right?")
        yield Board(reader, writer, Grammar.of(configuration), path, configuration.silent_s, TROUBLE, telling)
    finally:
        writer.close()
