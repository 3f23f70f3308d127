"""A page whose clock goes only as far as a test says: what ends after a second or ten is tried to the tenth."""

from playwright.async_api import Error, Page

from .conftest import Console, sign_in
from .fake_hub import FakeHub

STEP_MS = 500


async def sign_in_clocked(hub: FakeHub, console: Console) -> None:
    """Open the page with a clock that can be stopped."""
    await console.page.goto("about:blank")
    await console.page.clock.install()
    await sign_in(hub, console)


async def halt(page: Page) -> None:
    """From now on time passes by `let_pass` alone. On a busy machine the moment may be over when it is told."""
    while True:
        now_ms = await page.evaluate("Date.now()")
        try:
            return await page.clock.pause_at((now_ms + 1) / 1000)
        except Error as error:
            if "to the past" not in error.message:
                raise


async def let_pass(page: Page, ms: int) -> None:
    """So long later; in steps, between which the hub is heard, or the link would be lost."""
    for _ in range(ms // STEP_MS):
        await page.clock.run_for(STEP_MS)
        await page.evaluate("fetch('/static/icon.svg').then((answer) => answer.text())")
    await page.clock.run_for(ms % STEP_MS)
