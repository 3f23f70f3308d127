"""A serial port whose far end is in this process: a pseudo terminal, so that drivers open a real path."""

import asyncio
import os
import random
import socket
import tempfile
import termios
import tty
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from labkeeper_sdk.errors import DeviceUnreachable
from labkeeper_sdk.testing.servers import Talk, conversation
from labkeeper_sdk.testing.wires import CHUNK, Spoiler, Tap, first_of


@dataclass(slots=True)
class SerialWire:
    """A device behind a serial port; `path` is what the driver opens.

    `cut` is the plug pulled out: the path is gone and open ends read an error. A pseudo terminal has no baud rate.
    """

    talk: Talk
    path: Path
    tap: Tap | None = None
    delay_s: float = 0.0
    spoiler: Spoiler = field(default_factory=Spoiler)
    _life: asyncio.Task[None] | None = field(default=None, init=False)
    _speaking: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    async def cut(self) -> None:
        """Pull the plug."""
        life, self._life = self._life, None
        if life is not None:
            self.path.unlink(missing_ok=True)
            life.cancel()
            await asyncio.gather(life, return_exceptions=True)

    async def restore(self) -> None:
        """Plug it in (again), under the same path."""
        if not self._speaking.is_set():
            await self.cut()
            self._speaking.set()
        if self._life is None:
            device_end, driver_end = os.openpty()
            tty.setraw(driver_end, termios.TCSANOW)
            self.path.symlink_to(os.ttyname(driver_end))
            self._life = asyncio.create_task(self._live(device_end, driver_end), name="serial device")

    async def hush(self) -> None:
        """Hold everything back, both ways."""
        self._speaking.clear()

    async def garble(self, chance: random.Random, frames: int) -> None:
        """Spoil the next `frames` pieces of what the device writes."""
        await self.spoiler.run(chance, frames)

    async def _live(self, device_end: int, driver_end: int) -> None:
        """Let the device talk; the driver's end is held open too, so that a port nobody has open is no hang-up."""
        os.set_blocking(device_end, False)
        here, there = socket.socketpair()
        heard, said = await asyncio.open_connection(sock=here)
        reader, writer = await asyncio.open_connection(sock=there)
        arrived: asyncio.Queue[bytes] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        loop.add_reader(device_end, _drain, device_end, arrived)
        try:
            await first_of(
                conversation(self.talk, reader, writer),
                self._to_device(arrived, said),
                self._to_driver(heard, device_end),
            )
        finally:
            loop.remove_reader(device_end)
            said.close()
            os.close(driver_end)
            os.close(device_end)

    async def _to_device(self, arrived: asyncio.Queue[bytes], sink: asyncio.StreamWriter) -> None:
        while True:
            data = await arrived.get()
            await self._speaking.wait()
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            if self.tap is not None:
                self.tap("device", data)
            sink.write(data)

    async def _to_driver(self, source: asyncio.StreamReader, device_end: int) -> None:
        while data := await source.read(CHUNK):
            await self._speaking.wait()
            if self.tap is not None:
                self.tap("driver", data)
            with suppress(BlockingIOError):  # nobody reads the port: what does not fit is lost, as on the real wire
                os.write(device_end, self.spoiler.pass_on(data))


def _drain(end: int, arrived: asyncio.Queue[bytes]) -> None:
    with suppress(OSError):
        arrived.put_nowait(os.read(end, CHUNK))


@asynccontextmanager
async def serve_serial(talk: Talk, *, tap: Tap | None = None) -> AsyncIterator[SerialWire]:
    """Run a device behind a serial port; it is its own wire."""
    with tempfile.TemporaryDirectory(prefix="labkeeper-serial-") as folder:
        wire = SerialWire(talk, Path(folder) / "port", tap)
        await wire.restore()
        try:
            yield wire
        finally:
            await wire.cut()


# --- before a real port -----------------------------------------------------------------------------------------------
@asynccontextmanager
async def open_serial_wire(
    path: str, baudrate: int, parity: Literal["none", "even", "odd"] = "none", *, tap: Tap | None = None
) -> AsyncIterator[SerialWire]:
    """Put a wire before a real serial port: give the driver the wire's `path` instead. Raises DeviceUnreachable."""
    port = _opened(path, baudrate, parity)
    try:
        async with serve_serial(lambda reader, writer: _pass_on(port, reader, writer), tap=tap) as wire:
            yield wire
    finally:
        os.close(port)


async def _pass_on(port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Let the port talk: what comes from it is said, what is heard goes into it."""
    loop, over = asyncio.get_running_loop(), asyncio.Event()

    def drain() -> None:
        with suppress(BlockingIOError):
            data = _read(port)
            writer.write(data)
            if not data:
                loop.remove_reader(port)
                over.set()

    async def fill() -> None:
        while data := await reader.read(CHUNK):
            while data:
                with suppress(BlockingIOError):
                    data = data[os.write(port, data) :]
                await asyncio.sleep(0)

    loop.add_reader(port, drain)
    filling = asyncio.create_task(fill(), name="wire")
    try:
        await over.wait()
    finally:
        loop.remove_reader(port)
        filling.cancel()
        await asyncio.gather(filling, return_exceptions=True)


def _read(port: int) -> bytes:
    try:
        return os.read(port, CHUNK)
    except BlockingIOError:
        raise
    except OSError:
        return b""  # it was unplugged


def _opened(path: str, baudrate: int, parity: str) -> int:
    speed = getattr(termios, f"B{baudrate}", None)
    if speed is None:
        raise DeviceUnreachable(f"{path}: {baudrate} is no speed of a serial port")
    try:
        port = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    except OSError as error:
        raise DeviceUnreachable(f"{path}: {error.strerror}") from error
    try:
        tty.setraw(port, termios.TCSANOW)
        mode = termios.tcgetattr(port)
        mode[2] |= {"none": 0, "even": termios.PARENB, "odd": termios.PARENB | termios.PARODD}[parity]
        mode[4] = mode[5] = speed
        termios.tcsetattr(port, termios.TCSANOW, mode)
    except termios.error as error:
        os.close(port)
        raise DeviceUnreachable(f"{path} is no serial port: {error}") from error
    return port
