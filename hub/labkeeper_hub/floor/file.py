"""The seats on disk: digests and pseudonyms, replaced whole or not at all."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from labkeeper_hub.floor.seats import Seat, Seats
from labkeeper_hub.private_files import replace_private
from labkeeper_wire.leases.book import Room, Scope

FILE = "seats.json"


class _Seat(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: str
    school: str
    lab: str
    bench: str
    parent: int
    digest: str


class _Seats(BaseModel):
    model_config = ConfigDict(extra="forbid")
    numbers: int
    seats: list[_Seat]


def read_seats(data: Path) -> Seats:
    """Return the seats of the last run; none if the file is absent or damaged (the teacher shows the codes again)."""
    try:
        stored = _Seats.model_validate_json((data / FILE).read_bytes())
    except (FileNotFoundError, ValidationError):
        return Seats()
    return Seats(stored.numbers, tuple(_seat(one) for one in stored.seats))


def write_seats(data: Path, seats: Seats) -> None:
    """Keep the seats; raises OSError, and then nothing has changed."""
    stored = _Seats(numbers=seats.numbers, seats=[_stored(one) for one in seats.all])
    replace_private(data / FILE, stored.model_dump_json())


def _seat(one: _Seat) -> Seat:
    return Seat(one.name, Scope(Room(one.school, one.lab), one.bench), one.parent, one.digest)


def _stored(one: Seat) -> _Seat:
    room = one.scope.room
    return _Seat(
        name=one.name, school=room.school, lab=room.lab, bench=one.scope.bench, parent=one.parent, digest=one.digest
    )
