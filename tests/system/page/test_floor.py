"""The floor on the real stack: from the teacher's press to the node, and back in one tap."""

import io

import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import Locator, Page, expect

from tests.console.conftest import Console, OpenConsole

from .stand import NODE, SCHOOL, Stand

pytestmark = pytest.mark.asyncio(loop_scope="session")
MOTOR = {"school": SCHOOL, "node": NODE, "device": "robot-kit", "point": "motors/left"}


async def wish(pupils: Page, value: int) -> tuple[int, str]:
    """Ask for a speed as a pupil's own program would; return the answer's status and code."""
    address = pupils.url.replace("/s/", "/api/v1/commands")
    origin = {"Origin": pupils.url.partition("/s/")[0]}
    answer = await pupils.request.post(address, data={**MOTOR, "value": value}, headers=origin)
    told = await answer.json()
    return answer.status, told.get("code", "")


async def read(code: Locator) -> str:
    """What a phone's camera would make of the code."""
    found = zxingcpp.read_barcode(Image.open(io.BytesIO(await code.screenshot())))
    assert found is not None
    return found.text


async def test_pupils_drive_a_motor_within_its_limit_until_it_is_taken_back(
    stand: Stand, console: Console, open_console: OpenConsole
) -> None:
    page, before = console.page, len(stand.orders("robot-kit", "motors/left"))
    await page.get_by_role("button", name="Start lesson").click()
    bench = page.locator(".bench").filter(has=page.get_by_role("heading", name="Bench 1"))
    await bench.get_by_role("button", name="Pupils").click()
    sheet = page.get_by_role("dialog")
    link = await sheet.locator(".link").inner_text()
    assert await read(sheet.get_by_role("img", name="QR code of the pupils' page")) == link
    await sheet.get_by_role("checkbox", name="Left").check()
    await sheet.get_by_role("slider", name="Limit").fill("40")
    await sheet.get_by_role("button", name="Give").click()
    pupils = (await open_console(size=(390, 844), touch=True)).page
    await pupils.goto(link)
    motor = pupils.get_by_role("slider")
    await expect(motor).to_have_attribute("max", "40")
    await expect(pupils.locator("lk-pupils .card")).to_have_count(3)
    await motor.focus()
    await pupils.keyboard.press("End")
    await stand.becomes("robot-kit", "motors/left", 40)
    assert await wish(pupils, 41) == (422, "not_given")
    await page.keyboard.press("Escape")
    await bench.get_by_role("button", name="Take back").click()
    await expect(motor).to_have_count(0)
    await stand.becomes("robot-kit", "motors/left", 0)  # the node brings to rest what they drove
    assert await wish(pupils, 0) == (422, "leased")
    assert max(float(value) for value in stand.orders("robot-kit", "motors/left")[before:]) == 40
    await page.get_by_role("button", name="End / prolong").click()
    await page.get_by_role("button", name="End lesson").click()
    await expect(pupils.get_by_role("main")).to_contain_text("scan a new code")
