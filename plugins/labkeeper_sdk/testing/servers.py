"""In-process devices on real sockets: TCP by a conversation, HTTP by an answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TypeAlias

from labkeeper_sdk.testing.wires import Tap, TcpWire, open_tcp_wire

Talk: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
"""One conversation of a device: reads what the driver says, writes what the device answers, returns at its end."""


# --- TCP ------------------------------------------------------------------------------------------------------------
@asynccontextmanager
async def serve_tcp(talk: Talk, *, tap: Tap | None = None) -> AsyncIterator[TcpWire]:
    """Run a device that listens on TCP, behind a wire that can be broken; connect to the wire's host and port."""
    open_talks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(conversation(talk, reader, writer), name="device talks")
        open_talks.add(task)
        task.add_done_callback(open_talks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        async with open_tcp_wire("127.0.0.1", server.sockets[0].getsockname()[1], tap=tap) as wire:
            yield wire
    finally:
        server.close()
        for task in open_talks:
            task.cancel()
        await asyncio.gather(*open_talks, return_exceptions=True)


async def conversation(talk: Talk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Let a device talk until it has done or the driver has hung up."""
    with suppress(OSError, asyncio.IncompleteReadError):
        try:
            await talk(reader, writer)
        finally:
            writer.close()


# --- HTTP -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What a driver asked for."""

    method: str
    path: str  # with its query
    headers: Mapping[str, str]  # names in lower case
    body: bytes


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What the device answers."""

    body: bytes = b""
    status: int = 200
    kind: str = "application/json"


@asynccontextmanager
async def serve_http(answer: Callable[[HttpRequest], HttpAnswer], *, tap: Tap | None = None) -> AsyncIterator[TcpWire]:
    """Run a device that answers HTTP/1.1 requests (with Content-Length, kept alive), behind a wire."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (request := await _request(reader)) is not None:
            said = answer(request)
            head = f"HTTP/1.1 {said.status} -\r\nContent-Type: {said.kind}\r\nContent-Length: {len(said.body)}\r\n\r\n"
            writer.write(head.encode() + said.body)
            await writer.drain()

    async with serve_tcp(talk, tap=tap) as wire:
        yield wire


async def _request(reader: asyncio.StreamReader) -> HttpRequest | None:
    head = (await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b"").decode("latin-1")
    first, *lines = head.split("\r\n")
    words = first.split()
    if len(words) < 2:  # noqa: PLR2004 -- method and path
        return None
    pairs = (line.split(":", 1) for line in lines if ":" in line)
    headers = {name.strip().lower(): value.strip() for name, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return HttpRequest(words[0], words[1], headers, body)
