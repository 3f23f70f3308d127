"""Thirty pages that reload without end, in a process of their own so that they hold up nobody who measures.

`python -m benchmarks.reloading` reads one line of JSON, `{"url": …, "secret": …, "pages": …}`, from stdin, says a line
once there were as many loads as pages, and at the end of stdin prints how many loads were whole.
"""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

import httpx

from labkeeper_cli.client import HubClient, open_hub

FIRST_S = 60.0
NAMED = re.compile(r'(?:href|src)="(/static/[^"]+)"')
CONNECTIONS = 6  # browsers open so many to one host (HTTP/1.1)


@asynccontextmanager
async def reloading(url: str, secret: str, pages: int) -> AsyncIterator[list[int]]:
    """Have so many pages reload elsewhere inside the block; after it the list says how many loads were whole."""
    command = (sys.executable, "-m", "benchmarks.reloading")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    counted = [0]
    try:
        if process.stdin is not None and process.stdout is not None:  # pipes they are; the type does not know
            process.stdin.write(json.dumps({"url": url, "secret": secret, "pages": pages}).encode() + b"\n")
            async with asyncio.timeout(FIRST_S):
                await process.stdout.readline()
        yield counted
    finally:
        out, _ = await process.communicate(b"")  # only with an input does Python 3.11 close the pipe
        counted[0] = int(out or 0)


@dataclass(slots=True)
class Files:
    """The files of one page as a browser has them: it asks for each whether it is still the same."""

    http: httpx.AsyncClient
    _known: dict[str, str] = field(default_factory=dict)

    async def load(self) -> None:
        """Load the page and every file that it names."""
        page = await self.http.get("/")
        await asyncio.gather(*(self._file(path) for path in NAMED.findall(page.raise_for_status().text)))

    async def _file(self, path: str) -> None:
        asked = {"If-None-Match": self._known[path]} if path in self._known else {}
        answer = await self.http.get(path, headers=asked)
        if answer.status_code != HTTPStatus.NOT_MODIFIED:
            self._known[path] = answer.raise_for_status().headers["ETag"]


async def _reload(url: str, client: HubClient, counted: list[int], pages: int) -> None:
    """Be a page that is loaded again and again: its files, and its socket up to the snapshot."""
    limits = httpx.Limits(max_connections=CONNECTIONS)
    async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as http:
        files = Files(http)
        while True:
            await files.load()
            async with client.socket() as socket:
                for _ in range(2):  # hello and snapshot
                    await socket.recv()
            counted[0] += 1
            if counted[0] == pages:
                print("reloading", flush=True)


async def _main() -> None:
    said = json.loads(await asyncio.to_thread(sys.stdin.readline))
    counted = [0]
    async with open_hub(said["url"], said["secret"]) as client:
        how_many = said["pages"]
        pages = [asyncio.create_task(_reload(said["url"], client, counted, how_many)) for _ in range(how_many)]
        await asyncio.to_thread(sys.stdin.read)
        for page in pages:
            page.cancel()
        await asyncio.gather(*pages, return_exceptions=True)
    print(counted[0])


if __name__ == "__main__":
    asyncio.run(_main())
