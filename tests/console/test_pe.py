"""The PE class board on the page: fifty bands, advice, what is lost, and who is in a class."""

import pytest
from playwright.async_api import expect

from .conftest import Console, Language, OpenConsole, Theme, sign_in
from .fake_hub import FakeHub
from .fake_pe import class_of_fifty
from .test_access import TOO_SMALL_OR_CLOSE, violations

pytestmark = pytest.mark.asyncio(loop_scope="session")
VIEWS: list[tuple[Language, Theme, tuple[int, int]]] = [("zh", "dark", (390, 844)), ("en", "light", (1180, 820))]
SEEN = {"number": 7, "consent_by": "guardian", "cap": 150}


async def open_class(hub: FakeHub, console: Console) -> None:
    hub.actions = [*hub.actions, "teach_pe"]
    await sign_in(hub, console, "#/pe")
    await console.page.locator("#pe-title").wait_for()


async def test_a_class_is_written_down_begun_and_ended(hub: FakeHub, open_console: OpenConsole) -> None:
    console = await open_console()
    page = console.page
    await open_class(hub, console)
    await page.get_by_label("Class code").fill("4-2")
    await page.get_by_label("Number of bands").fill("2")
    await page.get_by_label("Number of bands").press("Tab")
    await page.get_by_label("Consent for band 1").select_option(label="Guardian consents")
    await page.get_by_label("Cap of band 1").fill("150")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Saved.")).to_be_visible()
    assert hub.pe.classes == [
        {"code": "4-2", "years": 10, "bands": [
            {"number": 1, "consent_by": "guardian", "cap": 150}, {"number": 2, "consent_by": None, "cap": None},
        ]},
    ]  # fmt: skip
    await page.get_by_role("button", name="4-2", exact=True).click()
    await page.get_by_role("button", name="Start class 4-2").click()
    await expect(page.locator(".pe-tile")).to_have_count(50)
    await page.get_by_role("button", name="End class").click()
    await expect(page.locator(".pe-tile")).to_have_count(0)


async def test_fifty_bands_stand_in_order_and_advice_says_what_to_do(hub: FakeHub, open_console: OpenConsole) -> None:
    hub.pe.board = class_of_fifty()
    console = await open_console()
    page = console.page
    await open_class(hub, console)
    await expect(page.locator(".pe-tile b")).to_have_text([str(number) for number in range(1, 51)])
    await expect(page.locator(".pe-tile").nth(22)).to_contain_text("Not heard")
    await expect(page.locator(".pe-tile").nth(49)).to_contain_text("No consent")
    await expect(page.locator(".pe-figures")).to_contain_text("78 %")
    advice = page.locator(".pe-advice")
    await expect(advice.locator("li").first).to_contain_text("Band 7 Please look at the child")
    await expect(advice).to_contain_text("Not heard: 23")
    await advice.get_by_role("button", name="I look after it Band 7").click()
    await expect(advice.locator("li").first).to_contain_text("Looked after")
    await expect(page.get_by_text("Not a medical device")).to_be_visible()


async def test_a_board_that_is_not_told_any_more_says_so(hub: FakeHub, open_console: OpenConsole) -> None:
    hub.pe.board = class_of_fifty()
    console = await open_console()
    await open_class(hub, console)
    await expect(console.page.locator(".pe-tile")).to_have_count(50)
    hub.pe.muted = True
    await expect(console.page.locator(".pe-stale")).to_be_visible()
    hub.pe.muted = False
    await expect(console.page.locator(".pe-stale")).to_have_count(0)


async def test_only_those_who_teach_pe_are_offered_it(hub: FakeHub, console: Console) -> None:
    await console.page.get_by_label("Language, appearance, sign out").click()
    await expect(console.page.get_by_role("link", name="Alarms", exact=True)).to_be_visible()
    await expect(console.page.get_by_role("link", name="PE class")).to_have_count(0)
    assert "teach_pe" not in hub.actions


@pytest.mark.parametrize(("language", "theme", "size"), VIEWS)
async def test_it_is_within_reach_of_everybody(
    hub: FakeHub, open_console: OpenConsole, language: Language, theme: Theme, size: tuple[int, int]
) -> None:
    hub.pe.classes = [{"code": "4-2", "years": 10, "bands": [SEEN]}]
    console = await open_console(language=language, theme=theme, size=size, touch=True)
    await open_class(hub, console)
    await console.page.get_by_role("button", name="4-2", exact=True).click()
    await console.page.locator(".pe-entries li").wait_for()
    assert await violations(console.page) == []
    assert await console.page.evaluate(TOO_SMALL_OR_CLOSE) == []
    hub.pe.board = class_of_fifty()
    hub.pe.tell()
    await console.page.locator(".pe-tile").first.wait_for()
    assert await violations(console.page) == []
    assert await console.page.evaluate(TOO_SMALL_OR_CLOSE) == []
    assert await console.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
