"""Hardware is added from the page: a form made of a schema, tried, refused at the field, applied, taken back."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from .conftest import Console, Language, OpenConsole, Theme, sign_in
from .fake_drivers import open_drivers
from .fake_hub import FakeHub
from .test_access import TOO_SMALL_OR_CLOSE, violations

pytestmark = pytest.mark.asyncio(loop_scope="session")
VIEWS: list[tuple[Language, Theme, tuple[int, int]]] = [("zh", "dark", (390, 844)), ("en", "light", (1024, 768))]
METER = {
    "driver": "modbus",
    "apart": False,
    "configuration": {
        "registers": {"air": {"kind": "measure", "unit": "Cel", "table": "input", "address": 0}},
        "host": "10.0.0.7",
        "port": 70000,
    },
}
BEAMER = {"driver": "pjlink", "apart": False, "configuration": {"host": "10.0.0.8", "password": {"lk:sealed": "x"}}}


async def test_hardware_is_added_tried_mended_applied_and_taken_back(hub: FakeHub, console: Console) -> None:
    open_drivers(hub)
    hub.actions = [*hub.actions, "configure_drivers"]
    page = console.page
    await page.reload()
    await page.locator(".menu summary").click()
    await page.get_by_role("link", name="Hardware").click()
    await page.get_by_text("Add hardware").click()
    await page.get_by_label("Name").fill("beamer")
    await page.get_by_label("Driver", exact=True).select_option("pjlink")
    await page.get_by_role("button", name="Fill in its settings").press("Enter")
    form = page.locator(".drivers-list details[open]").first
    await form.get_by_label("Password").fill("hunter2")
    await page.get_by_role("button", name="Try").click()
    address = form.get_by_label("Address")
    await expect(address).to_have_attribute("aria-invalid", "true")
    await expect(form.get_by_text("Missing.")).to_be_visible()
    await address.fill("10.0.0.8")
    await page.get_by_role("button", name="Try").click()
    await expect(page.get_by_text("Nothing has changed yet.")).to_be_visible()
    hub.lesson_on = True
    await page.get_by_role("button", name="Apply").click()
    await page.get_by_role("button", name="A lesson is on: apply all the same").click()
    await expect(page.get_by_text("The node has taken it over.")).to_be_visible()
    assert hub.drivers[0]["instances"]["beamer"]["configuration"]["host"] == "10.0.0.8"
    await expect(form.get_by_label("Password")).to_have_value("")
    assert "hunter2" not in await page.content()
    hub.lesson_on = False
    await page.get_by_role("button", name="Back to the former set").click()
    await expect(page.get_by_text("Nothing has been added from here.")).to_be_visible()


@pytest.mark.parametrize(("language", "theme", "size"), VIEWS)
async def test_everybody_can_use_it(
    hub: FakeHub, open_console: OpenConsole, language: Language, theme: Theme, size: tuple[int, int], tmp_path: Path
) -> None:
    open_drivers(hub, instances={"meter": METER, "beamer": BEAMER}, fell_back=True, former=True)
    console = await open_console(language=language, theme=theme, size=size)
    await sign_in(hub, console, "#/drivers")
    page = console.page
    await page.locator(".drivers-add").wait_for()
    for summary in (".drivers-list > li > details > summary", ".drivers-add > summary"):
        for at in range(await page.locator(summary).count()):
            await page.locator(summary).nth(at).click()
    await page.locator(".drivers-field").first.wait_for()
    await page.locator(".drivers-entry").first.evaluate("entry => { entry.open = true; }")
    await page.locator("[id*='port']").first.fill("0")
    await page.locator("[id*='port']").first.blur()
    await page.locator(".drivers-deeds .do").click()
    await expect(page.locator("[aria-invalid='true']")).to_have_count(1)
    await page.evaluate("scrollTo(0, 0)")  # what lies half below the bar counts as small
    assert await violations(page) == []
    assert await page.evaluate(TOO_SMALL_OR_CLOSE) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await page.screenshot(path=tmp_path / f"drivers-{language}.png", full_page=True)
