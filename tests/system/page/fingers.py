"""A finger on the glass: what a tap alone cannot do, hold and drag."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Locator

STEPS = 6


@asynccontextmanager
async def touching(place: Locator, share: float = 0.5, to: float | None = None) -> AsyncIterator[None]:
    """Have a finger at this share of the element's width, or drag it on to `to`, until the end of the context."""
    await place.scroll_into_view_if_needed()
    box = await place.bounding_box()
    assert box is not None
    session = await place.page.context.new_cdp_session(place.page)

    async def touch(kind: str, *shares: float) -> None:
        points = [{"x": box["x"] + one * box["width"], "y": box["y"] + box["height"] / 2} for one in shares]
        await session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    await touch("touchStart", share)
    for step in range(1, STEPS + 1) if to is not None else ():
        await touch("touchMove", share + ((to or 0.0) - share) * step / STEPS)
    yield
    await touch("touchEnd")
