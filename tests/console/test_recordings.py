"""Recording on the page: begun, marked, ended, taken away, and two of them laid on top of each other."""

import re

import pytest
from playwright.async_api import expect

from .conftest import Console, Language, OpenConsole, Theme, sign_in
from .fake_hub import SCHOOL, FakeHub, now_ms, point
from .lab import PI
from .test_access import TOO_SMALL_OR_CLOSE, violations

pytestmark = pytest.mark.asyncio(loop_scope="session")
TEMPERATURE = f"{SCHOOL}/{PI}/air/temperature"
SIZES: list[tuple[Language, Theme, tuple[int, int]]] = [
    ("zh", "dark", (390, 844)),
    ("en", "light", (1180, 820)),
]


async def open_panel(console: Console) -> None:
    await console.page.locator("button.record").click()
    await console.page.locator(".recording-form, .recording-facts").first.wait_for()


def recorded(hub: FakeHub, title: str, stage: str = "sealed") -> None:
    """Let a recording of a minute be there."""
    asked = {"school": SCHOOL, "lab": "lab-301", "title": title, "every_ms": None, "points": [TEMPERATURE]}
    begun = hub.recordings.begin(asked, now_ms() - 120_000)
    begun["marks"] = [{"time_ms": begun["started_ms"] + 5_000, "by": "p-1", "text": "lamp on"}]
    if stage != "running":
        begun.update(stage="stopped", stopped_ms=begun["started_ms"] + 60_000)
    if stage == "sealed":
        hub.recordings.seal(begun)


async def test_a_lesson_that_is_recorded_leaves_room_for_what_its_teacher_records(
    hub: FakeHub, console: Console
) -> None:
    recorded(hub, "课堂 · Lesson", "running")
    hub.recordings.all[-1]["id"] = "l-5d2c0a5e"
    await open_panel(console)
    await expect(console.page.get_by_role("button", name="Start recording")).to_be_visible()


async def test_a_recording_is_begun_marked_ended_and_taken_away(hub: FakeHub, console: Console) -> None:
    page = console.page
    await open_panel(console)
    await page.get_by_label("Name").fill("cooling")
    await page.get_by_label("Rate").select_option(label="One a second")
    await page.get_by_role("button", name="None", exact=True).click()
    await expect(page.get_by_role("button", name="Start recording")).to_be_disabled()
    await page.get_by_text(re.compile("^Points:")).click()
    await page.get_by_role("button", name="Points of Air quality").click()
    await page.locator(".recording-points").get_by_label("Temperature").check()
    await page.get_by_role("button", name="Start recording").click()
    await expect(page.get_by_role("heading", name="cooling")).to_be_visible()
    (asked,) = hub.recordings.asked
    assert (asked["title"], asked["every_ms"], asked["points"]) == ("cooling", 1_000, [TEMPERATURE])
    await expect(page.locator(".recording-facts")).to_contain_text("7")
    await expect(page.locator(".recording-plot canvas")).to_be_visible()
    await page.get_by_label("What happens now").fill("lamp on")
    await page.get_by_role("button", name="Mark", exact=True).click()
    await expect(page.get_by_role("list", name="Markers")).to_contain_text("lamp on")
    await page.get_by_role("button", name="Stop recording").click()
    await expect(page.get_by_text("Sealed")).to_be_visible()
    async with page.expect_download() as saving:
        await page.get_by_role("link", name="CSV of cooling").click()
    assert (await saving.value).suggested_filename == "recording-1.csv"
    await expect(page.get_by_role("link", name="Lesson record of cooling")).to_be_visible()
    await page.get_by_role("link", name="Report of cooling").click()
    await expect(page.frame_locator(".report iframe").get_by_role("heading", level=1)).to_have_text("cooling")
    await page.get_by_role("link", name="Back").click()
    await expect(page.get_by_role("button", name="Record again")).to_be_visible()  # where it was asked for


def add_kit(hub: FakeHub) -> None:
    """A robot on bench 1 that tells of itself besides."""
    points = [
        point("power/battery", "measure", "int", unit="%"),
        point("voltage", "measure", unit="V"),
        point("battery_low", "state", "bool"),
        point("linkquality", "measure", unit="{lqi}"),
        point("wifi/signal", "measure", unit="dB{mW}"),
        point("stats/camera_fps", "measure", unit="/s"),
        point("lamp-hours", "measure", unit="h"),
        point("distance", "measure", unit="cm"),
        point("motor", "setpoint", "int", unit="%", minimum=-100, maximum=100),
        point("magnet", "switch", "bool"),
        point("identify", "action", "bool"),
    ]
    hub.add_device(PI, "kit", ("机器人套件", "Robot kit"), [*points, point("battery", "measure")], bench="1")
    hub.put(PI, "kit", "distance", 40.0)


async def test_what_an_experiment_is_about_is_chosen_and_no_battery_or_signal(hub: FakeHub, console: Console) -> None:
    add_kit(hub)
    await console.page.reload()
    await open_panel(console)
    await console.page.get_by_role("button", name="Start recording").click()
    await console.page.locator(".recording-facts").wait_for()
    (asked,) = hub.recordings.asked
    points = {tuple(one.split("/", 3)[2:]) for one in asked["points"]}
    assert {name for device, name in points if device == "kit"} == {"distance", "motor", "magnet"}
    assert {name for device, name in points if device == "strip-1"} == {"power", "energy", "state"}
    assert {name for device, name in points if device == "air"} == {"temperature", "humidity", "co2", "pm25"}
    assert not [device for device, _ in points if device == "remote"]


async def test_all_none_or_a_whole_device_is_chosen_at_a_press(hub: FakeHub, console: Console) -> None:
    page = console.page
    await open_panel(console)
    summary = page.locator(".recording-points summary")
    usual = await summary.inner_text()
    await page.get_by_role("button", name="All", exact=True).click()
    every = sum(
        one["kind"] != "action" for (node, _), device in hub.devices.items() if node == PI for one in device["points"]
    )
    await expect(summary).to_have_text(f"Points: {every} of {every} chosen")
    await page.get_by_role("button", name="None", exact=True).click()
    await expect(summary).to_have_text(f"Points: 0 of {every} chosen")
    await summary.click()
    air = page.locator(".recording-device").filter(has_text="Air quality")
    await air.get_by_role("checkbox").check()
    await expect(air).to_contain_text("6 of 6")
    await page.get_by_role("button", name="Points of Air quality").click()
    await page.locator(".recording-each").get_by_label("Humidity").uncheck()
    await expect(air).to_contain_text("5 of 6")
    assert await air.get_by_role("checkbox").evaluate("one => one.indeterminate")
    await air.get_by_role("checkbox").check()
    await air.get_by_role("checkbox").uncheck()
    await expect(air).to_contain_text("0 of 6")
    await page.get_by_role("button", name="Usual points").click()
    await expect(summary).to_have_text(usual)


async def test_the_curve_opens_on_what_was_pressed_last_or_is_recorded(hub: FakeHub, console: Console) -> None:
    page = console.page
    add_kit(hub)
    await page.reload()
    await console.tile("kit", "Distance").get_by_role("link").click()
    await page.get_by_role("link", name="Back").click()
    await open_panel(console)
    curve = page.locator(".recording-which select option:checked")
    await page.get_by_role("button", name="Start recording").click()
    await expect(curve).to_have_text("Robot kit · Distance cm")
    assert hub.recordings.asked[-1]["points"][0].endswith("/kit/distance")
    await page.get_by_role("button", name="Stop recording").click()
    await page.get_by_role("button", name="Record again").click()
    await page.get_by_role("button", name="Only Robot kit").click()
    await page.get_by_role("button", name="Start recording").click()
    await expect(curve).to_have_text("Robot kit · Distance cm")
    assert len(hub.recordings.asked[-1]["points"]) == len(("distance", "motor", "magnet"))


async def test_without_a_press_the_curve_opens_on_the_first_that_is_recorded(hub: FakeHub, console: Console) -> None:
    page = console.page
    asked = {"school": SCHOOL, "lab": "lab-301", "title": "theirs", "every_ms": None}
    hub.recordings.begin(asked | {"points": [f"{SCHOOL}/{PI}/lamp-2/brightness", TEMPERATURE]})
    await open_panel(console)
    await expect(page.locator(".recording-which select option:checked")).to_have_text("Desk lamp 2 · Brightness %")


async def test_what_runs_is_marked_from_far_below_and_folded_to_a_line(hub: FakeHub, console: Console) -> None:
    page = console.page
    recorded(hub, "pendulum", "running")
    await open_panel(console)
    line = page.locator(".recording-line")
    await expect(line).to_have_count(0)
    await page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    await line.get_by_role("button", name="Mark").click()
    await expect(line).to_contain_text("Markers: 2")
    assert await violations(page) == []
    await page.evaluate("location.hash = '#/alarms'")  # nothing of it on other pages
    await expect(line).to_be_hidden()
    await page.evaluate("location.hash = '#/'")
    await line.get_by_role("button", name="Open").click()
    await expect(page.get_by_role("button", name="Stop recording")).to_be_in_viewport()
    await expect(line).to_have_count(0)
    await page.locator(".recording").get_by_role("button", name="Close").click()
    await expect(page.get_by_role("button", name="Stop recording")).to_have_count(0)
    await expect(line).to_contain_text("pendulum")
    await line.get_by_role("button", name="Open").click()
    await page.get_by_role("button", name="Stop recording").click()
    async with page.expect_download():
        await page.get_by_role("link", name="CSV of pendulum").click()
    await expect(page.locator("lk-recording-files [role=status]")).to_contain_text("CSV is being saved")
    await page.locator(".recording").get_by_role("button", name="Close").click()
    await expect(page.locator("button.record")).to_be_visible()


async def test_what_somebody_else_records_in_this_lab_is_found(hub: FakeHub, console: Console) -> None:
    recorded(hub, "theirs", "running")
    await open_panel(console)
    await expect(console.page.get_by_role("heading", name="theirs")).to_be_visible()
    await expect(console.page.get_by_role("button", name="Stop recording")).to_be_enabled()


async def test_what_a_colleague_records_cannot_be_ended_from_here_and_keeps_nobody_from_recording(
    hub: FakeHub, console: Console
) -> None:
    hub.colleagues["p-1"] = "王老师"
    hub.recordings.mine = False
    recorded(hub, "their pendulum", "running")
    recorded(hub, "their curve", "stopped")
    await open_panel(console)
    panel = console.page.locator(".recording")
    await expect(panel).to_contain_text("王老师 records this")
    await expect(panel.get_by_role("button", name="Stop recording")).to_have_count(0)
    await panel.get_by_role("button", name="Record something else").click()
    await expect(panel.get_by_role("button", name="Start recording")).to_be_visible()
    await panel.get_by_role("link", name="Recordings").click()
    await expect(console.page.locator(".recordings-list")).to_contain_text("their curve")
    await expect(console.page.get_by_role("button", name="Seal now")).to_have_count(0)


async def test_why_nothing_is_recorded_is_said_in_words(hub: FakeHub, console: Console) -> None:
    hub.recordings.code = "other_place"
    await open_panel(console)
    await console.page.get_by_role("button", name="Start recording").click()
    await expect(console.page.locator(".recording-trouble")).to_have_text("Not done: you may not record in this lab")


async def test_the_list_says_how_far_each_is_and_whether_it_holds(hub: FakeHub, console: Console) -> None:
    page = console.page
    recorded(hub, "first")
    recorded(hub, "changed")
    recorded(hub, "waiting", "stopped")
    await page.locator(".menu summary").click()
    await page.get_by_role("link", name="Recordings").click()
    rows = page.locator(".recordings-list > li")
    await expect(rows).to_have_count(3)
    await rows.filter(has_text="first").get_by_role("button", name="Verify").click()
    await expect(rows.filter(has_text="first")).to_contain_text("All as it was sealed.")
    await rows.filter(has_text="changed").get_by_role("button", name="Verify").click()
    await expect(rows.filter(has_text="changed")).to_contain_text("9 readings now, 7 then")
    await rows.filter(has_text="waiting").get_by_role("button", name="Seal now").click()
    await expect(rows.filter(has_text="waiting")).to_contain_text("Sealed")


async def test_the_owner_is_called_in_the_readers_language(hub: FakeHub, console: Console) -> None:
    page = console.page
    recorded(hub, "first")
    hub.recordings.all[0]["by"] = "owner"
    await page.evaluate("location.hash = '#/recordings'")
    said = page.locator(".recordings-said")
    await expect(said).to_contain_text("· owner")
    await page.locator(".menu summary").click()
    await page.get_by_role("button", name="中文").click()
    await expect(said).to_contain_text("· 所有者")


async def test_two_runs_are_laid_on_top_of_each_other_and_rooms_have_reports(hub: FakeHub, console: Console) -> None:
    page = console.page
    recorded(hub, "first")
    recorded(hub, "second")
    await page.evaluate("location.hash = '#/recordings'")
    for name in ("first", "second"):
        await page.get_by_role("checkbox", name=f"Compare {name}").check()
    await expect(page.locator(".comparison-plot canvas")).to_be_visible()
    await page.locator(".comparison select").nth(2).select_option(label="From marker: lamp on")
    await expect(page.locator(".comparison-plot canvas")).to_be_visible()
    first, second = (one["id"] for one in reversed(hub.recordings.all))
    assert hub.recordings.compared[0] == {"one": first, "other": second}
    assert hub.recordings.compared[-1] == {"one": first, "other": second, "other_mark": "1"}
    await page.get_by_label("Day").fill("2026-01-05")
    for name, span in (("That day", "day"), ("The week from then", "week")):
        for more, form in (("", ""), (", as a PDF", ".pdf")):
            address = await page.get_by_role("link", name=name + more, exact=True).get_attribute("href") or ""
            shown = f"#/report?school={SCHOOL}&lab=lab-301&day=2026-01-05&span={span}"
            kept = f"/api/v1/labs/{SCHOOL}/lab-301/report{form}?day=2026-01-05&span={span}&language=en"
            assert address.startswith(kept if form else shown)
    address = await page.get_by_role("link", name="PDF of first").get_attribute("href") or ""
    assert address.startswith(f"/api/v1/recordings/{first}/report.pdf?language=en")
    await expect(page.get_by_text("print it")).to_have_count(0)


async def test_a_report_is_seen_within_the_page_and_its_pdf_is_told_of(hub: FakeHub, console: Console) -> None:
    page = console.page
    recorded(hub, "first")
    await page.evaluate("location.hash = '#/recordings'")
    await page.get_by_role("link", name="Report of first").click()
    shown = page.frame_locator(".report iframe")
    await expect(shown.get_by_role("heading", level=1)).to_have_text("first")
    await expect(page.locator("lk-stop button").first).to_be_visible()
    assert len(page.context.pages) == 1
    inside = await page.locator(".report iframe").evaluate(
        "one => one.offsetHeight - one.contentDocument.body.offsetHeight"
    )
    assert abs(inside) <= 1, "there is one page to scroll"
    async with page.expect_download() as saving:
        await page.get_by_role("link", name="PDF", exact=True).click()
    assert (await saving.value).suggested_filename == "report-1.pdf"
    await expect(page.locator(".report > [role=status]")).to_contain_text("among the browser's downloads")
    await page.evaluate(
        "() => { document.querySelector('.report iframe').contentWindow.print = () => { window.printed = 1; }; }"
    )
    await page.get_by_role("button", name="Print").click()
    assert await page.evaluate("window.printed") == 1
    await page.get_by_role("link", name="Back").click()
    async with page.expect_download():
        await page.get_by_role("link", name="PDF of first").click()
    await expect(page.locator("lk-recording-files [role=status]")).to_contain_text("downloads")


async def test_the_report_of_a_room_is_seen_too_and_one_that_does_not_come_is_told_of(
    hub: FakeHub, console: Console
) -> None:
    page = console.page
    await page.evaluate("location.hash = '#/recordings'")
    await page.get_by_label("Day").fill("2026-01-05")
    await page.get_by_role("link", name="The week from then", exact=True).click()
    heading = page.frame_locator(".report iframe").get_by_role("heading", level=1)
    await expect(heading).to_have_text(f"{SCHOOL} lab-301 2026-01-05 week")
    hub.recordings.code = "other_place"
    await page.reload()
    await expect(page.locator(".report > [role=status]")).to_contain_text("The report has not come")
    await expect(page.get_by_role("button", name="Print")).to_be_disabled()
    assert all(one.startswith("Framing") for one in console.complaints)  # a refusal may not stand in a frame
    console.complaints.clear()


async def test_where_the_hub_makes_no_pdfs_the_page_says_how_to_print_one(hub: FakeHub, console: Console) -> None:
    hub.recordings.lack = "library"
    recorded(hub, "first")
    await console.page.evaluate("location.hash = '#/recordings'")
    await expect(console.page.get_by_text("open the report, print it and choose “Save as PDF”")).to_be_visible()
    await expect(console.page.get_by_role("link", name="PDF")).to_have_count(0)


@pytest.mark.parametrize(("language", "theme", "size"), SIZES)
async def test_everybody_can_use_it(
    hub: FakeHub, open_console: OpenConsole, language: Language, theme: Theme, size: tuple[int, int]
) -> None:
    console = await open_console(language=language, theme=theme, size=size)
    await sign_in(hub, console)
    page = console.page

    async def fine() -> None:
        assert await violations(page) == []
        assert await page.evaluate(TOO_SMALL_OR_CLOSE) == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= size[0]

    await open_panel(console)
    await page.locator(".recording-points summary").click()
    await fine()
    await page.locator(".recording-device .round").first.click()
    await fine()
    await page.locator(".recording-form .primary").click()
    await page.locator(".recording-plot canvas").wait_for()
    await fine()
    recorded(hub, "一个名字很长很长很长很长很长很长很长很长很长的记录")
    await page.evaluate("location.hash = '#/recordings'")
    for at in range(2):
        await page.locator(".recordings-list input").nth(at).check()
    await page.locator(".comparison-plot canvas").wait_for()
    await fine()
    await page.locator("a[href^='#/report']").first.click()
    await page.frame_locator(".report iframe").locator("h1").wait_for()
    await fine()
