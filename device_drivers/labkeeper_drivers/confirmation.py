"""Writes that wait until the device itself says it has done what was asked."""

import asyncio
import math
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import orjson

from labkeeper_sdk import CommandFailed, Point, Reading, Value

# Where a device names no step it may round, but not choose another value.
CLOSE = 1e-3
WHOLE, WIDE = 0.5, 100.0  # a range this wide is whole numbers on the air: brightness, percent, colour temperature
NOT_CONFIRMED = "not_confirmed"
DEVICE_REFUSED = "device_refused"


def confirms(point: Point, asked: Value, seen: Value | None) -> bool:
    """Whether `seen` is what was asked: at most half a step apart for numbers, equal for everything else."""
    if isinstance(asked, bool) or not isinstance(asked, int | float):
        return seen == asked or (isinstance(asked, str) and isinstance(seen, str) and _same_json(asked, seen))
    if seen is None or isinstance(seen, bool | str):
        return False
    return math.isclose(asked, seen, rel_tol=1e-9, abs_tol=_tolerance(point, asked))


def _same_json(asked: str, seen: str) -> bool:
    """Whether both are the same list or object, whatever the spaces between."""
    if asked[:1] not in "[{" or asked[:1] != seen[:1]:
        return False
    try:
        return bool(orjson.loads(asked) == orjson.loads(seen))
    except orjson.JSONDecodeError:
        return False


def _tolerance(point: Point, asked: float) -> float:
    if point.step:
        return point.step / 2
    if point.minimum is not None and point.maximum is not None and point.maximum - point.minimum >= WIDE:
        return WHOLE
    return CLOSE * max(1.0, abs(asked))


@dataclass(slots=True, eq=False)
class Wait:
    """One write under way."""

    point: Point
    asked: Value
    seen: asyncio.Future[None]
    deadline: asyncio.Timeout
    ticket: str = ""  # the device answers with this, and no value needs to say it
    accepted: bool = False  # the device took the target and is on its way
    refusal: str = ""  # why the device does not do it
    given_up: str = ""  # why nobody will hear a confirmation


@dataclass(slots=True)
class Waiting:
    """All writes under way behind one connection."""

    _waits: dict[tuple[str, str], list[Wait]] = field(default_factory=dict)
    _newest: dict[tuple[str, str], Value | None] = field(default_factory=dict)

    @asynccontextmanager
    async def confirmation(
        self, device: str, point: Point, asked: Value, within_s: float, *, ticket: str = ""
    ) -> AsyncIterator[None]:
        """Send inside this context; leaving it means the device has confirmed.

        With a ticket only the answer that bears it confirms. Raises CommandFailed not_confirmed or device_refused.
        """
        deadline = asyncio.timeout(within_s)
        wait = Wait(point, asked, asyncio.get_running_loop().create_future(), deadline, ticket)
        waits = self._waits.setdefault((device, point.name), [])
        waits.append(wait)
        try:
            async with deadline:
                yield
                await wait.seen
        except TimeoutError:
            raise CommandFailed(NOT_CONFIRMED, _what_is_missing(wait, within_s)) from None
        finally:
            waits.remove(wait)
            if not waits:
                self._waits.pop((device, point.name), None)
        if wait.refusal:
            raise CommandFailed(DEVICE_REFUSED, wait.refusal)

    def saw(self, device: str, readings: Iterable[Reading]) -> None:
        """Wake every write these readings confirm."""
        for reading in readings:
            self._newest[device, reading.point] = reading.value
            for wait in self._waits.get((device, reading.point), ()):
                if not wait.ticket and not wait.seen.done() and confirms(wait.point, wait.asked, reading.value):
                    wait.seen.set_result(None)

    def accepted(self, device: str, point: str, target: Value) -> None:
        """Note that the device has taken this target; one that is there already will say nothing more about it."""
        for wait in self._waits.get((device, point), ()):
            wait.accepted = wait.accepted or confirms(wait.point, wait.asked, target)
            there = confirms(wait.point, wait.asked, self._newest.get((device, point)))
            if wait.accepted and there and not wait.seen.done():
                wait.seen.set_result(None)

    def answered(self, ticket: str, refusal: str) -> None:
        """Wake the write with this ticket: the device has done it, or says why not."""
        for wait in (wait for waits in self._waits.values() for wait in waits):
            if wait.ticket == ticket and not wait.seen.done():
                wait.refusal = refusal
                wait.seen.set_result(None)

    def give_up(self, why: str) -> None:
        """Fail every write under way: nobody will hear a confirmation any more."""
        for wait in (wait for waits in self._waits.values() for wait in waits):
            if not wait.seen.done() and not wait.deadline.expired():
                wait.given_up = why
                wait.deadline.reschedule(asyncio.get_running_loop().time())


def _what_is_missing(wait: Wait, within_s: float) -> str:
    if wait.given_up:
        return wait.given_up
    if wait.ticket:
        return f"{wait.point.name} was not answered within {within_s:g} s"
    if wait.accepted:
        return f"{wait.point.name} took the target {wait.asked} but did not reach it within {within_s:g} s"
    return f"{wait.point.name} did not say {wait.asked} within {within_s:g} s"
