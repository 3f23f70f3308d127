"""The desk where a wall's link is made and taken back: it is on disk before anybody is let in, or kept out."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from labkeeper_hub.accounts import Person
from labkeeper_hub.accounts.tokens import digest, make_token
from labkeeper_hub.wall import links as rules
from labkeeper_hub.wall.file import read_links, write_links
from labkeeper_hub.wall.links import Link, Links
from labkeeper_wire.leases.book import Room


@dataclass(slots=True, eq=False)
class WallDesk:
    """The links that are out."""

    data: Path
    now_ms: Callable[[], int]
    links: Links = ()
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def resume(self) -> None:
        """Take up the links of the last run."""
        self.links = await asyncio.to_thread(read_links, self.data)

    def link(self, room: Room) -> Link | None:
        """Return the link of a lab, if it has one."""
        return rules.of_room(self.links, room)

    async def open(self, room: Room, by: str) -> str:
        """Make a lab's link (anew) and return its token, which is told this once; raises OSError."""
        token = make_token()
        async with self._turn:
            await self._keep(rules.with_link(self.links, Link(room, digest(token), by, self.now_ms())))
        return token

    async def close(self, room: Room) -> bool:
        """Take a lab's link back and tell whether there was one; raises OSError."""
        async with self._turn:
            kept = rules.without(self.links, room)
            found = len(kept) < len(self.links)
            if found:
                await self._keep(kept)
        return found

    def person(self, token: str) -> Person | None:
        """Return who opens a link with this token; None if it opens nothing, or no longer."""
        found = rules.of_digest(self.links, digest(token))
        return None if found is None else found.person()

    async def _keep(self, links: Links) -> None:
        await asyncio.to_thread(write_links, self.data, links)
        self.links = links
