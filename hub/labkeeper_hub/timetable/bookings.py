"""Bookings, openings to other schools, and the rights that a guest's booking lends within its slot. Pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from labkeeper_hub.accounts.actions import Role
from labkeeper_hub.accounts.person import Grant, Scope
from labkeeper_hub.accounts.rights import AFTERWARDS_MS
from labkeeper_hub.timetable.conflicts import Conflict, Reason
from labkeeper_hub.timetable.slots import Occurrence, Source, Teaching
from labkeeper_sdk import Title

LONGEST_MS = 12 * 3_600_000
FURTHEST_MS = 400 * 86_400_000  # a school year and a summer ahead
LATE_MS = 5 * 60_000  # a lesson starts by itself at most so long after its slot has begun
EARLY_MS = 10 * 60_000  # a lesson that begins so long before its slot is the slot's


class Opening(NamedTuple):
    """A lab is open to teachers of other schools; `schools` empty: of every one of this hub."""

    id: str
    school: str
    lab: str
    start_ms: int
    end_ms: int
    schools: tuple[str, ...] = ()

    def lets_in(self, school: str, start_ms: int, end_ms: int) -> bool:
        """Tell whether a school's teachers may book that time."""
        return self.start_ms <= start_ms and end_ms <= self.end_ms and (not self.schools or school in self.schools)

    @property
    def occurrence(self) -> Occurrence:
        """What it is among everything that a lab has: from when to when; `guest` is whom it is open to."""
        to = ", ".join(self.schools)
        return Occurrence(self.id, *self[1:5], Teaching(), Source.BOOKING, title=to)


class CalendarLink(NamedTuple):
    """A secret link to what a lab or a teacher has; of its token only the digest is kept."""

    id: str
    digest: str
    school: str
    lab: str
    teacher: str
    made_by: str
    made_ms: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Why something is not booked: `code` for programs, words for people, and what is in the way."""

    code: str
    told: Title
    conflicts: tuple[Conflict, ...] = ()


class TimetableRefused(Exception):
    """Tell the person; nothing was changed. `code` is conflict, in_the_past, too_long, too_far, not_open,
    unknown_booking, unknown_opening, unknown_link, too_many or not_booked_by_you.
    """

    def __init__(self, why: Refused) -> None:
        super().__init__(why.told.en)
        self.why = why
        self.code = why.code


def refused(code: str, zh: str, en: str) -> TimetableRefused:
    """Return a refusal without conflicts."""
    return TimetableRefused(Refused(code, Title(zh, en)))


def check_times(start_ms: int, end_ms: int, now_ms: int) -> None:
    """Raise TimetableRefused for times that nobody can book."""
    if end_ms <= now_ms:
        raise refused("in_the_past", "这个时间已经过去了。", "That time is over.")
    if not 0 < end_ms - start_ms <= LONGEST_MS:
        raise refused(
            "too_long", "结束必须晚于开始，最长 12 小时。", "It ends after its start, and lasts 12 hours at most."
        )
    if start_ms > now_ms + FURTHEST_MS:
        raise refused("too_far", "最多提前 400 天预订。", "It is more than 400 days away.")


def in_its_way(wanted: Opening, found: Iterable[Occurrence], opened: Iterable[Opening]) -> list[Conflict]:
    """Return why a lab cannot be opened then: what is on in it, and what is open already."""
    asked = wanted.occurrence
    taken = [Conflict(Reason.LAB, asked, one) for one in found if asked.overlaps(one)]
    others = (one.occurrence for one in opened if (one.school, one.lab) == (wanted.school, wanted.lab))
    return taken + [Conflict(Reason.OPENED, asked, one) for one in others if asked.overlaps(one)]


def host_of(
    openings: Iterable[Opening], schools: Collection[str], place: tuple[str, str], span: tuple[int, int]
) -> str:
    """Return the school as whose guest somebody may book; raises TimetableRefused where nothing is open to them."""
    for one in openings:
        for school in sorted(schools):
            if (one.school, one.lab) == place and school != one.school and one.lets_in(school, *span):
                return school
    raise refused("not_open", "这个时段没有对您的学校开放。", "The lab is not open to your school at that time.")


def lent(guests: Iterable[Occurrence], name: str, now_ms: int) -> tuple[Grant, ...]:
    """Return the rights that a person's bookings in other schools give now, and those that have just ended: what was
    taken by them ends by its time, and not as if the right had been taken back.
    """
    since_ms = now_ms - AFTERWARDS_MS
    mine = (one for one in guests if one.what.teacher == name and one.start_ms <= now_ms and since_ms < one.end_ms)
    return tuple(Grant(Role.TEACHER, Scope(one.school, one.lab), one.end_ms) for one in mine)


def due(found: Iterable[Occurrence], begun: Collection[str], now_ms: int) -> list[Occurrence]:
    """Return what is to start by itself now: its slot has just begun, and no lesson was its already."""
    return [
        one
        for one in found
        if one.starts and one.start_ms <= now_ms < min(one.end_ms, one.start_ms + LATE_MS) and one.name not in begun
    ]


def fitting(found: Iterable[Occurrence], teacher: str, now_ms: int) -> Occurrence | None:
    """Return what a lesson that begins now is, by the timetable: one's own slot first, then what is on, then what
    is about to be.
    """
    near = [one for one in found if one.at(now_ms) or 0 <= one.start_ms - now_ms <= EARLY_MS]
    near.sort(key=lambda one: (one.what.teacher != teacher, not one.at(now_ms), one.start_ms))
    return near[0] if near else None
