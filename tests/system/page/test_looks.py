"""Both languages, both themes, and what axe says about the page with real devices on it."""

import re

import pytest
from playwright.async_api import expect

from tests.console.conftest import Console, Language, OpenConsole
from tests.console.test_access import violations

from .conftest import signed_in
from .stand import AIR, NODE, SCHOOL, Stand, card, control, measure

pytestmark = pytest.mark.asyncio(loop_scope="session")

# In parts of a pixel: an ellipsis needs no more.
WORDS_FIT = """
title => {
  const words = document.createRange();
  words.selectNodeContents(title);
  return words.getBoundingClientRect().width <= title.getBoundingClientRect().width + 0.01;
}
"""


async def test_the_language_changes_at_once_and_the_words_of_the_devices_with_it(console: Console) -> None:
    title = card(console, AIR).locator("h3")
    await expect(title).to_have_text("Air quality")
    await console.page.locator(".menu summary").click()
    await console.page.get_by_role("button", name="中文").click()
    await expect(title).to_have_text("空气质量")
    await expect(console.page.get_by_role("heading", level=1)).to_have_text("人工智能实验室")
    await expect(measure(console, AIR, "temperature").locator(".name")).to_have_text("温度")
    await console.page.get_by_role("button", name="English").click()
    await expect(title).to_have_text("Air quality")


async def test_dark_is_dark_and_light_is_light(console: Console) -> None:
    light = await ground(console)
    await console.page.locator(".menu summary").click()
    await console.page.get_by_role("button", name="Dark").click()
    dark = await ground(console)
    assert sum(dark) < 150
    assert sum(light) > 600


async def ground(console: Console) -> list[int]:
    """The page's background as red, green and blue."""
    colour: str = await console.page.evaluate("getComputedStyle(document.body).backgroundColor")
    return [int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_axe_finds_nothing_on_the_real_lab_and_its_chart(
    stand: Stand, open_console: OpenConsole, language: Language
) -> None:
    console = await signed_in(stand.stack, await open_console(language=language))
    assert await violations(console.page) == []
    await console.page.evaluate(f"location.hash = '#/chart/{SCHOOL}/{NODE}/{AIR}/co2?range=1h'")
    await console.page.locator(".plot canvas").wait_for()
    assert await violations(console.page) == []


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_no_two_points_of_a_device_share_a_name_and_no_name_is_cut(
    stand: Stand, open_console: OpenConsole, language: Language
) -> None:
    console = await signed_in(stand.stack, await open_console(language=language))
    for article in await console.page.locator("article").all():
        await article.scroll_into_view_if_needed()
        names = await article.locator(".name").all_inner_texts()
        assert len(set(names)) == len(names)
        assert await article.locator("h3").evaluate(WORDS_FIT)


async def test_what_people_read_are_words_and_units_not_ids(console: Console) -> None:
    said = " | ".join(await console.page.locator("lk-tile").all_text_contents())
    assert "CO₂" in said
    assert "mired" in said
    for wire_word in ("Co2", "Pm25", "Linkquality", "MK-1", "count", "lqi", "self_test"):
        assert not re.search(rf"\b{wire_word}\b", said), wire_word


async def test_a_motor_at_rest_is_not_filled_and_one_that_turns_is_filled_from_zero(
    stand: Stand, console: Console
) -> None:
    track = "input => ['--from', '--to'].map((one) => input.style.getPropertyValue(one).match(/\\* ([0-9.]+)/)[1])"
    slider = control(console, "robot-kit", "motors/right").get_by_role("slider")
    await stand.put("robot-kit", "motors/right", value=0)
    await expect(slider).to_have_value("0")
    assert await slider.evaluate(track) == ["0.5", "0.5"]
    await stand.put("robot-kit", "motors/right", value=-50)
    await expect(slider).to_have_value("-50")
    assert await slider.evaluate(track) == ["0.25", "0.5"]
    await stand.put("robot-kit", "motors/right", value=0)
