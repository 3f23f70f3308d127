"""The forwarder's loop: take from the log, get it through, note that it is; what was history before it, beside that."""

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from labkeeper_hub.influx.backoff import Backoff
from labkeeper_hub.influx.delivery import Delivery
from labkeeper_hub.influx.line import Lines, lines
from labkeeper_hub.influx.progress import Progress
from labkeeper_hub.influx.settings import InfluxSettings
from labkeeper_hub.influx.sinks import Connect, Sink, SinkUnreachable
from labkeeper_hub.influx.verdict import Absent, Later, Taken, judge
from labkeeper_hub.timeseries.forwarding import Batch, Forwarding
from labkeeper_sdk import BadConfiguration

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How much at once, and how often."""

    batch: int = 20_000  # readings taken from the journal at once: what is in memory
    look_s: float = 0.5  # between two looks at a log that had less than that
    history_per_s: float = 20_000.0  # readings of the history a second, so that the live ones never wait for it


class TryLater(Exception):
    """This connection will not do; the message is for people."""

    def __init__(self, code: str, reason: str, after_s: float | None = None) -> None:
        super().__init__(reason)
        self.code, self.reason, self.after_s = code, reason, after_s


@dataclass(slots=True)
class Forwarder:
    """Runs for ever; nothing that InfluxDB does ends it."""

    settings: InfluxSettings
    connect: Connect
    forwarding: Forwarding
    head_of: Callable[[int], str]
    progress: Progress
    rhythm: Rhythm = Rhythm()
    luck: Callable[[], float] = random.random
    backoff: Backoff = field(default_factory=Backoff)

    async def run(self) -> None:
        """Connect, forward, and begin anew with whatever goes wrong there."""
        while True:
            await self._look()
            try:
                async with self.connect(self.settings) as sink:
                    await self._ready(sink)
                    await self._forward(sink)
            except (TryLater, SinkUnreachable) as wrong:
                after_s = wrong.after_s if isinstance(wrong, TryLater) else None
                await self._wait(wrong.code, wrong.reason, after_s)
            except BadConfiguration as wrong:  # a secret's file was taken away: it may come back
                await self._wait("configuration", str(wrong), None)

    async def _look(self) -> None:
        """See how old what waits is, even while there is nobody to send it to."""
        batch = await self.forwarding.next(1)
        if len(batch.readings):
            self.progress.began(batch)
        else:
            self.progress.nothing_waits()

    async def _wait(self, code: str, reason: str, after_s: float | None) -> None:
        self.progress.failed(code, reason)
        await asyncio.sleep(self.backoff.failed(self.luck(), after_s))

    async def _ready(self, sink: Sink) -> None:
        """Make the database if that is allowed; a refusal is only said: the database may be there all the same."""
        if not self.settings.create:
            return
        verdict = judge(await sink.create())
        if isinstance(verdict, Later) and verdict.code != "unauthorized":
            raise TryLater(verdict.code, verdict.reason, verdict.after_s)
        if not isinstance(verdict, Taken):
            log.info("InfluxDB: the database was not made: %s", getattr(verdict, "reason", ""))

    async def _forward(self, sink: Sink) -> None:
        """Forward what comes, until the connection fails."""
        while True:
            batch = await self.forwarding.next(self.rhythm.batch)
            if len(batch.readings):
                self.progress.began(batch)
                await self._through(sink, batch)
            else:
                self.progress.nothing_waits()
            if len(batch.readings) < self.rhythm.batch:
                await self._history_or_rest(sink)

    async def _history_or_rest(self, sink: Sink) -> None:
        if not self.forwarding.history:
            await asyncio.sleep(self.rhythm.look_s)
            return
        clock = asyncio.get_running_loop().time
        began_s = clock()
        batch = await self.forwarding.older(self.rhythm.batch // 4)
        await self._through(sink, batch)
        await asyncio.sleep(max(0.0, len(batch.readings) / self.rhythm.history_per_s - (clock() - began_s)))

    async def _through(self, sink: Sink, batch: Batch) -> None:
        """Get a batch through and note it; what cannot be is quarantined with it."""
        made = await asyncio.to_thread(lines, batch, self.head_of)
        delivery = Delivery(made.sendable)
        while (body := delivery.body()) is not None:
            verdict = judge(await sink.write(body))
            if isinstance(verdict, Absent):
                raise TryLater("absent", verdict.reason)
            if isinstance(verdict, Later):
                raise TryLater(verdict.code, verdict.reason, verdict.after_s)
            delivery.judged(verdict)
        await self._note(batch, made, delivery)

    async def _note(self, batch: Batch, made: Lines, delivery: Delivery) -> None:
        refused = (*made.refused, *delivery.refused)
        if refused and not self.forwarding.refused:
            log.warning("InfluxDB: refuses readings (%s); they are in the quarantine", refused[0].reason)
        await self.forwarding.passed(batch, refused, self.progress.now_ms())
        self.progress.forwarded += delivery.taken
        self.progress.beyond_retention += delivery.beyond_retention
        self.backoff.worked()
        self.progress.worked()
