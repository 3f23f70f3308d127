"""What stands in the way of an occurrence, and how that is told in both languages. Pure."""

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

from labkeeper_hub.timetable.slots import Occurrence
from labkeeper_hub.timetable.year import Year
from labkeeper_sdk import Title

WEEKDAYS_ZH = "一二三四五六日"
WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class Reason(StrEnum):
    """What two occurrences would both need."""

    LAB = "lab"
    TEACHER = "teacher"
    CLASS = "class"
    OPENED = "opened"


class Conflict(NamedTuple):
    """One occurrence that is in another's way, and what both would need."""

    reason: Reason
    wanted: Occurrence
    there: Occurrence


class Names(NamedTuple):
    """How people and rooms are called for somebody's eyes."""

    lab: Callable[[str, str], Title]
    person: Callable[[str], str]


def conflicts(wanted: Occurrence, others: Iterable[Occurrence]) -> Iterator[Conflict]:
    """Return what is in the way of one occurrence; of every other one the first reason only."""
    for other in others:
        reason = _reason(wanted, other)
        if reason is not None and other.name != wanted.name and wanted.overlaps(other):
            yield Conflict(reason, wanted, other)


def conflicts_among(found: Iterable[Occurrence]) -> Iterator[Conflict]:
    """Return every pair that cannot be together, in the order of time."""
    open_ones: list[Occurrence] = []
    for one in sorted(found, key=lambda it: (it.start_ms, it.lab)):
        open_ones = [other for other in open_ones if other.end_ms > one.start_ms]
        for other in open_ones:
            reason = _reason(one, other)
            if reason is not None:
                yield Conflict(reason, one, other)
        open_ones.append(one)


def once_each(found: Iterable[Conflict]) -> list[Conflict]:
    """Return the first conflict of each pair of slots: what clashes every week is told once."""

    def pair(one: Conflict) -> tuple[object, ...]:
        return one.reason, one.wanted.lab, one.wanted.what, one.there.lab, one.there.what

    told = sorted(found, key=lambda one: (str(pair(one)), one.wanted.start_ms))
    firsts = [next(group) for _, group in groupby(told, key=pair)]
    return sorted(firsts, key=lambda one: one.wanted.start_ms)


def explained(conflict: Conflict, year: Year, names: Names) -> Title:
    """Say what is in the way: which lab, whose, when."""
    there = conflict.there
    lab, who = names.lab(there.school, there.lab), names.person(there.what.teacher)
    zh_when, en_when = _when(there, year)
    zh_what, en_what = _what(there, "，"), _what(there, ", ")
    zh_lab, en_lab = lab.zh or lab.en or there.lab, lab.en or lab.zh or there.lab
    match conflict.reason:
        case Reason.LAB:
            zh, en = f"{zh_lab}已有安排", f"{en_lab} is taken"
        case Reason.TEACHER:
            zh, en = f"{who}同时在{zh_lab}有安排", f"{who} is in {en_lab} at that time"
        case Reason.OPENED:
            zh, en = f"{zh_lab}已对外开放", f"{en_lab} is open to other schools already"
        case _:
            zh, en = (
                f"{there.what.class_name}同时在{zh_lab}上课",
                f"{there.what.class_name} is in {en_lab} at that time",
            )
    by_zh, by_en = (f"，{who}", f", {who}") if who and conflict.reason is not Reason.TEACHER else ("", "")
    return Title(f"{zh}：{zh_when}{by_zh}{zh_what}。", f"{en}: {en_when}{by_en}{en_what}.")


def _reason(one: Occurrence, other: Occurrence) -> Reason | None:
    if (one.school, one.lab) == (other.school, other.lab):
        return Reason.LAB
    if one.what.teacher and one.what.teacher == other.what.teacher:
        return Reason.TEACHER
    home, other_home = one.guest or one.school, other.guest or other.school
    if one.what.class_name and (home, one.what.class_name) == (other_home, other.what.class_name):
        return Reason.CLASS
    return None


def _when(there: Occurrence, year: Year) -> tuple[str, str]:
    start, end = year.local(there.start_ms), year.local(there.end_ms)
    hours = f"{start:%H:%M}–{end:%H:%M}"
    zh = f"{start.month}月{start.day}日（周{WEEKDAYS_ZH[start.weekday()]}）{hours}"
    return zh, f"{WEEKDAYS_EN[start.weekday()]} {start:%Y-%m-%d} {hours}"


def _what(there: Occurrence, comma: str) -> str:
    return "".join(f"{comma}{one}" for one in (there.what.class_name, there.what.course, there.title) if one)
