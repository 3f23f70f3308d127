"""Coming in by the link the hub printed, and what is there."""

import pytest
from playwright.async_api import expect

from tests.console.conftest import Console, OpenConsole

from .stand import AIR, BENCHES, NODE, SCHOOL, Stand, measure

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_hubs_one_time_link_lets_one_in_and_only_once(stand: Stand, open_console: OpenConsole) -> None:
    link = str(stand.stack.hub.ready["sign_in"])
    first, second = await open_console(), await open_console()
    await first.open(link)
    assert first.page.url == f"{stand.stack.url}/"
    await second.page.goto(link)
    await expect(second.page.get_by_role("status")).to_contain_text("used or has expired")
    await second.page.get_by_label("Owner secret").fill(stand.stack.secret)
    await second.page.get_by_role("button", name="Sign in").click()
    await expect(second.page.locator("lk-tile").first).to_be_visible()


async def test_all_devices_of_the_lab_stand_at_their_benches(console: Console) -> None:
    found = {
        await bench.locator("h2").inner_text(): {
            (await card.get_attribute("id") or "").removeprefix(f"device/{SCHOOL}/{NODE}/")
            for card in await bench.locator("article").all()
        }
        for bench in await console.page.locator(".bench").all()
    }
    assert found == BENCHES
    await expect(console.page.locator(".badge")).to_have_count(0)
    await expect(console.page.get_by_role("heading", level=1)).to_have_text("AI lab")


async def test_values_are_what_the_device_measured_and_follow_it(stand: Stand, console: Console) -> None:
    value = measure(console, AIR, "co2").locator(".value")
    shown = [await value.inner_text()]
    for _ in range(3):
        await expect(value).not_to_have_text(shown[-1], timeout=30_000)
        shown.append(await value.inner_text())
    measured = {f"{value} ppm" for value in stand.published(AIR, "co2")}
    assert set(shown) <= measured, (shown, measured)
