"""The node's door for a person at its own machine: a socket in the data folder that asks it to read its file again."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Any

SOCKET = "control"
RELOAD = b"reload\n"
ANSWER_S = 30.0
LONGEST_LINE = 64


class NoNode(Exception):
    """No node runs on that folder."""


@asynccontextmanager
async def open_control(folder: Path, reload: Callable[[], Awaitable[dict[str, object]]]) -> AsyncIterator[None]:
    """Listen as long as the context lasts; only who may write to the folder gets through."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer):
            async with asyncio.timeout(ANSWER_S):
                asked = await reader.readline()
                said = await reload() if asked == RELOAD else {"refused": "the node knows `reload` only"}
            writer.write(json.dumps(said).encode() + b"\n")
            await writer.drain()

    (folder / SOCKET).unlink(missing_ok=True)  # the outbox's lock has shown that its node is no more
    with _socket(folder) as (listening, path):
        listening.bind(path)
        (folder / SOCKET).chmod(0o600)
        server = await asyncio.start_unix_server(serve, sock=listening, limit=LONGEST_LINE)
        try:
            yield
        finally:
            server.close()
            (folder / SOCKET).unlink(missing_ok=True)


def ask_reload(folder: Path) -> dict[str, Any]:
    """Have the node of this folder read its file again; return what it says. Raises NoNode."""
    try:
        with _socket(folder) as (link, path):
            link.settimeout(ANSWER_S)
            link.connect(path)
            link.sendall(RELOAD)
            with link.makefile() as answer:
                said: dict[str, Any] = json.loads(answer.readline() or "null") or {}
    except (OSError, ValueError) as error:
        raise NoNode(str(error)) from error
    if not said:
        raise NoNode("it ended before it answered")
    return said


@contextmanager
def _socket(folder: Path) -> Iterator[tuple[socket.socket, str]]:
    """Make a socket and its address, which is short however long the folder's name: the kernel allows 107 bytes."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as made:
            yield made, f"/proc/self/fd/{handle}/{SOCKET}"
    finally:
        os.close(handle)
