"""The suite's conversation over a serial line, with a device that has no broker.

The device says `NAME=VALUE`, a line each, NAME as in Homie: `$state`, `$description`, `node/property`. The suite says
`node/property/set=VALUE`; `?`, upon which the device says everything again, its `$state` last; and an empty line now
and then, so that the device knows that somebody is there. `@node/property=VALUE` is a pin's level, as on any console.
"""

import asyncio
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from labkeeper_firmware.drivers.console import Console, open_port, speed_of
from labkeeper_firmware.drivers.heard import Heard
from labkeeper_firmware.protocols import Said

LINE = re.compile(rb"(\$[a-z]+(?:/[a-z]+)?|[a-z0-9-]+/[a-z0-9-]+(?:/\$target)?)=([^\r]*)\r?")
PIECE = 4096
LONGEST = 65_536  # bytes of a line; descriptions are long
AGAIN_S = 0.1
ASK_AGAIN_S = 1.0
TOLD_S = 5.0  # for everything at the slowest usual speed


@dataclass(slots=True)
class Line(Heard):
    """A serial port. Its plug pulled out, or the program behind it dead, is a device that is lost."""

    path: str = ""
    speed: int = 0
    alive_every_s: float = 0.25
    console: Console = field(default_factory=Console)
    silent: bool = False  # the suite says nothing: the link is lost
    _port: int = -1
    _rest: bytes = b""
    _gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Hold the port for ever."""
        while True:
            with suppress(OSError):
                await self._converse(open_port(self.path, self.speed, os.O_RDWR))
            await asyncio.sleep(AGAIN_S)

    async def send(self, name: str, payload: bytes | str, *, qos: int = 0, retain: bool = False) -> None:  # noqa: ARG002 -- as over MQTT
        """Say a command; what cannot go out, because nobody is there, is lost."""
        raw = payload.encode() if isinstance(payload, str) else payload
        await self._say(name.encode() + b"=" + raw + b"\n")

    async def kept(self) -> set[str]:
        """Ask the device what it is; return the names it says."""
        at_s = self._now_s()
        await self._told()
        return {it.name for it in self.since(at_s)}

    async def there(self) -> bool:
        """Whether the device answers. One that hangs says nothing by itself, and a line knows no will."""
        return await self._told()

    async def _told(self) -> bool:
        at_s = self._now_s()
        await self._say(b"?\n")
        with suppress(TimeoutError):
            async with asyncio.timeout(TOLD_S):
                while not self.since(at_s, "$state"):  # noqa: ASYNC110 -- as the bench waits
                    await asyncio.sleep(AGAIN_S / 10)
                return True
        return False

    async def _converse(self, port: int) -> None:
        loop = asyncio.get_running_loop()
        self._port, self._rest = port, b""
        self._gone.clear()
        loop.add_reader(port, self._drain)
        talking = asyncio.create_task(self._talk(), name="the host is there")
        try:
            await self._gone.wait()
        finally:
            talking.cancel()
            loop.remove_reader(port)
            self._port = -1
            os.close(port)
            self.take(Said(self._now_s(), "$state", b"lost"))

    async def _talk(self) -> None:
        """Say that somebody is there, and ask a device that is not ready what it is."""
        ask_s = 0.0
        while True:
            asking = self.text("$state") != "ready" and self._now_s() >= ask_s
            if asking:
                ask_s = self._now_s() + ASK_AGAIN_S
            if not self.silent:
                await self._say(b"?\n" if asking else b"\n")
            await asyncio.sleep(self.alive_every_s)

    async def _say(self, raw: bytes) -> None:
        while raw and self._port >= 0:
            try:
                raw = raw[os.write(self._port, raw) :]
            except BlockingIOError:
                await asyncio.sleep(AGAIN_S / 100)
            except OSError:
                self._gone.set()
                return

    def _drain(self) -> None:
        try:
            raw = os.read(self._port, PIECE)
        except BlockingIOError:
            return
        except OSError:
            raw = b""
        if not raw:
            self._gone.set()
            asyncio.get_running_loop().remove_reader(self._port)
            return
        self.console.take(raw)
        *lines, rest = (self._rest + raw).split(b"\n")
        self._rest = rest[-LONGEST:]
        for line in lines:
            if found := LINE.fullmatch(line):
                self.take(Said(self._now_s(), found[1].decode(), found[2]))

    def _now_s(self) -> float:
        return asyncio.get_running_loop().time()


@dataclass(frozen=True, slots=True)
class Silence:
    """The link as the suite can break it: nobody speaks to the device any more. What it says is still heard."""

    line: Line

    async def cut(self) -> None:
        """Say nothing any more."""
        self.line.silent = True

    async def hush(self) -> None:
        """Say nothing any more."""
        self.line.silent = True

    async def restore(self) -> None:
        """Speak again, and ask how things are."""
        if self.line.silent:
            self.line.silent = False
            await self.line.there()


@asynccontextmanager
async def converse_by_line(path: str, baud: int, alive_every_s: float) -> AsyncIterator[Line]:
    """Speak with a device over a serial port for the length of a context; raises BadConfiguration for a wrong speed."""
    line = Line(path=path, speed=speed_of(baud), alive_every_s=alive_every_s)
    task = asyncio.create_task(line.run(), name="conversation with the device")
    try:
        yield line
    finally:
        task.cancel()
        await asyncio.wait([task])
