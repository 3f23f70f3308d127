"""A lesson on the page: begun by a press, scenes and benches, an end that can be undone, and who takes it over."""

import asyncio
import re
from functools import partial

import pytest
from playwright.async_api import Locator, Route, expect

from .clocks import halt, let_pass, sign_in_clocked
from .conftest import Console, Language, OpenConsole, Theme, sign_in
from .fake_hub import FakeHub
from .test_access import TOO_SMALL_OR_CLOSE, violations
from .test_sheets import STOP_ON_TOP

pytestmark = pytest.mark.asyncio(loop_scope="session")
LAB = "lab-301"
SIZES: list[tuple[Language, Theme, tuple[int, int]]] = [
    ("zh", "dark", (390, 844)),
    ("en", "light", (820, 1180)),
    ("zh", "light", (1180, 820)),
]


def bar(console: Console) -> Locator:
    return console.page.locator("lk-bar .holder")


def group(console: Console, bench: int) -> Locator:
    return console.page.locator("lk-group").filter(has=console.page.get_by_role("checkbox", name=f"Bench {bench}:"))


async def test_one_press_starts_a_lesson_and_everybody_sees_whose_it_is_and_how_long_it_lasts(
    hub: FakeHub, console: Console
) -> None:
    await bar(console).get_by_role("button", name="Start lesson").click()
    await expect(bar(console)).to_contain_text("owner 45 min left")
    assert hub.lessons[0]["until_ms"] - hub.lessons[0]["started_ms"] == pytest.approx(2_700_000, abs=50)
    await expect(console.page.locator(".result")).to_contain_text("3 of 3 confirmed")


async def test_the_press_names_the_class_that_the_timetable_knows(hub: FakeHub, console: Console) -> None:
    await bar(console).get_by_role("button", name="Start lesson 4(1) AI").click()
    await expect(bar(console)).to_contain_text("4(1) AI · owner 45 min left")
    assert hub.teaching.begun == [{"for_s": 2700}]


async def test_the_class_of_a_lesson_that_is_on_comes_with_the_first_values_and_moves_no_button(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    await hub.teaching.begin(LAB, "anna", 1_200)
    for size, taught in (((1180, 820), "4(1) AI · anna 20 min left"), ((390, 844), "4(1) · anna 20 min left")):
        console, seen = await open_console(size=size), asyncio.Event()
        await console.page.route("**/lessons/start.js", lambda route: route.abort())  # what a press needs comes later
        await console.page.route("**/lessons/near.js", partial(held, seen))
        await sign_in(hub, console)
        await expect(bar(console)).to_contain_text("anna 20 min left")
        before = await bar(console).get_by_role("button").bounding_box()
        seen.set()
        await expect(bar(console)).to_contain_text(taught, use_inner_text=True)
        assert await bar(console).get_by_role("button").bounding_box() == before


async def test_whoever_may_not_see_the_timetable_asks_for_no_class(hub: FakeHub, open_console: OpenConsole) -> None:
    hub.reads_timetable = False
    console, asked = await open_console(), list[str]()
    console.page.on("request", lambda request: asked.append(request.url))
    await sign_in(hub, console)
    await bar(console).get_by_role("button", name="Start lesson").click()
    await expect(bar(console)).to_contain_text("owner 45 min left")
    await console.page.wait_for_load_state("networkidle")
    assert asked
    assert [
        url for url in asked if url.endswith("/now") or "timetables" in url
    ] == []  # each would be a refusal on record


async def held(until: asyncio.Event, route: Route) -> None:
    """Answer a request when something has been seen first."""
    await until.wait()
    await route.continue_()


async def test_the_class_of_a_lesson_that_has_begun_just_now_is_asked_for_until_the_register_has_it(
    hub: FakeHub, console: Console
) -> None:
    hub.bookings.filed = None
    await hub.teaching.begin(LAB, "anna", 1_200)
    await expect(bar(console)).to_contain_text("anna 20 min left")
    hub.bookings.filed = ("7(2)", "AI")
    await expect(bar(console)).to_contain_text("7(2) AI · anna 20 min left")


async def test_a_press_starts_and_where_the_timetable_knows_nothing_the_class_is_asked_for_afterwards(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    hub.bookings.near = None
    hub.bookings.lately = [{"class_name": "7(2)", "course": "AI"}]
    console = await open_console()
    await sign_in(hub, console)
    page = console.page
    for name, filed in (("7(2) · AI", [("7(2)", "AI")]), ("Without a class", []), ("", [("4(1)", "AI")])):
        hub.teaching.filed.clear()
        await bar(console).get_by_role("button", name="Start lesson").click()
        sheet = page.get_by_role("dialog", name="Which class is it?")
        await expect(sheet).to_contain_text("The lesson is on.")
        await expect(bar(console)).to_contain_text("owner 45 min left")
        if name:
            await sheet.get_by_role("button", name=name).click()
        else:
            assert await violations(page) == []
            await sheet.get_by_label("Class").select_option("4(1)")
            await sheet.get_by_label("Course").select_option("AI")
            await sheet.get_by_role("button", name="File it").press("Enter")
        await expect(sheet).to_have_count(0)
        assert hub.teaching.begun[-1] == {"for_s": 2700}
        assert hub.teaching.filed == filed
        hub.leases = []
        await hub.teaching.over()


async def test_a_school_without_classes_and_timetable_is_asked_nothing(hub: FakeHub, open_console: OpenConsole) -> None:
    hub.bookings.near = None
    hub.bookings.year |= {"classes": [], "courses": []}
    console = await open_console()
    await sign_in(hub, console)
    await bar(console).get_by_role("button", name="Start lesson").click()
    await expect(bar(console)).to_contain_text("owner 45 min left")
    assert hub.teaching.begun == [{"for_s": 2700}]


async def test_a_scene_is_one_press_and_tells_what_is_not_confirmed_until_somebody_has_seen_it(
    hub: FakeHub, console: Console
) -> None:
    page = console.page
    await expect(page.locator("lk-scenes")).to_have_count(0)
    hub.teaching.stuck = {"lamp-2"}
    for lamp in ("lamp-1", "lamp-3"):
        await hub.read("pi-301", lamp, "state", value=False)
    await hub.take_lab()
    await page.get_by_role("button", name="Experiment", exact=True).click()
    await expect(page.locator(".result")).to_contain_text(
        "Experiment 2 of 3 confirmed; not confirmed: Desk lamp 2 · Light"
    )
    await expect(page.locator(".result")).to_contain_text("Light: the device did not confirm it in time")
    await expect(console.tile("lamp-1", "Light").get_by_role("switch")).to_be_checked()
    await expect(page.get_by_role("button", name="Projector")).to_be_disabled()  # there is none here
    await page.get_by_role("button", name="Undo").click()
    await expect(console.tile("lamp-1", "Light").get_by_role("switch")).not_to_be_checked()
    assert {one["device"] for one in hub.teaching.acted[-1]} == {"lamp-1", "lamp-3"}
    await expect(page.locator(".result")).to_contain_text("Undone: Experiment")


async def test_a_bench_goes_off_by_one_switch_that_counts_and_knows_what_it_does_not_know(
    hub: FakeHub, console: Console
) -> None:
    await hub.take_lab()
    two = group(console, 2).get_by_role("checkbox")
    await expect(two).to_have_attribute("aria-checked", "mixed")
    await expect(two).to_have_text("1/2")
    await expect(group(console, 1).get_by_role("checkbox")).to_be_checked()
    await two.click()
    await expect(two).not_to_be_checked()
    await expect(two).to_have_text("0/2")
    await console.page.get_by_role("button", name="Undo").click()
    await expect(two).to_have_text("1/2")
    await hub.set_online("pi-301", "lamp-2", online=False)
    await expect(two).to_have_attribute("aria-label", "Bench 2: 0 of 2 switches on, 1 unknown")
    await expect(two).to_have_attribute("aria-checked", "mixed")  # unknown is not off


async def test_a_group_can_be_undone_for_ten_seconds(hub: FakeHub, console: Console) -> None:
    await hub.take_lab()
    await sign_in_clocked(hub, console)
    page = console.page
    two = group(console, 2).get_by_role("checkbox")
    await expect(two).to_have_text("1/2")
    await halt(page)
    await two.click()
    undo = page.get_by_role("button", name="Undo")
    await expect(undo).to_be_visible()
    hub.muted = True  # its word would put the page's clock right
    await let_pass(page, 9_500)
    await expect(undo).to_be_visible()
    await let_pass(page, 1_500)  # the page looks at its clock once a second
    await expect(undo).to_have_count(0)


async def test_a_bench_is_not_switched_on_where_that_may_do_harm(hub: FakeHub, console: Console) -> None:
    for point in hub.devices["pi-301", "strip-1"]["points"]:
        point["risk"] = "heat"
    for device in ("strip-1", "lamp-1"):
        hub.put("pi-301", device, "state", value=False)
    await hub.drop_links()
    await expect(console.tile("lamp-1", "Light").get_by_role("switch")).not_to_be_checked()
    await hub.take_lab()
    await group(console, 1).get_by_role("checkbox").click()
    await expect(group(console, 1).get_by_role("checkbox")).to_have_text("1/2")
    assert [one["device"] for one in hub.teaching.acted[-1]] == ["lamp-1"]


async def test_ending_shows_first_what_it_switches_off_and_can_be_taken_back(hub: FakeHub, console: Console) -> None:
    page = console.page
    await bar(console).get_by_role("button", name="Start lesson").click()
    await expect(bar(console)).to_contain_text("min left")  # the opening scene has switched what it switches
    hub.put("pi-301", "lamp-3", "state", value=False)
    await hub.drop_links()
    await expect(console.tile("lamp-3", "Light").get_by_role("switch")).not_to_be_checked()
    await bar(console).get_by_role("button", name="End / prolong").click()
    sheet = page.get_by_role("dialog", name="This lesson")
    await expect(sheet.get_by_role("listitem")).to_have_text([re.compile("Desk lamp 1"), re.compile("Desk lamp 2")])
    assert await violations(page) == []
    await sheet.get_by_role("button", name="15 min more").click()
    await expect(sheet).to_be_hidden()
    await expect(bar(console)).to_contain_text("60 min left")
    await bar(console).get_by_role("button", name="End / prolong").click()
    await sheet.get_by_role("button", name="End lesson").click()
    await expect(page.locator(".result")).to_contain_text(re.compile(r"The lesson ends in \d+ s\. 3 of 3 confirmed"))
    await expect(console.tile("lamp-1", "Light").get_by_role("switch")).not_to_be_checked()
    await page.get_by_role("button", name="Undo").click()
    await expect(console.tile("lamp-1", "Light").get_by_role("switch")).to_be_checked()
    assert hub.lessons[0]["phase"] == "running"
    await hub.teaching.over()
    await expect(bar(console).get_by_role("button", name="Start lesson")).to_be_visible()
    await expect(page.locator("lk-scenes")).to_have_count(0)


@pytest.mark.parametrize(
    ("language", "loose", "sheet", "again"),
    [
        ("en", ["Experiment", "Projector"], "End / prolong", "Run it again"),
        ("zh", ["实验", "投影"], "结束／延长", "再执行一次"),
    ],
)
async def test_the_scenes_of_the_lessons_begin_and_end_stand_in_its_sheet_and_not_beside_its_buttons(
    hub: FakeHub, open_console: OpenConsole, language: Language, loose: list[str], sheet: str, again: str
) -> None:
    console = await open_console(language=language)
    await sign_in(hub, console)
    page = console.page
    await hub.teaching.begin(LAB, "owner", 2_700)
    await expect(page.locator(".scenes").get_by_role("button")).to_have_text(loose)
    await hub.read("pi-301", "lamp-1", "state", value=False)
    await page.get_by_role("button", name=sheet).click()
    assert await violations(page) == []
    await page.get_by_role("dialog").get_by_role("button", name=again).click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await expect(page.locator(".result")).to_contain_text("3")
    assert {(one["device"], one["value"]) for one in hub.teaching.acted[-1]} == {
        ("lamp-1", True), ("lamp-2", True), ("lamp-3", True),
    }  # fmt: skip


async def test_under_a_stop_the_sheet_tells_what_the_end_leaves_as_it_is_and_afterwards_it_is_that(
    hub: FakeHub, console: Console
) -> None:
    page = console.page
    await hub.teaching.begin(LAB, "owner", 2_700)
    await hub.read("pi-301", "lamp-1", "state", value=False)  # by the stop
    await hub.read("pi-301", "lamp-3", "state", value=True, stale=True)
    await hub.stop("anna")
    await page.evaluate("location.hash = '#/facility'")
    await page.locator("lk-facility h2").first.wait_for()
    await bar(console).get_by_role("button", name="End / prolong").click()
    sheet = page.get_by_role("dialog", name="This lesson")
    await expect(sheet).to_contain_text("Stop all is on: ending it will switch nothing")
    await expect(sheet.get_by_role("listitem")).to_have_text([
        re.compile(r"Desk lamp 2 · Light\s*stays: On"), re.compile(r"Desk lamp 3 · Light\s*not known"),
    ])  # fmt: skip
    await expect(sheet.get_by_role("button", name="Run it again")).to_have_count(0)
    assert await violations(page) == []
    await sheet.get_by_role("button", name="End lesson").click()
    why = "no command is carried out before the stop is released"
    same = f"1 of 3 confirmed; not confirmed: Desk lamp 2 · Light, Desk lamp 3 · Light: {why}"
    await expect(page.locator(".result")).to_contain_text(re.compile(rf"The lesson ends in \d+ s\.\s*{same}"))
    await hub.teaching.over()
    await expect(page.locator(".result")).to_contain_text(f"The lesson has ended. {same}")
    await expect(page).to_have_url(re.compile("facility"))
    await page.locator(".result .round").click()
    await expect(page.locator(".result")).to_have_count(0)


async def test_under_a_stop_that_has_done_all_that_the_end_would_the_sheet_says_so(
    hub: FakeHub, console: Console
) -> None:
    await hub.teaching.begin(LAB, "owner", 2_700)
    for lamp in ("lamp-1", "lamp-2", "lamp-3"):
        await hub.read("pi-301", lamp, "state", value=False)
    await hub.stop("anna")
    await bar(console).get_by_role("button", name="End / prolong").click()
    sheet = console.page.get_by_role("dialog", name="This lesson")
    await expect(sheet).to_contain_text("All is already as ending would set it.")
    await sheet.get_by_role("button", name="End lesson").click()
    await expect(console.page.locator(".result")).to_contain_text("3 of 3 confirmed")
    await console.page.get_by_role("button", name="Undo").click()
    await expect(console.page.locator(".result")).to_contain_text("The lesson goes on.")


async def test_another_teacher_sees_who_has_it_and_takes_over_with_a_reason(hub: FakeHub, console: Console) -> None:
    await hub.teaching.begin(LAB, "anna", 1_200)
    await expect(bar(console)).to_contain_text("anna 20 min left")
    await expect(console.page.locator("lk-scenes, lk-group")).to_have_count(0)
    await bar(console).get_by_role("button", name="Take over").click()
    sheet = console.page.get_by_role("dialog", name="Ask for the lab, or take it over")
    await sheet.get_by_role("button", name="Take over").click()
    assert hub.teaching.reasons == []  # no reason, no lesson
    await sheet.get_by_label("Reason").fill("anna is ill")
    await sheet.get_by_role("button", name="Take over").click()
    await expect(bar(console)).to_contain_text("owner")
    assert hub.teaching.reasons == ["anna is ill"]
    await expect(console.page.locator("lk-scenes")).to_have_count(1)


async def test_another_teacher_asks_first_and_is_told_what_became_of_it(hub: FakeHub, console: Console) -> None:
    await hub.teaching.begin(LAB, "anna", 1_200)
    await bar(console).get_by_role("button", name="Ask").click()
    sheet = console.page.get_by_role("dialog")
    await sheet.get_by_role("button", name="Ask anna").click()
    await expect(sheet.locator(".lesson-asked")).to_contain_text(re.compile(r"anna has been asked and has \d+ s"))
    await expect(sheet.get_by_role("button", name="Ask anna")).to_be_disabled()
    assert await violations(console.page) == []
    await hub.ask("owner", "kept")
    await expect(sheet.locator(".lesson-asked")).to_have_text("anna keeps the lab.")
    await hub.ask("owner", "unanswered")
    await expect(sheet.locator(".lesson-asked")).to_have_text("anna has not answered. You may take over.")


@pytest.mark.parametrize("word", ["Give", "Keep"])
async def test_whoever_is_asked_sees_it_on_every_page_and_gives_or_keeps_the_lab_in_one_press(
    hub: FakeHub, open_console: OpenConsole, word: str
) -> None:
    console = await open_console(size=(390, 844), touch=True)
    await sign_in(hub, console)
    await hub.take_lab("lab-302")
    await console.page.evaluate("location.hash = '#/facility'")
    await hub.ask("p-3")
    asked = console.page.get_by_role("group", name="p-3 asks for your lab")
    await expect(asked).to_contain_text(re.compile(r"Robot lab 302 · \d+ s to answer"))
    assert await console.page.evaluate(STOP_ON_TOP)
    assert await violations(console.page) == []
    assert await console.page.evaluate(TOO_SMALL_OR_CLOSE) == []
    await asked.get_by_role("button", name=word).tap()
    await expect(asked).to_have_count(0)
    assert hub.teaching.replies == [{"by": "p-3", "give": word == "Give"}]


async def test_whoever_may_only_look_is_offered_nothing_to_press(hub: FakeHub, open_console: OpenConsole) -> None:
    hub.actions = ["read_places"]
    console = await open_console()
    await sign_in(hub, console)
    await hub.teaching.begin(LAB, "anna", 1_200)
    await expect(bar(console)).to_contain_text("anna")
    await expect(console.tile("lamp-1", "Light")).to_contain_text("On")
    await expect(console.page.locator("main").get_by_role("switch")).to_have_count(0)
    await expect(console.page.locator("main, lk-holder").get_by_role("button")).to_have_count(0)


@pytest.mark.parametrize(("language", "theme", "size"), SIZES)
async def test_a_lesson_is_easy_to_touch_to_read_and_moves_nothing(
    hub: FakeHub, open_console: OpenConsole, language: Language, theme: Theme, size: tuple[int, int]
) -> None:
    console = await open_console(language=language, theme=theme, size=size, touch=True)
    await sign_in(hub, console)
    page = console.page
    hub.teaching.stuck = {"lamp-2"}
    before = await page.locator("lk-device").first.bounding_box()
    await hub.teaching.begin(LAB, "owner", 2_700)
    await page.locator(".result").wait_for()
    await page.locator("lk-group").first.wait_for()
    assert await page.locator("lk-device").first.bounding_box() == before
    assert await page.evaluate(TOO_SMALL_OR_CLOSE) == []
    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= size[0]
    await page.locator(".result .round").click()
    await expect(page.locator(".result")).to_have_count(0)
    assert await page.locator("lk-device").first.bounding_box() == before
    await page.locator(".holder:visible button").first.click()
    await page.locator(".lesson-list li").first.wait_for()
    assert await violations(page) == []


async def test_a_lesson_without_a_record_is_said_where_attention_is_needed(hub: FakeHub, console: Console) -> None:
    await bar(console).get_by_role("button", name="Start lesson").click()
    await expect(bar(console)).to_contain_text("owner 45 min left")
    await hub.tell({"kind": "lessons", "lessons": [one | {"recorded": False} for one in hub.lessons]})
    await expect(console.page.locator(".attention")).to_contain_text("This lesson is not recorded")
