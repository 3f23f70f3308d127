"""What a test of a driver wants to say in one line."""

import math

from labkeeper_sdk.drivers import Availability, Found, Gone, Nonsense, Report
from labkeeper_sdk.errors import CommandFailed, CommandRejected
from labkeeper_sdk.testing.watching import ALONE, PATIENCE_S, Watched
from labkeeper_sdk.values import Value


async def assert_reading(
    watched: Watched, point: str, value: Value | None, *, device: str = ALONE, within_s: float = PATIENCE_S
) -> None:
    """Wait until the newest reading of the point is `value` (floats: to nine digits); says what came instead."""

    def newest() -> list[Value | None]:
        return [one.value for one in watched.readings(device, point)][-1:]

    try:
        await watched.until(lambda: any(_equal(value, one) for one in newest()), within_s)
    except TimeoutError:
        raise AssertionError(f"{device}/{point} is {newest() or 'never reported'}, not {value!r}") from None


async def assert_emits(
    watched: Watched, *events: Found | Gone | Availability | Report | Nonsense, within_s: float = PATIENCE_S
) -> None:
    """Wait until every one of these events has come, in any order; says which has not."""
    try:
        await watched.until(lambda: all(event in watched.events for event in events), within_s)
    except TimeoutError:
        missing = [event for event in events if event not in watched.events]
        raise AssertionError(f"never came: {missing}; came: {watched.events[-5:]}") from None


async def assert_rejects(watched: Watched, point: str, value: Value, code: str, *, device: str = ALONE) -> None:
    """Write, and expect CommandRejected or CommandFailed with this code."""
    try:
        await watched.write(device, point, value)
    except (CommandRejected, CommandFailed) as refused:
        if refused.code != code:
            raise AssertionError(f"{point} = {value!r} was refused as {refused.code}, not {code}") from refused
        return
    raise AssertionError(f"{point} = {value!r} was taken")


def _equal(wanted: Value | None, seen: object) -> bool:
    if isinstance(wanted, float) and isinstance(seen, int | float) and not isinstance(seen, bool):
        return math.isclose(wanted, seen, rel_tol=1e-9, abs_tol=1e-9)
    return type(wanted) is type(seen) and bool(wanted == seen)
