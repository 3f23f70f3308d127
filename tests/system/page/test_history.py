"""The chart, read from what the hub stored."""

import re

import pytest
from playwright.async_api import expect

from tests.console.conftest import Console

from .stand import AIR, Stand, measure

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_chart_opens_with_what_was_measured_and_an_hour_is_read_from_the_hub(
    stand: Stand, console: Console
) -> None:
    page = console.page
    await measure(console, AIR, "co2").get_by_role("link").click()
    await expect(page.locator(".plot canvas")).to_be_visible()
    count = page.locator(".summary dd").nth(3)
    await expect(count).to_have_text(re.compile(r"^([3-9]|\d{2,})$"), timeout=20_000)
    low, high = [int(re.sub(r"\D.*", "", await page.locator(".summary dd").nth(n).inner_text())) for n in (0, 2)]
    measured = stand.published(AIR, "co2")
    assert min(measured) <= low <= high <= max(measured)
    asked: list[tuple[str, int]] = []
    page.on("response", lambda answer: asked.append((answer.url, answer.status)))
    await page.get_by_role("button", name="1 h", exact=True).click()
    await expect(page.get_by_role("button", name="1 h", exact=True)).to_have_attribute("aria-pressed", "true")
    await expect(count).to_have_text(re.compile(r"^\d+$"))
    readings = [(url, status) for url, status in asked if "/api/v1/readings?" in url]
    assert readings
    assert {status for _, status in readings} == {200}
