"""A driver that does not come, or does not go, is waited for so long and no longer."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from labkeeper_edge.supervision.deadlines import DriverFault, in_time

SOON_S = 0.05


@asynccontextmanager
async def opening(*, comes: bool = True, goes: bool = True) -> AsyncIterator[str]:
    if not comes:
        await asyncio.Event().wait()
    try:
        yield "thing"
    finally:
        if not goes:
            await asyncio.Event().wait()


async def test_a_connection_that_is_not_opened_in_time_is_the_drivers_fault() -> None:
    with pytest.raises(DriverFault, match=r"it did not connect within 0\.05 s"):
        async with in_time("driver x", opening(comes=False), open_s=SOON_S):
            pass


async def test_a_connection_that_is_not_closed_in_time_is_left_to_itself(caplog: pytest.LogCaptureFixture) -> None:
    async with in_time("driver x", opening(goes=False), close_s=SOON_S) as thing:
        assert thing == "thing"
    assert "driver x: did not close its connection within 0.05 s and is left to itself" in caplog.text


async def test_what_ended_a_connection_is_told_though_it_does_not_close(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(ZeroDivisionError):
        async with in_time("driver x", opening(goes=False), close_s=SOON_S):
            raise ZeroDivisionError
    assert "is left to itself" in caplog.text


async def test_a_driver_that_opens_and_closes_in_time_is_not_spoken_of(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    async with in_time("driver x", opening()):
        pass
    assert not caplog.records


async def test_a_deadline_of_the_drivers_own_is_no_deadline_of_ours() -> None:
    @asynccontextmanager
    async def impatient(*, early: bool) -> AsyncIterator[None]:
        if early:
            raise TimeoutError("its own")
        yield
        raise TimeoutError("its own")

    for early in (True, False):
        with pytest.raises(TimeoutError, match="its own"):
            async with in_time("driver x", impatient(early=early)):
                pass
