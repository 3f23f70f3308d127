import pytest
from playwright.async_api import Page, expect

from .conftest import Console, OpenConsole, sign_in
from .fake_hub import FakeHub

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def ground(page: Page) -> str:
    colour: str = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    return colour


async def test_the_language_of_the_browser_is_spoken_first(hub: FakeHub, open_console: OpenConsole) -> None:
    console = await open_console(language="zh")
    await sign_in(hub, console)
    await expect(console.tile("air", "温度")).to_be_visible()
    assert await console.page.evaluate("document.documentElement.lang") == "zh-CN"


async def test_a_chosen_language_is_spoken_at_once_and_remembered(console: Console) -> None:
    page = console.page
    await page.get_by_label("Language, appearance, sign out").click()
    await page.get_by_role("button", name="中文").click()
    await expect(console.card("lamp-1").locator("h3")).to_have_text("台灯 1")
    await expect(console.tile("lamp-1", "亮度")).to_be_visible()
    await page.reload()
    await expect(console.card("lamp-1").locator("h3")).to_have_text("台灯 1")


async def test_a_chosen_theme_beats_the_systems_and_is_remembered(console: Console) -> None:
    page = console.page
    light = await ground(page)
    await page.get_by_label("Language, appearance, sign out").click()
    await page.get_by_role("button", name="Dark").click()
    dark = await ground(page)
    assert dark != light
    await page.reload()
    await page.locator("lk-tile").first.wait_for()
    assert await ground(page) == dark
    await page.get_by_label("Language, appearance, sign out").click()
    await page.locator(".menu-sheet").get_by_role("button", name="Auto").click()
    assert await ground(page) == light


async def test_the_system_theme_is_followed(hub: FakeHub, open_console: OpenConsole) -> None:
    console = await open_console(theme="dark")
    await sign_in(hub, console)
    assert await ground(console.page) == "rgb(15, 19, 24)"
