"""A lesson on the real stack, from the press that starts it to the record that is sealed; and its takeover."""

import asyncio
import re
import time
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.console.conftest import Console, OpenConsole

from .fingers import touching
from .stand import LIGHT, SCHOOL, Stand, card, control

pytestmark = pytest.mark.asyncio(loop_scope="session")
PASSWORD = "seven quiet hamsters"
BEGUN = re.compile(r"The lesson has begun\.\s+(\d+) of \1 confirmed")


async def welcome(stand: Stand, owner: Page, guest: Page, title: str, **place: str) -> None:
    """Let another teacher sign in on the guest's page, with a right to this place."""
    api, ours = f"{stand.stack.url}/api/v1", {"Origin": stand.stack.url}
    grants = [{"role": "teacher", **place}]
    new = {"login": title, "title": title, "grants": grants}
    added = await owner.request.post(f"{api}/people", data=new, headers=ours)
    invited = await owner.request.post(f"{api}/people/{(await added.json())['name']}/invitation", headers=ours)
    proof = {"invitation": (await invited.json())["invitation"], "password": PASSWORD}
    entered = await guest.request.post(f"{api}/session", data=proof)
    assert entered.ok, await entered.text()


async def noted(stand: Stand, *words: str) -> None:
    """Wait until the record of acts has a line with all these words; it is written behind."""
    (file,) = stand.witness.parent.rglob("audit.jsonl")
    async with asyncio.timeout(30):
        while not any(all(word in line for word in words) for line in file.read_text().splitlines()):
            await asyncio.sleep(0.1)


async def records(stand: Stand) -> list[dict[str, Any]]:
    """The lessons' records, the newest first."""
    found = await stand.stack.client.get("recordings", school=SCHOOL)
    return [one for one in found["recordings"] if one["id"].startswith("l-")]


async def test_a_lesson_from_its_start_over_a_stop_to_its_end(stand: Stand, console: Console) -> None:
    page = console.page
    await stand.put(LIGHT, "state", value=False)
    await page.get_by_role("button", name="Start lesson").click()
    await expect(page.locator("lk-bar .holder")).to_contain_text("45 min left")
    await stand.becomes(LIGHT, "state", True)  # the opening scene
    await expect(page.locator(".result")).to_contain_text(BEGUN)
    bench = page.get_by_role("checkbox", name=re.compile("^Bench 1:"))
    await expect(bench).to_be_visible()
    started = await bench.inner_text()
    await bench.click()
    await expect(page.locator(".result")).to_contain_text("confirmed")
    await expect(bench).not_to_have_text(started)
    await page.get_by_role("button", name="Stop all").click()
    release = page.get_by_role("button", name="Hold to release")
    await expect(release).to_be_visible()
    await expect(card(console, "robot-kit").locator("lk-held")).to_have_text("Stopped")  # its node has said so
    await expect(card(console, LIGHT).locator("lk-held")).to_have_text("Not stopped")  # it has no safe value
    await page.get_by_role("button", name="Experiment").click()
    await expect(page.locator(".result")).to_contain_text(re.compile(r"Experiment\s+(\d+) of \1 confirmed"))  # it is so
    await release.click()
    await page.get_by_role("button", name="Release", exact=True).click()
    await expect(release).to_be_hidden()
    await expect(card(console, "robot-kit").locator("lk-held")).to_be_empty()
    await stand.put(LIGHT, "state", value=False)
    await page.get_by_role("button", name="End / prolong").click()
    await page.get_by_role("button", name="Run it again").click()
    await stand.becomes(LIGHT, "state", True)
    await page.get_by_role("button", name="End / prolong").click()
    await expect(page.get_by_role("dialog").get_by_role("listitem").first).to_be_visible()
    await page.get_by_role("button", name="End lesson").click()
    await expect(page.locator(".result")).to_contain_text("The lesson ends in")
    await stand.becomes(LIGHT, "state", False)
    await page.get_by_role("button", name="Undo").click()
    await stand.becomes(LIGHT, "state", True)
    await page.get_by_role("button", name="End / prolong").click()
    await page.get_by_role("button", name="End lesson").click()
    await expect(page.get_by_role("button", name="Start lesson")).to_be_visible()  # the ten seconds are over
    assert (await records(stand))[0]["stopped_ms"] <= time.time() * 1000
    await expect(control(console, LIGHT, "state").get_by_role("switch")).not_to_be_checked()


async def test_another_teacher_takes_over_says_why_and_it_is_in_the_record(
    stand: Stand, console: Console, open_console: OpenConsole
) -> None:
    await console.page.get_by_role("button", name="Start lesson").click()
    await expect(console.page.locator("lk-scenes")).to_have_count(1)
    other = await open_console()
    await welcome(stand, console.page, other.page, "Li Wei", school=SCHOOL)
    await other.open(stand.stack.url)
    await expect(other.page.locator("lk-bar .holder")).to_contain_text("owner")
    await expect(other.page.locator("lk-scenes")).to_have_count(0)
    await other.page.get_by_role("button", name="Take over").click()
    await other.page.get_by_label("Reason").fill("the owner was called away")
    await other.page.get_by_role("dialog").get_by_role("button", name="Take over").click()
    await expect(other.page.locator("lk-scenes")).to_have_count(1)
    await expect(console.page.locator("lk-scenes")).to_have_count(0)
    await expect(console.page.locator("lk-bar .holder")).to_contain_text("Ask / take over")
    await noted(stand, "take_over_lesson", "the owner was called away")
    await other.page.get_by_role("button", name="End / prolong").click()
    await other.page.get_by_role("button", name="End lesson").click()
    await expect(other.page.get_by_role("button", name="Start lesson")).to_be_visible()


async def test_the_teacher_of_one_lab_stops_and_learns_who_releases_and_ends_the_lesson(
    stand: Stand, console: Console, open_console: OpenConsole
) -> None:
    """With the right that let-people-in.md recommends: a stop is everybody's, its release the whole school's."""
    teacher, colleague = await open_console(), await open_console()
    await welcome(stand, console.page, teacher.page, "Zhang Min", school=SCHOOL, lab="lab-1")
    await welcome(stand, console.page, colleague.page, "Wang Fang", school=SCHOOL)
    await teacher.open(stand.stack.url)
    await teacher.page.get_by_role("button", name="Start lesson").click()
    await expect(teacher.page.locator("lk-scenes")).to_have_count(1)
    await colleague.open(stand.stack.url)
    await expect(colleague.page.locator("lk-bar .holder strong")).to_have_text("Zhang Min")
    await teacher.page.get_by_role("button", name="Stop all").click()
    await expect(teacher.page.locator(".stopped")).to_contain_text("Zhang Min")
    await expect(teacher.page.locator(".stopped")).to_contain_text("Wang Fang")
    await expect(teacher.page.get_by_role("button", name="Hold to release")).to_have_count(0)
    await stand.becomes(LIGHT, "state", True)  # it has no safe value
    await end_while_stopped(teacher.page)
    release = colleague.page.get_by_role("button", name="Hold to release")
    await release.hover()
    await colleague.page.mouse.down()
    await expect(release).to_be_hidden()
    await colleague.page.mouse.up()
    await expect(teacher.page.locator(".stopped")).to_have_count(0)
    await expect(teacher.page.get_by_role("button", name="Start lesson")).to_be_visible()


async def end_while_stopped(page: Page) -> None:
    """On another page than the lab's: what stays as it is is told before, and afterwards it is that and no more."""
    await page.evaluate("location.hash = '#/facility'")
    await page.get_by_role("button", name="End / prolong").click()
    stays = page.get_by_role("dialog").get_by_role("listitem")
    await expect(stays).to_have_text([re.compile(r"Ceiling light · Switch\s*stays: On")])
    await page.get_by_role("button", name="End lesson").click()
    left = re.compile(r"not confirmed: Ceiling light · Switch: no command is carried out before the stop is released")
    await expect(page.locator(".result")).to_contain_text(left)
    await expect(page.locator(".result")).to_contain_text("The lesson has ended.")  # the ten seconds are over
    await expect(page.locator(".result")).to_contain_text(left)


async def start_with_a_finger(stand: Stand, page: Page) -> None:
    """Sit down at the tablet and begin."""
    await page.goto(stand.stack.url)
    await page.get_by_role("button", name="Start lesson").tap()
    await expect(page.locator("lk-bar .holder")).to_contain_text("Chen Yu 45 min left")
    await expect(page.locator(".result")).to_contain_text(BEGUN)


async def drive(stand: Stand, tablet: Console) -> None:
    """Drag the motor's slider from its middle, where it stands, and see the robot turn."""
    slider = control(tablet, "robot-kit", "motors/left").get_by_role("slider")
    await expect(slider).to_have_value("0")
    async with touching(slider, 0.5, to=0.8):
        pass
    await expect(control(tablet, "robot-kit", "motors/left").locator(".note")).to_have_text("confirmed")
    assert 50 <= await stand.value("robot-kit", "motors/left") <= 70


async def record_and_mark(page: Page) -> None:
    """Begin a recording and write into it."""
    await page.locator("button.record").tap()
    await page.get_by_label("Name").fill("robot")
    await page.get_by_role("button", name="Start recording").tap()
    await expect(page.locator(".recording-facts dd").nth(1)).not_to_have_text("0")
    await page.get_by_label("What happens now").fill("it turns")
    await page.get_by_role("button", name="Mark", exact=True).tap()
    await expect(page.get_by_role("list", name="Markers")).to_contain_text("it turns")


async def test_with_a_finger_a_teacher_starts_drives_records_marks_stops_all_and_ends(
    stand: Stand, console: Console, open_console: OpenConsole
) -> None:
    """On a tablet held upright; the stop is released by the colleague who may."""
    tablet, colleague = await open_console(size=(820, 1180), touch=True), await open_console(touch=True)
    await welcome(stand, console.page, tablet.page, "Chen Yu", school=SCHOOL, lab="lab-1")
    await welcome(stand, console.page, colleague.page, "Zhou Lan", school=SCHOOL)
    await stand.put("robot-kit", "motors/left", value=0)
    page = tablet.page
    await start_with_a_finger(stand, page)
    await drive(stand, tablet)
    await record_and_mark(page)
    await page.get_by_role("button", name="Stop all").tap()
    await expect(page.locator(".stopped")).to_contain_text("Zhou Lan")
    await stand.becomes("robot-kit", "motors/left", 0)
    await colleague.open(stand.stack.url)
    async with touching(colleague.page.get_by_role("button", name="Hold to release")):
        await expect(colleague.page.locator(".stopped")).to_have_count(0)
    await expect(page.locator(".stopped")).to_have_count(0)
    assert await stand.value("robot-kit", "motors/left") == 0  # nothing starts by itself
    await page.get_by_role("button", name="Stop recording").tap()
    await expect(page.locator(".recording-facts")).to_contain_text("Sealed")
    await page.get_by_role("button", name="End / prolong").tap()
    await page.get_by_role("button", name="End lesson").tap()
    await expect(page.get_by_role("button", name="Start lesson")).to_be_visible()
    assert (await records(stand))[0]["stopped_ms"] <= time.time() * 1000
