"""Commands from the page to the simulated devices: what is shown is what the device did."""

import asyncio
import re

import pytest
from playwright.async_api import Locator, expect

from tests.console.conftest import Console, OpenConsole

from .conftest import signed_in
from .stand import LIGHT, Stand, control, record, recorded

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def drag(console: Console, slider: Locator, share: float) -> None:
    """Take the thumb and let it go at `share` of the track."""
    await slider.scroll_into_view_if_needed()
    box = await slider.bounding_box()
    assert box is not None
    minimum, maximum = [float(await slider.get_attribute(name) or 0) for name in ("min", "max")]
    now = (float(await slider.input_value()) - minimum) / (maximum - minimum)
    left, width, y = box["x"] + 14, box["width"] - 28, box["y"] + box["height"] / 2
    await console.page.mouse.move(left + now * width, y)
    await console.page.mouse.down()
    await console.page.mouse.move(left + share * width, y, steps=6)
    await console.page.mouse.up()


async def test_a_light_is_pending_until_it_has_answered_and_the_light_got_the_command(
    stand: Stand, console: Console
) -> None:
    await stand.put(LIGHT, "state", value=True)
    tile = control(console, LIGHT, "state")
    await expect(tile.get_by_role("switch")).to_be_checked()
    before = stand.orders(LIGHT, "state")
    await record(console.page, tile)
    await tile.get_by_role("switch").click()
    await expect(tile.locator(".note")).to_have_text("confirmed")
    await expect(tile.get_by_role("switch")).not_to_be_checked()
    seen = [(one["outcome"], one["on"]) for one in await recorded(tile)]
    assert seen[:2] == [("other", "true"), ("pending", "true")], seen
    assert seen[-1] == ("confirmed", "false"), seen
    assert [str(value).lower() for value in stand.orders(LIGHT, "state")[len(before) :]] == ["off"]
    assert await stand.value(LIGHT, "state") is False


async def test_a_slow_light_is_seen_waiting_as_it_is(stand: Stand, console: Console) -> None:
    await stand.put(LIGHT, "state", value=False)
    tile = control(console, LIGHT, "state")
    async with stand.struck(LIGHT, "slow"):
        await tile.get_by_role("switch").click()
        await expect(tile.locator(".note")).to_have_text("waiting")
        await expect(tile.get_by_role("switch")).not_to_be_checked()
        await expect(tile.locator(".note")).to_have_text("confirmed")
        await expect(tile.get_by_role("switch")).to_be_checked()


async def ordered(stand: Stand, device: str, point: str, low: float, high: float) -> str:
    """What the finger asked for in the end; on its way it asked for less, and the slider shows what is."""
    async with asyncio.timeout(30):
        while not (orders := stand.orders(device, point)) or not low <= float(orders[-1]) <= high:
            await asyncio.sleep(0.05)
    return f"{float(orders[-1]):g}"


async def test_a_slider_dims_the_light(stand: Stand, console: Console) -> None:
    await stand.put(LIGHT, "brightness", value=40)
    tile = control(console, LIGHT, "brightness")
    await expect(tile.get_by_role("slider")).to_have_value("40")
    await drag(console, tile.get_by_role("slider"), 0.75)
    asked = await ordered(stand, LIGHT, "brightness", 180, 200)
    await expect(tile.locator(".word")).to_have_text(asked)
    await expect(tile.locator(".note")).to_have_text("confirmed")
    assert stand.orders(LIGHT, "brightness")[-1] == float(asked)
    await stand.becomes(LIGHT, "brightness", float(asked))


async def test_a_slider_drives_a_motor_which_is_confirmed_when_it_turns(stand: Stand, console: Console) -> None:
    await stand.put("robot-kit", "motors/left", value=0)
    tile = control(console, "robot-kit", "motors/left")
    slider = tile.get_by_role("slider")
    await expect(slider).to_have_value("0")
    await drag(console, slider, 0.8)
    speed = await ordered(stand, "robot-kit", "motors/left", 55, 65)
    await expect(tile.locator(".word")).to_have_text(f"{speed} %")
    await expect(tile.locator(".note")).to_have_text("confirmed")
    await stand.becomes("robot-kit", "motors/left", int(speed))
    assert str(stand.orders("robot-kit", "motors/left")[-1]) == speed
    await stand.put("robot-kit", "motors/left", value=0)


async def test_a_stuck_light_is_not_confirmed_and_can_be_tried_again(stand: Stand, console: Console) -> None:
    await stand.put(LIGHT, "state", value=False)
    tile = control(console, LIGHT, "state")
    async with stand.struck(LIGHT, "stuck"):
        await tile.get_by_role("switch").click()
        await expect(tile.locator(".note")).to_contain_text("not confirmed")
        await expect(tile.locator(".note")).to_have_attribute("title", re.compile("look at it before trying again"))
        await expect(tile.get_by_role("switch")).not_to_be_checked()
        await expect(console.page.locator(".attention li")).to_contain_text("not confirmed")
    await tile.locator(".retry").click()
    await expect(tile.get_by_role("switch")).to_be_checked()
    await expect(console.page.locator(".attention")).to_have_text("All is well")


async def test_the_keyboard_alone_switches_a_light(stand: Stand, console: Console) -> None:
    await stand.put(LIGHT, "state", value=False)
    switch = control(console, LIGHT, "state").get_by_role("switch")
    await expect(switch).not_to_be_checked()
    for _ in range(60):
        await console.page.keyboard.press("Tab")
        if await switch.evaluate("knob => knob === document.activeElement"):
            break
    await expect(switch).to_be_focused()
    await console.page.keyboard.press("Space")
    await expect(switch).to_be_checked()
    await expect(switch).to_be_focused()
    await console.page.keyboard.press("Enter")
    await expect(switch).not_to_be_checked()


async def test_two_pages_see_each_others_changes(stand: Stand, open_console: OpenConsole) -> None:
    await stand.put(LIGHT, "state", value=False)
    pages = [await signed_in(stand.stack, await open_console()) for _ in range(2)]
    mine, theirs = [control(page, LIGHT, "state").get_by_role("switch") for page in pages]
    await mine.click()
    await asyncio.gather(expect(mine).to_be_checked(), expect(theirs).to_be_checked())
    await expect(mine).to_have_attribute("aria-busy", "false")
    await theirs.click()
    await asyncio.gather(expect(mine).not_to_be_checked(), expect(theirs).not_to_be_checked())
