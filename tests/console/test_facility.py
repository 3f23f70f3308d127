"""Every lab at a glance, the wall's link, and how hub, nodes and drivers are."""

import os

import pytest
from playwright.async_api import Locator, expect

from .clocks import halt, let_pass, sign_in_clocked
from .conftest import Console, Language, OpenConsole, Theme, sign_in
from .fake_alarms import alarm, bad_morning
from .fake_hub import FakeHub, now_ms
from .fake_wall import TOKEN
from .lab import PI
from .test_access import TOO_SMALL_OR_CLOSE, violations
from .test_alarms import CALLING, SHORTEST_MS

pytestmark = pytest.mark.asyncio(loop_scope="session")
LOOKS: list[tuple[Language, Theme, tuple[int, int]]] = [
    ("zh", "dark", (390, 844)),
    ("en", "light", (820, 1180)),
]


def lab(console: Console, name: str) -> Locator:
    return console.page.locator(".facility-lab").filter(has=console.page.get_by_role("link", name=name))


def say_drivers(hub: FakeHub, **states: str) -> None:
    """What the node of the first lab says of its drivers."""
    for instance, state in states.items():
        hub.put(PI, "", f"Driver/{instance}", state)
    hub.put(PI, "", "Refused/out_of_range", 4)


async def test_the_lab_that_needs_somebody_comes_first_and_comes_down_when_it_is_well(
    hub: FakeHub, console: Console
) -> None:
    await console.page.evaluate("location.hash = '#/facility'")
    await hub.set_node_online("pi-302", online=False)
    names = console.page.locator(".facility-name")
    await expect(names.first).to_have_text("Robot lab 302")
    await expect(lab(console, "Robot lab 302")).to_contain_text("Node pi-302 is silent")
    await expect(console.page.locator(".facility-summary")).to_contain_text("needing attention")
    bad_morning(hub)
    for one in hub.alarms:
        await hub.tell({"kind": "alarm", **one})
    await expect(names.first).to_have_text("Lab 301")
    await expect(lab(console, "Lab 301")).to_contain_text("High alarms: 1")
    await expect(lab(console, "Lab 301")).to_contain_text("Low alarms: 2")
    await hub.teaching.begin("lab-301", "anna", 1_800)
    await expect(lab(console, "Lab 301")).to_contain_text("Lesson until")
    await hub.stop("anna")
    await expect(console.page.locator(".facility-summary")).to_contain_text("The school is stopped")
    await names.first.click()
    await expect(console.page.locator("lk-lab")).to_be_visible()


async def test_what_nobody_has_acknowledged_beats_slowly_and_the_rest_is_steady(hub: FakeHub, console: Console) -> None:
    page, beating = console.page, lab(console, "Lab 301").locator(".calls")
    bad_morning(hub)
    for standing in hub.alarms:
        standing.update(core="ack", annunciated=False)
        await hub.tell({"kind": "alarm", **standing})
    await page.evaluate("location.hash = '#/facility'")
    await expect(lab(console, "Lab 301")).to_contain_text("High alarms: 1")
    assert await page.evaluate(CALLING) == []
    low = next(one for one in hub.alarms if one["rule"] == "co2")
    await hub.tell({"kind": "alarm", **low, "core": "unack", "annunciated": True})
    await expect(beating).to_have_text("Low alarms: 2")  # and not the high one, which somebody has seen
    beats = await page.evaluate(CALLING)
    assert min(beats) >= SHORTEST_MS
    await page.emulate_media(reduced_motion="reduce")
    assert await page.evaluate("document.getAnimations().length") == 0


async def test_a_silent_node_says_how_long_ago_it_was_heard_and_goes_on_counting(
    hub: FakeHub, console: Console
) -> None:
    hub.nodes["pi-302"]["last_seen_ms"] = now_ms() - 120_000
    await sign_in_clocked(hub, console)
    await console.page.evaluate("location.hash = '#/facility'")
    await hub.set_node_online("pi-302", online=False)
    silent = lab(console, "Robot lab 302").locator(".silent")
    await expect(silent).to_have_text("Node pi-302 is silent, last heard 2 min ago")
    await halt(console.page)
    hub.muted = True
    await let_pass(console.page, 61_000)
    await expect(silent).to_have_text("Node pi-302 is silent, last heard 3 min ago")


@pytest.mark.parametrize(("language", "theme", "size"), LOOKS)
async def test_every_device_is_listed_and_who_is_offline_first(
    hub: FakeHub, open_console: OpenConsole, language: Language, theme: Theme, size: tuple[int, int]
) -> None:
    console = await open_console(language=language, theme=theme, size=size, touch=True)
    await sign_in(hub, console, "#/facility")
    page = console.page
    await hub.set_node_online("pi-302", online=False)
    listed = page.locator(".facility-devices")
    await listed.locator("summary").click()
    first = listed.locator("li").first
    await expect(first).to_contain_text("pi-302")
    await expect(first.locator(".warn")).to_contain_text({"zh": "离线", "en": "offline"}[language])
    await expect(listed.locator("li").last.locator(".icon-check")).to_be_visible()
    assert await violations(page) == []
    assert await page.evaluate(TOO_SMALL_OR_CLOSE) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if shots := os.environ.get("LABKEEPER_PICTURES"):
        await page.screenshot(path=f"{shots}/devices-{language}-{size[0]}.png", full_page=True)


async def test_a_lab_leads_to_its_people_and_bookings_where_one_may_see_them(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    hub.actions = [*hub.actions, "read_timetable"]
    console = await open_console()
    await sign_in(hub, console, "#/lab/minhang-3/lab-302")
    await console.page.evaluate("location.hash = '#/facility'")
    await expect(lab(console, "Lab 301").get_by_role("link", name="People")).to_have_count(0)
    await lab(console, "Lab 301").get_by_role("link", name="Bookings: Lab 301").click()
    await console.page.locator("button.week-free").first.wait_for()  # the other lab has no timetable
    hub.actions = [*hub.actions, "manage_people"]
    await console.page.evaluate("location.hash = '#/facility'")
    await lab(console, "Robot lab 302").get_by_role("link", name="People: Robot lab 302").click()
    await expect(console.page).to_have_url(f"{hub.url}/#/people/minhang-3/lab-302")


GRANT = dict.fromkeys(("school", "lab", "bench", "node", "device", "point", "until_ms"))


@pytest.mark.parametrize(("language", "theme", "size"), LOOKS)
async def test_a_manager_opens_who_may_do_what_and_is_recorded_only_then(
    hub: FakeHub, open_console: OpenConsole, language: Language, theme: Theme, size: tuple[int, int]
) -> None:
    hub.actions = [*hub.actions, "read_staff"]
    of_lab = GRANT | {"role": "teacher", "school": "minhang-3", "lab": "lab-301"}
    hub.staff = [
        {"name": "p-1", "title": "李老师", "grants": [of_lab | {"bench": "3", "until_ms": now_ms() + 3_600_000}]},
        {"name": "p-2", "title": "Ms Wang", "grants": [GRANT | {"role": "facility_manager"}, of_lab]},
    ]
    console = await open_console(language=language, theme=theme, size=size, touch=True)
    await sign_in(hub, console, "#/facility")
    people = console.page.locator(".facility-staff")
    await expect(people).to_be_visible()
    assert hub.staff_looks == 0
    await people.locator("summary").click()
    await expect(people.locator("li")).to_have_count(2)
    first, second = people.locator("li").first, people.locator("li").last
    said = {"zh": ("教师", "仅"), "en": ("teacher", "only")}[language]
    for word in ("李老师", *said):
        await expect(first).to_contain_text(word)
    await expect(second).to_contain_text({"zh": "设施管理员", "en": "facility manager"}[language])
    assert hub.staff_looks == 1
    assert await violations(console.page) == []
    assert await console.page.evaluate(TOO_SMALL_OR_CLOSE) == []
    assert await console.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if shots := os.environ.get("LABKEEPER_PICTURES"):
        await console.page.screenshot(path=f"{shots}/staff-{language}-{size[0]}.png", full_page=True)


async def test_who_manages_nothing_is_not_offered_the_list_of_people(hub: FakeHub, console: Console) -> None:
    await console.page.evaluate("location.hash = '#/facility'")
    await expect(console.page.locator(".facility-devices")).to_be_visible()
    assert "read_staff" not in hub.actions
    await expect(console.page.locator(".facility-staff")).to_have_count(0)


async def test_all_is_not_well_where_a_node_does_not_run_the_approved_interlocks(
    hub: FakeHub, console: Console
) -> None:
    strip = console.page.locator(".attention")
    await expect(strip).to_contain_text("All is well")
    await hub.set_node(PI, interlocks_differ=True)
    await expect(strip).to_contain_text(f"Node {PI} does not run the approved interlocks")
    await expect(strip).to_contain_text("tell your facility manager")
    await console.page.evaluate("location.hash = '#/facility'")
    await expect(console.page.locator(".facility-lab").first).to_contain_text("does not run the approved interlocks")
    hub.actions = [*hub.actions, "change_interlocks"]
    await console.page.reload()
    await strip.get_by_role("link", name="does not run").click()
    await expect(console.page.locator("lk-interlocks")).to_be_visible()
    await hub.set_node(PI, interlocks_differ=False)
    await expect(strip).to_contain_text("All is well")


async def test_all_is_not_well_while_an_alarm_of_no_lab_stands(hub: FakeHub, console: Console) -> None:
    await console.page.evaluate("location.hash = '#/facility'")
    summary = console.page.locator(".facility-summary")
    await expect(summary).to_contain_text("all is well")
    failed = alarm("device_lost", "post", "", "medium", lab="")  # as of a channel, or of the broker
    await hub.tell({"kind": "alarm", **failed})
    await expect(summary).to_contain_text("alarms of no lab: 1")
    await expect(summary).not_to_contain_text("all is well")
    await hub.tell({"kind": "alarm", **failed, "core": "norm", "shown": False})
    await expect(summary).to_contain_text("all is well")


async def test_what_is_offline_leads_to_its_lab_from_every_page(hub: FakeHub, console: Console) -> None:
    await console.page.evaluate("location.hash = '#/facility'")
    await hub.set_online(PI, "lamp-3", online=False)
    await console.page.locator(".attention").get_by_role("button", name="Desk lamp 3").click()
    await expect(console.card("lamp-3")).to_be_in_viewport()
    await expect(console.card("lamp-3")).to_be_focused()


async def test_a_walls_link_is_made_shown_once_and_taken_back(hub: FakeHub, console: Console) -> None:
    await console.page.evaluate("location.hash = '#/facility'")
    await lab(console, "Lab 301").get_by_role("button", name="Projector: Lab 301").click()
    sheet = console.page.get_by_role("dialog", name="Projector: Lab 301")
    await expect(sheet).to_contain_text("There is no link now")
    assert (
        await sheet.get_by_role("link", name="Open the wall here").get_attribute("href") == "/wall#/minhang-3/lab-301"
    )
    await sheet.get_by_role("button", name="Make a link").click()
    await expect(sheet.locator("code")).to_have_text(f"{hub.url}/wall#link={TOKEN}")
    assert await violations(console.page) == []
    await sheet.get_by_role("button", name="Take the link back").click()
    await expect(sheet.locator("code")).to_have_count(0)
    assert not hub.wall_link
    await console.page.keyboard.press("Escape")
    await expect(sheet).to_have_count(0)


async def test_thirty_labs_are_readable(hub: FakeHub, open_console: OpenConsole) -> None:
    for number in range(28):
        hub.add_lab(f"lab-{400 + number}", f"{400 + number} 实验室", f"Lab {400 + number}", f"pi-{400 + number}")
    console = await open_console()
    await sign_in(hub, console, "#/facility")
    await expect(console.page.locator(".facility-lab")).to_have_count(30)
    box = await console.page.locator(".facility-lab").nth(10).bounding_box()
    assert box is not None
    assert box["height"] <= 72


async def test_drivers_and_hub_say_how_they_are_and_what_to_do(hub: FakeHub, open_console: OpenConsole) -> None:
    say_drivers(hub, zigbee="connected", modbus="waiting: no answer from /dev/ttyUSB0", tasmota="suspended: held it up")
    hub.failing = "database or disk is full"
    hub.influx = {"waiting": 7, "quarantined": 2, "failing": None, "attention": True, "late": False, "lag_s": 0}
    console = await open_console()
    await sign_in(hub, console, "#/condition")
    page = console.page
    journal = page.locator(".condition-item").filter(has_text="Storing readings")
    await expect(journal).to_contain_text("Make room on the disk")
    await expect(journal).to_contain_text("database or disk is full")
    await expect(page.locator(".condition-item").filter(has_text="InfluxDB")).to_contain_text("2 refused")
    drivers = page.locator(".condition-drivers li")
    await expect(drivers.filter(has_text="modbus")).to_contain_text("no answer from /dev/ttyUSB0")
    await expect(drivers.filter(has_text="tasmota")).to_contain_text("suspended")
    await expect(drivers.filter(has_text="zigbee")).to_have_class("")
    await expect(page.locator(".condition-item").filter(has_text=PI)).to_contain_text("12 lost for want of room")
    await hub.read(PI, "", "Driver/modbus", "connected", time_ms=now_ms())
    await expect(drivers.filter(has_text="modbus")).to_have_class("")
    await hub.set_node_online(PI, online=False)
    await expect(drivers.filter(has_text="zigbee")).to_contain_text("before it fell silent")


@pytest.mark.parametrize(("language", "theme", "size"), LOOKS)
async def test_both_pages_are_accessible_and_within_the_screen(
    hub: FakeHub, open_console: OpenConsole, language: Language, theme: Theme, size: tuple[int, int]
) -> None:
    bad_morning(hub)
    say_drivers(hub, zigbee="connected", modbus="waiting: no answer from /dev/ttyUSB0")
    console = await open_console(language=language, theme=theme, size=size, touch=True)
    for address, shown in (("#/facility", ".facility-lab"), ("#/condition", ".condition-drivers li")):
        await sign_in(hub, console, address)
        await console.page.locator(shown).first.wait_for()
        assert await violations(console.page) == []
        assert await console.page.evaluate(TOO_SMALL_OR_CLOSE) == []
        await console.page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")  # words come late
