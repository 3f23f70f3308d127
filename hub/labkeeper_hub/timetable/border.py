"""The year as people write it: checked strictly, and told as it was understood."""

from datetime import date, time, timedelta
from itertools import pairwise
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from labkeeper_hub.timetable.year import ZONE, Course, MakeUp, Period, SchoolClass, Term, Year
from labkeeper_sdk import Title

MOST = 500
LONGEST_TERM = timedelta(days=300)
Name = Annotated[str, Field(min_length=1, max_length=64)]
Grade = Annotated[int, Field(ge=1, le=12)]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Days = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}(/\d{4}-\d{2}-\d{2})?$")]
Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]

POLICY = {"4": 30, "7": 30}  # periods a year by grade: the plan's "at least 30" (page's form: bookings/year.js)

EXAMPLE: dict[str, Any] = {
    "zone": "Asia/Shanghai",
    "terms": [{"name": "2026-1", "first": "2026-09-01", "last": "2027-01-22"}],
    "periods": [{"start": "08:00", "end": "08:40"}, {"start": "08:50", "end": "09:30"}],
    "holidays": ["2026-10-01"],
    "make_ups": [{"day": "2026-10-10", "like": "2026-10-07"}],
    "classes": [{"name": "4(1)", "grade": 4}],
    "courses": [{"name": "AI", "title": {"zh": "人工智能", "en": "AI"}, "periods": {"4": 30, "7": 30}}],
}


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TermBody(_Strict):
    """From its first to its last day; week 1 is the week of the first day."""

    name: Name
    first: Day
    last: Day

    def noun(self) -> Term:
        """Return the noun; raises ValueError."""
        term = Term(self.name, date.fromisoformat(self.first), date.fromisoformat(self.last))
        if not timedelta() < term.last - term.first <= LONGEST_TERM:
            raise ValueError(f"the term {self.name} ends before it begins, or lasts more than 300 days")
        return term


class PeriodBody(_Strict):
    """A period of a school day."""

    start: Clock
    end: Clock

    def noun(self) -> Period:
        """Return the noun; raises ValueError."""
        period = Period(time.fromisoformat(self.start), time.fromisoformat(self.end))
        if period.start >= period.end:
            raise ValueError(f"the period from {self.start} ends before it begins")
        return period


class MakeUpBody(_Strict):
    """On `day` the school teaches what stands in the timetable of `like` (调休); null: it is worked, and nothing of
    the timetable is taught.
    """

    day: Day
    like: Day | None = None

    def noun(self) -> MakeUp:
        """Return the noun; raises ValueError."""
        return MakeUp(date.fromisoformat(self.day), date.fromisoformat(self.like) if self.like else None)


class ClassBody(_Strict):
    """A class."""

    name: Name
    grade: Grade


class TitleBody(_Strict):
    """A name in both languages."""

    zh: Annotated[str, Field(max_length=64)] = ""
    en: Annotated[str, Field(max_length=64)] = ""


class CourseBody(_Strict):
    """A course; `periods`: how many a year each grade is to have. Left out, it is what Shanghai's plan for 2024-2026
    asks for: 30 in grades 4 and 7. `{}` asks for nothing.
    """

    name: Name
    title: TitleBody = TitleBody()
    periods: dict[Annotated[str, Field(pattern=r"^([1-9]|1[0-2])$")], Annotated[int, Field(ge=1, le=1000)]] = POLICY

    def noun(self) -> Course:
        """Return the noun."""
        wanted = tuple(sorted((int(grade), count) for grade, count in self.periods.items()))
        return Course(self.name, Title(self.title.zh, self.title.en), wanted)


class YearBody(_Strict):
    """A school's year. A holiday is a day, or a first and a last one as in `2026-10-01/2026-10-07`."""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [EXAMPLE]})

    zone: Annotated[str, Field(max_length=64)] = ZONE
    terms: Annotated[list[TermBody], Field(max_length=6)] = []
    periods: Annotated[list[PeriodBody], Field(max_length=20)] = []
    holidays: Annotated[list[Days], Field(max_length=MOST)] = []
    make_ups: Annotated[list[MakeUpBody], Field(max_length=MOST)] = []
    classes: Annotated[list[ClassBody], Field(max_length=MOST)] = []
    courses: Annotated[list[CourseBody], Field(max_length=100)] = []

    @field_validator("zone")
    @classmethod
    def _zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError("is no time zone, as in Asia/Shanghai") from error
        return name

    @model_validator(mode="after")
    def _whole(self) -> "YearBody":
        year = self.noun()
        terms = sorted(year.terms, key=lambda one: one.first)
        if any(one.last >= other.first for one, other in pairwise(terms)):
            raise ValueError("two terms overlap")
        if year.span and year.span[1] - year.span[0] > timedelta(days=400):
            raise ValueError("the terms are of more than one school year")
        return self

    def noun(self) -> Year:
        """Return the noun; raises ValueError for what no calendar has."""
        return Year(
            self.zone,
            tuple(one.noun() for one in self.terms),
            tuple(one.noun() for one in self.periods),
            frozenset(day for said in self.holidays for day in _days(said)),
            tuple(one.noun() for one in self.make_ups),
            tuple(SchoolClass(one.name, one.grade) for one in self.classes),
            tuple(one.noun() for one in self.courses),
        )


def _days(said: str) -> list[date]:
    first, _, last = said.partition("/")
    start, end = date.fromisoformat(first), date.fromisoformat(last or first)
    if not timedelta() <= end - start <= timedelta(days=100):
        raise ValueError(f"the holiday {said} ends before it begins, or lasts more than 100 days")
    return [start + timedelta(days=at) for at in range((end - start).days + 1)]


def told(year: Year) -> dict[str, Any]:
    """Return the year as `YearBody` would be written."""
    return {
        "zone": year.zone,
        "terms": [{"name": one.name, "first": str(one.first), "last": str(one.last)} for one in year.terms],
        "periods": [{"start": f"{one.start:%H:%M}", "end": f"{one.end:%H:%M}"} for one in year.periods],
        "holidays": [str(day) for day in sorted(year.holidays)],
        "make_ups": [{"day": str(one.day), "like": str(one.like) if one.like else None} for one in year.make_ups],
        "classes": [one._asdict() for one in year.classes],
        "courses": [_course(one) for one in year.courses],
    }


def _course(one: Course) -> dict[str, Any]:
    title = {"zh": one.title.zh, "en": one.title.en}
    return {"name": one.name, "title": title, "periods": {str(grade): count for grade, count in one.periods}}
