"""What a device prints on its console: `@node/property=value` whenever a pin really changes."""

import asyncio
import os
import re
import termios
import tty
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from labkeeper_firmware.protocols import Said
from labkeeper_sdk import BadConfiguration

LEVEL = re.compile(rb"@([a-z0-9-]+/[a-z0-9-]+)=(\S+)\s*")
LONGEST = 4096
KEPT = 100_000  # levels


@dataclass(slots=True)
class Console:
    """A witness who reads a console."""

    levels: list[Said] = field(default_factory=list)
    latest: dict[str, Said] = field(default_factory=dict)
    _rest: bytes = b""

    def take(self, raw: bytes) -> None:
        """Read what has come; what is no level is somebody else's."""
        *lines, rest = (self._rest + raw).split(b"\n")
        self._rest = rest[-LONGEST:]
        now_s = asyncio.get_running_loop().time()
        for line in lines:
            if found := LEVEL.fullmatch(line):
                it = Said(now_s, found[1].decode(), found[2])
                self.levels.append(it)
                self.latest[it.name] = it
        del self.levels[:-KEPT]


@asynccontextmanager
async def read_serial(path: str, baud: int) -> AsyncIterator[Console]:
    """Read a serial port for the length of a context; raises BadConfiguration where there is none such."""
    speed = speed_of(baud)
    try:
        port = open_port(path, speed, os.O_RDONLY)
    except OSError as error:
        raise BadConfiguration("--serial", str(error)) from error
    console, loop = Console(), asyncio.get_running_loop()
    try:
        loop.add_reader(port, _drain, port, console)
        yield console
    finally:
        loop.remove_reader(port)
        os.close(port)


def speed_of(baud: int) -> int:
    """Return the system's name for a speed; raises BadConfiguration."""
    speed: int | None = getattr(termios, f"B{baud}", None)
    if speed is None:
        raise BadConfiguration("--baud", f"{baud} is no speed of a serial port")
    return speed


def open_port(path: str, speed: int, how: int) -> int:
    """Open a serial port, raw; raises OSError where nothing is there, BadConfiguration for something else."""
    port = os.open(path, how | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        _raw(port, path, speed)
    except BadConfiguration:
        os.close(port)
        raise
    return port


def _raw(port: int, path: str, speed: int) -> None:
    try:
        tty.setraw(port, termios.TCSANOW)
        mode = termios.tcgetattr(port)
        mode[4] = mode[5] = speed
        termios.tcsetattr(port, termios.TCSANOW, mode)
    except termios.error as error:
        raise BadConfiguration("--serial", f"{path} is no serial port: {error}") from error


def _drain(port: int, console: Console) -> None:
    with suppress(OSError):
        console.take(os.read(port, LONGEST))
