import pytest
from playwright.async_api import Locator, expect

from .conftest import Console
from .fake_hub import FakeHub
from .lab import PI

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def middle(slider: Locator) -> tuple[float, float, float]:
    await slider.scroll_into_view_if_needed()
    box = await slider.bounding_box()
    assert box is not None
    return box["x"] + 14, box["width"] - 28, box["y"] + box["height"] / 2


async def test_nobody_elses_update_moves_your_finger(hub: FakeHub, console: Console) -> None:
    hub.policy = "silent"
    tile = console.tile("lamp-1", "Brightness")
    slider = tile.get_by_role("slider")
    left, width, y = await middle(slider)
    await console.page.mouse.move(left + 0.6 * width, y)
    await console.page.mouse.down()
    await console.page.mouse.move(left + 0.3 * width, y, steps=3)
    await hub.read(PI, "lamp-1", "brightness", 90)
    await expect(tile.locator(".word")).to_have_text("90 %")
    assert abs(int(await slider.input_value()) - 30) <= 2
    await console.page.mouse.up()
    await hub.settle((await hub.commands_to("brightness", 1))[-1], "rejected", "interlock")
    await expect(slider).to_have_value("90")


async def test_a_moving_slider_sends_at_most_five_a_second_and_what_was_let_go_of(
    hub: FakeHub, console: Console
) -> None:
    slider = console.tile("lamp-1", "Brightness").get_by_role("slider")
    left, width, y = await middle(slider)
    await console.page.mouse.move(left + 0.6 * width, y)
    await console.page.mouse.down()
    for step in range(40):
        await console.page.mouse.move(left + (0.6 - step / 100) * width, y)
        await console.page.wait_for_timeout(25)
    await console.page.mouse.up()
    await expect(slider).to_have_value("21")
    await expect(console.tile("lamp-1", "Brightness").locator(".word")).to_have_text("21 %")
    sent = await hub.commands_to("brightness", 2)
    assert sent[-1]["value"] == 21
    moving = [one["created_ms"] for one in sent[:-1]]
    assert moving[-1] - moving[0] >= 180 * (len(moving) - 1)


async def test_keys_stay_under_the_same_limit_and_the_last_one_counts(hub: FakeHub, console: Console) -> None:
    slider = console.tile("hvac", "Target").get_by_role("slider")
    await slider.focus()
    for _ in range(8):
        await console.page.keyboard.press("ArrowRight")
    await expect(console.tile("hvac", "Target").locator(".word")).to_have_text("28.0 °C")
    assert len(hub.commands) < 8
    assert hub.commands[-1]["value"] == 28.0


async def test_a_touch_without_a_move_sends_nothing(hub: FakeHub, console: Console) -> None:
    slider = console.tile("lamp-1", "Brightness").get_by_role("slider")
    left, width, y = await middle(slider)
    await console.page.mouse.move(left + 0.6 * width, y)
    await console.page.mouse.down()
    await console.page.mouse.up()
    await hub.read(PI, "lamp-1", "brightness", 10)
    await expect(slider).to_have_value("10")
    assert hub.commands == []
