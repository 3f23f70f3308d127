"""The ledger: of each class and course, how many periods were taught, are still planned, and are missing. Pure."""

import codecs
from collections import Counter
from collections.abc import Iterable
from typing import Literal, NamedTuple

from labkeeper_hub.csv_rows import field
from labkeeper_hub.timetable.slots import Occurrence
from labkeeper_hub.timetable.year import Year

HEADINGS = {
    "zh": ("班级", "课程", "应上", "已上", "已排", "还缺"),
    "en": ("class", "course", "wanted", "taught", "planned", "missing"),
}


class Taught(NamedTuple):
    """A lesson that has ended, or is on (`ended_ms` None); `class_name` and `course` "": nobody said."""

    lesson: str
    school: str
    lab: str
    class_name: str
    course: str
    teacher: str
    started_ms: int
    ended_ms: int | None
    occurrence: str = ""


class Balance(NamedTuple):
    """One class's account of one course: `wanted` 0 asks for nothing; `missing` is what neither was nor is planned."""

    class_name: str
    course: str
    wanted: int
    taught: int
    planned: int

    @property
    def missing(self) -> int:
        return max(0, self.wanted - self.taught - self.planned)


def periods(length_ms: int, period_ms: int) -> int:
    """Return how many periods a lesson was: rounded, so that less than half a period is none."""
    return (2 * length_ms + period_ms) // (2 * period_ms)


def ledger(year: Year, taught: Iterable[Taught], planned: Iterable[Occurrence]) -> tuple[Balance, ...]:
    """Return the account of every class and course that has something to do with each other, by class.

    `taught` are the year's lessons, `planned` what still comes.
    """
    done, coming = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for lesson in taught:
        if lesson.ended_ms is not None:
            done[lesson.class_name, lesson.course] += periods(lesson.ended_ms - lesson.started_ms, year.period_ms)
    for one in planned:
        coming[one.what.class_name, one.what.course] += periods(one.end_ms - one.start_ms, year.period_ms)
    wanted = {(a.name, c.name): c.wanted(a.grade) for a in year.classes for c in year.courses if c.wanted(a.grade)}
    keys = sorted(key for key in {*done, *coming, *wanted} if all(key))
    return tuple(Balance(*key, wanted.get(key, 0), done[key], coming[key]) for key in keys)


def lessons_of(class_name: str, taught: Iterable[Taught], year: Year) -> tuple[tuple[Taught, int], ...]:
    """Return a class's lessons that have ended, the last first, each with how many periods the ledger counts it as."""
    mine = sorted((one for one in taught if one.class_name == class_name), key=lambda one: -one.started_ms)
    return tuple(
        (one, periods(one.ended_ms - one.started_ms, year.period_ms)) for one in mine if one.ended_ms is not None
    )


def as_csv(balances: Iterable[Balance], language: Literal["zh", "en"]) -> bytes:
    """Return the ledger as a table: UTF-8 with a byte order mark, without which spreadsheets garble Chinese."""
    rows: list[tuple[str | int, ...]] = [(*one, one.missing) for one in balances]
    lines = (",".join(field(cell) for cell in row) + "\r\n" for row in (HEADINGS[language], *rows))
    return codecs.BOM_UTF8 + "".join(lines).encode()
