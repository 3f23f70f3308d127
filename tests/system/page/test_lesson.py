"""A lesson on the real stack, from the press that starts it to the record that is sealed; and its takeover."""

import asyncio
import re
import time
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.console.conftest import Console, OpenConsole

from .stand import LIGHT, SCHOOL, Stand, control

pytestmark = pytest.mark.asyncio(loop_scope="session")
PASSWORD = "seven quiet hamsters"


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
    await expect(page.locator(".result")).to_contain_text(re.compile(r"Begin\s+(\d+) of \1 confirmed"))
    bench = page.get_by_role("checkbox", name=re.compile("^Bench 1:"))
    await expect(bench).to_be_visible()
    started = await bench.inner_text()
    await bench.click()
    await expect(page.locator(".result")).to_contain_text("confirmed")
    await expect(bench).not_to_have_text(started)
    await page.get_by_role("button", name="Stop all").click()
    release = page.get_by_role("button", name="Hold to release")
    await expect(release).to_be_visible()
    await page.get_by_role("button", name="Begin", exact=True).click()
    await expect(page.locator(".result.warn")).to_contain_text("not confirmed")  # nothing moves while it is stopped
    await release.hover()
    await page.mouse.down()
    await expect(release).to_be_hidden()
    await page.mouse.up()
    await page.get_by_role("button", name="Begin", exact=True).click()
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
    release = colleague.page.get_by_role("button", name="Hold to release")
    await release.hover()
    await colleague.page.mouse.down()
    await expect(release).to_be_hidden()
    await colleague.page.mouse.up()
    await expect(teacher.page.locator(".stopped")).to_have_count(0)
    await teacher.page.get_by_role("button", name="End / prolong").click()
    await teacher.page.get_by_role("button", name="End lesson").click()
    await expect(teacher.page.get_by_role("button", name="Start lesson")).to_be_visible()
