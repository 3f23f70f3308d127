"""The links on disk: digests, replaced whole or not at all."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from labkeeper_hub.private_files import replace_private
from labkeeper_hub.wall.links import Link, Links
from labkeeper_wire.leases.book import Room

FILE = "walls.json"


class _Link(BaseModel):
    model_config = ConfigDict(extra="forbid")
    school: str
    lab: str
    digest: str
    by: str
    made_ms: int


class _Links(BaseModel):
    model_config = ConfigDict(extra="forbid")
    links: list[_Link]


def read_links(data: Path) -> Links:
    """Return the links of the last run; none if the file is absent or damaged (they are made again)."""
    try:
        stored = _Links.model_validate_json((data / FILE).read_bytes())
    except (FileNotFoundError, ValidationError):
        return ()
    return tuple(Link(Room(one.school, one.lab), one.digest, one.by, one.made_ms) for one in stored.links)


def write_links(data: Path, links: Links) -> None:
    """Keep the links; raises OSError, and then nothing has changed."""
    stored = [
        _Link(school=one.room.school, lab=one.room.lab, digest=one.digest, by=one.by, made_ms=one.made_ms)
        for one in links
    ]
    replace_private(data / FILE, _Links(links=stored).model_dump_json())
