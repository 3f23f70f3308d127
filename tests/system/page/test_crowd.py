"""Two hundred devices in one lab on a processor four times slower: the page shows all, follows them, and commands."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import pytest
from playwright.async_api import expect

from labkeeper_cli.stack import Stack, Wishes, open_stack
from labkeeper_sdk.testing import find_mosquitto
from labkeeper_wire.commands import CommandResult, CommandState
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import PointDescription
from labkeeper_wire.payload import Metric
from tests.console.conftest import OpenConsole
from tests.hub.end_to_end.scripted_node import ScriptedNode, double, joined, lease_metrics, now_ms, until

from .stand import record, recorded

pytestmark = pytest.mark.asyncio(loop_scope="session")
DEVICES, SLOWER = 200, 4
AT_ONCE_MS = 1_000  # by the page's clock, ten times what is asked for: other tests share this processor
ON = PointDescription("on", "switch", DataType.BOOLEAN, writable=True, safe_value=False)
SPEED = PointDescription("speed", "measure", DataType.DOUBLE, "cm/s")
LAST = f"robot-{DEVICES - 1:03}"


def robots() -> dict[str, list[Metric]]:
    """Return what each robot declares: a switch and a speed."""
    switch = Metric("on", False, ON.datatype, now_ms(), properties=ON.to_properties())
    speed = Metric("speed", 0.0, SPEED.datatype, now_ms(), properties=SPEED.to_properties())
    return {f"robot-{number:03}": [switch, speed] for number in range(DEVICES)}


@asynccontextmanager
async def moving(node: ScriptedNode) -> AsyncIterator[None]:
    """Every robot says another speed about once a second."""

    async def say() -> None:
        for step in count(1):
            node.send(f"robot-{step % DEVICES:03}", [double("speed", float(step))])
            await asyncio.sleep(1 / DEVICES)

    saying = asyncio.create_task(say(), name="robots")
    try:
        yield
    finally:
        saying.cancel()


@asynccontextmanager
async def crowded(folder: Path) -> AsyncIterator[tuple[Stack, ScriptedNode]]:
    """Run a stack with two hundred robots that move."""
    if find_mosquitto() is None:
        pytest.skip("Mosquitto is not installed: apt install mosquitto")
    async with (
        open_stack(Wishes(folder, sim=("--only", "light"))) as stack,
        joined(stack.broker.port, devices=robots(), more=lease_metrics()) as node,
        moving(node),
    ):
        yield stack, node


async def test_a_slow_tablet_shows_two_hundred_devices_follows_them_and_switches_the_last(
    open_console: OpenConsole, tmp_path: Path
) -> None:
    async with crowded(tmp_path) as (stack, node):
        console = await open_console(touch=True)
        page = console.page
        await page.request.post(f"{stack.url}/api/v1/session", data={"secret": stack.secret})
        session = await page.context.new_cdp_session(page)
        await session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        await console.open(f"{stack.url}/#/lab/school/lab")
        await expect(page.locator("article[id^='device/school/lab/robot-']")).to_have_count(DEVICES, timeout=60_000)
        card = console.card(f"school/lab/{LAST}")
        await card.scroll_into_view_if_needed()
        value = card.locator(".value")
        before = await value.inner_text()
        await expect(value).not_to_have_text(before)
        switch = card.get_by_role("switch")
        await record(page, tile := card.locator("lk-tile").filter(has=page.get_by_role("switch")))
        await switch.tap()
        await expect(switch).to_have_attribute("aria-busy", "true")
        await until(lambda: bool(node.commands), "the command at the node")
        ((device, request),) = node.commands
        assert (device, request.targets[0].value) == (LAST, True)
        node.answer(LAST, CommandResult(request.id, CommandState.DONE), Metric("on", True, ON.datatype, now_ms()))
        await expect(switch).to_be_checked()
        await expect(card.locator(".note")).to_have_text("confirmed")
        waits_ms = [one["at"] for one in await recorded(tile) if one["outcome"] == "pending"]
        assert waits_ms[0] - await tile.evaluate("tile => tile.pressedAt") < AT_ONCE_MS
