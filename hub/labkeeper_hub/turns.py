"""Long work on the event loop, in turns that nobody notices."""

import asyncio
import time
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar("T")
TURN_S = 0.004  # nothing may hold the loop for more than 10 ms, and one step more is part of a turn


async def in_turns(steps: Iterable[object]) -> None:
    """Take the steps one after another, and let everybody else go on first and whenever a turn is over.

    A step should be short: one that looks through many things for the next is a turn of whatever length it takes.
    """
    await asyncio.sleep(0)  # what the caller has done so far was a turn
    began_s = time.perf_counter()
    for _ in steps:
        if time.perf_counter() - began_s >= TURN_S:
            await asyncio.sleep(0)
            began_s = time.perf_counter()


def at_once(steps: Iterable[object]) -> None:
    """Take the steps one after another without a pause, for whoever has nobody beside them."""
    for _ in steps:
        pass


async def listed(things: Iterable[T]) -> list[T]:
    """Return the things as a list that was made in turns."""
    found: list[T] = []
    await in_turns(map(found.append, things))
    return found
