"""A browser and a signed-in page, for tests against the fake hub and against a real one."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, async_playwright, expect

from labkeeper_hub.console import HOW_TO_VENDOR, is_complete

from .fake_hub import LINK, FakeHub
from .fake_server import serve
from .lab import furnish

Language = Literal["zh", "en"]
Theme = Literal["light", "dark"]
AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"

# What the browser itself logs when a hub is away or asks for a sign-in: expected, and tested elsewhere.
PATIENCE_MS = 20_000  # five seconds, which Playwright would wait, are short where several browsers share two cores
EXPECTED_NOISE = ("Failed to load resource", "WebSocket connection to")


@dataclass  # no slots: playwright writes on the owner of a listener
class Console:
    """One browser tab, and what it complained about."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def listen(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(EXPECTED_NOISE):
            self.complaints.append(message.text)

    async def open(self, address: str) -> None:
        """Open `address` and wait for the first tile."""
        await self.page.goto(address)
        await self.page.locator("lk-tile").first.wait_for()

    def card(self, device: str) -> Locator:
        """The card of `<school>/<node>/<device>`, or of a device of the fake hub's first lab."""
        key = device if "/" in device else f"minhang-3/pi-301/{device}"
        return self.page.locator(f"[id='device/{key}']")

    def tile(self, device: str, name: str) -> Locator:
        return self.card(device).locator("lk-tile").filter(has=self.page.locator(".name", has_text=name))


OpenConsole = Callable[..., Awaitable[Console]]


def unless_ci(reason: str) -> None:
    """Skip for want of something; in CI that is a failure, because there everything is installed."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser() -> AsyncIterator[Browser]:
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if chromium is None:
        unless_ci("no chromium on the PATH and none named by CHROMIUM")
    if not is_complete():
        unless_ci(f"the page's third-party files are missing: {HOW_TO_VENDOR}")
    expect.set_options(timeout=PATIENCE_MS)
    arguments = ["--no-sandbox", "--disable-gpu", "--in-process-gpu"]  # there is none, and a process less costs less
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield launched
        await launched.close()


@pytest_asyncio.fixture(loop_scope="session")
async def open_console(browser: Browser) -> AsyncIterator[OpenConsole]:
    """Open tabs, each in a profile of its own; at the end none may have complained."""
    opened: list[tuple[BrowserContext, Console]] = []

    async def open_one(
        *, language: Language = "en", theme: Theme = "light", size: tuple[int, int] = (1180, 820), touch: bool = False
    ) -> Console:
        context = await browser.new_context(
            locale={"zh": "zh-CN", "en": "en-GB"}[language],
            color_scheme=theme,
            viewport={"width": size[0], "height": size[1]},
            has_touch=touch,
        )
        console = Console(await context.new_page())
        console.listen()
        opened.append((context, console))
        return console

    yield open_one
    for context, _ in opened:
        await context.close()
    assert [complaint for _, console in opened for complaint in console.complaints] == []


@pytest_asyncio.fixture(loop_scope="session")
async def hub(browser: Browser) -> AsyncIterator[FakeHub]:
    """A furnished fake hub; named after the browser so that nothing is served where nothing can look."""
    assert browser.is_connected()
    fake = FakeHub()
    furnish(fake)
    async with serve(fake):
        yield fake


@pytest_asyncio.fixture(loop_scope="session")
async def console(hub: FakeHub, open_console: OpenConsole) -> Console:
    """An English, light, signed-in page on a tablet."""
    opened = await open_console()
    await opened.open(hub.sign_in)
    return opened


async def sign_in(hub: FakeHub, console: Console, hash_: str = "") -> None:
    """Sign `console` in, a second one too, and open `hash_`."""
    hub.links.add(LINK)
    await console.open(hub.sign_in)
    if hash_:
        await console.page.evaluate("hash => { location.hash = hash; }", hash_)
