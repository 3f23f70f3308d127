"""A school's weeks at the wire: what is taught, booked and open, scripted by a test."""

from datetime import date, timedelta
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from .fake_hub import SCHOOL, FakeHub, Json

MONDAY = date(2026, 11, 23)
LAB = f"/api/v1/labs/{SCHOOL}/lab-301"
TIMETABLE = f"/api/v1/timetables/{SCHOOL}"
PERIODS = [
    {"start": start, "end": end}
    for start, end in (
        ("08:00", "08:40"),
        ("08:50", "09:30"),
        ("09:45", "10:25"),
        ("10:35", "11:15"),
        ("13:00", "13:40"),
    )
]
WAY = {
    "reason": "lab",
    "zh": "人工智能实验室已有安排：11月24日（周二）08:00–08:40，王老师。",
    "en": "The AI lab is taken: Tue 2026-11-24 08:00–08:40, Ms Wang.",
    "rows": [],
}
SLOT: Json = {"lab": "lab-301", "day": 1, "date": None, "start": "08:00", "end": "08:40", "weeks": "1-16odd",
              "class_name": "4(1)", "course": "AI", "who": "p-2", "starts": True}  # fmt: skip
FAULT = {"row": 3, "column": "teacher", "zh": "没有名为“wang”的账号", "en": "there is no account “wang”"}


def entry(day: int, start: str, end: str, **more: Any) -> Json:  # noqa: ANN401 - any JSON
    """Something on a day of the week (0 is Monday)."""
    empty = {"class_name": "", "course": "", "who": "p-2", "title": "", "guest": "", "starts": False, "mine": False}
    times = {"date": str(MONDAY + timedelta(days=day)), "start": start, "end": end, "start_ms": 0, "end_ms": 0}
    return {"name": f"{day}-{start}", "source": "timetable", **times, **empty, **more}


class Bookings:
    """One lab's week, whoever asks for which."""

    def __init__(self) -> None:
        ai = {"class_name": "4(1)", "course": "AI"}
        self.entries = [
            entry(0, "08:00", "08:40", **ai, starts=True),
            entry(1, "08:00", "08:40", class_name="7(2)", course="AI"),
            entry(1, "09:45", "11:15", source="booking", who="owner", title="机器人社团 Robot club", mine=True),
            entry(3, "08:50", "09:30", source="booking", who="p-7", guest="school-2", class_name="7(5)", course="AI"),
        ]
        place = {"id": "o-1", "school": SCHOOL, "lab": "lab-301", "schools": ["school-2"]}
        opening = place | {"date": str(MONDAY + timedelta(days=3)), "start": "08:00", "end": "11:15"}
        self.openings: list[Json] = [opening]
        self.offered: list[Json] = [{**opening, "id": "o-2", "school": "school-2", "lab": "lab-9", "schools": []}]
        self.conflicts: list[Json] = []
        self.asked: list[Json] = []
        self.weeks: list[str] = []
        self.may_manage = True
        self.filed: tuple[str, str] | None = ("4(1)", "AI")  # None: the register has no lesson yet
        self.near: Json | None = entry(0, "08:00", "08:40", class_name="4(1)", course="AI")
        self.lately: list[Json] = []
        self.imported: list[Json] = []
        self.faults: list[Json] = []
        self.links: list[Json] = []
        course = {"name": "AI", "title": {"zh": "人工智能", "en": "AI"}, "periods": {"4": 30, "7": 30}}
        self.year: Json = {
            "zone": "Asia/Shanghai",
            "terms": [{"name": "2026-1", "first": "2026-09-01", "last": "2027-01-22"}],
            "periods": PERIODS,
            "holidays": [f"2026-10-0{day}" for day in range(1, 8)],
            "make_ups": [{"day": "2026-10-10", "like": "2026-10-07"}],
            "classes": [{"name": "4(1)", "grade": 4}, {"name": "7(2)", "grade": 7}],
            "courses": [course],
        }
        self.refuse = 0

    def week(self, day: str) -> Json:
        """The same week for every day; Friday is made up for a Wednesday, the weekend is free."""
        self.weeks.append(day)
        likes = [str(MONDAY + timedelta(days=at)) for at in (0, 1, 2, 3, 2)]
        days = [
            {"date": str(MONDAY + timedelta(days=at)), "like": likes[at] if at < 5 else None, "today": at == 3}
            for at in range(7)
        ]
        return {"zone": "Asia/Shanghai", "number": 13, "days": days, "periods": PERIODS, "entries": self.entries,
                "openings": self.openings, "may_book": True, "may_manage": self.may_manage}  # fmt: skip

    def take_in(self, body: Json) -> Json:
        """One slot is new and one is changed, until it was taken in."""
        before = any(not one["check"] for one in self.imported)
        self.imported.append(body)
        first = [
            {"kind": "added", "now": SLOT, "was": None},
            {"kind": "changed", "now": SLOT | {"day": 2}, "was": SLOT},
        ]
        counts = {"added": 0, "changed": 0, "kept": 12} if before else {"added": 1, "changed": 1, "kept": 10}
        changes = counts | {"removed": 0, "first": [] if before else first}
        taken = not (body["check"] or self.faults or self.conflicts)
        told = {"taken": taken, "weekly": 12, "dated": 0, "labs": ["lab-301"], "changes": changes}
        return told | {"faults": self.faults, "conflicts": self.conflicts}

    def book(self, body: Json) -> Json:
        """Answer a wish."""
        self.asked.append(body)
        if self.conflicts or body.get("check"):
            return {"booking": None, "conflicts": self.conflicts}
        made = {key: value for key, value in body.items() if key != "check"}
        self.entries.append(entry(0, "0", "0", source="booking", mine=True) | made | {"name": "new"})
        return {"booking": self.entries[-1], "conflicts": []}


def add_bookings(app: FastAPI, hub: FakeHub) -> None:
    """Answer what the page asks about weeks and bookings."""
    room = hub.bookings = Bookings()

    @app.get(f"{LAB}/week")
    async def week(request: Request) -> Response:
        if room.refuse:
            return JSONResponse({"status": room.refuse, "detail": "no"}, room.refuse)
        return JSONResponse(room.week(request.query_params.get("day", "")))

    @app.post(f"{LAB}/bookings")
    async def book(body: Json) -> Json:
        return room.book(body)

    @app.delete("/api/v1/bookings/{name}", status_code=204)
    async def cancel(name: str) -> Response:
        room.entries = [one for one in room.entries if one["name"] != name]
        return Response(status_code=204)

    @app.post(f"{LAB}/openings")
    async def open_lab(body: Json) -> Json:
        room.asked.append(body)
        return {"openings": [], "conflicts": room.conflicts}

    @app.delete("/api/v1/openings/{identity}", status_code=204)
    async def close(identity: str) -> Response:
        room.openings = [one for one in room.openings if one["id"] != identity]
        return Response(status_code=204)

    @app.get("/api/v1/openings")
    async def offered() -> Json:
        return {"openings": room.offered}

    add_links(app, hub, room)
    add_school(app, room)


def add_links(app: FastAPI, hub: FakeHub, room: Bookings) -> None:
    """Answer what is asked about calendars."""

    @app.post("/api/v1/calendar-links")
    async def link(body: Json) -> Json:
        made = {"id": f"c-{len(room.links)}", "school": body.get("school"), "lab": body.get("lab"), "made_ms": 0}
        room.links.append(made)
        return {"link": made, "address": f"{hub.url}/calendar/a-token.ics", "code": ["101", "010", "101"]}

    @app.get("/api/v1/calendar-links")
    async def links() -> Json:
        return {"links": room.links}

    @app.delete("/api/v1/calendar-links/{identity}", status_code=204)
    async def unlink(identity: str) -> Response:
        room.links = [one for one in room.links if one["id"] != identity]
        return Response(status_code=204)


def add_school(app: FastAPI, room: Bookings) -> None:
    """Answer what is asked of the school."""

    @app.get(TIMETABLE)
    async def year() -> Json:
        return {"year": room.year, "may_manage": room.may_manage}

    @app.put(TIMETABLE)
    async def set_year(body: Json) -> Response:
        if any(one["last"] < one["first"] for one in body["terms"]):
            return JSONResponse({"errors": [{"field": "terms", "message": "ends before it begins"}]}, 422)
        room.year = body
        return JSONResponse({"year": room.year, "may_manage": True})

    @app.post(f"{TIMETABLE}/import")
    async def take_in(body: Json) -> Json:
        return room.take_in(body)

    @app.get(f"{TIMETABLE}/ledger")
    async def ledger() -> Json:
        first = {"class_name": "4(1)", "course": "AI", "wanted": 30, "taught": 11, "planned": 17, "missing": 2}
        return {"classes": [first, first | {"class_name": "7(2)", "planned": 19, "missing": 0}]}

    @app.get(f"{TIMETABLE}/ledger/lessons")
    async def lessons(class_name: str) -> Json:
        one = {"date": "2026-11-23", "start": "08:00", "end": "09:30", "course": "AI", "periods": 2}
        return {"lessons": [one | {"lab": "lab-301", "who": "李老师"}] if class_name == "4(1)" else []}

    @app.get("/api/v1/labs/{school}/{lab}/now")
    async def now(school: str, lab: str) -> Json:
        assert school
        assert lab
        lesson = dict(zip(("class_name", "course"), room.filed, strict=True)) if room.filed else None
        return {"now": room.near, "lesson": lesson, "lately": room.lately}
