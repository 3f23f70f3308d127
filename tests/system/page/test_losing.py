"""What the page says while something is away, and how it comes back."""

import re
import signal

import pytest
from playwright.async_api import expect

from tests.console.conftest import Console

from .stand import AIR, LIGHT, PLUG, Stand, card, control, measure

pytestmark = pytest.mark.asyncio(loop_scope="session")

# When the hub was last heard and when the page said that it is lost, both by the page's own clock.
WATCH = """
() => {
  const heard = WebSocket.prototype.__lookupSetter__("onmessage");
  Object.defineProperty(WebSocket.prototype, "onmessage", {
    set(listener) {
      heard.call(this, listener && ((event) => { window.heardAt = performance.now(); listener(event); }));
    },
  });
  new MutationObserver(() => {
    if (document.documentElement.hasAttribute("data-link-lost")) window.lostAt = performance.now();
  }).observe(document, { attributes: true, subtree: true, attributeFilter: ["data-link-lost"] });
}
"""

GONE_MS = 20_000


async def test_a_silent_plug_is_offline_with_its_age_and_without_a_knob_until_it_speaks(
    stand: Stand, console: Console
) -> None:
    plug, power = card(console, PLUG), measure(console, PLUG, "power")
    switch = control(console, PLUG, "state").get_by_role("switch")
    await expect(switch).to_be_enabled()
    async with stand.struck(PLUG, "silent"):
        await expect(plug.locator(".badge")).to_contain_text("Offline", timeout=GONE_MS)
        await expect(plug.locator(".badge .age")).to_have_text(re.compile(r"^\d+ sec ago$"))
        await expect(power.locator(".age")).to_have_text(re.compile(r"^\d+ sec ago$"))
        await expect(power.locator(".value")).to_have_text(re.compile(r"\d"))
        await expect(switch).to_have_count(0)
        await expect(console.page.locator(".attention li").filter(has_text="Offline")).to_be_visible()
    await expect(plug.locator(".badge")).to_have_count(0, timeout=GONE_MS)
    await expect(switch).to_be_visible()
    await expect(power.locator(".age")).to_be_empty()


async def test_a_killed_hub_is_called_lost_and_found_again_where_one_was(stand: Stand, console: Console) -> None:
    page = console.page
    await page.add_init_script(f"({WATCH})()")
    await page.reload()
    await measure(console, AIR, "co2").wait_for()
    await page.evaluate("() => { window.notReloaded = true; scrollTo(0, 300); }")
    assert await page.evaluate("Math.round(scrollY)") == 300
    await stand.stack.hub.stop(signal.SIGKILL)
    try:
        await expect(page.locator(".banner")).to_be_visible()
        assert await page.evaluate("window.lostAt - window.heardAt") <= 3_000
        await expect(page.locator("main").get_by_role("switch")).to_have_count(0)
        for thing in await page.locator("main").locator("button, select, input").all():
            await expect(thing).to_be_disabled()
    finally:
        await stand.stack.hub.start()
    await expect(page.locator(".banner")).to_have_count(0, timeout=GONE_MS)
    value = measure(console, AIR, "co2")
    await expect(value.locator(".age")).to_be_empty(timeout=GONE_MS)
    await expect(control(console, LIGHT, "state").get_by_role("switch")).to_be_visible()
    assert await page.evaluate("[window.notReloaded, Math.round(scrollY)]") == [True, 300]


async def test_without_the_broker_values_are_old_and_nothing_can_be_pressed(stand: Stand, console: Console) -> None:
    co2 = measure(console, AIR, "co2")
    knob = control(console, LIGHT, "state").get_by_role("switch")
    await expect(co2.locator(".age")).to_be_empty()
    await stand.stack.broker.stop()
    try:
        await expect(co2.locator(".age")).to_have_text(re.compile("ago"), timeout=GONE_MS)
        await expect(knob).to_have_count(0)
        await expect(console.page.locator(".attention li").first).to_be_visible()
        await expect(console.page.locator(".banner")).to_have_count(0)  # the hub itself is there
    finally:
        await stand.stack.broker.start()
    await expect(co2.locator(".age")).to_be_empty(timeout=GONE_MS)
    await expect(knob).to_be_visible(timeout=GONE_MS)
