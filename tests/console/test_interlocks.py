"""What a page says of a command that an interlock refuses: which rule, for what, and what to do, in both languages."""

import pytest
from playwright.async_api import expect

from .conftest import Console, OpenConsole
from .fake_hub import FakeHub, point
from .lab import PI, title

pytestmark = pytest.mark.asyncio(loop_scope="session")
MESSAGE = "heater-on: needs fan; since 2026-11-26T07:44:18Z; 需要：通风已开 | needs: the fan runs"


async def add_interlocks(hub: FakeHub) -> None:
    words = [
        point("heater-on/state", "state", "string", title=title("加热器需要通风", "Heaters need the fan")),
        point("heater-on/advice", "state", "bool", title=title("先打开通风。", "Switch the fan on.")),
    ]
    hub.add_device(PI, "interlocks", ("联锁：化学实验室", "Interlocks: Chemistry lab"), words)
    await hub.tell({"kind": "device", **hub.devices[PI, "interlocks"]})


async def refuse(hub: FakeHub, console: Console, message: str, switch: str) -> None:
    hub.policy = "silent"
    await console.tile("lamp-1", switch).get_by_role("switch").click()
    await hub.settle((await hub.commands_to("state", 1))[0], "rejected", "interlock", message)


async def test_a_refusal_names_the_rule_its_reason_and_what_to_do(hub: FakeHub, console: Console) -> None:
    await add_interlocks(hub)
    await refuse(hub, console, MESSAGE, "Light")
    said = console.page.locator(".attention li")
    await expect(said).to_contain_text("Heaters need the fan. Switch the fan on. (needs: the fan runs; since ")


async def test_a_refusal_is_told_in_chinese_too(hub: FakeHub, open_console: OpenConsole) -> None:
    console = await open_console(language="zh", size=(390, 844), touch=True)
    await console.open(hub.sign_in)
    await add_interlocks(hub)
    hub.policy = "silent"
    await console.page.locator("[id='device/minhang-3/pi-301/lamp-1'] [role=switch]").first.click()
    (command,) = await hub.commands_to("state", 1)
    await hub.settle(command, "rejected", "interlock", MESSAGE)
    said = console.page.locator(".attention li")
    await expect(said).to_contain_text("加热器需要通风。先打开通风。（需要：通风已开；自 ")
    await expect(said).to_contain_text(" 起）")


async def test_a_refusal_of_a_rule_without_words_says_what_the_node_said(hub: FakeHub, console: Console) -> None:
    await refuse(hub, console, "lid: needs shut; since 2026-11-26T07:44:18Z", "Light")
    await expect(console.page.locator(".attention li")).to_contain_text("lid: needs shut")


async def test_a_scene_and_a_group_say_which_rule_forbade_what_and_what_to_do(hub: FakeHub, console: Console) -> None:
    await add_interlocks(hub)
    hub.teaching.stuck = {"lamp-1", "lamp-2"}
    hub.teaching.why = {"state": "rejected", "code": "interlock", "message": MESSAGE}
    await hub.take_lab()
    await console.page.get_by_role("button", name="Experiment", exact=True).click()
    said = console.page.locator(".result")
    await expect(said).to_contain_text(
        "Desk lamp 1 · Light, Desk lamp 2 · Light: Heaters need the fan. Switch the fan on. (needs: the fan runs; "
    )
