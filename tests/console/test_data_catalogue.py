"""The data catalogue on the page: what is recorded, how complete, and files from there."""

import pytest
from playwright.async_api import expect

from .conftest import Console, Language, OpenConsole, Theme, sign_in
from .fake_hub import FakeHub
from .test_access import TOO_SMALL_OR_CLOSE, violations

pytestmark = pytest.mark.asyncio(loop_scope="session")
CATALOGUE = "#/catalogue"


async def open_catalogue(console: Console) -> None:
    await console.page.evaluate("hash => { location.hash = hash; }", CATALOGUE)
    await console.page.locator(".catalogue table").first.wait_for()


async def test_it_is_reached_from_the_menu_and_shows_every_point_with_its_completeness(console: Console) -> None:
    page = console.page
    await page.locator(".menu summary").click()
    await page.get_by_role("link", name="Data catalogue").click()
    row = page.get_by_role("row").filter(has_text="Temperature").first
    await expect(row).to_contain_text("1,234,567")
    await expect(row).to_contain_text("91 %")
    await expect(page.get_by_role("row").filter(has_text="CO₂").first).to_contain_text("and 2 more")
    await expect(page.get_by_role("row").filter(has_text="Mode").first).to_contain_text("8,000")
    await expect(page.locator(".menu")).not_to_have_attribute("open", "")
    await page.get_by_role("link", name="Back").click()
    await expect(console.tile("air", "Temperature")).to_be_visible()


async def test_chosen_points_are_saved_and_the_progress_is_shown(hub: FakeHub, console: Console) -> None:
    page = console.page
    await open_catalogue(console)
    await page.get_by_role("checkbox", name="Temperature").first.check()
    await expect(page.get_by_text("Chosen: 1")).to_be_visible()
    async with page.expect_download() as saving:
        await page.get_by_role("button", name="Parquet").click()
    assert (await saving.value).suggested_filename == "labkeeper-readings.csv"
    (query,) = hub.exported
    assert [value for key, value in query if key == "point"] == ["minhang-3/pi-301/air/temperature"]
    assert dict(query)["format"] == "parquet"
    await expect(page.get_by_text("600 of 1,000 readings")).to_be_visible()
    assert await page.get_by_role("progressbar").evaluate("bar => bar.value / bar.max") == 0.6
    await expect(page.get_by_role("button", name="CSV")).to_be_disabled()
    hub.export_state = "done"
    await expect(page.get_by_text("600 readings exported.")).to_be_visible()


async def test_an_export_that_retention_has_shortened_says_so(hub: FakeHub, console: Console) -> None:
    hub.export_state, hub.export_incomplete_before_ms, hub.export_reason = "done", 1_767_225_600_000, "retired"
    await open_catalogue(console)
    async with console.page.expect_download():
        await console.page.get_by_role("button", name="CSV").click()
    await expect(console.page.get_by_text("It is not complete before")).to_be_visible()


async def test_an_export_that_influxdb_has_shortened_or_ended_says_so(hub: FakeHub, console: Console) -> None:
    hub.export_state, hub.export_incomplete_before_ms, hub.export_reason = "done", 1_767_225_600_000, "influx_timeout"
    await open_catalogue(console)
    async with console.page.expect_download():
        await console.page.get_by_role("button", name="CSV").click()
    await expect(console.page.get_by_text("InfluxDB has what is older and did not answer")).to_be_visible()
    hub.export_state = "failed"
    async with console.page.expect_download():
        await console.page.get_by_role("button", name="CSV").click()
    await expect(console.page.get_by_text("stopped answering; the file is not whole")).to_be_visible()


async def test_what_nobody_describes_any_more_is_shown_and_can_be_saved(hub: FakeHub, console: Console) -> None:
    gone = {"node": "pi-301", "described": False, "kind": None, "type": None, "unit": "", "slot_ms": None, "gaps": []}
    hub.undescribed = [
        gone | {"device": "air", "point": "co2_old", "removed": 321},
        gone | {"device": "burnt", "point": "power"},
    ]
    await open_catalogue(console)
    renamed = console.page.get_by_role("row").filter(has_text="co2_old")
    await expect(renamed).to_contain_text("no longer described")
    await expect(renamed).to_contain_text("321 removed")
    await console.page.get_by_role("region", name="pi-301/burnt").get_by_role("checkbox", name="power").check()
    async with console.page.expect_download():
        await console.page.get_by_role("button", name="CSV").click()
    assert ("point", "minhang-3/pi-301/burnt/power") in hub.exported[0]


async def test_more_days_are_asked_for_and_everything_is_saved_without_a_choice(hub: FakeHub, console: Console) -> None:
    page = console.page
    await open_catalogue(console)
    async with page.expect_request(lambda request: "days=31" in request.url):
        await page.get_by_role("button", name="31 d").click()
    await expect(page.get_by_role("button", name="31 d")).to_have_attribute("aria-pressed", "true")
    async with page.expect_download():
        await page.get_by_role("button", name="CSV").click()
    assert "point" not in dict(hub.exported[0])


@pytest.mark.parametrize(
    ("language", "theme", "size"),
    [("zh", "dark", (390, 844)), ("en", "light", (1180, 820)), ("zh", "light", (820, 1180))],
)
async def test_everybody_can_use_it(
    hub: FakeHub, open_console: OpenConsole, language: Language, theme: Theme, size: tuple[int, int]
) -> None:
    console = await open_console(language=language, theme=theme, size=size)
    await sign_in(hub, console)
    await open_catalogue(console)
    assert await violations(console.page) == []
    assert await console.page.evaluate(TOO_SMALL_OR_CLOSE) == []
    assert await console.page.evaluate("document.documentElement.scrollWidth") <= size[0]
