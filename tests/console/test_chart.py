import re

import pytest
from playwright.async_api import expect

from .conftest import Console, OpenConsole, sign_in
from .fake_hub import FakeHub, now_ms
from .lab import PI

pytestmark = pytest.mark.asyncio(loop_scope="session")

TEMPERATURE = "#/chart/minhang-3/pi-301/air/temperature"


async def test_a_tap_on_a_measure_opens_its_live_chart_and_back_keeps_the_place(console: Console) -> None:
    await console.page.evaluate("scrollTo(0, 40)")
    await console.tile("air", "Temperature").get_by_role("link").click()
    await expect(console.page.get_by_role("heading", name="Temperature")).to_be_visible()
    await expect(console.page.locator(".plot canvas")).to_be_visible()
    await expect(console.page.get_by_role("button", name="10 min")).to_have_attribute("aria-pressed", "true")
    await console.page.get_by_role("link", name="Back").click()
    await expect(console.tile("air", "Temperature")).to_be_visible()
    assert await console.page.evaluate("Math.round(scrollY)") == 40


async def test_an_address_opens_the_chart_with_its_summary_in_words(hub: FakeHub, open_console: OpenConsole) -> None:
    console = await open_console()
    await sign_in(hub, console)
    until = now_ms() - 86_400_000
    await console.page.goto(f"{hub.url}/{TEMPERATURE}?range=24h&until={until}")
    page = console.page
    await expect(page.get_by_role("button", name="24 h")).to_have_attribute("aria-pressed", "true")
    await expect(page.get_by_role("button", name="Live", exact=True)).to_have_attribute("aria-pressed", "false")
    summary = page.locator(".summary dd")
    await expect(summary.nth(0)).to_have_text(re.compile(r"^1[78]\.\d\xa0°C$"))
    await expect(summary.nth(3)).to_have_text(re.compile(r"^\d{4}$"))
    spoken = await page.get_by_role("img", name="minimum").get_attribute("aria-label")
    assert spoken is not None
    assert spoken.startswith("Temperature, ")


async def test_longer_ranges_are_read_as_steps(hub: FakeHub, console: Console) -> None:
    assert hub.stream
    await console.page.evaluate("hash => { location.hash = hash; }", TEMPERATURE)
    await expect(console.page.locator(".summary dd").first).to_contain_text("°C")
    asked: list[str] = []
    console.page.on("request", lambda request: asked.append(request.url) if "/readings" in request.url else None)
    for name, every in (("1 h", 10_000), ("24 h", 300_000), ("7 d", 1_800_000), ("30 d", 7_200_000)):
        asked.clear()
        await console.page.get_by_role("button", name=name, exact=True).click()
        await expect(console.page.get_by_role("button", name=name, exact=True)).to_have_attribute(
            "aria-pressed", "true"
        )
        await expect(console.page.locator(".summary dd").first).to_contain_text("°C")
        assert {f"every={every}" in url for url in asked} == {True}
        assert sorted(url.rsplit("aggregate=", 1)[1] for url in asked) == ["count", "max", "mean", "min"]


async def test_times_nobody_could_tell_about_are_shaded_and_named(hub: FakeHub, console: Console) -> None:
    until, day_ms = now_ms() - 86_400_000, 86_400_000
    hub.silent_history = True
    hub.untold = [{"from_ms": until - 40 * day_ms, "to_ms": until - 10 * day_ms, "reason": "influx_unreachable"}]
    await console.page.evaluate("hash => { location.hash = hash; }", f"{TEMPERATURE}?range=30d&until={until}")
    await expect(console.page.locator(".chart-missing")).to_contain_text("InfluxDB does not answer")
    early, late = await console.page.evaluate(
        """() => {
          const canvas = document.querySelector(".plot canvas");
          const row = canvas.getContext("2d").getImageData(0, canvas.height / 2 - 3, canvas.width, 1).data;
          return [0.3, 0.95].map((share) => row[4 * Math.round(canvas.width * share) + 3]);
        }"""
    )
    assert early > 0
    assert late == 0
    hub.untold = []
    await console.page.evaluate("hash => { location.hash = hash; }", f"{TEMPERATURE}?range=7d&until={until}")
    await expect(console.page.locator(".chart-missing")).to_have_count(0)


async def test_what_retention_took_is_not_laid_to_influxdb(hub: FakeHub, console: Console) -> None:
    until, day_ms = now_ms() - 86_400_000, 86_400_000
    hub.untold = [{"from_ms": until - 40 * day_ms, "to_ms": until - 10 * day_ms, "reason": "retired"}]
    await console.page.evaluate("hash => { location.hash = hash; }", f"{TEMPERATURE}?range=30d&until={until}")
    await expect(console.page.locator(".chart-missing")).to_contain_text("were removed when their time")


async def test_what_a_node_gave_up_is_marked_with_its_reason(hub: FakeHub, console: Console) -> None:
    now, hour_ms = now_ms(), 3_600_000
    place = {"school": "minhang-3", "node": "pi-301", "readings": 1200}
    hub.given_up = [place | {"from_ms": now - (1 + ago) * hour_ms, "to_ms": now - ago * hour_ms} for ago in (12, 90)]
    await console.page.evaluate("hash => { location.hash = hash; }", f"{TEMPERATURE}?range=24h")
    told = console.page.locator(".is-given-up")
    await expect(told).to_contain_text(re.compile(r"^1200 readings of this node were given up.*quota"))
    inside, beside = await console.page.evaluate(
        """() => {
          const canvas = document.querySelector(".plot canvas"), whole = canvas.getBoundingClientRect();
          const over = document.querySelector(".u-over").getBoundingClientRect(), scale = canvas.width / whole.width;
          const at = (hours) => Math.round(scale * (over.left - whole.left + over.width * (1 - hours / 24)));
          const y = Math.round(scale * (over.top - whole.top + 5));
          const row = canvas.getContext("2d").getImageData(0, y, canvas.width, 1).data;
          return [12.5, 6.2].map((hours) => row[4 * at(hours) + 3]);
        }"""
    )
    assert inside > 0
    assert inside > beside


async def test_zoom_and_shift_work_by_button_and_change_the_address(console: Console) -> None:
    page = console.page
    await page.evaluate("hash => { location.hash = hash; }", f"{TEMPERATURE}?range=24h")
    await page.get_by_role("button", name="Zoom in").click()
    await expect(page).to_have_url(re.compile(r"range=12h$"))
    await page.get_by_role("button", name="Earlier").click()
    await expect(page).to_have_url(re.compile(r"range=12h&until=\d+$"))
    await page.get_by_role("button", name="Live", exact=True).click()
    await expect(page).to_have_url(re.compile(r"range=12h$"))


async def test_dragging_over_the_plot_zooms_in(console: Console) -> None:
    page = console.page
    await page.evaluate("hash => { location.hash = hash; }", f"{TEMPERATURE}?range=24h")
    box = await page.locator(".plot .u-over").bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    await page.mouse.move(box["x"] + box["width"] * 0.25, y)
    await page.mouse.down()
    await page.mouse.move(box["x"] + box["width"] * 0.5, y, steps=4)
    await page.mouse.up()
    await expect(page).to_have_url(re.compile(r"range=\d+[sm]&until=\d+$"))
    await page.mouse.dblclick(box["x"] + 60, y)
    await expect(page).to_have_url(re.compile(r"range=1d$"))


async def test_live_readings_join_the_chart(hub: FakeHub, console: Console) -> None:
    page = console.page
    await page.evaluate("hash => { location.hash = hash; }", TEMPERATURE)
    count = page.locator(".summary dd").nth(3)
    await expect(count).to_have_text(re.compile(r"^\d+$"))
    await hub.read(PI, "air", "temperature", 39.9)
    await expect(page.locator(".summary dd").nth(2)).to_have_text("39.9\xa0°C")
    await expect(page.locator(".chart-now strong")).to_have_text("39.9\xa0°C")


async def test_missing_readings_are_gaps_not_lines(console: Console) -> None:
    traces = await console.page.evaluate(
        """async () => {
          const { traceOf, stepped } = await import("/static/chart/history.js");
          const steps = [[0, 1], [10, 2], [40, 5]];
          const raw = [[0, 1], [1000, 2], [2000, 3], [90000, 4]];
          return [stepped(10, steps, steps, steps, [[0, 3], [10, 3], [40, 3]]).mean, traceOf(raw).mean];
        }"""
    )
    assert traces == [[1, 2, None, 5], [1, 2, 3, None, 4]]


async def test_the_mean_weighs_every_reading_the_same(console: Console) -> None:
    summary = await console.page.evaluate(
        """async () => {
          const { stepped, summaryOf } = await import("/static/chart/history.js");
          const low = [[0, 9], [10, 19]], high = [[0, 11], [10, 21]];
          return summaryOf(stepped(10, [[0, 10], [10, 20]], low, high, [[0, 3], [10, 1]]));
        }"""
    )
    assert summary == {"minimum": 9, "mean": 12.5, "maximum": 21, "count": 4}


async def test_a_range_without_readings_and_a_point_that_is_not_there_are_said(hub: FakeHub, console: Console) -> None:
    page = console.page
    hub.silent_history = True
    await page.evaluate("hash => { location.hash = hash; }", f"{TEMPERATURE}?range=24h")
    await expect(page.get_by_text("No readings in this time.")).to_be_visible()
    await page.evaluate("location.hash = '#/chart/minhang-3/pi-301/air/nothing'")
    await expect(page.get_by_text("There is no such point.")).to_be_visible()


async def test_the_readings_of_the_range_can_be_had_as_csv(console: Console) -> None:
    await console.page.evaluate("hash => { location.hash = hash; }", TEMPERATURE)
    address = await console.page.get_by_role("link", name="Download CSV").get_attribute("href")
    assert address is not None
    assert re.fullmatch(r"/api/v1/readings\?.*point=temperature&from=\d+&to=\d+&format=csv", address)
