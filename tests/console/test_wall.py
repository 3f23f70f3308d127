"""The projector wall: large, honest about what is old, and dark once its link is taken back."""

import pytest
from playwright.async_api import Page, expect

from .conftest import Language, OpenConsole, Theme
from .fake_alarms import bad_morning
from .fake_hub import SECRET, FakeHub
from .fake_server import serve
from .fake_wall import TOKEN
from .test_access import TOO_SMALL_OR_CLOSE, violations
from .test_alarms import CALLING, SHORTEST_MS

pytestmark = pytest.mark.asyncio(loop_scope="session")
LOOKS: list[tuple[Language, Theme, tuple[int, int]]] = [
    ("zh", "light", (1180, 820)),
    ("en", "dark", (1920, 1080)),
    ("zh", "dark", (390, 844)),
]


async def open_wall(hub: FakeHub, open_console: OpenConsole, **options: object) -> Page:
    hub.wall_link = True
    page = (await open_console(**options)).page
    await page.goto(f"{hub.url}/wall#link={TOKEN}")
    await page.locator(".wall-figure").first.wait_for()
    return page


@pytest.mark.parametrize(("language", "theme", "size"), LOOKS)
async def test_a_wall_shows_lesson_stop_alarms_and_figures_large_and_within_the_screen(
    hub: FakeHub, open_console: OpenConsole, language: Language, theme: Theme, size: tuple[int, int]
) -> None:
    bad_morning(hub)
    await hub.teaching.begin("lab-301", "anna", 1_800)
    await hub.stop("anna")
    page = await open_wall(hub, open_console, language=language, theme=theme, size=size)
    await expect(page.locator(".wall-left strong")).to_have_text("30")
    await expect(page.locator(".wall-alarm")).to_have_count(4)
    await expect(page.get_by_role("status")).to_contain_text(
        {"zh": "已按下全部停止", "en": "Stop all is pressed"}[language]
    )
    assert "anna" not in await page.content()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await page.evaluate(TOO_SMALL_OR_CLOSE) == []
    assert await violations(page) == []
    if size[0] > size[1]:
        height = await page.locator(".wall-value").first.evaluate("one => parseFloat(getComputedStyle(one).fontSize)")
        assert height >= 0.1 * size[1], "readable from the last row"
        assert await page.evaluate("document.documentElement.scrollHeight <= innerHeight + 1"), "nobody scrolls a wall"


async def test_what_is_old_says_so_and_a_lost_hub_makes_everything_old(hub: FakeHub, open_console: OpenConsole) -> None:
    hub.wall_link = True
    page = (await open_console()).page
    await page.goto(f"{hub.url}/wall#link={TOKEN}")
    await expect(page.locator(".wall-figure.old")).to_have_count(1)
    await expect(page.locator(".wall-figure.old")).to_contain_text("as of")
    await page.route("**/api/v1/wall*", lambda route: route.abort())
    await expect(page.get_by_role("status")).to_contain_text("red button")
    await expect(page.locator(".wall-figure.old")).to_have_count(4)
    await page.unroute("**/api/v1/wall*")
    await expect(page.locator(".wall-figure.old")).to_have_count(1)
    await expect(page.get_by_role("status")).to_have_count(0)


async def test_on_a_wall_what_nobody_has_acknowledged_beats_slowly_and_the_rest_is_steady(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    bad_morning(hub)
    page = await open_wall(hub, open_console)
    seen = [one["core"] == "ack" for one in hub.alarms]
    assert True in seen
    await expect(page.locator(".wall-alarm.calls")).to_have_count(seen.count(False))
    beats = await page.evaluate(CALLING)
    assert len(beats) == seen.count(False)
    assert min(beats) >= SHORTEST_MS
    await page.emulate_media(reduced_motion="reduce")
    assert await page.evaluate("document.getAnimations().length") == 0


async def test_a_link_leaves_the_address_survives_a_reload_and_shows_nothing_once_it_is_taken_back(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    page = await open_wall(hub, open_console)
    assert page.url == f"{hub.url}/wall"
    await page.reload()
    await page.locator(".wall-figure").first.wait_for()
    await page.get_by_role("button", name="中文").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("301 科创实验室")
    hub.wall_link = False
    await expect(page.locator("main")).to_contain_text("已被收回")
    await expect(page.locator(".wall-figure")).to_have_count(0)
    await page.reload()
    await expect(page.locator("main")).to_contain_text("请先登录")


async def test_who_has_an_account_chooses_the_lab_and_who_has_none_is_told_to_sign_in(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    page = (await open_console()).page
    await page.goto(f"{hub.url}/wall")
    await expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    await page.request.post(f"{hub.url}/api/v1/session", data={"secret": SECRET})
    await page.locator(".wall-figure").first.wait_for()
    await page.get_by_role("combobox", name="Lab").select_option(index=1)
    chosen = hub.labs[1]["title"]["en"]
    await expect(page.get_by_role("heading", level=1)).to_have_text(chosen)
    await page.goto(f"{hub.url}/wall#/minhang-3/nowhere")
    await expect(page.locator("main")).to_contain_text("no such lab")


async def test_a_wall_finds_its_hub_again_after_a_restart(open_console: OpenConsole) -> None:
    hub = FakeHub()
    hub.add_lab("lab-301", "301 实验室", "Lab 301", "pi-301")
    async with serve(hub):
        page = await open_wall(hub, open_console)
    await expect(page.locator(".wall-band.lost")).to_be_visible()
    async with serve(hub):
        await expect(page.locator(".wall-band.lost")).to_have_count(0)
