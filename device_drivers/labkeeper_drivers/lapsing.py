"""What points say by saying nothing: a motion sensor that has only a word for motion, a value that is too old."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field

from labkeeper_sdk import Gone, MqttMessage, Reading, Report, Value

WINDOW = 64  # messages taken from the link and not yet looked at


@dataclass(frozen=True, slots=True)
class Later:
    """Unless the point says something before, it has this value so many seconds from now."""

    device: str
    point: str
    value: Value | None
    after_s: float


@dataclass(slots=True)
class Lapses:
    """The timers of points. What is heard of a point ends all that ran for it; `Later` starts new ones."""

    _due: asyncio.Queue[MqttMessage | Report | None] = field(default_factory=asyncio.Queue)
    _timers: dict[tuple[str, str], list[asyncio.TimerHandle]] = field(default_factory=dict)

    def hear(self, heard: Iterable[object]) -> None:
        """Take what one message meant."""
        events = [*heard]
        for event in events:
            if isinstance(event, Report):
                for reading in event.readings:
                    self._end(event.device, reading.point)
            elif isinstance(event, Gone):
                for device, point in [key for key in self._timers if key[0] == event.device]:
                    self._end(device, point)
        for event in events:
            if isinstance(event, Later):
                self._begin(event)

    async def among(self, messages: AsyncIterator[MqttMessage]) -> AsyncIterator[MqttMessage | Report]:
        """Yield messages as they come, and what lapsed between them; ends as the messages do."""
        room = asyncio.Semaphore(WINDOW)

        async def pump() -> None:
            async for message in messages:
                await room.acquire()
                self._due.put_nowait(message)

        pumping = asyncio.create_task(pump(), name="messages")
        pumping.add_done_callback(lambda _: self._due.put_nowait(None))
        try:
            while (each := await self._due.get()) is not None:
                if not isinstance(each, Report):
                    room.release()
                yield each
            await pumping
        finally:
            pumping.cancel()
            await asyncio.gather(pumping, return_exceptions=True)
            for device, point in [*self._timers]:
                self._end(device, point)

    def _begin(self, later: Later) -> None:
        report = Report(later.device, (Reading(later.point, later.value),))
        timer = asyncio.get_running_loop().call_later(later.after_s, self._due.put_nowait, report)
        self._timers.setdefault((later.device, later.point), []).append(timer)

    def _end(self, device: str, point: str) -> None:
        for timer in self._timers.pop((device, point), ()):
            timer.cancel()
