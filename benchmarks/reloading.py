"""Thirty pages that reload without end, in a process of their own so that they hold up nobody who measures.

`python -m benchmarks.reloading` reads one line of JSON, `{"url": …, "secret": …, "pages": …}`, from stdin, and at the
end of stdin prints how many loads were whole.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from labkeeper_cli.client import HubClient, open_hub

PAGE = ("/", "/static/main.js", "/static/app.js", "/static/vendor/lit.js", "/static/page.css", "/static/i18n/zh.json")


@asynccontextmanager
async def reloading(url: str, secret: str, pages: int) -> AsyncIterator[list[int]]:
    """Have so many pages reload elsewhere; after the block the list's one number says how many loads were whole."""
    command = (sys.executable, "-m", "benchmarks.reloading")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    counted = [0]
    try:
        if process.stdin is not None:  # a pipe it is; the type does not know
            process.stdin.write(json.dumps({"url": url, "secret": secret, "pages": pages}).encode() + b"\n")
        yield counted
    finally:
        out, _ = await process.communicate(b"")  # only with an input does Python 3.11 close the pipe
        counted[0] = int(out or 0)


async def _reload(url: str, client: HubClient, counted: list[int]) -> None:
    """Be a page that is loaded again and again: its files, and its socket up to the snapshot."""
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        while True:
            for path in PAGE:
                (await http.get(path)).raise_for_status()
            async with client.socket() as socket:
                for _ in range(2):  # hello and snapshot
                    await socket.recv()
            counted[0] += 1


async def _main() -> None:
    said = json.loads(await asyncio.to_thread(sys.stdin.readline))
    counted = [0]
    async with open_hub(said["url"], said["secret"]) as client:
        pages = [asyncio.create_task(_reload(said["url"], client, counted)) for _ in range(said["pages"])]
        await asyncio.to_thread(sys.stdin.read)
        for page in pages:
            page.cancel()
        await asyncio.gather(*pages, return_exceptions=True)
    print(counted[0])


if __name__ == "__main__":
    asyncio.run(_main())
