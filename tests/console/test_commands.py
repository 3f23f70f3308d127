import asyncio

import pytest
from playwright.async_api import expect

from .clocks import halt, let_pass, sign_in_clocked
from .conftest import Console
from .fake_hub import FakeHub, now_ms
from .lab import PI

FRAMES = """
() => {
  window.frames_seen = [];
  const tile = document.querySelector("[id='device/minhang-3/pi-301/lamp-1'] [role=switch]").closest("lk-tile");
  const look = () => {
    const knob = tile.querySelector("[role=switch]").getAttribute("aria-checked");
    const seen = `${knob} ${tile.querySelector(".note")?.textContent.trim() ?? ""}`;
    if (window.frames_seen.at(-1) !== seen) window.frames_seen.push(seen);
    requestAnimationFrame(look);
  };
  look();
}
"""

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_switch_is_pending_until_confirmed_and_never_shows_what_was_only_asked(
    hub: FakeHub, console: Console
) -> None:
    hub.policy = "silent"
    tile = console.tile("lamp-1", "Light")
    switch = tile.get_by_role("switch")
    await switch.click()
    await expect(tile.locator(".note")).to_have_text("waiting")
    await expect(switch).to_be_checked()
    (command,) = await hub.commands_to("state", 1)
    assert command["value"] is False
    await hub.settle(command, "done")
    await expect(tile.locator(".note")).to_have_text("confirmed")
    await expect(switch).not_to_be_checked()
    await expect(tile.locator(".word")).to_have_text("Off")
    await expect(tile.locator(".note")).to_have_count(0)


async def test_confirmed_shows_in_the_frame_in_which_the_knob_turns(hub: FakeHub, console: Console) -> None:
    hub.policy = "silent"
    tile = console.tile("lamp-1", "Light")
    await tile.get_by_role("switch").click()
    (command,) = await hub.commands_to("state", 1)
    await console.page.evaluate(FRAMES)
    await hub.tell({"kind": "command", **command, "state": "done"})
    await hub.read(PI, "lamp-1", "state", value=False)
    async with asyncio.timeout(10):
        while not (
            seen := [it for it in await console.page.evaluate("window.frames_seen") if it.endswith("confirmed")]
        ):
            await asyncio.sleep(0.02)
    assert seen == ["false confirmed"]


async def test_a_value_that_stays_another_is_confirmed_all_the_same(hub: FakeHub, console: Console) -> None:
    hub.policy = "silent"
    tile = console.tile("lamp-1", "Light")
    await tile.get_by_role("switch").click()
    (command,) = await hub.commands_to("state", 1)
    await hub.tell({"kind": "command", **command, "state": "done"})
    await expect(tile.locator(".note")).to_have_text("confirmed")
    await expect(tile.get_by_role("switch")).to_be_checked()


async def test_a_press_is_visibly_pending_before_the_hub_has_said_anything(hub: FakeHub, console: Console) -> None:
    hub.muted = True
    took_ms = await console.page.evaluate(
        """async () => {
          const knob = document.querySelector("[id='device/minhang-3/pi-301/lamp-1'] [role=switch]");
          const pressed = performance.now();
          knob.click();
          while (knob.getAttribute("aria-busy") !== "true") await new Promise(requestAnimationFrame);
          return performance.now() - pressed;
        }"""
    )
    assert took_ms < 100
    hub.muted = False


async def test_silence_becomes_not_confirmed_and_can_be_tried_again(hub: FakeHub, console: Console) -> None:
    hub.policy = "silent"
    tile = console.tile("lamp-1", "Light")
    await tile.get_by_role("switch").click()
    await expect(tile.locator(".note")).to_contain_text("not confirmed")
    await expect(tile.get_by_role("switch")).to_be_checked()
    await expect(console.page.locator(".attention li")).to_contain_text("Desk lamp 1 · Light")
    hub.policy = "done"
    await tile.get_by_role("button", name="Try again: Light").click()
    await expect(tile.get_by_role("switch")).not_to_be_checked()
    first, second = await hub.commands_to("state", 2)
    assert first["id"] != second["id"]
    assert first["value"] is second["value"] is False
    await expect(console.page.locator(".attention")).to_have_text("All is well in Lab 301")


async def test_what_is_silent_for_two_seconds_is_not_confirmed_and_is_waited_for_so_long(
    hub: FakeHub, console: Console
) -> None:
    hub.policy = "silent"
    hub.devices[PI, "lamp-1"]["points"][0]["confirm_s"] = None  # it says nothing of its own
    await sign_in_clocked(hub, console)
    tile = console.tile("lamp-1", "Light")
    await halt(console.page)
    await tile.get_by_role("switch").click()
    await let_pass(console.page, 1_990)
    await expect(tile.locator(".note")).to_have_text("waiting")
    await let_pass(console.page, 10)
    await expect(tile.locator(".note")).to_contain_text("not confirmed")
    await expect(tile.locator(".retry")).to_be_visible()


async def test_a_late_answer_still_counts(hub: FakeHub, console: Console) -> None:
    hub.policy = "silent"
    tile = console.tile("lamp-1", "Light")
    await tile.get_by_role("switch").click()
    await expect(tile.locator(".note")).to_contain_text("not confirmed")
    await hub.settle((await hub.commands_to("state", 1))[0], "done")
    await expect(tile.locator(".note")).to_have_text("confirmed")


async def test_a_slow_radio_has_the_time_it_declares(hub: FakeHub, console: Console) -> None:
    hub.devices[PI, "lamp-1"]["points"][0]["confirm_s"] = 60.0
    await hub.tell({"kind": "device", **hub.devices[PI, "lamp-1"]})
    hub.policy = "silent"
    slow, quick = console.tile("lamp-1", "Light"), console.tile("lamp-2", "Light")
    await slow.get_by_role("switch").click()
    (command,) = await hub.commands_to("state", 1)
    assert command["deadline_ms"] - command["created_ms"] >= 60_000
    await quick.get_by_role("switch").click()
    await expect(quick.locator(".note")).to_contain_text("not confirmed")
    await expect(slow.locator(".note")).to_have_text("waiting")


@pytest.mark.parametrize(
    ("state", "code", "word", "why"),
    [
        ("rejected", "interlock", "refused", "an interlock forbids it"),
        ("failed", "unreachable", "failed", "the device does not respond"),
        ("expired", None, "too late", "it did not arrive in time"),
        ("unknown", "node_lost", "outcome unknown", "look at the device before trying again"),
    ],
)
async def test_what_went_wrong_is_said_in_words(
    hub: FakeHub, console: Console, state: str, code: str | None, word: str, why: str
) -> None:
    hub.policy, hub.code = state, code
    tile = console.tile("lamp-1", "Light")
    await tile.get_by_role("switch").click()
    await expect(tile.locator(".note")).to_contain_text(word)
    await expect(tile.get_by_role("switch")).to_be_checked()
    await expect(console.page.locator(".attention li")).to_contain_text(why)
    await expect(console.page.get_by_role("status")).to_contain_text(why)
    await console.page.get_by_role("button", name="Dismiss: Desk lamp 1 · Light").click()
    await expect(console.page.locator(".attention")).to_have_text("All is well in Lab 301")


async def test_a_command_the_hub_itself_refuses_is_explained_too(hub: FakeHub, console: Console) -> None:
    hub.policy = "refused"
    await console.tile("lamp-1", "Light").get_by_role("switch").click()
    await expect(console.page.locator(".attention li")).to_contain_text("refused · pupils may not")


async def test_a_second_tap_at_once_is_a_slip_not_a_command(hub: FakeHub, console: Console) -> None:
    hub.policy = "silent"
    await console.tile("lamp-1", "Light").get_by_role("switch").dblclick()
    await console.tile("lamp-1", "Identify").get_by_role("button").click()
    await hub.commands_to("identify", 1)
    assert [one["point"] for one in hub.commands] == ["state", "identify"]


async def test_somebody_elses_command_is_seen_coming(hub: FakeHub, console: Console) -> None:
    command = {"id": "theirs", "school": "minhang-3", "node": PI, "device": "lamp-1", "point": "state", "value": False,
               "code": None, "message": None, "created_ms": now_ms(), "deadline_ms": now_ms() + 30_000}  # fmt: skip
    await hub.tell({"kind": "command", **command, "state": "sent"})
    tile = console.tile("lamp-1", "Light")
    await expect(tile.locator(".note")).to_have_text("Someone else is setting it")
    await hub.settle(command, "done")
    await expect(tile.get_by_role("switch")).not_to_be_checked()
    await expect(tile.locator(".note")).to_have_count(0)


async def test_a_choice_of_few_is_buttons_and_of_many_a_list(hub: FakeHub, console: Console) -> None:
    mode = console.tile("hvac", "Mode")
    await expect(mode.get_by_role("button", name="Cool")).to_have_attribute("aria-pressed", "true")
    await mode.get_by_role("button", name="Heat").click()
    await expect(mode.get_by_role("button", name="Heat")).to_have_attribute("aria-pressed", "true")
    hub.policy = "rejected"
    fan = console.tile("hvac", "Fan speed")
    await fan.get_by_role("combobox").select_option("turbo")
    await expect(fan.locator(".note")).to_contain_text("refused")
    await expect(fan.get_by_role("combobox")).to_have_value("low")


async def test_an_action_is_a_button_and_its_result_is_said(hub: FakeHub, console: Console) -> None:
    tile = console.tile("lamp-2", "Identify")
    await tile.get_by_role("button", name="Do it: Identify").click()
    assert (await hub.commands_to("identify", 1))[0]["value"] is True
    await expect(tile.locator(".note")).to_have_text("confirmed")
