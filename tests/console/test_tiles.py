import re

import pytest
from playwright.async_api import expect

from .clocks import halt, let_pass, sign_in_clocked
from .conftest import Console, OpenConsole, sign_in
from .fake_alarms import alarm
from .fake_hub import FakeHub, now_ms, point
from .lab import PI, break_lamp_3, title

pytestmark = pytest.mark.asyncio(loop_scope="session")

LAYOUT_SHIFTS = """
() => {
  window.shifts = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.shifts += entry.value; })
    .observe({ type: "layout-shift", buffered: false });
}
"""


async def test_a_reading_shows_on_its_tile_with_a_human_unit(hub: FakeHub, console: Console) -> None:
    tile = console.tile("air", "Temperature")
    await expect(tile.locator(".value")).to_have_text("21.5 °C")
    await hub.read(PI, "air", "temperature", 23.04)
    await expect(tile.locator(".value")).to_have_text("23.0 °C")
    await expect(console.tile("air", "PM2.5").locator(".value")).to_have_text("17.3 µg/m³")


async def test_devices_stand_at_their_bench_and_the_rest_in_the_room(console: Console) -> None:
    sections = console.page.locator("section.bench")
    await expect(sections.locator("h2")).to_have_text(["Room", "Bench 1", "Bench 2", "Bench 3"])
    await expect(sections.nth(0).locator("h3")).to_have_text(["Air quality", "Air conditioner", "Remote"])
    await expect(sections.nth(2).locator("h3")).to_have_text(["Desk lamp 2", "Power strip 2"])


async def test_states_and_events_are_words(hub: FakeHub, console: Console) -> None:
    await expect(console.tile("air", "Contact").locator(".value")).to_have_text("Open")
    await hub.read(PI, "air", "contact", value=True)
    await expect(console.tile("air", "Contact").locator(".value")).to_have_text("Closed")
    await hub.read(PI, "remote", "action", "double")
    await expect(console.tile("remote", "Button").locator(".value")).to_have_text("Double press")


async def test_an_offline_tile_has_no_knob_and_its_last_value_with_its_age(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    break_lamp_3(hub)
    console = await open_console()
    await sign_in(hub, console)
    tile = console.tile("lamp-3", "Light")
    await expect(tile).to_contain_text("On")
    await expect(tile.locator(".age")).to_have_text("5 min ago")
    await expect(tile.get_by_role("switch")).to_have_count(0)
    await expect(console.card("lamp-3").get_by_role("slider")).to_be_disabled()
    await expect(console.card("lamp-3").locator(".badge")).to_contain_text("Offline")
    await expect(console.page.locator(".attention li")).to_have_count(1)


async def test_a_node_that_exists_twice_is_named_until_it_is_one_again(hub: FakeHub, console: Console) -> None:
    strip = console.page.locator(".attention")
    await hub.set_node(PI, twin=True)
    await expect(strip).to_contain_text(f"Node {PI} exists twice")
    await hub.set_node(PI, twin=False)
    await expect(strip).to_contain_text("All is well")


async def test_a_lost_node_is_named_even_if_nothing_hangs_on_it(hub: FakeHub, console: Console) -> None:
    strip = console.page.locator(".attention")
    await hub.set_node("pi-301-doors", lab="lab-301", online=False)
    await expect(strip).to_contain_text("Node pi-301-doors (0 devices)")
    await hub.set_node("pi-301-doors", lab="lab-302")
    await expect(strip).to_have_text("All is well in Lab 301")


async def test_all_is_well_is_not_said_of_devices_whose_node_of_another_lab_is_unguarded(
    hub: FakeHub, console: Console
) -> None:
    hub.add_device("pi-302", "door", ("门", "Door"), [point("contact", "state", "bool")], lab="lab-301")
    await hub.tell({"kind": "device", **hub.devices["pi-302", "door"]})
    await hub.set_node("pi-302", interlocks_differ=True)
    await expect(console.page.locator(".attention")).to_contain_text("Node pi-302 does not run the approved interlocks")


async def test_all_is_well_is_not_said_while_alarms_are_still_to_be_shown(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    console = await open_console()
    await console.page.route("**/alarms/strip.js", lambda route: route.abort())
    await sign_in(hub, console)
    well = console.page.locator(".attention .well")
    await expect(well).to_be_visible()
    async with console.page.expect_event("requestfailed"):
        await hub.tell({"kind": "alarm", **alarm("co2", "air", "co2", "low")})
    clock = console.page.locator(".bar-clock")
    await expect(clock).not_to_have_text(await clock.inner_text())  # everything was looked at once more
    await expect(well).to_have_count(0)


async def test_what_was_never_derived_says_so_and_why(hub: FakeHub, open_console: OpenConsole) -> None:
    hub.derive("air", "co2", "mean")
    hub.derive("remote", "battery", "battery_days")
    del hub.latest[PI, "remote", "battery"]
    console = await open_console(size=(390, 844))
    await sign_in(hub, console)
    await expect(console.card("air").locator(".unheard summary")).to_have_text("No value yet: co2, derived")
    for card in ("air", "remote"):
        await console.card(card).locator(".unheard summary").click()
    tile = console.tile("air", "co2, derived")
    await expect(tile).to_contain_text("No value yet · needs half of its time")
    assert await tile.locator(".tile").evaluate("(one) => one.scrollHeight <= one.clientHeight")
    await expect(console.tile("remote", "battery, derived")).to_contain_text("a sensor is silent")
    await console.page.mouse.down()
    high = await tile.evaluate("(one) => one.getBoundingClientRect().height")
    await hub.read("#hub-derived-pi-301", "air", "co2_mean", 900.0)
    await expect(tile.locator(".value")).to_have_text("900")
    assert await tile.evaluate("(one) => one.getBoundingClientRect().height") == high  # nothing moved


async def test_what_has_no_value_yet_is_one_line_that_opens_and_joins_the_rest_when_nobody_touches_the_page(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    slow = [point("temperature", "measure", unit="Cel"), point("humidity", "measure", unit="%"), point("rang", "event")]
    hub.add_device(PI, "slow", ("慢", "Slow sensor"), slow)
    console = await open_console()
    await sign_in_clocked(hub, console)
    page, card = console.page, console.card("slow")
    line = card.locator(".unheard summary")
    await expect(line).to_have_text("No value yet: Temperature, Humidity, Rang")
    await expect(card.locator("lk-tile")).to_have_count(0)
    await line.click()
    await expect(console.tile("slow", "Rang")).to_contain_text("Not yet")
    await line.click()
    await halt(page)
    await card.get_by_role("heading").hover()
    await page.mouse.down()
    before = await card.bounding_box()
    await hub.read(PI, "slow", "temperature", 20.0)
    await let_pass(page, 5_000)
    assert await card.bounding_box() == before
    await page.mouse.up()
    await let_pass(page, 2_500)
    assert await card.bounding_box() == before
    await let_pass(page, 2_500)
    await expect(console.tile("slow", "Temperature").locator(".value")).to_have_text("20.0 °C")
    await expect(line).to_have_text("No value yet: Humidity, Rang")


async def test_a_point_with_a_long_name_is_named_whole(hub: FakeHub, open_console: OpenConsole) -> None:
    title_ = title("换气次数估算的可信度（R²）", "Confidence of the air changes (R²)")
    hub.devices[PI, "air"]["points"].append(point("fit", "measure", title=title_))
    hub.put(PI, "air", "fit", 0.97)
    console = await open_console(size=(390, 844))
    await sign_in(hub, console)
    name = console.tile("air", "Confidence of the air changes (R²)").locator(".name")
    assert await name.evaluate("(one) => one.scrollWidth <= one.clientWidth && one.scrollHeight <= one.clientHeight")


async def test_what_a_foreign_node_says_of_itself_has_a_card_with_the_nodes_name(
    hub: FakeHub, console: Console
) -> None:
    hub.add_device(PI, "", ("", ""), [point("uptime", "measure", "int")])
    hub.put(PI, "", "uptime", 42)
    await console.page.reload()
    card = console.card("")
    await expect(card.get_by_role("heading")).to_have_text(PI)
    await expect(card.locator("lk-tile")).to_contain_text("42")
    await card.get_by_role("link").first.click()
    await expect(console.page).to_have_url(re.compile("#/chart/minhang-3/pi-301//uptime"))


async def test_a_device_that_returns_gets_its_knob_back(hub: FakeHub, console: Console) -> None:
    switch = console.tile("lamp-1", "Light").get_by_role("switch")
    await hub.set_online(PI, "lamp-1", online=False)
    await expect(switch).to_have_count(0)
    await hub.set_online(PI, "lamp-1", online=True)
    await expect(switch).to_be_checked()
    await expect(console.page.locator(".attention")).to_have_text("All is well in Lab 301")


async def test_a_lost_node_is_one_entry_and_all_its_tiles_are_old(hub: FakeHub, console: Console) -> None:
    await hub.set_node_online(PI, online=False)
    await expect(console.page.locator(".attention li")).to_have_count(1)
    await expect(console.page.locator(".attention li")).to_contain_text("Node pi-301 (9 devices)")
    await expect(console.page.get_by_role("switch")).to_have_count(0)


async def test_unknown_is_not_off(hub: FakeHub, console: Console) -> None:
    await hub.read(PI, "lamp-1", "state", value=None)
    tile = console.tile("lamp-1", "Light")
    await expect(tile.get_by_role("switch")).to_have_count(0)
    await expect(tile.locator(".word")).to_have_text("—")
    await tile.get_by_role("button", name="On").click()
    assert (await hub.commands_to("state", 1))[0]["value"] is True
    await expect(tile.get_by_role("switch")).to_be_checked()


async def test_a_bad_reading_is_called_a_fault(hub: FakeHub, console: Console) -> None:
    await hub.read(PI, "air", "co2", value=None, quality=0)
    await expect(console.tile("air", "CO₂").locator(".age")).to_have_text("Sensor fault")


async def test_updates_move_nothing(hub: FakeHub, console: Console) -> None:
    await console.page.evaluate(LAYOUT_SHIFTS)
    hub.policy, hub.code = "rejected", "interlock"
    await hub.set_online(PI, "lamp-2", online=False)
    await hub.read(PI, "air", "co2", 12345.0)
    await hub.read(PI, "air", "humidity", value=None, quality=0)
    await console.tile("lamp-1", "Light").get_by_role("switch").press("Space")
    await expect(console.page.locator(".attention li")).to_have_count(2)
    await expect(console.tile("air", "CO₂").locator(".value")).to_have_text("12345 ppm")
    assert await console.page.evaluate("window.shifts") < 0.01


async def test_a_device_that_comes_or_goes_needs_no_reload(hub: FakeHub, console: Console) -> None:
    hub.add_device(PI, "fan", ("风扇", "Fan"), [point("power", "switch", "bool")], bench="4")
    await hub.tell({"kind": "device", **hub.devices[PI, "fan"]})
    await expect(console.card("fan")).to_be_visible()
    await expect(console.tile("fan", "Power").locator(".word")).to_have_text("—")
    await hub.tell({"kind": "device_gone", "school": "minhang-3", "node": PI, "device": "fan"})
    await expect(console.card("fan")).to_have_count(0)


async def test_another_lab_is_one_choice_away(console: Console) -> None:
    await console.page.get_by_label("Lab", exact=True).select_option(label="Robot lab 302")
    await expect(console.page.locator("h3")).to_have_text(["Robot arm"])
    assert console.page.url.endswith("#/lab/minhang-3/lab-302")


async def test_the_bar_shows_the_hubs_time(hub: FakeHub, console: Console) -> None:
    assert hub.stream
    shown = await console.page.locator(".bar-clock").inner_text()
    local = await console.page.evaluate("at => new Date(at).toTimeString().slice(0, 5)", now_ms())
    before = await console.page.evaluate("at => new Date(at).toTimeString().slice(0, 5)", now_ms() - 5_000)
    assert shown[:5] in {local, before}
