"""Whether a command is executed: pure decisions, the clocks are arguments."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from labkeeper_sdk import CommandRejected, Point, Value, accept
from labkeeper_wire.commands import CommandRequest, CommandResult, CommandState
from labkeeper_wire.leases.tenure import Refusal

PLAUSIBLE_MS = 60_000  # clocks further apart than this say nothing about a message's age
CLOCK_SAMPLES = 64
LONGEST_QUEUE = 16  # commands of one device that are accepted and not finished
RESTARTED = "node_restarted"
RESTARTED_MESSAGE = "the node stopped before it could say how the command ended"


@dataclass(frozen=True, slots=True)
class Write:
    """One value for one point, checked against its declaration."""

    point: str
    value: Value


@dataclass(frozen=True, slots=True)
class Execute:
    """Write these in order, not after `deadline_s` of the node's monotonic clock.

    `at_once`: no other run of the node can ever execute it, so that its id need not be on disk first.
    """

    id: str
    writes: tuple[Write, ...]
    deadline_s: float
    fence: int
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """Say this and execute nothing; `repeated` if it was said before."""

    result: CommandResult
    repeated: bool = False


Decision: TypeAlias = Execute | Answer


@dataclass(frozen=True, slots=True)
class Met:
    """What a command meets at its device: whether it answers, its points, its unfinished commands, and what the leases
    say of a fence number and the writes that come with it.
    """

    online: bool
    points: Mapping[str, Point]
    unfinished: int
    refusal: Callable[[int, tuple[Write, ...]], Refusal | None]


@dataclass(frozen=True, slots=True)
class Receipt:
    """When a command came: the node's monotonic clock in seconds, how old it was by then in milliseconds, and the run
    of the node that got it.
    """

    at_s: float
    age_ms: int
    run: str = ""


def decide(
    request: CommandRequest, receipt: Receipt, met: Met | None, known: CommandResult | None, now_s: float
) -> Decision:
    """Decide on a command; a known id repeats its result, whatever else is true.

    One that was first sent to another run is not executed: that run may have done so and died before it was on disk.
    """
    if known is not None:
        return Answer(known, repeated=True)
    if request.run not in ("", receipt.run):
        return Answer(CommandResult(request.id, CommandState.UNKNOWN, RESTARTED, RESTARTED_MESSAGE))
    deadline_s = receipt.at_s + (request.ttl_ms - receipt.age_ms) / 1000
    if now_s >= deadline_s:
        return Answer(expired(request.id))
    try:
        return Execute(request.id, _writes(request, met), deadline_s, request.fence, at_once=request.run != "")
    except CommandRejected as rejected:
        return Answer(CommandResult(request.id, CommandState.REJECTED, rejected.code, rejected.message))


def _writes(request: CommandRequest, met: Met | None) -> tuple[Write, ...]:
    """Return what is to be written; raises CommandRejected for the first rule the command breaks."""
    if met is None:
        raise CommandRejected("unknown_device", "the node does not have this device")
    if not met.online:
        raise CommandRejected("device_offline", "the device does not answer")
    if met.unfinished >= LONGEST_QUEUE:
        raise CommandRejected("busy", f"{met.unfinished} commands wait for this device")
    writes = tuple(Write(name, acceptable(met.points, name, value)) for name, value, _ in request.targets)
    check(met.refusal(request.fence, writes))
    return writes


def check(refusal: Refusal | None) -> None:
    """Raise what the leases, or a stop, have against a command as CommandRejected."""
    if refusal is not None:
        raise CommandRejected(refusal.code, refusal.message)


def acceptable(points: Mapping[str, Point], name: str, value: object) -> Value:
    """Return the value in the point's type; raises CommandRejected."""
    if name not in points:
        raise CommandRejected("unknown_point", f"there is no point {name}")
    return accept(points[name], value)


def expired(command: str) -> CommandResult:
    """Return the result of a command that came too late."""
    return CommandResult(command, CommandState.EXPIRED, "expired", "its time was over before it could be executed")


@dataclass(slots=True)
class HubClock:
    """How old a message of the hub is when it arrives, without trusting that the two clocks agree.

    The least difference (our clock less the hub's) seen lately is the clocks' offset plus the fastest way; what a
    message shows beyond that is its delay.
    """

    _differences: deque[int] = field(default_factory=lambda: deque(maxlen=CLOCK_SAMPLES))

    def age_ms(self, now_ms: int, sent_ms: int | None) -> int:
        """Return how long a message sent at `sent_ms` (hub's clock) was on its way, and learn from it."""
        if sent_ms is None:
            return 0
        difference = now_ms - sent_ms
        if not self._differences:
            offset = 0 if 0 <= difference <= PLAUSIBLE_MS else difference
        else:
            offset = min(*self._differences, difference)
        self._differences.append(difference)
        return difference - offset
