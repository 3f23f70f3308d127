"""How occurrences, openings and conflicts are told: in the school's own time, with the names that the asker may see."""

from collections.abc import Container, Iterable

from labkeeper_hub.accounts import Action
from labkeeper_hub.accounts.account import Account
from labkeeper_hub.accounts.colleagues import colleagues
from labkeeper_hub.api.answers import Json
from labkeeper_hub.api.needs import Right
from labkeeper_hub.api.state import Api
from labkeeper_hub.timetable.bookings import Opening
from labkeeper_hub.timetable.conflicts import Conflict, Names, explained
from labkeeper_hub.timetable.csv_file import weeks_said
from labkeeper_hub.timetable.differences import Difference
from labkeeper_hub.timetable.importing import Came
from labkeeper_hub.timetable.ledger import Taught
from labkeeper_hub.timetable.slots import Dated, Occurrence, Slot
from labkeeper_hub.timetable.year import Year
from labkeeper_sdk import Title


def names(api: Api, right: Right) -> Names:
    """Return how this asker may call labs and people: colleagues by title, all others by pseudonym."""
    labs = {(one.school, one.lab): one.title for one in api.parts.registry.labs()}
    people = {one.name: one.title for one in _known(api, right)}
    return Names(lambda school, lab: labs.get((school, lab), Title()), lambda name: people.get(name) or name)


def note_names(api: Api, right: Right, where: str, people: Container[str]) -> None:
    """Put on record that the asker is told others of these people by name."""
    named = [one.name for one in _known(api, right) if one.name in people and one.name != right.person.name]
    if named:
        api.audit.note(right.person.name, "look_at_timetable", where, f"{len(named)} people")


def entry(one: Occurrence, year: Year, called: Names, asker: str) -> dict[str, Json]:
    """Return an occurrence."""
    start, end = year.local(one.start_ms), year.local(one.end_ms)
    return {
        "name": one.name,
        "source": one.source.value,
        "date": str(start.date()),
        "start": f"{start:%H:%M}",
        "end": f"{end:%H:%M}",
        "start_ms": one.start_ms,
        "end_ms": one.end_ms,
        "class_name": one.what.class_name,
        "course": one.what.course,
        "who": called.person(one.what.teacher),
        "title": one.title,
        "guest": one.guest,
        "starts": one.starts,
        "mine": one.what.teacher == asker,
    }


def taught(one: Taught, periods: int, year: Year, called: Names, seen: Container[str]) -> dict[str, Json]:
    """Return a lesson that has ended; of a lab that is not in `seen` neither lab nor teacher."""
    start, end = year.local(one.started_ms), year.local(one.ended_ms or one.started_ms)
    here = one.lab in seen
    return {
        "date": str(start.date()),
        "start": f"{start:%H:%M}",
        "end": f"{end:%H:%M}",
        "course": one.course,
        "periods": periods,
        "lab": one.lab if here else "",
        "who": called.person(one.teacher) if here else "",
    }


def opening(one: Opening, year: Year) -> dict[str, Json]:
    """Return an opening."""
    start, end = year.local(one.start_ms), year.local(one.end_ms)
    return {
        "id": one.id,
        "school": one.school,
        "lab": one.lab,
        "date": str(start.date()),
        "start": f"{start:%H:%M}",
        "end": f"{end:%H:%M}",
        "schools": list(one.schools),
    }


def conflicts(found: Iterable[Conflict], year: Year, called: Names) -> list[Json]:
    """Return what is in the way, in both languages."""
    return [_conflict(one, (), year, called) for one in found]


def came(found: Came, year: Year, called: Names) -> dict[str, Json]:
    """Return what a file comes to."""
    changes = found.differences
    return {
        "weekly": found.weekly,
        "dated": found.dated,
        "labs": list(found.labs),
        "changes": {
            **{kind: getattr(changes, kind) for kind in ("added", "changed", "removed", "kept")},
            "first": [_difference(one, called) for one in changes.first],
        },
        "faults": [
            {"row": one.row, "column": one.column, "zh": one.told.zh, "en": one.told.en} for one in found.faults
        ],
        "conflicts": [_conflict(one.conflict, one.rows, year, called) for one in found.clashes],
    }


def _conflict(one: Conflict, rows: Iterable[int], year: Year, called: Names) -> Json:
    words = explained(one, year, called)
    return {"reason": one.reason.value, "zh": words.zh, "en": words.en, "rows": list(rows)}


def _difference(one: Difference, called: Names) -> Json:
    return {"kind": one.kind.value, "now": _slot(one.now, called), "was": _slot(one.was, called)}


def _slot(one: Slot | Dated | None, called: Names) -> Json:
    if one is None:
        return None
    return {
        "lab": one.lab,
        "day": one.day if isinstance(one, Slot) else None,
        "date": str(one.date) if isinstance(one, Dated) else None,
        "start": f"{one.start:%H:%M}",
        "end": f"{one.end:%H:%M}",
        "weeks": weeks_said(one.weeks) if isinstance(one, Slot) else "",
        "class_name": one.what.class_name,
        "course": one.what.course,
        "who": called.person(one.what.teacher),
        "starts": one.starts,
    }


def _known(api: Api, right: Right) -> Iterable[Account]:
    """Return whom the asker may know by title: who keeps the accounts knows everybody."""
    accounts = api.accounts.staff.all() if api.accounts.staff else ()
    return accounts if right.to(Action.MANAGE_PEOPLE).granted else colleagues(right.person, accounts, right.now_ms)
