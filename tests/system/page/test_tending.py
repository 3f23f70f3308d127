"""Alarms on the real stack: two leaks, and a person who finds them, reads what to do, and tends each as it is to be."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, expect

from labkeeper_cli.stack import Wishes, open_stack
from labkeeper_cli.trial import all_online
from labkeeper_sdk.testing import find_mosquitto
from tests.console.conftest import OpenConsole

from .conftest import signed_in
from .stand import PATIENCE_S, Stand

pytestmark = pytest.mark.asyncio(loop_scope="session")
GAS, WATER = "0x00158d00000a0007", "0x00158d00000a0008"
PATIENCE_MS = PATIENCE_S * 1000


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def detectors(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stand]:
    """A lab with a gas detector and a leak sensor, and nothing else."""
    assert browser.is_connected()
    if find_mosquitto() is None:
        pytest.skip("Mosquitto is not installed: apt install mosquitto")
    folder: Path = tmp_path_factory.mktemp("detectors")
    settings, witness = folder / "sim.toml", folder / "witness.jsonl"
    settings.write_text('only = ["gas", "leak"]\n')
    async with open_stack(Wishes(folder, sim=("--config", str(settings)), witness=witness)) as stack:
        assert all(device["online"] for device in await all_online(stack.client, [GAS, WATER], PATIENCE_S))
        yield Stand(stack, witness)


async def test_a_person_finds_understands_and_tends_a_gas_alarm_and_puts_a_leak_aside(
    detectors: Stand, open_console: OpenConsole
) -> None:
    console = await signed_in(detectors.stack, await open_console())
    page = console.page

    def alarm(title: str) -> Locator:
        return page.locator("lk-alarm-card").filter(has=page.get_by_role("heading", name=title))

    async with detectors.struck(GAS, "leak"), detectors.struck(WATER, "leak"):
        chip = page.locator("a.alarm-chip").filter(has_text="Gas detector tripped")
        await expect(chip).to_be_visible(timeout=PATIENCE_MS)
        await chip.click()
        gas, water = alarm("Gas detector tripped"), alarm("Water leak")
        await expect(page.locator("lk-alarm-card h3").first).to_have_text("Gas detector tripped")
        for said in ("Danger of explosion", "take everybody out", "High", "Alarm, not acknowledged"):
            await expect(gas).to_contain_text(said)
        await expect(gas.get_by_role("button", name="Shelve")).to_have_count(0)
        await gas.get_by_role("button", name="Acknowledge").click()
        await expect(gas).to_contain_text("Alarm, acknowledged")

        await expect(water).to_contain_text("Close the water", timeout=PATIENCE_MS)
        await water.get_by_role("button", name="Shelve").click()
        await water.get_by_label("Reason").fill("the plumber is here")
        await water.get_by_label("For how long").select_option(label="4 h")
        await water.locator("form button").click()
        await expect(water).to_have_count(0)
        await page.get_by_role("button", name="Suppressed 1").click()
        await expect(water).to_contain_text("owner shelved it until")
        await expect(water).to_contain_text("the plumber is here")

    await page.get_by_role("button", name=re.compile(r"^Now \d")).click()
    await expect(gas).to_contain_text("Over, waits for a reset", timeout=PATIENCE_MS)
    await gas.get_by_role("button", name="Reset").click()
    await expect(gas).to_have_count(0)
    await page.get_by_role("button", name="History").click()
    for said in ("acknowledged", "shelved", "reset", "the plumber is here"):
        await expect(page.locator("lk-alarm-history")).to_contain_text(said)
    await page.get_by_role("button", name="Load").click()
    await expect(page.locator("lk-alarm-load")).to_contain_text("within limits")
