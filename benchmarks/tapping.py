"""A finger on a switch in a real browser: until the page itself shows it waits, and until the device has confirmed.

By the page's own clock: from the tap's event to the next frame after the tile says so. The other end is the simulated
light behind hub, broker, node and driver. `not_confirmed` counts taps the page gave up on.
"""

import asyncio
from pathlib import Path

from playwright.async_api import Locator, Page

from benchmarks.arriving import TABLET, browser
from benchmarks.harness import Figures
from labkeeper_cli.client import percentile
from labkeeper_cli.stack import Stack, Wishes, open_stack

PATIENCE_MS = 15_000
# What a tile shows after a tap, each with the time of the frame in which one could see it.
WATCH = """
tile => {
  const told = (tile.told = {});
  const outcome = () => {
    const classes = tile.querySelector(".control")?.classList;
    const shown = ["pending", "confirmed"].find((one) => classes?.contains(one));
    return shown ?? (tile.querySelector(".retry") ? "given_up" : "");
  };
  const look = () => {
    const now = outcome();
    if (!told.tapped || !now || told[now] || told[`${now}_seen`]) return;
    told[`${now}_seen`] = true;
    requestAnimationFrame(() => { told[now] = performance.now() - told.tapped; });
  };
  new MutationObserver(look).observe(tile, { subtree: true, childList: true, attributes: true, characterData: true });
  tile.addEventListener("click", (event) => {
    for (const name of Object.keys(told)) delete told[name];
    told.tapped = event.timeStamp;
  }, { capture: true });
}
"""
ENDED = "({ told }) => told.pending !== undefined && (told.confirmed ?? told.given_up) !== undefined"


async def tap(folder: Path, count: int) -> Figures:
    """Tap so often on one switch, with a pause between two taps."""
    async with open_stack(Wishes(folder, sim=("--only", "light"))) as stack, browser() as launched:
        page = await launched.new_page(viewport=TABLET, has_touch=True, locale="zh-CN")
        tile = await _tile(page, stack)
        found = [await _tapped(page, tile) for _ in range(count)]
    pending = [one["pending"] for one in found]
    confirmed = [one["confirmed"] for one in found if "confirmed" in one]
    return {
        "tap_feedback_p50_ms": round(percentile(pending, 0.5), 1),
        "tap_feedback_p95_ms": round(percentile(pending, 0.95), 1),
        "tap_confirmed_p50_ms": round(percentile(confirmed, 0.5), 1) if confirmed else None,
        "tap_confirmed_p95_ms": round(percentile(confirmed, 0.95), 1) if confirmed else None,
        "tap_not_confirmed": count - len(confirmed),
        "taps": count,
    }


async def _tile(page: Page, stack: Stack) -> Locator:
    """Sign in, and return the tile of the light's switch, watched."""
    signed = await page.request.post(f"{stack.url}/api/v1/session", data={"secret": stack.secret})
    if not signed.ok:
        raise RuntimeError(f"the hub did not let us in: {signed.status}")
    await page.goto(stack.url)
    tile = page.locator("lk-tile").filter(has=page.get_by_role("switch")).first
    await tile.get_by_role("switch").wait_for()
    await tile.evaluate(WATCH)
    return tile


async def _tapped(page: Page, tile: Locator) -> dict[str, float]:
    """Tap once; return the milliseconds to what was shown."""
    await tile.get_by_role("switch").tap()
    handle = await tile.element_handle()
    await page.wait_for_function(ENDED, arg=handle, timeout=PATIENCE_MS)
    told: dict[str, float] = await tile.evaluate("tile => tile.told")
    await asyncio.sleep(0.3)  # a person's pause: a hub with nothing to do is what one meets
    return told
