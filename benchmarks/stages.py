"""Where a command's time goes, seen from outside: a listener at the broker notes when each message of it passes.

The product takes no part in this. The listener is one more reader for the broker to serve, so a run with stages is a
little slower than one without; the shares are what it is for.
"""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from benchmarks.harness import Figures
from labkeeper_wire.codec import decode
from labkeeper_wire.commands import RESULT, CommandResult, CommandState
from labkeeper_wire.mqtt import Address, Message, connect
from labkeeper_wire.topics import NAMESPACE

ORDER, ASKED, SAID, ANSWERED = "order", "asked", "said", "answered"
STAGES = {  # from when to when, and who is at work between
    "hub": ("began", ORDER),  # page → hub → the DCMD at the broker
    "node": (ORDER, ASKED),  # node and driver, up to what the device is told
    "device": (ASKED, SAID),
    "back": (SAID, ANSWERED),  # driver and node, up to `done` at the broker
    "page": (ANSWERED, "ended"),  # hub → page
}


@dataclass(slots=True)
class Listener:
    """The first time of each message since `begin`, in seconds of this process's clock."""

    passed: dict[str, float] = field(default_factory=dict)
    found: list[Mapping[str, float]] = field(default_factory=list)

    def begin(self) -> None:
        """A command is about to be sent."""
        self.passed = {"began": time.perf_counter()}

    def end(self) -> None:
        """It is done; a command of which a message was missed is left out."""
        self.passed["ended"] = time.perf_counter()
        if all(name in self.passed for span in STAGES.values() for name in span):
            self.found.append(self.passed)

    def hear(self, message: Message) -> None:
        """Note when it came, if it belongs to a command."""
        name = kind_of(message)
        if name is not None:
            self.passed.setdefault(name, time.perf_counter())

    def figures(self) -> Figures:
        """Return the median of each stage, in milliseconds."""
        spans = {stage: [at[end] - at[begin] for at in self.found] for stage, (begin, end) in STAGES.items()}
        medians = {stage: round(statistics.median(values) * 1000, 2) for stage, values in spans.items() if values}
        return {"stages_ms": medians, "stages_of": len(self.found)}


def kind_of(message: Message) -> str | None:
    """Tell which step of a command a message is; None if it is none."""
    if not message.topic.startswith(f"{NAMESPACE}/"):
        return ASKED if message.topic.endswith("/set") else SAID
    if "/DCMD/" in message.topic:
        return ORDER
    return ANSWERED if "/DDATA/" in message.topic and _is_done(message.payload) else None


def _is_done(payload: bytes) -> bool:
    answers = [CommandResult.from_metric(metric) for metric in decode(payload).metrics if metric.name == RESULT]
    return any(answer.state is CommandState.DONE for answer in answers)


@asynccontextmanager
async def listening(broker_url: str, device_topic: str) -> AsyncIterator[Listener]:
    """Hear what passes between hub and node, and between node and the device that speaks on `device_topic`."""
    listener = Listener()
    async with connect(Address.parse(broker_url), "bench-stages") as link:
        await link.subscribe((f"{NAMESPACE}/+/DCMD/#", 0), (f"{NAMESPACE}/+/DDATA/#", 0), (f"{device_topic}/#", 0))
        hearing = asyncio.create_task(_hear(link.messages(), listener), name="stages")
        try:
            yield listener
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)


async def _hear(messages: AsyncIterator[Message], listener: Listener) -> None:
    async for message in messages:
        listener.hear(message)
