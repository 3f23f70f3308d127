import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from labkeeper_hub.console import STATIC

from .conftest import AXE, Console, Language, OpenConsole, Theme, sign_in, unless_ci
from .fake_alarms import bad_morning
from .fake_hub import FakeHub
from .lab import break_lamp_3

pytestmark = pytest.mark.asyncio(loop_scope="session")

HEIGHT = "(one) => one.getBoundingClientRect().height"
UNCUT = "(one) => one.scrollWidth <= one.clientWidth && one.scrollHeight <= one.clientHeight"
TOO_SMALL_OR_CLOSE = """
() => {
  const touched = "button, select, summary, textarea, [role=button], main a[href], input:not([hidden])";
  const shown = (element) => element.checkVisibility() && element.offsetParent && element.getClientRects().length;
  const targets = [...document.querySelectorAll(touched)].filter((element) => shown(element) && !element.disabled);
  const boxes = targets.map((element) => [element.outerHTML.slice(0, 120), element.getBoundingClientRect()]);
  const over = "lk-bar, .result-place"; // what has scrolled under them cannot be touched
  const frame = (element) => element.closest(over) !== null;
  const small = boxes.filter(([, box]) => box.width < 47.9 || box.height < 47.9).map(([name]) => `small: ${name}`);
  const close = [];
  for (const [i, [name, a]] of boxes.entries()) for (const [other, b] of boxes.slice(i + 1)) {
    if (frame(targets[i]) !== frame(targets[boxes.findIndex(([, box]) => box === b)])) continue;
    const across = Math.max(a.left, b.left) - Math.min(a.right, b.right);
    const down = Math.max(a.top, b.top) - Math.min(a.bottom, b.bottom);
    if (across < 7.9 && down < 7.9) close.push(`close: ${name} | ${other}`);
  }
  return [...small, ...close];
}
"""


async def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA, as lines a person can act on."""
    if not AXE.is_file():
        unless_ci("axe-core is missing: npm ci --ignore-scripts")
    await page.evaluate(AXE.read_text())
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found: dict[str, Any] = await page.evaluate(
        "tags => axe.run(document, { runOnly: tags, resultTypes: ['violations'] })", tags
    )
    return [f"{one['id']}: {node['html'][:200]}" for one in found["violations"] for node in one["nodes"]]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_axe_finds_nothing(hub: FakeHub, open_console: OpenConsole, language: Language, theme: Theme) -> None:
    break_lamp_3(hub)
    console = await open_console(language=language, theme=theme)
    page = console.page
    await page.goto(hub.url)
    await page.locator("#secret").wait_for()
    assert await violations(page) == []
    await sign_in(hub, console)
    hub.policy, hub.code = "rejected", "interlock"
    await console.card("lamp-1").get_by_role("switch").click()
    await page.locator(".note.rejected").wait_for()
    hub.policy = "done"
    await console.card("lamp-2").get_by_role("switch").click()
    await page.locator(".menu summary").click()
    assert await violations(page) == []
    await page.evaluate("location.hash = '#/chart/minhang-3/pi-301/air/temperature?range=24h'")
    await page.locator(".plot canvas").wait_for()
    assert await violations(page) == []
    hub.muted = True
    await page.locator(".banner").wait_for()
    await page.evaluate("location.hash = '#/'")
    assert await violations(page) == []


@pytest.mark.parametrize("size", [(1180, 820), (820, 1180), (390, 844)])
async def test_whatever_can_be_touched_is_large_and_apart(
    hub: FakeHub, open_console: OpenConsole, size: tuple[int, int]
) -> None:
    break_lamp_3(hub)
    console = await open_console(size=size, touch=True)
    await sign_in(hub, console)
    hub.policy, hub.code = "rejected", "interlock"
    await console.card("lamp-1").get_by_role("switch").tap()
    await console.page.locator(".note.rejected").wait_for()
    assert await console.page.evaluate(TOO_SMALL_OR_CLOSE) == []
    await console.page.evaluate("location.hash = '#/chart/minhang-3/pi-301/air/temperature?range=24h'")
    await console.page.locator(".plot canvas").wait_for()
    assert await console.page.evaluate(TOO_SMALL_OR_CLOSE) == []


@pytest.mark.parametrize("size", [(1180, 820), (820, 1180), (390, 844)])
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_nothing_is_wider_than_the_screen(
    hub: FakeHub, open_console: OpenConsole, language: Language, size: tuple[int, int]
) -> None:
    console = await open_console(language=language, size=size)
    await sign_in(hub, console)
    width = "document.documentElement.scrollWidth"
    assert await console.page.evaluate(width) <= size[0]
    await console.page.evaluate("location.hash = '#/chart/minhang-3/pi-301/air/temperature?range=24h'")
    await console.page.locator(".plot canvas").wait_for()
    assert await console.page.evaluate(width) <= size[0]


async def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is on `selector`, and see to it that the focus can be seen."""
    for _ in range(80):
        await page.keyboard.press("Tab")
        if await page.evaluate("selector => document.activeElement.matches(selector)", selector):
            assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
            return
    raise AssertionError(f"Tab never reached {selector}")


async def test_the_keyboard_alone_does_everything(hub: FakeHub, console: Console) -> None:
    page = console.page
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    await page.keyboard.press("Enter")
    await tab_to(page, "a.measure")
    await page.keyboard.press("Enter")
    await expect(page.locator(".plot canvas")).to_be_visible()
    await tab_to(page, ".chart a.round")
    await page.keyboard.press("Enter")
    await tab_to(page, "[id='device/minhang-3/pi-301/lamp-1'] [role=switch]")
    await page.keyboard.press("Space")
    await expect(console.tile("lamp-1", "Light").get_by_role("switch")).not_to_be_checked()
    await tab_to(page, "[id='device/minhang-3/pi-301/lamp-1'] input[type=range]")
    await page.keyboard.press("ArrowLeft")
    assert (await hub.commands_to("brightness", 1))[0]["value"] == 59
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await hub.commands_to("identify", 1)
    await page.locator(".menu summary").focus()
    await page.keyboard.press("Enter")
    await page.locator(".menu-sheet").wait_for()
    await tab_to(page, ".menu-sheet button")
    await page.keyboard.press("Escape")
    await expect(page.locator(".menu summary")).to_be_focused()
    await expect(page.locator(".menu-sheet")).to_be_hidden()


async def test_a_link_followed_by_keyboard_leads_into_the_page_it_opens(hub: FakeHub, console: Console) -> None:
    page = console.page
    assert hub.actions
    await page.locator(".menu summary").focus()
    await page.keyboard.press("Enter")
    await page.locator(".menu a[href='#/bookings']").wait_for()
    await tab_to(page, "a[href='#/bookings']")
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_be_focused()
    await tab_to(page, ".bookings .round")


async def test_results_are_told_politely(hub: FakeHub, console: Console) -> None:
    hub.policy = "failed"
    await console.tile("lamp-1", "Light").get_by_role("switch").click()
    status = console.page.locator("[aria-live=polite]")
    await expect(status).to_have_text("Desk lamp 1 · Light, failed")
    assert await console.page.locator("[aria-live=assertive], [role=alert]").count() == 0


async def test_only_alarms_and_the_stop_interrupt_whoever_listens() -> None:
    loud = {
        path.relative_to(STATIC).as_posix()
        for path in STATIC.rglob("*.js")
        if path.parent.name != "vendor" and re.search(r"role=.?alert|assertive", path.read_text())
    }
    assert loud == {"alarms/strip.js", "stop.js"}


async def test_reduced_motion_is_respected(hub: FakeHub, console: Console) -> None:
    hub.policy = "silent"
    await console.page.emulate_media(reduced_motion="reduce")
    await console.tile("lamp-1", "Light").get_by_role("switch").click()
    await console.page.locator(".note .icon-waiting").wait_for()
    assert await console.page.evaluate("document.getAnimations().length") == 0


@pytest.mark.parametrize("size", [(390, 844), (820, 1180), (1180, 820)])
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_the_bar_has_who_alarms_and_time_on_every_page_and_keeps_its_height(
    hub: FakeHub, open_console: OpenConsole, language: Language, size: tuple[int, int]
) -> None:
    console = await open_console(language=language, size=size, touch=True)
    await sign_in(hub, console)
    page, bar = console.page, console.page.locator(".bar")
    high = await bar.evaluate(HEIGHT)
    bad_morning(hub)
    await hub.take_lab()
    await page.reload()
    for hash_ in ("", "#/people", "#/recordings"):
        await page.evaluate("(hash) => { location.hash = hash; }", hash_)
        for part in (
            bar.locator("lk-holder"),
            bar.locator(".alarm-bell"),
            bar.locator(".bar-clock"),
            bar.locator(".stop"),
        ):
            await expect(part).to_be_in_viewport(ratio=1)
        assert await bar.evaluate(HEIGHT) == high
        assert await bar.locator(".holder > span").evaluate(UNCUT)
    assert await page.evaluate(TOO_SMALL_OR_CLOSE) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
