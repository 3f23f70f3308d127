"""The record of what happened: one canonical JSON text, of which the seal is the SHA-256."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import orjson

from labkeeper_hub.alarms.entry import AlarmEntry
from labkeeper_hub.model import Command
from labkeeper_hub.recordings.recording import Recording

VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Hashed:
    """The readings as CSV: how many lines without the header, and the SHA-256 of the whole file's bytes."""

    rows: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Happened:
    """What people and rules did in the lab meanwhile."""

    commands: Sequence[Command] = ()
    alarms: Sequence[AlarmEntry] = ()


def record_of(recording: Recording, readings: Hashed, happened: Happened) -> str:
    """Return the record: keys sorted, no spaces, UTF-8; the same recording gives the same text."""
    plan = recording.plan
    told: dict[str, Any] = {
        "labkeeper_record": VERSION,
        "id": recording.id,
        "school": plan.school,
        "lab": plan.lab,
        "title": plan.title,
        "every_ms": plan.every_ms,
        "points": [one.model_dump() for one in plan.points],
        "started_ms": recording.started_ms,
        "started_by": recording.by,
        "stopped_ms": recording.end_ms,
        "stopped_by": recording.end.by if recording.end else "",
        "marks": [asdict(one) for one in recording.marks],
        "readings": asdict(readings),
        "commands": list(map(_command, happened.commands)),
        "alarms": list(map(_alarm, happened.alarms)),
    }
    return orjson.dumps(told, option=orjson.OPT_SORT_KEYS).decode()


def digest_of(record: str) -> str:
    """Return what seals a record."""
    return hashlib.sha256(record.encode()).hexdigest()


def within(entries: Iterable[AlarmEntry], recording: Recording) -> list[AlarmEntry]:
    """Return the lines of the lab's alarms that were written while it ran, the oldest first."""
    plan = recording.plan
    mine = [
        one
        for one in entries
        if one.lab == plan.lab
        and one.key.source.school == plan.school
        and recording.started_ms <= one.at_ms < recording.end_ms
    ]
    return mine[::-1]


def _command(command: Command) -> dict[str, Any]:
    order = command.order
    return {
        "id": order.id,
        **order.target._asdict(),
        "value": order.value,
        "by": order.holder,
        "asked_ms": order.created_ms,
        "state": str(command.state),
        "code": command.code,
        "updated_ms": command.updated_ms,
    }


def _alarm(entry: AlarmEntry) -> dict[str, Any]:
    names = ("kind", "level", "time_ms", "at_ms", "value", "who", "late")
    return {"rule": entry.key.rule, **entry.key.source._asdict(), **{name: getattr(entry, name) for name in names}}
