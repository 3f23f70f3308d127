"""The pictures of README and guides show what the page shows: whoever changes words or looks takes them again."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from . import pictures
from .looks import aged, kept, look
from .pictures import Picture, charts, lessons, look_of, looking_after, opened, pages, words, words_of
from .stand import AIR, NODE, SCHOOL, Stand

pytestmark = pytest.mark.asyncio(loop_scope="session")
BEGINS, *ON = lessons()
BEGUN = replace(BEGINS, press="")  # a lesson is on already
LOOKS = "the page looks otherwise than this picture: .venv/bin/python -m tests.system.page.pictures --only "
RENEW = "the page says something else than this picture: .venv/bin/python -m tests.system.page.pictures --only "


async def says(stand: Stand, browser: Browser, picture: Picture) -> None:
    """Open the page of a picture and hold its words against those beside it."""
    async with opened(stand.stack, browser, picture) as page:
        seen = await look(page)
        found = await words(page, picture.language)
    assert found == words_of(picture).read_text(encoding="utf-8").splitlines(), RENEW + picture.name
    assert aged(kept(look_of(picture)), seen) == [], LOOKS + picture.name


@pytest_asyncio.fixture(loop_scope="session")
async def lesson(stand: Stand) -> AsyncIterator[None]:
    """A lesson that is on."""
    await pictures.teach(stand.stack)
    yield
    lab = (await stand.stack.client.get("labs"))["labs"][0]
    await stand.stack.client.post(f"labs/{lab['school']}/{lab['lab']}/lesson/end", {})


@pytest.mark.parametrize("picture", pages(), ids=lambda one: one.name)
async def test_the_pictures_of_the_lab_have_not_aged(stand: Stand, browser: Browser, picture: Picture) -> None:
    await says(stand, browser, picture)


@pytest.mark.usefixtures("lesson")
@pytest.mark.parametrize("picture", charts(AIR), ids=lambda one: one.name)
async def test_the_pictures_of_a_days_chart_have_not_aged(stand: Stand, browser: Browser, picture: Picture) -> None:
    here = replace(picture, address=f"#/chart/{SCHOOL}/{NODE}/{AIR}/co2?range=24h")  # the pictures' room is not here
    await says(stand, browser, here)


@pytest.mark.usefixtures("lesson")
@pytest.mark.parametrize("picture", [*looking_after(), BEGUN, *ON], ids=lambda one: one.name)
async def test_the_pictures_of_a_lesson_and_of_who_looks_after_the_labs_have_not_aged(
    stand: Stand, browser: Browser, picture: Picture
) -> None:
    await says(stand, browser, picture)
