"""A school whose autumn term everybody in these tests knows: Monday 2026-08-31 to Friday 2027-01-22."""

from datetime import date, time

from labkeeper_hub.timetable.reading import Known
from labkeeper_hub.timetable.slots import Occurrence, Source, Teaching
from labkeeper_hub.timetable.year import Course, MakeUp, Period, SchoolClass, Term, Year
from labkeeper_sdk import Title

TERM = Term("2026-1", date(2026, 9, 1), date(2027, 1, 22))
YEAR = Year(
    terms=(TERM,),
    periods=(Period(time(8), time(8, 40)), Period(time(8, 50), time(9, 30))),
    holidays=frozenset({date(2026, 10, 1), date(2026, 10, 7)}),
    make_ups=(MakeUp(date(2026, 10, 10), date(2026, 10, 7)),),
    classes=(SchoolClass("4(1)", 4), SchoolClass("7(2)", 7)),
    courses=(Course("AI", Title("人工智能", "Artificial intelligence"), ((4, 30), (7, 30))), Course("Club", Title())),
)
KNOWN = Known(YEAR, {"lab-301": "lab-301", "301 实验室": "lab-301", "lab-302": "lab-302"}, {"li": "p-1", "p-1": "p-1"})
MONDAY = date(2026, 9, 7)  # of week 2


def ms(day: date, hour: int, minute: int = 0) -> int:
    return YEAR.at_ms(day, time(hour, minute))


def booked(
    name: str = "b-1",
    lab: str = "lab-301",
    hours: tuple[int, int] = (8, 9),
    what: Teaching = Teaching("4(1)", "AI", "p-1"),  # noqa: B008 -- frozen
    title: str = "",
    guest: str = "",
) -> Occurrence:
    start_ms, end_ms = (ms(MONDAY, hour) for hour in hours)
    return Occurrence(name, "demo", lab, start_ms, end_ms, what, Source.BOOKING, title=title, guest=guest)
