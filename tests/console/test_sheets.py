"""What opens over the page leaves STOP alone: seen, in reach of a finger and of the keyboard, and obeyed."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from labkeeper_hub.console import STATIC

from .conftest import Console, OpenConsole, sign_in
from .fake_hub import FakeHub
from .test_access import violations

pytestmark = pytest.mark.asyncio(loop_scope="session")
SIZES = [(390, 844), (1024, 768), (1440, 900)]
STOP_ON_TOP = """() => {
  const { x, y, width, height } = document.querySelector("button.stop").getBoundingClientRect();
  const there = document.elementFromPoint(x + width / 2, y + height / 2);
  return Boolean(there?.closest("button.stop")) && x >= 0 && y >= 0 && x + width <= innerWidth;
}"""


async def lesson(hub: FakeHub, page: Page) -> None:
    await hub.teaching.begin("lab-301", "anna", 1_200)
    await page.locator(".holder:visible").get_by_role("button", name="Take over").click()


async def floor(hub: FakeHub, page: Page) -> None:
    await hub.take_lab()
    await page.get_by_role("button", name="Pupils").first.click()


async def wall(_: FakeHub, page: Page) -> None:
    await page.evaluate("location.hash = '#/facility'")
    await page.get_by_role("button", name="Projector: Lab 301").click()


async def booking(_: FakeHub, page: Page) -> None:
    await page.evaluate("location.hash = '#/bookings'")
    await page.locator("button.week-free").first.click()


SHEETS: list[Callable[[FakeHub, Page], Awaitable[None]]] = [lesson, floor, wall, booking]


@pytest.mark.parametrize("size", SIZES)
async def test_stop_is_on_top_of_every_sheet_and_closes_it(
    hub: FakeHub, open_console: OpenConsole, size: tuple[int, int]
) -> None:
    console = await open_console(size=size)
    await sign_in(hub, console)
    page = console.page
    for open_one in SHEETS:
        await open_one(hub, page)
        sheet = page.locator("dialog[open]")
        await expect(sheet).to_be_visible()
        assert await page.evaluate(STOP_ON_TOP), open_one.__name__
        panel = await sheet.locator("> *").bounding_box()
        assert panel is not None
        assert panel["y"] + panel["height"] <= size[1]
        await page.locator("button.stop").click()
        await expect(sheet).to_have_count(0)
        await expect(page.locator(".stopped")).to_be_visible()
        await hub.release({"release": "word"})
        await expect(page.locator(".stopped")).to_have_count(0)
    await page.locator("lk-menu summary").click()
    assert await page.evaluate(STOP_ON_TOP)


async def test_the_tab_key_goes_round_a_sheet_and_stop_and_escape_leads_back(hub: FakeHub, console: Console) -> None:
    page = console.page
    await lesson(hub, page)
    sheet = page.locator("dialog[open]")
    await expect(sheet).to_be_visible()
    assert await violations(page) == []
    seen: list[str] = []
    for _ in range(12):
        await page.keyboard.press("Tab")
        seen.append(await page.evaluate("document.activeElement.closest('dialog, lk-stop')?.localName ?? 'page'"))
    assert set(seen) == {"dialog", "lk-stop"}
    await page.keyboard.press("Escape")
    await expect(sheet).to_have_count(0)
    await expect(page.locator(".holder:visible").get_by_role("button", name="Take over")).to_be_focused()


async def test_nothing_on_the_page_is_modal() -> None:
    modal = [
        path.name for path in STATIC.rglob("*.js") if "vendor" not in path.parts and ".showModal(" in path.read_text()
    ]
    assert modal == []  # sheet.js says why


async def test_a_lost_link_moves_stop_nowhere_on_a_phone(hub: FakeHub, open_console: OpenConsole) -> None:
    console = await open_console(size=(390, 844))
    await sign_in(hub, console)
    before = await console.page.locator("button.stop").bounding_box()
    hub.muted = True
    await console.page.locator(".bar-link.lost").wait_for()
    assert await console.page.locator("button.stop").bounding_box() == before
    assert await console.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
