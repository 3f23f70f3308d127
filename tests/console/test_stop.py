"""Stop-all on the page: one press, an honest count, and a release that has to be held; and who has the lab."""

import pytest
from playwright.async_api import Route, expect

from .clocks import halt, let_pass, sign_in_clocked
from .conftest import Console
from .fake_hub import SCHOOL, FakeHub, now_ms
from .lab import PI

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
    await page.mouse.down()
    await let_pass(page, 1_000)
    await expect(page.locator(".stopped")).to_have_count(0)
    await page.mouse.up()
    assert len(hub.released) == 2


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
