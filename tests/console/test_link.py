import asyncio

import pytest
from playwright.async_api import Route, WebSocket, expect

from .clocks import halt, let_pass, sign_in_clocked
from .conftest import Console
from .fake_hub import LINK, FakeHub
from .fake_server import serve
from .lab import PI, furnish

pytestmark = pytest.mark.asyncio(loop_scope="session")

ASKED_MS = 10_500  # the page asks its hub every ten seconds how it is
LONGEST_AFTER = 5  # attempts in vain: by then the waits between them grow no more


async def test_a_hub_that_hangs_is_called_lost_within_three_seconds(hub: FakeHub, console: Console) -> None:
    await sign_in_clocked(hub, console)
    await halt(console.page)
    await hub.read(PI, "air", "co2", 801.0)
    await expect(console.tile("air", "CO₂").locator(".value")).to_have_text("801 ppm")  # its last word
    hub.muted = True
    banner = console.page.locator(".banner")
    await console.page.clock.run_for(2_000)
    await expect(banner).to_have_count(0)
    await console.page.clock.run_for(1_000)
    await expect(banner).to_contain_text("use the red button on the wall")


async def test_a_hub_that_cannot_store_says_so_until_it_can(hub: FakeHub, console: Console) -> None:
    await sign_in_clocked(hub, console)
    await halt(console.page)
    banner = console.page.locator(".banner")
    for failing, told in (("database or disk is full", 1), (None, 0)):
        hub.failing = failing
        await let_pass(console.page, ASKED_MS)
        await expect(banner.filter(has_text="cannot store readings")).to_have_count(told)


async def test_while_the_link_is_lost_tiles_are_old_and_nothing_can_be_commanded(
    hub: FakeHub, console: Console
) -> None:
    hub.muted = True
    await expect(console.page.locator(".banner")).to_be_visible(timeout=30_000)
    main = console.page.locator("main")
    await expect(main.get_by_role("switch")).to_have_count(0)
    for control in await main.locator("button, select, input").all():
        await expect(control).to_be_disabled()
    assert await main.locator(".tile.measure:not(.old), .tile.state:not(.old), .tile.switch:not(.old)").count() == 0
    await expect(console.tile("air", "Temperature").locator(".age")).to_contain_text("ago")
    assert hub.commands == []
    await console.page.set_viewport_size({"width": 390, "height": 844})
    assert await console.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "the phone overflows"


async def test_the_page_comes_back_without_a_reload_where_it_was(hub: FakeHub, console: Console) -> None:
    page = console.page
    await page.evaluate("() => { window.notReloaded = true; scrollTo(0, 300); }")
    hub.muted = True
    await expect(page.locator(".banner")).to_be_visible(timeout=30_000)
    hub.put(PI, "air", "temperature", 19.0)
    hub.muted = False
    await expect(page.locator(".banner")).to_have_count(0)
    await expect(console.tile("air", "Temperature").locator(".value")).to_have_text("19.0 °C")
    assert await page.evaluate("[window.notReloaded, Math.round(scrollY)]") == [True, 300]


async def test_a_restarted_hub_is_found_again_by_the_next_attempt(console: Console) -> None:
    """That one is never two seconds away: see the waits below."""
    hub = FakeHub()
    furnish(hub)
    attempts: list[WebSocket] = []

    def tried(socket: WebSocket) -> None:
        attempts.append(socket)

    async with serve(hub):
        hub.links.add(LINK)
        await console.open(hub.sign_in)
        console.page.on("websocket", tried)
    await expect(console.page.locator(".banner")).to_be_visible()
    async with console.page.expect_event("websocket", lambda _: len(attempts) >= LONGEST_AFTER, timeout=30_000):
        pass
    async with serve(hub):
        in_vain = len(attempts)
        await expect(console.page.locator(".banner")).to_have_count(0)
        await expect(console.tile("lamp-1", "Light").get_by_role("switch")).to_be_checked()
        assert len(attempts) - in_vain <= 2, "one may have been under way"


async def test_what_became_of_a_command_is_learnt_after_the_gap(hub: FakeHub, console: Console) -> None:
    hub.policy = "silent"
    tile = console.tile("lamp-1", "Light")
    await tile.get_by_role("switch").click()
    (command,) = await hub.commands_to("state", 1)
    hub.muted = True
    await hub.settle(command, "rejected", "interlock")
    await expect(console.page.locator(".banner")).to_be_visible(timeout=30_000)
    hub.muted = False
    await expect(tile.locator(".note")).to_contain_text("refused")


async def test_a_resumed_stream_needs_no_snapshot(hub: FakeHub, console: Console) -> None:
    hub.keeps_changes = True
    await hub.read(PI, "air", "co2", 801.0)
    await expect(console.tile("air", "CO₂").locator(".value")).to_have_text("801 ppm")
    await hub.drop_links()
    await hub.read(PI, "air", "co2", 802.0)
    await expect(console.tile("air", "CO₂").locator(".value")).to_have_text("802 ppm")
    await expect(console.page.locator(".bar-link")).to_have_text("Live")
    assert hub.snapshots == 1


async def test_waits_between_attempts_grow_and_are_never_the_same_for_all(console: Console) -> None:
    waits = await console.page.evaluate(
        """async () => {
          const { backOff } = await import("/static/live.js");
          return [0, 1, 2, 3, 9].map((attempt) => [backOff(attempt, 0), backOff(attempt, 1)]);
        }"""
    )
    assert max(most for _, most in waits) < 2_000
    assert waits == [[75, 150], [150, 300], [300, 600], [600, 1200], [700, 1400]]


async def test_words_that_cannot_be_had_while_the_hub_is_away_come_when_it_is_back(
    hub: FakeHub, console: Console
) -> None:
    words = "**/i18n/attention.*.json"
    away = asyncio.Event()

    async def gone(route: Route) -> None:
        await route.abort()
        away.set()

    await console.page.route(words, gone)
    await hub.set_node(PI, twin=True)
    await asyncio.wait_for(away.wait(), 20)
    chip = console.page.locator(".attention .chip")
    await expect(chip).to_have_count(0)
    await console.page.unroute(words)
    await expect(chip).to_contain_text("pi-301")
