"""Asking again until the answer is the one waited for."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
DEADLINE_S = 60.0
ASK_EVERY_S = 0.1


async def until(ask: Callable[[], Awaitable[T]], right: Callable[[T], bool]) -> T:
    """Return the first answer that is right; fails after the deadline with the last one."""
    deadline_s = time.monotonic() + DEADLINE_S
    while not right(answer := await ask()):
        assert time.monotonic() < deadline_s, f"not within {DEADLINE_S} s; the last answer was {answer}"
        await asyncio.sleep(ASK_EVERY_S)
    return answer
