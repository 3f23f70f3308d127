"""The timetable over HTTP: years, files, bookings and their conflicts, guests, calendars, what a lesson is."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from icalendar import Calendar

from labkeeper_hub.accounts import Grant, Role, Scope
from labkeeper_hub.accounts.staff import open_staff
from labkeeper_hub.lessons.desk import NoRecorder
from labkeeper_hub.model import State
from labkeeper_hub.registry.tables import metadata
from labkeeper_hub.timetable.register import Both
from labkeeper_hub.vault import open_vault

from .conftest import Served, enter
from .test_pe import Noted

LAB = "/api/v1/labs/demo/lab-301"
SCHOOL = "/api/v1/timetables/demo"
MONDAY_MS = int(datetime(2026, 9, 7, 0, 0, tzinfo=UTC).timestamp()) * 1000  # 08:00 in Shanghai
YEAR: dict[str, Any] = {
    "terms": [{"name": "2026-1", "first": "2026-09-01", "last": "2027-01-22"}],
    "periods": [{"start": "08:00", "end": "08:40"}, {"start": "08:50", "end": "09:30"}],
    "holidays": ["2026-10-01/2026-10-07"],
    "make_ups": [{"day": "2026-10-10", "like": "2026-10-05"}],
    "classes": [{"name": "4(1)", "grade": 4}],
    "courses": [{"name": "AI", "title": {"zh": "人工智能", "en": "AI"}, "periods": {"4": 30}}],
}
TABLE = "lab,class,course,teacher,day,period,starts\nlab-301,4(1),AI,{teacher},Mon,1,{starts}\n"
NINE = {"date": "2026-09-07", "start": "09:00", "end": "10:00"}

LIKE = ("08", "09", "05", "11")  # of the days from Thursday on; Saturday makes up for a Monday


def to(served: Served, ms: int) -> None:
    """Let it be another time."""
    served.hands.now_s = ms / 1000
    served.hub.leases.now_ms = ms


@pytest.fixture
async def school(served: Served) -> Served:
    """A school with a year, ten minutes before the first period of a Monday."""
    async with served.hub.engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
    to(served, MONDAY_MS - 600_000)
    served.accounts.lending = served.hub.timetable
    served.hub.lessons.recorder = Both(NoRecorder(), served.hub.register)
    async with served.owner() as client:
        (await client.put(SCHOOL, json=YEAR)).raise_for_status()
    return served


HERE, NEXT_DOOR = Scope("demo", "lab-301"), Scope("school-2")
NEXT_LAB = Scope("demo", "lab-302")


def signed_in(served: Served, name: str, place: Scope) -> dict[str, str]:
    return enter(served, name, Grant(Role.TEACHER, place)) | {"Origin": served.url}


def teacher(served: Served, name: str = "p-1", place: Scope = HERE) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=served.url, headers=signed_in(served, name, place), timeout=30)


def later(served: Served, client: httpx.AsyncClient, ms: int, name: str = "p-1", place: Scope = HERE) -> None:
    """Let it be another time, and somebody sign in again, as idle sessions end."""
    to(served, ms)
    client.headers.update(signed_in(served, name, place))


async def take_in(client: httpx.AsyncClient, text: str, *, check: bool = False, form: str = "csv") -> dict[str, Any]:
    body = {"format": form, "text": text, "check": check}
    found: dict[str, Any] = (await client.post(f"{SCHOOL}/import", json=body)).raise_for_status().json()
    return found


async def entries(client: httpx.AsyncClient, day: str = "2026-09-07") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await client.get(f"{LAB}/week?day={day}")).raise_for_status().json()["entries"]
    return found


async def test_a_year_comes_back_as_it_was_written_with_every_holiday(school: Served) -> None:
    async with school.owner() as client:
        year = (await client.get(SCHOOL)).json()["year"]
        assert (await client.get(SCHOOL)).json()["may_manage"]
    assert year == YEAR | {"zone": "Asia/Shanghai", "holidays": [f"2026-10-0{day}" for day in range(1, 8)]}


WRONG_YEARS: tuple[dict[str, Any], ...] = (
    {"zone": "Mars/Olympus"},
    {"terms": [{"name": "x", "first": "2026-09-01", "last": "2026-08-01"}]},
    {"terms": [{"name": str(at), "first": "2026-09-01", "last": "2026-12-01"} for at in range(2)]},
    {"terms": [{"name": str(at), "first": f"{at}-09-01", "last": f"{at}-12-01"} for at in (2026, 2028)]},
    {"terms": [{"name": "x", "first": "2026-02-30", "last": "2026-08-01"}]},
    {"periods": [{"start": "09:00", "end": "08:00"}]},
    {"holidays": ["2026-10-07/2026-10-01"]},
    {"courses": [{"name": "AI", "periods": {"13": 1}}]},
)


async def test_a_course_wants_what_the_policy_asks_for_unless_somebody_says_otherwise(school: Served) -> None:
    courses = [{"name": "AI"}, {"name": "Club", "periods": {}}]
    async with school.owner() as client:
        told = (await client.put(SCHOOL, json=YEAR | {"courses": courses})).raise_for_status().json()["year"]["courses"]
        assert [one["periods"] for one in told] == [{"4": 30, "7": 30}, {}]


async def test_a_year_that_cannot_be_is_refused(school: Served) -> None:
    async with school.owner() as client:
        for wrong in WRONG_YEARS:
            assert (await client.put(SCHOOL, json=wrong)).status_code == 422, wrong
        assert (await client.get(SCHOOL)).json()["year"]["classes"] == YEAR["classes"]


async def test_a_file_is_checked_then_taken_in_and_stands_in_the_week(school: Served) -> None:
    text = TABLE.format(teacher="owner", starts="")
    async with school.owner() as client:
        checked = await take_in(client, text, check=True)
        assert (checked["taken"], checked["weekly"], checked["faults"]) == (False, 1, [])
        (added,) = checked["changes"]["first"]
        assert (added["kind"], added["was"], added["now"]["day"], added["now"]["who"]) == ("added", None, 1, "owner")
        assert await entries(client) == []
        assert (await take_in(client, text))["taken"]
        again = await take_in(client, text)  # it takes its own place
        assert (again["taken"], again["conflicts"]) == (True, [])
        assert again["changes"] == {"added": 0, "changed": 0, "removed": 0, "kept": 1, "first": []}
        (one,) = await entries(client)
        assert (one["date"], one["start"], one["end"], one["mine"]) == ("2026-09-07", "08:00", "08:40", True)
        week = (await client.get(f"{LAB}/week?day=2026-10-10")).json()
        assert week["number"] == 6
        assert [day["like"] for day in week["days"]] == [*[None] * 3, *(f"2026-10-{like}" for like in LIKE)]
        assert [one["date"] for one in week["entries"]] == ["2026-10-10"]


async def test_a_wrong_file_changes_nothing_and_says_where_it_is_wrong(school: Served) -> None:
    async with school.owner() as client:
        found = await take_in(client, TABLE.format(teacher="nobody", starts=""))
        assert (found["taken"], [(one["row"], one["column"]) for one in found["faults"]]) == (False, [(2, "teacher")])
        both = TABLE.format(teacher="owner", starts="") + "lab-301,4(1),AI,,Mon,1-2,\n"
        (clash,) = (await take_in(client, both))["conflicts"]
        assert (clash["reason"], clash["rows"]) == ("lab", [2, 3])
        assert clash["zh"].startswith("301 实验室已有安排：9月7日（周一）08:00–08:40")
        assert await entries(client) == []


async def test_a_booking_is_explained_when_something_is_in_its_way(school: Served) -> None:
    async with school.owner() as owner, teacher(school) as first, teacher(school, "p-2") as second:
        made = (await first.post(f"{LAB}/bookings", json=NINE | {"class_name": "4(1)"})).raise_for_status().json()
        assert made["booking"]["who"] == "p-1"
        half_past = NINE | {"start": "09:30", "end": "10:30"}
        for asked in (half_past, half_past | {"check": True}):
            refused = (await second.post(f"{LAB}/bookings", json=asked)).json()
            assert refused["booking"] is None
            assert refused["conflicts"][0]["en"] == ("Lab 301 is taken: Mon 2026-09-07 09:00–10:00, p-1, 4(1).")
        assert (await second.delete(f"/api/v1/bookings/{made['booking']['name']}")).status_code == 404
        assert (await owner.delete(f"/api/v1/bookings/{made['booking']['name']}")).status_code == 204
        assert (await second.post(f"{LAB}/bookings", json=half_past)).json()["booking"]["who"] == "p-2"


REFUSED = (
    (NINE | {"date": "2026-09-04"}, 409),
    (NINE | {"end": "08:00"}, 409),
    (NINE | {"date": "2026-02-30"}, 422),
    (NINE | {"date": "9999-12-31"}, 422),
    (NINE | {"teacher": "p-99"}, 422),
)


async def test_times_and_people_that_cannot_be_are_refused(school: Served) -> None:
    async with school.owner() as client:
        for asked, status in REFUSED:
            assert (await client.post(f"{LAB}/bookings", json=asked)).status_code == status, asked
        assert (await client.post("/api/v1/labs/demo/nowhere/bookings", json=NINE)).status_code == 404


async def test_a_guest_teaches_in_the_slot_that_was_opened_and_at_no_other_time(school: Served) -> None:
    for_s = {"for_s": 12 * 3600}
    async with school.owner() as owner, teacher(school, "p-7", NEXT_DOOR) as guest:
        assert (await guest.post(f"{LAB}/bookings", json=NINE)).json()["code"] == "not_open"
        opening = NINE | {"schools": ["school-2"], "weeks": 2}
        made = (await owner.post(f"{LAB}/openings", json=opening)).raise_for_status().json()["openings"]
        assert [one["date"] for one in made] == ["2026-09-07", "2026-09-14"]
        assert (await guest.get("/api/v1/openings")).json()["openings"] == made
        booking = (await guest.post(f"{LAB}/bookings", json=NINE)).raise_for_status().json()["booking"]
        assert booking["guest"] == "school-2"
        assert (await guest.post(f"{LAB}/lesson", json=for_s)).status_code == 404
        later(school, guest, MONDAY_MS + 3_600_000, "p-7", NEXT_DOOR)
        lesson = (await guest.post(f"{LAB}/lesson", json=for_s)).raise_for_status().json()["lesson"]
        assert lesson["until_ms"] == MONDAY_MS + 7_200_000
        later(school, guest, MONDAY_MS + 7_200_000, "p-7", NEXT_DOOR)
        assert (await guest.post(f"{LAB}/lesson/prolong", json=for_s)).status_code == 404


async def test_a_lab_is_not_opened_when_something_is_on_in_it_or_it_is_open_already(school: Served) -> None:
    async with school.owner() as owner, teacher(school) as own:
        await own.post(f"{LAB}/bookings", json=NINE)
        half_past = NINE | {"start": "09:30", "end": "10:30", "weeks": 2}
        for asked in (half_past, half_past | {"check": True}):
            refused = (await owner.post(f"{LAB}/openings", json=asked)).raise_for_status().json()
            assert (refused["openings"], [one["reason"] for one in refused["conflicts"]]) == ([], ["lab"])
        ten = NINE | {"start": "10:00", "end": "11:00", "schools": ["school-2"]}
        assert (await owner.post(f"{LAB}/openings", json=ten | {"check": True})).json()["openings"] == []
        assert len((await owner.post(f"{LAB}/openings", json=ten)).json()["openings"]) == 1
        (again,) = (await owner.post(f"{LAB}/openings", json=ten)).json()["conflicts"]
        assert again["zh"] == "301 实验室已对外开放：9月7日（周一）10:00–11:00，school-2。"


async def test_an_opening_that_is_taken_back_takes_the_guests_right_with_it(school: Served) -> None:
    async with school.owner() as owner, teacher(school, "p-7", NEXT_DOOR) as guest, teacher(school) as other:
        assert (await other.post(f"{LAB}/openings", json=NINE)).status_code == 403
        (made,) = (await owner.post(f"{LAB}/openings", json=NINE)).json()["openings"]
        await guest.post(f"{LAB}/bookings", json=NINE)
        later(school, guest, MONDAY_MS + 3_600_000, "p-7", NEXT_DOOR)
        assert len((await guest.get("/api/v1/devices")).json()["devices"]) == 1
        assert (await owner.delete(f"/api/v1/openings/{made['id']}")).status_code == 204
        assert (await guest.get("/api/v1/devices")).json()["devices"] == []
        assert (await owner.delete(f"/api/v1/openings/{made['id']}")).status_code == 404


async def test_a_calendar_is_read_by_its_link_until_the_link_or_its_makers_right_is_gone(school: Served) -> None:
    async with school.owner() as owner, teacher(school) as client, school.stranger() as stranger:
        await take_in(owner, TABLE.format(teacher="p-1", starts=""))
        mine = (await client.post("/api/v1/calendar-links", json={})).raise_for_status().json()
        labs = (await client.post("/api/v1/calendar-links", json={"school": "demo", "lab": "lab-301"})).json()
        assert {"0", "1"} == set("".join(mine["code"]))
        for made in (mine, labs):
            answer = (await stranger.get(made["address"])).raise_for_status()
            first: Any = Calendar.from_ical(answer.text).walk("VEVENT")[0]
            assert (first["SUMMARY"], first["DTSTART"].dt.timestamp() * 1000) == ("4(1) · AI", MONDAY_MS)
        assert (await stranger.get("/calendar/guessed.ics")).status_code == 404
        assert len((await client.get("/api/v1/calendar-links")).json()["links"]) == 2
        identity = mine["link"]["id"]
        assert (await owner.delete(f"/api/v1/calendar-links/{identity}")).status_code == 404
        assert (await client.delete(f"/api/v1/calendar-links/{identity}")).status_code == 204
        assert (await stranger.get(mine["address"])).status_code == 404
        del school.accounts.people["p-1"]
        assert (await stranger.get(labs["address"])).status_code == 404
        elsewhere = {"school": "demo", "lab": "lab-302"}
        async with teacher(school, "p-2") as other:
            assert (await other.post("/api/v1/calendar-links", json=elsewhere)).status_code == 403
            assert (await other.post("/api/v1/calendar-links", json={"school": "demo"})).status_code == 422


async def test_one_press_files_a_lesson_under_what_the_timetable_says_and_the_ledger_counts_it(school: Served) -> None:
    school.hub.desk.outcome = State.DONE
    going = asyncio.create_task(school.hub.lessons.run())
    async with school.owner() as owner, teacher(school) as client:
        await take_in(owner, TABLE.format(teacher="p-1", starts=""))
        now = (await client.get(f"{LAB}/now")).json()
        assert (now["now"]["class_name"], now["lesson"]) == ("4(1)", None)
        await client.post(f"{LAB}/lesson", json={"for_s": 2700})
        await until(lambda: bool(school.hub.register.on))
        assert (await client.get(f"{LAB}/now")).json()["lesson"] == {"class_name": "4(1)", "course": "AI"}
        assert (await owner.put(f"{LAB}/lesson/class", json={"class_name": "x", "course": "y"})).status_code == 409
        later(school, client, school.hub.leases.now_ms + 2_400_000)
        (await client.post(f"{LAB}/lesson/end")).raise_for_status()
        to(school, school.hub.leases.now_ms + 10_000)
        await until(lambda: not school.hub.register.on)
        table = await owner.get(f"{SCHOOL}/ledger.csv?language=en")
        assert table.content.decode("utf-8-sig").splitlines()[0] == "class,course,wanted,taught,planned,missing"
        assert table.content.decode("utf-8-sig").splitlines()[1].startswith("4(1),AI,30,1,")
        taught = {"date": "2026-09-07", "start": "07:50", "end": "08:30", "course": "AI", "periods": 1}
        asked, here = f"{SCHOOL}/ledger/lessons?class_name=4(1)", {"lab": "lab-301", "who": "p-1"}
        assert (await client.get(asked)).json() == {"lessons": [taught | here]}
        assert (await owner.get(f"{SCHOOL}/ledger/lessons?class_name=7(2)")).json() == {"lessons": []}
        async with teacher(school, "p-8", NEXT_LAB) as other:
            assert (await other.get(asked)).json() == {"lessons": [taught | {"lab": "", "who": ""}]}
        assert (await client.get(f"{LAB}/now")).json()["lately"] == [{"class_name": "4(1)", "course": "AI"}]
        (balance,) = (await owner.get(f"{SCHOOL}/ledger")).json()["classes"]
        assert (balance["taught"], balance["wanted"]) == (1, 30)
        assert balance["planned"] + balance["taught"] + balance["missing"] == 30
        assert (await client.put(f"{LAB}/lesson/class", json={"class_name": "", "course": ""})).status_code == 404
    going.cancel()


async def test_its_teacher_says_what_a_lesson_is_when_the_timetable_does_not(school: Served) -> None:
    async with school.owner() as client:
        await client.post(f"{LAB}/lesson", json={"for_s": 2700})
        said = {"class_name": "4(1)", "course": "AI"}
        assert (await client.put(f"{LAB}/lesson/class", json=said)).json() == said
        assert (await client.get(f"{LAB}/now")).json()["lesson"] == said


async def test_a_lesson_says_what_it_is_as_it_starts_or_that_it_is_without_a_class(school: Served) -> None:
    async with school.owner() as owner, teacher(school) as client:
        await take_in(owner, TABLE.format(teacher="p-1", starts=""))
        said = {"class_name": "", "course": ""}
        (await client.post(f"{LAB}/lesson", json={"for_s": 2700} | said)).raise_for_status()
        assert (await client.get(f"{LAB}/now")).json()["lesson"] == said


async def test_colleagues_read_titles_where_others_read_pseudonyms(school: Served, tmp_path: Path) -> None:
    school.accounts.staff = await open_staff(school.hub.engine, lambda: 0, open_vault(tmp_path))
    await school.accounts.staff.add("li", "李老师", (Grant(Role.TEACHER, HERE),))
    object.__setattr__(school.app.state.api, "audit", record := Noted())
    async with school.owner() as owner, teacher(school) as client, teacher(school, "p-2") as second:
        looking = httpx.AsyncClient(
            base_url=school.url, headers=enter(school, "p-3", Grant(Role.READER, HERE)), timeout=30
        )
        await client.post(f"{LAB}/bookings", json=NINE)
        for one in (owner, client, second):
            assert [found["who"] for found in await entries(one)] == ["李老师"]
        told = ("look_at_timetable", "demo/lab-301", "1 people")
        looks = [note for note in record.notes if note[1] == told[0]]
        assert looks == [("owner", *told), ("p-2", *told)], "one's own name is no look"
        refused = (await second.post(f"{LAB}/bookings", json=NINE | {"check": True})).json()
        assert refused["conflicts"][0]["en"] == "Lab 301 is taken: Mon 2026-09-07 09:00–10:00, 李老师."
        assert refused["conflicts"][0]["zh"] == "301 实验室已有安排：9月7日（周一）09:00–10:00，李老师。"
        async with looking:
            assert [found["who"] for found in await entries(looking)] == ["p-1"], "a reader is no colleague"
        await school.accounts.staff.remove("p-1")
        assert [one["who"] for one in await entries(owner)] == ["p-1"]


async def test_a_school_or_lab_that_is_not_there_or_not_for_these_eyes_is_unknown(school: Served) -> None:
    async with school.owner() as owner, teacher(school, "p-9", NEXT_DOOR) as stranger, teacher(school) as own:
        assert (await owner.get("/api/v1/timetables/nowhere")).status_code == 404
        assert (await stranger.get(SCHOOL)).status_code == 404
        assert (await stranger.get(f"{LAB}/week")).status_code == 404
        assert (await own.get(f"{SCHOOL}/ledger")).status_code == 200
        assert (await own.put(SCHOOL, json=YEAR)).status_code == 403


async def test_a_files_body_may_be_long_and_a_calendar_is_as_good(school: Served) -> None:
    async with school.owner() as client:
        long = TABLE.format(teacher="owner", starts="") + "\n" * 100_000
        assert (await take_in(client, long))["taken"] is False
        start, end = "20260907T000000Z", "20260907T004000Z"
        event = f"BEGIN:VEVENT\nUID:1\nDTSTART:{start}\nDTEND:{end}\nLOCATION:lab-301\nSUMMARY:AI\nEND:VEVENT"
        assert (await take_in(client, f"BEGIN:VCALENDAR\n{event}\nEND:VCALENDAR\n", form="ics"))["taken"]
        assert [one["course"] for one in await entries(client)] == ["AI"]


async def until(so: Any) -> None:  # noqa: ANN401 -- any question
    async with asyncio.timeout(30):
        while not so():
            await asyncio.sleep(0.01)
