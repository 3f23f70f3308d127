"""Links to a lab's wall: one a lab, known by its digest, good until it is taken back. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from labkeeper_hub.accounts import Action, Grant, Person, Role, Scope
from labkeeper_wire.leases.book import Room

WALL_MAY = frozenset({Action.SEE_WALL})
"""All that a link lets one do: not even the lab's readings, only what the wall makes of them."""


@dataclass(frozen=True, slots=True)
class Link:
    """The link of a lab's wall: the digest of its token, who made it (a pseudonym), and when."""

    room: Room
    digest: str
    by: str
    made_ms: int

    def person(self) -> Person:
        """Return what others know of whoever opens it: a wall of that lab."""
        return Person(
            f"wall {self.room.school}/{self.room.lab}", (Grant(Role.READER, Scope(*self.room)),), limit=WALL_MAY
        )


Links = tuple[Link, ...]


def of_room(links: Iterable[Link], room: Room) -> Link | None:
    """Return the link of a lab, if it has one."""
    return next((one for one in links if one.room == room), None)


def of_digest(links: Iterable[Link], digest: str) -> Link | None:
    """Return the link whose token has this digest."""
    return next((one for one in links if one.digest == digest), None)


def without(links: Iterable[Link], room: Room) -> Links:
    """Take a lab's link away."""
    return tuple(one for one in links if one.room != room)


def with_link(links: Iterable[Link], link: Link) -> Links:
    """Give a lab this link; the one before opens no more."""
    return (*without(links, link.room), link)
