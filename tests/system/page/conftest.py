"""The page on the real stack: one stack for the whole folder, a fresh signed-in browser profile per test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from labkeeper_cli.stack import Stack, Wishes, open_stack
from labkeeper_cli.trial import all_online
from labkeeper_sdk.testing import find_mosquitto
from tests.console.conftest import Console, OpenConsole, browser, open_console

from .stand import BENCHES, PATIENCE_S, SIM_TOML, Stand

__all__ = ["browser", "open_console"]


@pytest_asyncio.fixture(loop_scope="session", scope="package")
async def stand(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stand]:
    """The running lab, all devices online; needs the browser so that nothing starts where nobody can look."""
    assert browser.is_connected()
    if find_mosquitto() is None:
        pytest.skip("Mosquitto is not installed: apt install mosquitto")
    folder: Path = tmp_path_factory.mktemp("stack")
    settings, witness = folder / "sim.toml", folder / "witness.jsonl"
    settings.write_text(SIM_TOML)
    async with open_stack(Wishes(folder, sim=("--config", str(settings)), witness=witness)) as stack:
        wanted = [device for devices in BENCHES.values() for device in devices]
        found = await all_online(stack.client, wanted, PATIENCE_S)
        assert {device["device"] for device in found if device["online"]} == set(wanted)
        yield Stand(stack, witness)


# Which cards are near enough to be filled depends on the heights of others, and those on what has come so far.
ALL_ARE_NEAR = """
window.IntersectionObserver = class extends IntersectionObserver {
  constructor(seen, options) { super(seen, { ...options, rootMargin: "20000px 0px" }); }
};
"""


async def signed_in(stack: Stack, console: Console) -> Console:
    """Give the profile a session, as the sign-in form would, and open the page."""
    answer = await console.page.request.post(f"{stack.url}/api/v1/session", data={"secret": stack.secret})
    assert answer.status == 204, await answer.text()
    await console.page.add_init_script(ALL_ARE_NEAR)
    await console.open(stack.url)
    return console


@pytest_asyncio.fixture(loop_scope="session")
async def console(stand: Stand, open_console: OpenConsole) -> Console:
    """An English, light, signed-in page on a tablet."""
    return await signed_in(stand.stack, await open_console())
