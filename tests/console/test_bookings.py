"""Bookings on the page: a lab's week, a slot booked with what is in the way told first, openings, and the ledger."""

import asyncio
import os
import re
from pathlib import Path

import pytest
from playwright.async_api import FilePayload, Route, expect

from .conftest import Console, Language, OpenConsole, Theme, sign_in
from .fake_bookings import FAULT, TIMETABLE, WAY
from .fake_hub import FakeHub
from .test_access import TOO_SMALL_OR_CLOSE, violations

pytestmark = pytest.mark.asyncio(loop_scope="session")
PICTURES = os.environ.get("LABKEEPER_PICTURES")
SMALL = """(sheet) => [...sheet.querySelectorAll("button, input, summary")]
  .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 44).map((one) => one.outerHTML)"""
SIZES: list[tuple[Language, Theme, tuple[int, int]]] = [
    ("zh", "dark", (390, 844)),
    ("en", "light", (820, 1180)),
    ("zh", "light", (1180, 820)),
]


async def open_week(hub: FakeHub, console: Console) -> None:
    await sign_in(hub, console, "#/bookings")
    await console.page.locator(".week-entry").first.wait_for()
    await console.page.locator(".ledger table").wait_for()


async def picture(console: Console, name: str) -> None:
    """Take a picture for whoever asks for one."""
    if PICTURES:
        await console.page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page="sheet" not in name)


async def test_a_week_shows_what_is_taught_booked_and_free_and_the_ledger_what_is_missing(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    console = await open_console()
    await open_week(hub, console)
    page = console.page
    await expect(page.locator(".week-day")).to_have_count(5)  # nothing is at the weekend
    await expect(page.locator(".week-day").nth(0)).to_contain_text("4(1) · AI")
    await expect(page.locator(".week-day").nth(4)).to_contain_text("As on Wed")
    await expect(page.locator(".ledger tbody tr").first).to_contain_text("2 missing")
    await page.get_by_label("Lessons of a class").select_option("4(1)")
    await expect(page.locator(".ledger-lessons tbody tr")).to_have_text(["2026-11-23 08:00–09:30AI2Lab 301李老师"])
    await page.get_by_label("Lessons of a class").select_option("7(2)")
    await expect(page.locator(".ledger")).to_contain_text("has not been taught yet this year")
    async with page.expect_response(lambda answer: "2026-11-30" in answer.url):
        await page.get_by_role("button", name="Later week").click()
    await expect(page.locator(".bookings-number")).to_contain_text("Week 13")
    assert hub.bookings.weeks[-1] == "2026-11-30"


async def test_on_a_phone_no_column_of_the_ledger_is_cut_off(hub: FakeHub, open_console: OpenConsole) -> None:
    console = await open_console(language="en", size=(390, 844))
    await open_week(hub, console)
    await console.page.locator(".ledger select").select_option("4(1)")
    await expect(console.page.locator(".ledger-lessons tbody tr")).to_have_count(1)
    for table in await console.page.locator(".ledger table").all():
        within = (
            "table => table.getBoundingClientRect().right <= table.closest('.ledger').getBoundingClientRect().right"
        )
        assert await table.evaluate(within)


async def test_nothing_that_takes_words_is_replaced_while_the_year_is_on_its_way(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    console = await open_console()
    await open_week(hub, console)
    page, may_answer = console.page, asyncio.Event()

    async def later(route: Route) -> None:
        await may_answer.wait()
        await route.continue_()

    await page.route(f"**{TIMETABLE}", later)
    for classes in ([{"name": "4(1)", "grade": 4}], []):
        hub.bookings.year |= {"classes": classes, "courses": []}
        may_answer.clear()
        await page.get_by_role("button", name="08:50–09:30 Free, Tue 24 Nov").click()
        sheet = page.get_by_role("dialog")
        await sheet.get_by_label("What for").fill("Robot club")
        await expect(sheet).to_contain_text("The lab is free then.")
        for label in ("Class", "Course"):
            await expect(sheet.get_by_label(label)).to_be_disabled()
        may_answer.set()
        await expect(sheet.get_by_label("Course")).to_be_enabled()
        await expect(sheet.get_by_label("What for")).to_have_value("Robot club")
        field = sheet.get_by_label("Class")
        await (field.select_option("4(1)") if classes else field.fill("our own"))
        await expect(field).to_have_value("4(1)" if classes else "our own")
        await page.keyboard.press("Escape")
        await expect(sheet).to_have_count(0)


async def test_a_press_on_a_free_slot_says_what_is_in_the_way_before_anything_is_booked(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    console = await open_console()
    await open_week(hub, console)
    page = console.page
    hub.bookings.conflicts = [WAY]
    await page.get_by_role("button", name="08:50–09:30 Free, Tue 24 Nov").click()
    sheet = page.get_by_role("dialog")
    await expect(sheet).to_contain_text("The AI lab is taken: Tue 2026-11-24 08:00–08:40, Ms Wang.")
    await expect(sheet.get_by_role("button", name="Book", exact=True)).to_be_disabled()
    hub.bookings.conflicts = []
    await sheet.get_by_label("Class").select_option("4(1)")
    await expect(sheet).to_contain_text("The lab is free then.")
    await sheet.get_by_role("button", name="Book", exact=True).press("Enter")
    await expect(sheet).to_have_count(0)
    asked = hub.bookings.asked[-1]
    assert (asked["date"], asked["start"], asked["end"], asked["class_name"]) == (
        "2026-11-24",
        "08:50",
        "09:30",
        "4(1)",
    )
    await page.get_by_role("button", name="08:50–09:30 4(1)").click()
    await page.get_by_role("button", name="Cancel the booking").click()
    await expect(page.get_by_role("button", name="08:50–09:30 Free, Tue 24 Nov")).to_be_visible()


async def test_a_manager_opens_a_slot_to_other_schools_and_takes_it_back(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    console = await open_console()
    await open_week(hub, console)
    page = console.page
    await page.get_by_role("button", name="13:00–13:40 Free, Mon 23 Nov").click()
    await page.locator("summary", has_text="Open to other schools").click()
    await page.get_by_label("Schools' ids").fill("school-2, school-3")
    await page.get_by_label("Weeks in a row").fill("4")
    await page.get_by_role("dialog").get_by_role("button", name="Open to other schools").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    asked = hub.bookings.asked[-1]
    assert (asked["schools"], asked["weeks"], asked["start"]) == (["school-2", "school-3"], 4, "13:00")
    await page.get_by_role("button", name="Withdraw").click()
    await expect(page.get_by_role("button", name="Withdraw")).to_have_count(0)
    hub.bookings.conflicts = [WAY]
    await page.get_by_role("button", name="13:00–13:40 Free, Mon 23 Nov").click()
    await page.locator("summary", has_text="Open to other schools").click()
    await page.get_by_role("dialog").get_by_role("button", name="Open to other schools").click()
    await expect(page.get_by_role("status").filter(has_text="Not opened:")).to_contain_text("The AI lab is taken")


async def test_a_calendar_is_subscribed_to_by_link_or_code_and_taken_back(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    console = await open_console()
    await open_week(hub, console)
    page = console.page
    await page.get_by_role("button", name="Subscribe to this lab").click()
    await expect(page.get_by_role("textbox", name="Calendar link")).to_have_value(f"{hub.url}/calendar/a-token.ics")
    await expect(page.get_by_role("img", name="QR code of the calendar link")).to_be_visible()
    await page.get_by_role("button", name="Take the link back").click()
    await expect(page.get_by_role("textbox", name="Calendar link")).to_have_count(0)
    assert hub.bookings.links == []


async def test_a_file_is_looked_at_first_taken_in_by_a_second_press_and_changes_nothing_again(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    console = await open_console()
    await open_week(hub, console)
    page = console.page
    await page.get_by_role("button", name="Import a timetable").click()
    sheet = page.get_by_role("dialog", name="Import a timetable")
    file: FilePayload = {"name": "秋.csv", "mimeType": "text/csv", "buffer": "实验室,星期\n".encode("gb18030")}
    hub.bookings.faults, hub.bookings.conflicts = [FAULT], [WAY | {"rows": [2, 5]}]
    await sheet.locator("input[type=file]").set_input_files(file)
    await expect(sheet.get_by_role("listitem")).to_have_text(
        [re.compile("Row 3 · teacher.*no account"), re.compile("Row 2, 5.*is taken")]
    )
    assert await violations(page) == []
    hub.bookings.faults, hub.bookings.conflicts = [], []
    await sheet.locator("input[type=file]").set_input_files(file)
    await expect(sheet).to_contain_text("1 new, 1 changed, 0 removed, 10 as they are")
    await expect(sheet.get_by_role("listitem").first).to_contain_text("lab-301 · Mon 08:00–08:40 · weeks 1-16odd")
    await picture(console, "import-sheet")
    await sheet.get_by_role("button", name="Take it in").press("Enter")
    await expect(sheet).to_contain_text("Taken in: 1 new")
    await sheet.locator("input[type=file]").set_input_files(file)
    await expect(sheet).to_contain_text("The timetable is like that already")
    assert [one["check"] for one in hub.bookings.imported] == [True, True, False, True]
    assert hub.bookings.imported[0] == {"format": "csv", "text": "实验室,星期\n", "check": True}


@pytest.mark.parametrize(("language", "theme", "size"), SIZES)
async def test_the_year_is_a_form_whose_days_are_said_once(
    hub: FakeHub, open_console: OpenConsole, language: Language, theme: Theme, size: tuple[int, int]
) -> None:
    console = await open_console(language=language, theme=theme, size=size, touch=True)
    await open_week(hub, console)
    page = console.page
    await page.get_by_role("button", name={"en": "The year", "zh": "学年"}[language], exact=True).click()
    sheet = page.locator("lk-year dialog")
    await sheet.locator("fieldset").first.wait_for()
    await picture(console, f"year-{language}-{theme}-{size[0]}-sheet")
    assert await violations(page) == []
    assert await sheet.evaluate(SMALL) == []
    assert await sheet.evaluate("(one) => one.scrollWidth <= one.clientWidth")
    holidays = sheet.locator("details").nth(1)
    await holidays.locator("button.do").click()
    await holidays.locator("fieldset").nth(1).locator("input").first.fill("2027-01-01")
    last = sheet.locator("details").first.locator("input[type=date]").nth(1)
    await last.fill("2026-01-01")
    await sheet.locator("button.primary").click()
    await expect(sheet.get_by_role("status")).to_contain_text("ends before it begins")
    await last.fill("2027-01-15")
    await sheet.locator("button.primary").click()
    await expect(sheet).to_have_count(0)
    assert hub.bookings.year["terms"][0]["last"] == "2027-01-15"
    assert hub.bookings.year["holidays"] == ["2026-10-01/2026-10-07", "2027-01-01"]
    assert hub.bookings.year["make_ups"] == [{"day": "2026-10-10", "like": "2026-10-07"}]
    assert hub.bookings.year["courses"][0]["periods"] == {"4": 30, "7": 30}


async def test_a_new_course_begins_with_the_policys_periods(console: Console) -> None:
    page = console.page
    await page.evaluate("location.hash = '#/bookings'")
    await page.get_by_role("button", name="The year").click()
    sheet = page.get_by_role("dialog", name="The year")
    await sheet.get_by_text("Courses").first.click()
    await sheet.get_by_role("button", name="Add: Courses").click()
    await expect(sheet.get_by_role("group", name="Courses 2").get_by_label("Periods a year")).to_have_value(
        "4: 30, 7: 30"
    )


@pytest.mark.parametrize(("language", "theme", "size"), SIZES)
async def test_axe_finds_nothing_and_everything_is_large_enough_for_a_finger(
    hub: FakeHub, open_console: OpenConsole, language: Language, theme: Theme, size: tuple[int, int]
) -> None:
    console = await open_console(language=language, theme=theme, size=size, touch=True)
    await open_week(hub, console)
    name = f"bookings-{language}-{theme}-{size[0]}"
    await picture(console, name)
    assert await violations(console.page) == []
    assert await console.page.evaluate(TOO_SMALL_OR_CLOSE) == []
    assert await console.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    hub.bookings.conflicts = [WAY]
    await console.page.locator("button.week-free").first.click()
    await console.page.locator(".booking-not").wait_for()
    await picture(console, f"{name}-sheet")
    assert await violations(console.page) == []


async def test_who_may_not_see_the_timetable_is_told_so(hub: FakeHub, open_console: OpenConsole) -> None:
    hub.bookings.refuse = 404
    console = await open_console()
    await sign_in(hub, console, "#/bookings")
    await expect(console.page.get_by_role("status").filter(has_text="Your role may not")).to_be_visible()
