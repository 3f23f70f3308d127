"""Every picture in the guides has a maker, says what the page says, and looks as it looks."""

import re
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.system.page import pictures as on_the_stack
from tests.system.page.looks import aged, look
from tests.system.page.looks import kept as kept_look
from tests.system.page.pictures import PICTURES, words

from .fake_hub import FakeHub
from .pictures import Seen, opened, pictures

pytestmark = pytest.mark.asyncio(loop_scope="session")
ROOT = Path(__file__).parents[2]
LOOKS = "the page looks otherwise than this picture: .venv/bin/python -m tests.console.pictures --only "
RENEW = "the page says something else than this picture: .venv/bin/python -m tests.console.pictures --only "


@pytest.mark.parametrize("picture", pictures(), ids=lambda one: one.name)
async def test_the_pictures_from_the_fake_hub_have_not_aged(hub: FakeHub, browser: Browser, picture: Seen) -> None:
    async with opened(hub, browser, picture) as page:
        seen = await look(page)
        found = await words(page, picture.language)
    kept = (PICTURES / f"{picture.name}.txt").read_text(encoding="utf-8").splitlines()
    assert found == kept, RENEW + picture.name
    assert seen == kept_look(PICTURES / f"{picture.name}.look"), LOOKS + picture.name


async def test_every_picture_of_the_guides_has_a_maker_and_every_maker_a_picture() -> None:
    shown = {
        Path(name).stem
        for file in [*ROOT.glob("README*.md"), *(ROOT / "docs").rglob("*.md")]
        for name in re.findall(r"pictures/([\w-]+\.png)", file.read_text(encoding="utf-8"))
    }
    here = [one.name for one in pictures()]
    there = [*on_the_stack.pages(), *on_the_stack.lessons(), *on_the_stack.looking_after(), *on_the_stack.charts("")]
    made = {*here, *(one.name for one in there)}
    kept = {file.stem for file in PICTURES.glob("*.png")}
    assert shown <= made
    assert kept == made == {file.stem for file in PICTURES.glob("*.txt")}
    assert kept == {file.stem for file in PICTURES.glob("*.look")}


CARD = """<style>
article {{ padding: 8px; border: 1px solid {line}; font-family: {font} }}
.row {{ display: grid }}
</style>
<article class="card"><div class="row"><h3>{text}</h3>{more}</div></article>"""
PLAIN = {"line": "silver", "font": "serif", "text": "A lamp", "more": ""}


async def test_a_look_tells_another_frame_or_part_and_not_another_text_or_font(browser: Browser) -> None:
    page = await browser.new_page()

    async def seen(**other: str) -> list[str]:
        await page.set_content(CARD.format(**PLAIN | other))
        return await look(page)

    plain = await seen()
    assert [line.rsplit(" ", 1)[0] for line in plain] == [
        "article.card > div.row",
        "body > article.card",
        "div.row > h3",
    ]
    assert await seen(text="A lamp that is called something much longer", font="sans-serif") == plain
    assert aged(plain, await seen(line="gray")) == ["body > article.card"]
    assert aged(plain, await seen(more="<p>new</p>")) == ["div.row > p"]
    assert aged([*plain, "a > b 1 2"], [*plain, "a > b 2 3"]) == []  # in another state, as it was drawn before
    await page.close()
