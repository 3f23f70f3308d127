"""A lab's wall on the real stack, from the manager's list to the projector; and what its node says of itself."""

import re

import pytest
from playwright.async_api import expect

from tests.console.conftest import Console, OpenConsole

from .stand import NODE

pytestmark = pytest.mark.asyncio(loop_scope="session")
DRIVERS = ("homie", "zigbee")


async def test_a_link_shows_the_rooms_air_to_whoever_has_no_account_until_it_is_taken_back(
    console: Console, open_console: OpenConsole
) -> None:
    page = console.page
    await page.locator(".menu summary").click()
    await page.get_by_role("link", name="All labs").click()
    lab = page.locator(".facility-lab")
    await expect(lab.locator(".facility-count")).to_have_text("9 of 9 online")
    await lab.get_by_role("button", name="Projector").click()
    sheet = page.get_by_role("dialog")
    await sheet.get_by_role("button", name="Make a link").click()
    wall = (await open_console(size=(1920, 1080))).page
    await wall.goto(await sheet.locator("code").inner_text())
    co2 = wall.locator(".wall-figure").filter(has_text="CO₂")
    await expect(co2.locator(".wall-value")).to_have_text(re.compile(r"\d{3,4} ppm"))
    await expect(wall.get_by_role("heading", level=1)).to_have_text("AI lab")
    await sheet.get_by_role("button", name="Take the link back").click()
    await expect(wall.get_by_role("main")).to_contain_text("taken back")


async def test_a_node_says_how_its_drivers_are(console: Console) -> None:
    await console.page.evaluate("location.hash = '#/condition'")
    node = console.page.locator(".condition-item").filter(has_text=NODE)
    for driver in DRIVERS:
        line = node.locator(".condition-drivers li").filter(has_text=driver)
        await expect(line).to_contain_text("connected")
    await expect(node).to_contain_text("readings stored")
