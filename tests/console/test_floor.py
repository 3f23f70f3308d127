"""Giving the floor on the teacher's page, and what the pupils' page makes of it."""

import itertools
from typing import Any

import pytest
from playwright.async_api import Page, expect

from .conftest import Console, OpenConsole
from .fake_hub import FakeHub, point
from .lab import PI, title
from .test_access import TOO_SMALL_OR_CLOSE, violations

pytestmark = pytest.mark.asyncio(loop_scope="session")
MOTOR: dict[str, Any] = {"node": PI, "device": "robot", "point": "motor", "minimum": -40, "maximum": 40}


def add_robot(hub: FakeHub) -> None:
    """A robot on bench 1, whose motor turns both ways."""
    motor = point("motor", "setpoint", "int", unit="%", minimum=-100, maximum=100, step=1, title=title("电机", "Motor"))
    hub.add_device(PI, "robot", ("小车", "Robot"), [point("distance", "measure", unit="cm"), motor], bench="1")
    hub.put(PI, "robot", "motor", 0)
    hub.put(PI, "robot", "distance", 83.0)


def only_bench_1(hub: FakeHub) -> None:
    """What a pupils' session sees."""
    hub.labs = hub.labs[:1]
    hub.devices = {key: one for key, one in hub.devices.items() if one["bench"] == "1" and key[0] == PI}


async def open_pupils(hub: FakeHub, open_console: OpenConsole, **options: Any) -> Page:  # noqa: ANN401 - of open_console
    console = await open_console(**({"size": (390, 844), "touch": True} | options))
    hub.link("1")
    await console.page.goto(f"{hub.url}/s/bench-1")
    await console.page.locator("lk-pupils .card").first.wait_for()
    return console.page


async def test_a_teacher_gives_a_motor_up_to_40_percent_and_takes_it_back_in_one_tap(
    hub: FakeHub, console: Console
) -> None:
    page = console.page
    add_robot(hub)
    await hub.drop_links()
    await expect(page.locator("lk-floor")).to_have_count(0)
    await hub.take_lab()
    bench = page.locator(".bench").filter(has=page.get_by_role("heading", name="Bench 1"))
    await bench.get_by_role("button", name="Pupils").click()
    sheet = page.get_by_role("dialog", name="Bench 1: pupils")
    await expect(sheet.get_by_role("img", name="QR code of the pupils' page")).to_be_visible()
    await expect(sheet).to_contain_text("/s/bench-1")
    await expect(sheet.get_by_role("button", name="Give")).to_be_disabled()
    await sheet.get_by_role("checkbox", name="Robot · Motor").check()
    await sheet.get_by_role("slider", name="Limit").fill("40")
    await expect(sheet.locator("output")).to_have_text("at most 40\u00a0%")
    await sheet.get_by_role("checkbox", name="Desk lamp 1 · Light").check()
    assert await violations(page) == []
    await sheet.get_by_role("button", name="Give").click()
    await expect(sheet.get_by_role("button", name="Change")).to_be_visible()
    assert MOTOR in hub.leases[1]["points"]
    lamp = {"node": PI, "device": "lamp-1", "point": "state", "minimum": None, "maximum": None}
    assert lamp in hub.leases[1]["points"]
    await page.keyboard.press("Escape")
    await expect(sheet).to_be_hidden()
    await bench.get_by_role("button", name="Take back").click()
    await expect(bench.get_by_role("button", name="Take back")).to_have_count(0)
    assert len(hub.leases) == 1


async def test_only_who_has_the_lab_lets_pupils_in(hub: FakeHub, console: Console) -> None:
    await hub.take_lab(holder="anna")
    await expect(console.page.locator("lk-bar .holder")).to_contain_text("anna")
    await expect(console.page.locator("lk-floor")).to_have_count(0)


async def test_pupils_look_at_their_bench_until_they_are_given_something(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    add_robot(hub)
    only_bench_1(hub)
    await hub.take_lab(for_ms=600_000)
    page = await open_pupils(hub, open_console)
    assert page.url.endswith("/s/"), "the token has left the address bar"
    await expect(page.get_by_role("heading", name="Bench 1")).to_be_visible()
    await expect(page.locator(".bar-lab")).to_contain_text("Lab 301")
    await expect(page.locator(".pupils-left")).to_have_text("10 min left")
    await expect(page.locator("lk-tile")).to_have_count(0)
    assert await page.get_by_role("slider").count() == await page.get_by_role("switch").count() == 0
    await hub.give("g-1", [MOTOR])
    motor = page.get_by_role("slider", name="Motor")
    assert (await motor.get_attribute("min"), await motor.get_attribute("max")) == ("-40", "40")
    await expect(page.get_by_role("status")).to_contain_text("Your turn")
    assert await violations(page) == []
    assert await page.evaluate(TOO_SMALL_OR_CLOSE) == []
    await motor.focus()
    await page.keyboard.press("End")
    assert (await hub.commands_to("motor", 1))[0]["value"] == 40
    await hub.give("g-1", [])
    await expect(motor).to_have_count(0)
    await hub.stop("owner")
    await expect(page.get_by_role("status")).to_contain_text("Stop all is pressed")


@pytest.mark.parametrize("size", [(390, 844), (820, 1180)])
async def test_pupils_read_whole_names_and_words_where_nothing_was_measured_yet(
    hub: FakeHub, open_console: OpenConsole, size: tuple[int, int]
) -> None:
    points = [point("distance", "measure", unit="cm"), point("pressed", "event", "str"), point("mode", "state", "str")]
    hub.add_device(PI, "robot", ("小车", "Robot"), points, bench="1")
    only_bench_1(hub)
    await hub.take_lab(for_ms=600_000)
    page = await open_pupils(hub, open_console, language="zh", size=size)
    robot = page.locator(".card").filter(has_text="小车")
    await expect(robot.locator(".none")).to_have_text(["还没有数值", "尚未发生", "还没有数值"])
    await expect(page.locator("lk-pupils main")).not_to_contain_text("—")
    for words in ("h1", ".bar-lab p"):
        assert await page.locator(words).evaluate("one => one.scrollWidth <= one.clientWidth"), "nothing is cut"
    parts = [await page.locator(f".bar > {one}").bounding_box() for one in (".bar-lab", ".pupils-left", ".plain")]
    boxes = [one for one in parts if one is not None]
    gaps = [b["x"] - a["x"] - a["width"] for a, b in itertools.pairwise(boxes)]
    assert [round(gap) for gap in gaps] == [8 if size[0] < 480 else 12] * 2, "no room stands empty beside a name"


async def test_a_link_that_is_over_says_so_and_a_reload_keeps_what_is_not(
    hub: FakeHub, open_console: OpenConsole
) -> None:
    await hub.take_lab()
    page = await open_pupils(hub, open_console, language="zh", theme="dark")
    await page.reload()
    await page.locator("lk-pupils .card").first.wait_for()
    await page.get_by_role("button", name="English").click()
    await expect(page.get_by_role("status")).to_contain_text("You can watch your bench")
    hub.sessions.clear()
    await hub.drop_links()
    await expect(page.get_by_role("main")).to_contain_text("scan a new code")
    await page.goto(f"{hub.url}/s/another")
    await expect(page.get_by_role("main")).to_contain_text("scan a new code")
    assert await violations(page) == []
