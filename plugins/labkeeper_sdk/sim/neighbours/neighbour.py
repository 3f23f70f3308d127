"""Devices of the lab that speak no MQTT: each listens where it is told, and says how a node finds it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from labkeeper_sdk.testing.serial import SerialWire
from labkeeper_sdk.testing.servers import Talk, conversation

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """One device.

    `place` is what it listens at: a TCP or UDP port of this machine, or a path. `settings(where)` are the keys of the
    driver instance that reaches it; `open(where)` runs it.
    """

    id: str
    title: str
    driver: str
    place: Literal["tcp", "udp", "path"]
    settable: Sequence[str]
    settings: Callable[[str], Mapping[str, Any]]
    open: Callable[[str], AbstractAsyncContextManager[object]]


@asynccontextmanager
async def listen(talk: Talk, where: str) -> AsyncIterator[None]:
    """Run a device that is a conversation on a TCP port of this machine."""
    talks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(conversation(talk, reader, writer), name="neighbour talks")
        talks.add(task)
        task.add_done_callback(talks.discard)

    server = await asyncio.start_server(accept, HOST, int(where))
    try:
        yield
    finally:
        server.close()
        for task in talks:
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)


@asynccontextmanager
async def plug_in(talk: Talk, where: str) -> AsyncIterator[None]:
    """Run a device that is a conversation behind a serial port at this path."""
    wire = SerialWire(talk, _free(where))
    await wire.restore()
    try:
        yield
    finally:
        await wire.cut()


def _free(where: str) -> Path:
    """Return the path without what a killed predecessor left there."""
    path = Path(where)
    path.unlink(missing_ok=True)
    return path
