"""A real HTTP server that does, request by request, what a test tells it to, and is well-behaved afterwards."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NamedTuple


class Request(NamedTuple):
    """One request as it came."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


Act = Callable[[Request, asyncio.StreamWriter], Awaitable[None]]


def answer(status: str, body: str = "", **headers: str) -> Act:
    """Answer wholly."""

    async def act(_: Request, writer: asyncio.StreamWriter) -> None:
        told = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body.encode())}\r\n{told}\r\n{body}".encode())
        await writer.drain()

    return act


async def half(_: Request, writer: asyncio.StreamWriter) -> None:
    """Promise more than comes, and hang up."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    await writer.drain()
    writer.close()


async def hang_up(_: Request, writer: asyncio.StreamWriter) -> None:
    """Say nothing and hang up."""
    writer.close()


async def silence(_: Request, writer: asyncio.StreamWriter) -> None:
    """Say nothing, for ever."""
    await writer.wait_closed()


async def nonsense(_: Request, writer: asyncio.StreamWriter) -> None:
    """Speak another protocol."""
    writer.write(b"\x00\x01\x02 not HTTP at all\r\n\r\n")
    await writer.drain()
    writer.close()


async def drip(_: Request, writer: asyncio.StreamWriter) -> None:
    """Begin an answer whose end never comes."""
    writer.write(b"HTTP/1.1 204 No Content\r\nX-Sl")
    await writer.drain()
    await writer.wait_closed()


async def trickle(_: Request, writer: asyncio.StreamWriter) -> None:
    """Promise more than ever comes, and send it byte by byte: no byte is late, and there is no end."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


@dataclass
class Server:
    """What was asked, and what will be done next."""

    port: int = 0
    script: list[Act] = field(default_factory=list)
    afterwards: Act = field(default_factory=lambda: answer("204 No Content"))
    seen: list[Request] = field(default_factory=list)
    talks: set[asyncio.Task[None]] = field(default_factory=set)
    tls: ssl.SSLContext | None = None

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one connection, in a task of its own that the server ends."""
        talk = asyncio.create_task(self._talk(reader, writer))
        self.talks.add(talk)
        await asyncio.wait([talk])

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while not writer.is_closing() and (request := await _request(reader)):
                self.seen.append(request)
                await (self.script.pop(0) if self.script else self.afterwards)(request, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


async def _request(reader: asyncio.StreamReader) -> Request | None:
    first = (await reader.readline()).decode().split()
    if len(first) != 3:
        return None
    headers = {}
    while line := (await reader.readline()).decode().strip():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    if "chunked" in headers.get("transfer-encoding", ""):
        return Request(first[0], first[1], headers, await _chunks(reader))
    return Request(first[0], first[1], headers, await reader.readexactly(int(headers.get("content-length", 0))))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int(await reader.readline(), 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body


@asynccontextmanager
async def open_server(
    script: Sequence[Act] = (), afterwards: Act | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Server]:
    """Serve on a free port for the length of the block."""
    server = Server(script=list(script), tls=tls)
    if afterwards is not None:
        server.afterwards = afterwards
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for talk in server.talks:
            talk.cancel()
        await asyncio.gather(*server.talks, return_exceptions=True)
        await asyncio.sleep(0)
