"""Stop-all on the page: one press, an honest count, and a release that has to be held; and who has the lab."""

import pytest
from playwright.async_api import Route, expect

from .clocks import halt, let_pass, sign_in_clocked
from .conftest import Console, Language, OpenConsole, Theme, sign_in
from .fake_hub import SCHOOL, FakeHub, now_ms, point
from .lab import PI
from .test_access import TOO_SMALL_OR_CLOSE, violations
from .test_sheets import STOP_ON_TOP

pytestmark = pytest.mark.asyncio(loop_scope="session")
LEASE = {
    "fence": 7,
    "school": SCHOOL,
    "lab": "301",
    "bench": None,
    "node": None,
    "device": None,
    "given_from": None,
    "asks": [],
}
STOP = {
    "school": SCHOOL,
    "latch": "latch-1",
    "by": "anna",
    "at_ms": 0,
    "devices": 4,
    "confirmed": 3,
    "missing": [],
    "sent": True,
}


async def test_a_press_stops_and_the_count_names_who_has_not_confirmed(hub: FakeHub, console: Console) -> None:
    button = console.page.get_by_role("button", name="Stop all")
    box = await button.bounding_box()
    assert box is not None
    assert (box["width"] >= 160, box["height"] >= 56) == (True, True)
    await button.click()
    banner = console.page.locator(".stopped")
    await expect(banner).to_contain_text("16 of 16 stopped")
    await hub.stop("anna", {"school": SCHOOL, "node": PI, "device": "lamp-1"})
    await expect(banner).to_contain_text("anna")
    await expect(banner).to_contain_text("15 of 16 stopped. Not confirmed:")


async def test_a_press_shows_at_once_that_it_waits_and_goes_another_way_where_no_answer_comes(
    hub: FakeHub, console: Console
) -> None:
    hub.deaf, page, asked = True, console.page, list[str]()

    async def answer(route: Route) -> None:
        if route.request.method != "POST":
            return await route.continue_()
        asked.append(route.request.method)
        await hub.stop("owner")
        return await route.fulfill(status=202, json={"stops": hub.stops})

    await page.route("**/api/v1/stop", answer)
    button = page.locator("button.stop")
    await button.click()
    await expect(button).to_have_attribute("aria-busy", "true")
    assert asked == []
    await expect(page.locator(".stopped")).to_contain_text("16 of 16 stopped")
    await expect(button).to_have_attribute("aria-busy", "false")
    assert asked == ["POST"]


async def test_whom_the_hub_refuses_the_stop_is_told_to_use_the_button_on_the_wall(
    hub: FakeHub, console: Console
) -> None:
    hub.deaf = True
    await console.page.route("**/api/v1/stop", lambda route: route.fulfill(status=403, json={"code": "role_may_not"}))
    await console.page.locator("button.stop").click()
    await expect(console.page.locator(".stop-failed")).to_contain_text("red button on the wall")
    await expect(console.page.locator("button.stop")).to_have_attribute("aria-busy", "false")


async def test_a_stop_by_somebody_else_moves_nothing_under_a_finger_and_takes_its_room_afterwards(
    hub: FakeHub, console: Console
) -> None:
    await sign_in_clocked(hub, console)
    page, tile = console.page, console.tile("air", "Temperature")
    await halt(page)
    before = await tile.bounding_box()
    await page.mouse.down()
    await hub.stop("anna")
    await expect(page.locator(".stopped")).to_be_visible()
    await let_pass(page, 5_000)
    assert await tile.bounding_box() == before
    await page.mouse.up()
    await let_pass(page, 4_500)
    box, banner = await tile.bounding_box(), await page.locator(".stopped").bounding_box()
    assert before is not None
    assert box is not None
    assert banner is not None
    assert box["y"] == before["y"] + banner["height"]
    hub.stops = []
    await hub.tell({"kind": "stops", "stops": []})
    await let_pass(page, 1_500)
    assert await tile.bounding_box() == before


async def test_a_tap_releases_nothing_and_a_second_of_holding_takes_both_steps(hub: FakeHub, console: Console) -> None:
    await hub.stop("anna")
    release = console.page.get_by_role("button", name="Hold to release")
    await release.click()
    await console.page.get_by_role("button", name="Keep stopped").click()
    assert hub.released == []
    await release.hover()
    await console.page.mouse.down()
    await expect(console.page.locator(".stopped")).to_have_count(0)
    await console.page.mouse.up()
    assert hub.released == [{"latch": "latch-1"}, {"latch": "latch-1", "release": "word"}]


async def test_a_hold_releases_after_a_second_and_no_sooner(hub: FakeHub, console: Console) -> None:
    await hub.stop("anna")
    await sign_in_clocked(hub, console)
    page = console.page
    await page.get_by_role("button", name="Hold to release").hover()
    await halt(page)
    await page.mouse.down()
    await let_pass(page, 990)
    await page.mouse.up()
    assert hub.released == []
    await page.keyboard.press("Escape")  # it was a tap, and there is another way to say so
    await page.mouse.down()
    await let_pass(page, 1_000)
    await expect(page.locator(".stopped")).to_have_count(0)
    await page.mouse.up()
    assert len(hub.released) == 2


@pytest.mark.parametrize(
    ("language", "title", "release"), [("en", "Release the stop?", "Release"), ("zh", "解除停止？", "解除停止")]
)
async def test_a_tap_says_how_and_offers_a_second_step_without_holding(
    hub: FakeHub, open_console: OpenConsole, language: Language, title: str, release: str
) -> None:
    console = await open_console(language=language, size=(390, 844), touch=True)
    await sign_in(hub, console)
    page = console.page
    await hub.stop("anna")
    await page.locator(".stopped .release").tap()
    sheet = page.get_by_role("dialog", name=title)
    await expect(sheet).to_contain_text("1")
    assert await violations(page) == []
    assert await page.evaluate(TOO_SMALL_OR_CLOSE) == []
    assert await page.evaluate(STOP_ON_TOP)
    assert hub.released == []
    await sheet.get_by_role("button", name=release, exact=True).tap()
    await expect(page.locator(".stopped")).to_have_count(0)
    assert hub.released == [{"latch": "latch-1"}, {"latch": "latch-1", "release": "word"}]


@pytest.mark.parametrize("key", ["Enter", "Space"])
async def test_a_key_pressed_twice_keeps_the_stop_and_one_that_is_moved_on_first_releases(
    hub: FakeHub, console: Console, key: str
) -> None:
    await hub.stop("anna")
    page = console.page
    await page.get_by_role("button", name="Hold to release").focus()
    await page.keyboard.press(key)
    await expect(page.get_by_role("button", name="Keep stopped")).to_be_focused()
    await page.keyboard.press(key)
    await expect(page.locator("lk-releasing")).to_have_count(0)  # the sheet is shut before it is gone
    await expect(page.get_by_role("button", name="Hold to release")).to_be_focused()
    assert hub.released == []
    await page.keyboard.press(key)
    await expect(page.get_by_role("button", name="Keep stopped")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press(key)
    await expect(page.locator(".stopped")).to_have_count(0)
    assert len(hub.released) == 2


async def test_a_click_without_a_finger_as_of_a_screen_reader_opens_the_two_steps_and_a_double_one_releases_nothing(
    hub: FakeHub, console: Console
) -> None:
    await hub.stop("anna")
    release = console.page.get_by_role("button", name="Hold to release")
    await release.evaluate("button => button.click()")
    await console.page.get_by_role("button", name="Release", exact=True).dblclick(delay=10)
    await expect(console.page.locator(".stopped")).to_have_count(0)
    await hub.stop("anna")
    hub.released.clear()
    await release.evaluate("button => button.click()")
    second = console.page.get_by_role("button", name="Release", exact=True)
    await second.dispatch_event("click", {"detail": 2})
    await console.page.get_by_role("button", name="Keep stopped").click()
    assert hub.released == []


async def test_a_key_held_for_a_second_releases(hub: FakeHub, console: Console) -> None:
    await hub.stop("anna")
    await sign_in_clocked(hub, console)
    page = console.page
    await page.get_by_role("button", name="Hold to release").focus()
    await halt(page)
    await page.keyboard.down("Enter")
    await page.keyboard.down("Enter")  # as it repeats
    await page.keyboard.down("Shift")
    await page.keyboard.up("Shift")
    await let_pass(page, 1_000)
    await expect(page.locator(".stopped")).to_have_count(0)
    await page.keyboard.up("Enter")
    assert len(hub.released) == 2


async def test_a_release_that_the_hub_did_not_take_is_said(hub: FakeHub, console: Console) -> None:
    await hub.stop("anna")
    await console.page.route("**/api/v1/stop/release", lambda route: route.abort())
    release = console.page.get_by_role("button", name="Hold to release")
    await release.click()
    await console.page.get_by_role("button", name="Release", exact=True).click()
    await expect(console.page.locator(".stopped")).to_contain_text("It is not released. Try again.")
    await release.hover()
    await console.page.mouse.down()
    await expect(console.page.locator(".release.held")).to_have_count(0)
    await console.page.mouse.up()
    await expect(console.page.get_by_role("dialog")).to_have_count(0)  # it was held: nothing more is to be said
    await expect(console.page.locator(".stopped")).to_contain_text("It is not released. Try again.")


def robots(hub: FakeHub) -> None:
    """A device of each sort that a stop may meet."""
    driven = point("speed", "setpoint", "int", unit="%", minimum=-100, maximum=100, safe_value=0, risk="motion")
    socket = point("socket", "switch", "bool", risk="mains")
    led = point("led", "setpoint", "int", minimum=0, maximum=9)
    spare = point("spare", "switch", "bool")
    outputs = {"driven": [driven, led], "spare": [driven, spare], "both": [driven, socket], "socket": [socket]}
    for name, points in {**outputs, "lost": [driven], "away": [driven]}.items():
        hub.add_device(PI, name, (name, name), points, make="Labkeeper (simulated) with a long name", model="LKS")
    hub.devices[PI, "away"]["online"] = False


NAMES = ("driven", "both", "spare", "socket", "lamp-1", "lost")
BADGES = {
    "en": ("Stopped", "Stopped in part", "Stopped in part", "Not stopped", "Not stopped", "Stop not confirmed"),
    "zh": ("已停止", "部分停止", "部分停止", "未停止", "未停止", "未回应停止"),
}


UNCUT = "one => one.scrollWidth <= one.clientWidth + 1 && one.clientHeight <= 26"  # once its looks have come


@pytest.mark.parametrize(
    ("language", "theme", "size"),
    [("zh", "dark", (390, 844)), ("zh", "light", (820, 1180)), ("en", "dark", (1366, 768))],
)
async def test_a_card_says_of_its_device_what_the_stop_made_of_it_and_moves_nothing(
    hub: FakeHub, open_console: OpenConsole, language: Language, theme: Theme, size: tuple[int, int]
) -> None:
    robots(hub)
    console = await open_console(language=language, theme=theme, size=size)
    await sign_in(hub, console)
    said = {name: console.card(name).locator("lk-held") for name in (*NAMES, "away", "air", "remote")}
    before = await console.card("driven").bounding_box()
    missing = [{"school": SCHOOL, "node": PI, "device": name} for name in ("lost", "away")]
    hub.stops = [STOP | {"missing": missing, "at_ms": now_ms() - 10_000}]
    await hub.tell({"kind": "stops", "stops": hub.stops})
    for name, badge in zip(NAMES, BADGES[language], strict=True):
        await expect(said[name]).to_have_text(badge)
        await console.page.wait_for_function(UNCUT, arg=await said[name].element_handle())
    await expect(said["socket"].locator(".icon-warning")).to_have_count(1)
    await expect(said["lamp-1"].locator(".icon")).to_have_count(0)  # it does no harm
    for name in ("away", "air", "remote"):
        await expect(said[name]).to_be_empty()
    after = await console.card("driven").bounding_box()
    assert before is not None
    assert after is not None
    assert (after["width"], after["height"]) == (before["width"], before["height"])
    assert await console.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert await violations(console.page) == []


async def test_a_card_waits_for_its_devices_word_and_says_nothing_of_what_it_cannot_hear(
    hub: FakeHub, console: Console
) -> None:
    robots(hub)
    await sign_in_clocked(hub, console)
    said = console.card("driven").locator("lk-held")
    me = {"school": SCHOOL, "node": PI, "device": "driven"}
    await halt(console.page)
    now = await console.page.evaluate("Date.now()")
    hub.stops = [STOP | {"missing": [me], "at_ms": now}]
    await hub.tell({"kind": "stops", "stops": hub.stops})
    await expect(said).to_have_text("Stopping")
    await let_pass(console.page, 3_500)
    await expect(said).to_have_text("Stop not confirmed")
    hub.stops = [STOP | {"at_ms": now}]
    await hub.tell({"kind": "stops", "stops": hub.stops})
    await expect(said).to_have_text("Stopped")
    await hub.set_online(PI, "driven", online=False)
    await expect(said).to_be_empty()
    await expect(console.card("driven").locator(".badge")).to_contain_text("Offline")
    await hub.set_online(PI, "driven", online=True)
    await expect(said).to_have_text("Stopped")
    hub.stops = []
    await hub.tell({"kind": "stops", "stops": []})
    await expect(said).to_be_empty()


async def test_a_stop_of_another_school_and_a_lost_link_say_nothing_of_a_card(hub: FakeHub, console: Console) -> None:
    robots(hub)
    await hub.drop_links()
    said = console.card("driven").locator("lk-held")
    hub.stops = [STOP | {"school": "another"}]
    await hub.tell({"kind": "stops", "stops": hub.stops})
    await expect(console.page.locator(".stopped")).to_be_visible()
    await expect(said).to_be_empty()
    hub.stops = [STOP]
    await hub.tell({"kind": "stops", "stops": hub.stops})
    await expect(said).to_have_text("Stopped")
    hub.muted = True
    await expect(console.page.locator(".bar-link")).to_contain_text("Link lost")
    await expect(said).to_be_empty()
    hub.muted = False


async def test_a_teacher_without_a_right_to_the_school_is_told_whom_to_ask_and_offered_nothing(
    hub: FakeHub, console: Console
) -> None:
    hub.school_less = True
    await hub.stop("anna")
    await expect(console.page.locator(".stopped")).to_contain_text("right to the whole school can release it. Ask Wang")
    await expect(console.page.get_by_role("button", name="Hold to release")).to_have_count(0)


async def test_whoever_loses_the_right_while_they_hold_the_button_is_told_whom_to_ask(
    hub: FakeHub, console: Console
) -> None:
    await hub.stop("anna")
    await console.page.get_by_role("button", name="Hold to release").hover()
    hub.school_less = True
    await console.page.mouse.down()
    await expect(console.page.locator(".stopped")).to_contain_text("Ask Wang")
    await console.page.mouse.up()
    assert hub.released == [{"latch": "latch-1"}]


async def test_colleagues_are_shown_by_their_titles_and_whoever_is_none_by_the_pseudonym(
    hub: FakeHub, console: Console
) -> None:
    hub.colleagues = {"p-3": "Li Wei"}
    lab = hub.labs[0]["lab"]
    theirs = {**LEASE, "lab": lab, "holder": "p-3", "until_ms": now_ms() + 10 * 60_000}
    await hub.tell({"kind": "leases", "leases": [theirs]})
    await expect(console.page.locator("lk-bar .holder strong")).to_have_text("Li Wei")
    await hub.stop("p-3")
    await expect(console.page.locator(".stopped")).to_contain_text("pressed by Li Wei")
    await hub.tell({"kind": "leases", "leases": [{**theirs, "holder": "p-4"}]})
    await expect(console.page.locator("lk-bar .holder strong")).to_have_text("p-4")


async def test_when_the_hub_is_away_a_press_points_to_the_button_on_the_wall(hub: FakeHub, console: Console) -> None:
    await console.page.context.set_offline(True)
    hub.muted = True
    await expect(console.page.locator(".bar-link")).to_contain_text("Link lost")
    await console.page.get_by_role("button", name="Stop all").click()
    await expect(console.page.locator(".stop-failed")).to_contain_text("red button on the wall")
    await console.page.context.set_offline(False)
    hub.muted = False


async def test_the_bar_says_who_has_the_lab_until_when(hub: FakeHub, console: Console) -> None:
    lab = hub.labs[0]["lab"]
    holder = console.page.locator("lk-bar .holder")
    await expect(holder).to_contain_text("Start lesson")
    theirs = {**LEASE, "lab": lab, "holder": "anna", "until_ms": now_ms() + 10 * 60_000}
    await hub.tell({"kind": "leases", "leases": [theirs]})
    await expect(holder).to_contain_text("anna")
    await expect(holder).to_contain_text("10 min left")
    await expect(holder.get_by_role("button")).to_have_text("Ask / take over")
