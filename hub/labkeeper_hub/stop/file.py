"""What the hub knows of stops, on disk: replaced whole, or not at all."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, ValidationError

from labkeeper_hub.private_files import replace_private
from labkeeper_sdk import BadConfiguration
from labkeeper_wire.stop import BadStop, Latch, StopWord

FILE = "stops.json"


class Kept(NamedTuple):
    """Of one school: what holds it, and the word that the broker has not got yet."""

    latch: Latch
    unsaid: StopWord | None = None


class _School(BaseModel):
    model_config = ConfigDict(extra="forbid")
    latch: str
    unsaid: str | None


class _Schools(BaseModel):
    model_config = ConfigDict(extra="forbid")
    schools: dict[str, _School]


def read_stops(data: Path) -> dict[str, Kept]:
    """Return what the last run knew, nothing at the first; raises BadConfiguration for a damaged file.

    A damaged file stops the start, for it may hold a stop that nobody else has heard of.
    """
    path = data / FILE
    try:
        stored = _Schools.model_validate_json(path.read_bytes())
        return {school: _kept(one) for school, one in stored.schools.items()}
    except FileNotFoundError:
        return {}
    except (ValidationError, BadStop, KeyError, TypeError, ValueError) as error:
        advice = "is damaged; put back a copy, or delete it: then what the broker and the nodes say of stops holds"
        raise BadConfiguration("stop", advice, str(path)) from error


def write_stops(data: Path, schools: Mapping[str, Kept]) -> None:
    """Keep what is known; raises OSError, and then nothing has changed."""
    stored = {school: _stored(one) for school, one in schools.items()}
    replace_private(data / FILE, _Schools(schools=stored).model_dump_json())


def _kept(one: _School) -> Kept:
    unsaid = None if one.unsaid is None else StopWord.from_payload(one.unsaid.encode())
    return Kept(Latch.from_text(one.latch), unsaid)


def _stored(one: Kept) -> _School:
    return _School(latch=one.latch.to_text(), unsaid=None if one.unsaid is None else one.unsaid.to_payload().decode())
