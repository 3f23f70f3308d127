"""How occurrences, openings and conflicts are told: in the school's own time, with the names that the asker may see."""

from collections.abc import Iterable

from labkeeper_hub.accounts import Action
from labkeeper_hub.accounts.staff import UnknownAccount
from labkeeper_hub.api.answers import Json
from labkeeper_hub.api.needs import Right
from labkeeper_hub.api.state import Api
from labkeeper_hub.timetable.bookings import Opening
from labkeeper_hub.timetable.conflicts import Conflict, Names, explained
from labkeeper_hub.timetable.slots import Occurrence
from labkeeper_hub.timetable.year import Year
from labkeeper_sdk import Title


def names(api: Api, right: Right) -> Names:
    """Return how this asker may call labs and people: who keeps the accounts sees titles, all others pseudonyms."""
    titles = {(one.school, one.lab): one.title for one in api.parts.registry.labs()}
    by_title = right.to(Action.MANAGE_PEOPLE).granted
    return Names(
        lambda school, lab: titles.get((school, lab), Title()), lambda name: _title(api, name) if by_title else name
    )


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
    told = ((one, explained(one, year, called)) for one in found)
    return [{"reason": one.reason.value, "zh": words.zh, "en": words.en} for one, words in told]


def _title(api: Api, name: str) -> str:
    try:
        return (api.accounts.staff.account(name).title if api.accounts.staff else "") or name
    except UnknownAccount:
        return name
