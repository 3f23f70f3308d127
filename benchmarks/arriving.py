"""The page in a real browser with two hundred devices on a processor four times slower: cold load, use, and idling.

Cold: a browser profile that has never seen the page, signed in; kilobytes are what its first visit takes from the hub
within five seconds, as sent and unpacked. Interactive: the first switch can be pressed. Busy: the share of a main
thread's time that tasks take while every device's readings change once a second.
"""

import asyncio
import os
import shutil
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, CDPSession, Page, Response, ViewportSize, async_playwright

from benchmarks.harness import Figures, counted
from benchmarks.synthetic import GROUP, Shape, SyntheticNode, open_node
from labkeeper_cli.stack import Stack, Wishes, open_stack

DEVICES, POINTS = 200, 2
LAB = "crowd-lab"
SLOWER = 4
BUSY_S = 5.0
SWITCH = "lk-tile button:not([disabled])"
TABLET: ViewportSize = {"width": 1180, "height": 820}


async def load(folder: Path, visits: int) -> Figures:
    """Visit so often with a new profile; return medians."""
    async with (
        open_stack(Wishes(folder, sim=("--only", "light"))) as stack,
        open_node(stack.broker.url, Shape("crowd", DEVICES, POINTS, POINTS, switches=True, lab=LAB)) as node,
        _changing(node),
        browser() as launched,
    ):
        found = [await _visit(launched, stack) for _ in counted(range(visits), "visit")]
    cold_kb, unpacked_kb, interactive_s, busy = zip(*found, strict=True)
    return {
        "cold_kb": round(statistics.median(cold_kb), 1),
        "cold_unpacked_kb": round(statistics.median(unpacked_kb), 1),
        "interactive_s": round(statistics.median(interactive_s), 2),
        "main_thread_busy": round(statistics.median(busy), 2),
        "slower": SLOWER,
        "devices": DEVICES + 1,
        "visits": visits,
    }


@asynccontextmanager
async def _changing(node: SyntheticNode) -> AsyncIterator[None]:
    """Every device says something once a second."""

    async def say() -> None:
        while True:
            node.send()
            await asyncio.sleep(1 / DEVICES)

    saying = asyncio.create_task(say(), name="devices")
    try:
        yield
    finally:
        saying.cancel()


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """A real browser: of `CHROMIUM`, or what is on the path."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or shutil.which("chromium")
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield launched
        await launched.close()


async def _visit(launched: Browser, stack: Stack) -> tuple[float, float, float, float]:
    context = await launched.new_context(viewport=TABLET, locale="zh-CN")
    page = await context.new_page()
    signed = await page.request.post(f"{stack.url}/api/v1/session", data={"secret": stack.secret})
    if not signed.ok:
        raise RuntimeError(f"the hub did not let us in: {signed.status}")
    session = await context.new_cdp_session(page)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))  # noqa: PLW0108 -- playwright marks what it is given
    began = time.perf_counter()
    await page.goto(f"{stack.url}/#/lab/{GROUP}/{LAB}")
    await page.locator(SWITCH).first.wait_for()
    interactive_s = time.perf_counter() - began
    busy = await _busy(session, page)
    sent, unpacked = zip(*[await _weight(one) for one in responses if one.ok], strict=True)
    await context.close()
    return sum(sent) / 1000, sum(unpacked) / 1000, interactive_s, busy


async def _weight(answer: Response) -> tuple[int, int]:
    """Return the bytes of an answer as the hub sent it, headers included, and those of its unpacked body."""
    sizes = await answer.request.sizes()
    return sizes["responseBodySize"] + sizes["responseHeadersSize"], len(await answer.body())


async def _busy(session: CDPSession, page: Page) -> float:
    await session.send("Performance.enable")
    before_s, began = await _task_s(session), time.perf_counter()
    await page.wait_for_timeout(BUSY_S * 1000)
    return (await _task_s(session) - before_s) / (time.perf_counter() - began)


async def _task_s(session: CDPSession) -> float:
    metrics = (await session.send("Performance.getMetrics"))["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))
