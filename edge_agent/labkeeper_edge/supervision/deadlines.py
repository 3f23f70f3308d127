"""Every call of a driver has an end: opening and closing its connection too."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TypeVar

from labkeeper_sdk import DeviceUnreachable

log = logging.getLogger(__name__)

CONNECT_S = 30.0  # a handshake over a slow radio, and a process that has to be started first
CLOSE_S = 10.0
T = TypeVar("T")


class DriverFault(DeviceUnreachable):
    """The driver itself broke, hung, or its process died: the device may be well, and trying at once is no use."""


class BrokerAway(DeviceUnreachable):
    """The lab's broker is lost or not there: until we are back, it may have forgotten that we want to hear anything."""


@asynccontextmanager
async def in_time(
    what: str, opening: AbstractAsyncContextManager[T], *, open_s: float = CONNECT_S, close_s: float = CLOSE_S
) -> AsyncIterator[T]:
    """Hold a context that is entered and left in time; raises DriverFault if it is not entered.

    One that is not left in time is given up and logged: whoever waits for it waits no longer.
    """
    try:
        async with asyncio.timeout(open_s) as deadline:
            thing = await opening.__aenter__()
    except TimeoutError:
        if not deadline.expired():
            raise
        raise DriverFault(f"it did not connect within {open_s:g} s") from None
    try:
        yield thing
    except BaseException as error:  # handed on to what is closed, as a `with` does
        if not await _left(what, opening, close_s, error):
            raise
    else:
        await _left(what, opening, close_s, None)


async def _left(
    what: str, opening: AbstractAsyncContextManager[T], close_s: float, error: BaseException | None
) -> bool:
    """Leave a context with the error that ended it; return whether the context swallowed it."""
    try:
        async with asyncio.timeout(close_s) as deadline:
            kind = None if error is None else type(error)
            trace = None if error is None else error.__traceback__
            return bool(await opening.__aexit__(kind, error, trace))
    except TimeoutError:
        if not deadline.expired():
            raise
        log.warning("%s: did not close its connection within %g s and is left to itself", what, close_s)
        return False
