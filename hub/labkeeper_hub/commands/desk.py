"""The desk where commands are handed in: it checks, sends, hears the answers and keeps the record."""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID, uuid4

from sqlalchemy.exc import DBAPIError

from labkeeper_hub.audit import Notes, Unheard
from labkeeper_hub.bus import EventBus
from labkeeper_hub.commands import lifecycle
from labkeeper_hub.commands.intents import IntentLog
from labkeeper_hub.commands.lifecycle import Answer, Course, Dispatch, Effect, Event, NodeLost, Tick, Undeliverable
from labkeeper_hub.commands.limits import checked
from labkeeper_hub.commands.pace import Pace, Rate, presses
from labkeeper_hub.commands.records import CommandRecords, newest_first, row_of
from labkeeper_hub.ingest.host import NotConnected
from labkeeper_hub.ingest.refusals import Refusals
from labkeeper_hub.model import Command, DeviceKey, NodeKey, Order, PointKey, State
from labkeeper_hub.ports import UnknownCommand, UnknownPoint
from labkeeper_hub.pulse import Pulse
from labkeeper_hub.registry.known import KnownPoint
from labkeeper_hub.registry.registry import HubRegistry
from labkeeper_hub.trouble import Trouble
from labkeeper_sdk import CommandRejected, Value
from labkeeper_wire.codec import CannotEncode
from labkeeper_wire.commands import BadCommand, CommandRequest, CommandResult, Target
from labkeeper_wire.leases.book import LeaseRefused
from labkeeper_wire.mqtt import LinkLost
from labkeeper_wire.payload import Metric

log = logging.getLogger(__name__)
LONGEST_TTL_MS = 600_000
USUAL_TTL_MS = 3000
REMEMBERED = 2000  # ended commands kept in memory, so that a repeated id is known at once
MOST_LATE = 1000  # answers waiting to be looked up; beyond them somebody makes up ids
SHOWN_MS = 30_000  # an ended command is news for so long
TICK_S = 0.05
GATHER_S = 0.25  # between a change and its row: nobody who waits for a command pays for the record of it
RETRY_S = 1.0
LONGEST_NOTED = 64  # characters of a commanded text


class Wire(Protocol):
    """Sends metrics to a device; raises NotConnected, LinkLost or CannotEncode."""

    def __call__(self, node: NodeKey, device: str | None, metrics: Sequence[Metric]) -> None: ...


@dataclass(slots=True)
class CommandDesk:
    """Open commands, and the last that ended, by id."""

    registry: HubRegistry
    bus: EventBus
    records: CommandRecords
    intents: IntentLog
    refusals: Refusals
    write: Wire
    now_ms: Callable[[], int]
    fence_for: Callable[[str, KnownPoint, Value], int] = lambda *_: 0  # of a person's lease; raises LeaseRefused
    pulse: Pulse = field(default_factory=lambda: Pulse("commands"))
    audit: Notes = field(default_factory=Unheard)
    paces: Pace = field(default_factory=Pace)
    ended: Counter[State] = field(default_factory=Counter)
    _courses: dict[str, Course] = field(default_factory=dict)
    _ended: deque[str] = field(default_factory=deque)
    _open: dict[str, None] = field(default_factory=dict)
    _unsaved: dict[str, None] = field(default_factory=dict)
    _late: list[CommandResult] = field(default_factory=list)
    _opened: asyncio.Event = field(default_factory=asyncio.Event)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _saving: asyncio.Lock = field(default_factory=asyncio.Lock)
    _saving_trouble: Trouble = field(
        default_factory=lambda: Trouble(log, "commands: cannot be saved (%s); trying again")
    )

    # --- what people ask --------------------------------------------------------------------------------------------
    async def submit(  # noqa: PLR0913 -- all that a command is
        self,
        target: PointKey,
        value: Value,
        *,
        ttl_ms: int | None = None,
        made_ms: int | None = None,
        command_id: str | None = None,
        holder: str = "owner",
        fence: int = 0,
        rate: Rate | None = None,
    ) -> Command:
        """Hand in a command, as `Commands` says."""
        with self._counting(target):
            point = self.registry.point(target)
            if point is None:
                raise UnknownPoint(f"there is no point {'/'.join(target)}")
            number = _canonical(command_id) if command_id is not None else str(uuid4())
            if number in self._courses:
                same = _same(self._courses[number].command, target, value)
                self.refusals.count("command_repeated", "/".join(target))
                return same
            value = checked(point.description, value)
            if rate is not None:
                self._take(holder, rate, ((target, value),))
            fence = fence or self._fence(holder, point, value)
            confirm_ms = round(point.description.confirm_s * 1000)
            now_ms = self.now_ms()
            order = Order(number, target, value, holder, now_ms, _deadline_ms(now_ms, made_ms, ttl_ms, confirm_ms))
        self._begin(lifecycle.begin(order, fence=fence, confirm_ms=confirm_ms, run=point.device.run), point)
        return self._courses[number].command

    def pace(self, holder: str, rate: Rate, wishes: Sequence[tuple[PointKey, Value]]) -> None:
        """Count an action of several wishes, as `Commands` says."""
        with self._counting(wishes[0][0] if wishes else ()):
            self._take(holder, rate, wishes)

    async def get(self, command_id: str) -> Command:
        """Return a command; raises UnknownCommand."""
        course = self._courses.get(command_id) or await self.records.get(command_id)
        if course is None:
            raise UnknownCommand(f"there is no command {command_id}")
        return course.command

    async def recent(self, *, limit: int = 100, device: DeviceKey | None = None) -> tuple[Command, ...]:
        """Return the newest first."""
        await self.save()
        return newest_first(await self.records.recent(limit, device))

    async def between(self, from_ms: int, to_ms: int) -> tuple[Command, ...]:
        """Return those asked for with from_ms <= time < to_ms, the oldest first."""
        await self.save()
        return tuple(course.command for course in await self.records.between(from_ms, to_ms))

    def open(self) -> tuple[Command, ...]:
        """Return what is open, and what ended a moment ago."""
        since_ms = self.now_ms() - SHOWN_MS
        commands = (course.command for course in self._courses.values())
        return tuple(command for command in commands if not command.state.final or command.updated_ms >= since_ms)

    # --- what happens -----------------------------------------------------------------------------------------------
    def answer(self, device: DeviceKey, metric: Metric, now_ms: int) -> None:
        """Take a `Command/Result`; only the node a command was for can answer it."""
        try:
            result = CommandResult.from_metric(metric)
        except BadCommand as bad:
            self.refusals.count(bad.reason, "/".join(device))
            return
        course = self._courses.get(result.id)
        if course is None and len(self._late) >= MOST_LATE:
            self.refusals.count("unknown_command", "/".join(device))
        elif course is None:
            self._late.append(result)
            self._changed.set()
        elif course.command.order.target.of_device != device:
            self.refusals.count("not_its_command", "/".join(device))
        else:
            self._step(course, Answer(result), now_ms)

    def node_lost(self, node: NodeKey, now_ms: int) -> None:
        """A node died: what it has not answered is unknown."""
        for course in self._running():
            if course.command.order.target.of_node == node:
                self._step(course, NodeLost(), now_ms)

    async def resume(self, intents: Sequence[Course]) -> None:
        """Take up what earlier runs left: `intents` may not have reached the database."""
        saved = {course.command.id: course for course in await self.records.recent(REMEMBERED)}
        saved.update({course.command.id: course for course in await self.records.unfinished()})
        for course in intents:
            if course.command.id not in saved and await self.records.get(course.command.id) is None:
                saved[course.command.id] = course
                self._unsaved[course.command.id] = None
        now_ms = self.now_ms()
        for course in sorted(saved.values(), key=lambda course: course.command.order.created_ms):
            self._keep(course)
            if not course.command.state.final:
                self._carry_out(course, lifecycle.resume(course, now_ms), now_ms)

    async def run(self) -> None:
        """Look after open commands, and write the record behind them."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch(), name="commands: deadlines")
            group.create_task(self._write_behind(), name="commands: records")

    async def save(self) -> None:
        """Return when every change up to now is written."""
        async with self._saving:
            await self._find_late()
            await self._save()

    async def _save(self) -> None:
        if not self._unsaved:
            return
        numbers, self._unsaved = self._unsaved, {}
        try:
            await self.records.save([self._courses[number] for number in numbers])
        except BaseException:
            self._unsaved = {**numbers, **self._unsaved}
            raise
        if not self._unsaved:
            self.intents.empty()

    # --- inside -----------------------------------------------------------------------------------------------------
    @contextmanager
    def _counting(self, target: Iterable[str]) -> Iterator[None]:
        """Count what is refused at the door, whichever door it is."""
        try:
            yield
        except CommandRejected as rejected:
            self.refusals.count(f"command_{rejected.code}", "/".join(target))
            raise
        except UnknownPoint:
            self.refusals.count("command_unknown_point", "/".join(target))
            raise

    def _take(self, holder: str, rate: Rate, wishes: Sequence[tuple[PointKey, Value]]) -> None:
        """Let a holder wait who commands too fast; what drives something to its safe value never waits."""
        hasty = sum(not self._is_safe(target, value) for target, value in wishes)
        if hasty:
            self.paces.take(holder, rate, presses(hasty), self.now_ms())

    def _is_safe(self, target: PointKey, value: Value) -> bool:
        point = self.registry.point(target)
        return point is not None and point.description.safe_value == value

    def _fence(self, holder: str, point: KnownPoint, value: Value) -> int:
        try:
            return self.fence_for(holder, point, value)
        except LeaseRefused as refused:
            raise CommandRejected(refused.code, str(refused)) from refused

    def _begin(self, course: Course, point: KnownPoint) -> None:
        """Write down first, then send; what could not be written down is not sent."""
        now_ms = course.command.updated_ms
        try:
            self.intents.write(row_of(course))
        except OSError as error:
            self._keep(course)
            self._step(course, Undeliverable("hub_disk", f"the hub cannot write it down: {error.strerror}"), now_ms)
            return
        self._keep(course)
        self.bus.announce(course.command)
        self._step(course, Dispatch(online=point.device.online), now_ms)

    async def _watch(self) -> None:
        while True:
            await self._opened.wait()
            self._opened.clear()
            while self._open:
                self._tick(self.now_ms())
                await asyncio.sleep(TICK_S)

    async def _write_behind(self) -> None:
        while True:
            await self._changed.wait()
            await asyncio.sleep(GATHER_S)
            self._changed.clear()
            with self.pulse.working():
                await self._try_saving()

    def _tick(self, now_ms: int) -> None:
        for course in self._running():
            if course.due_ms <= now_ms:
                point = self.registry.point(course.command.order.target)
                self._step(course, Tick(online=point is not None and point.device.online), now_ms)

    def _running(self) -> list[Course]:
        return [self._courses[number] for number in self._open]

    def _step(self, course: Course, event: Event, now_ms: int) -> None:
        self._carry_out(course, lifecycle.step(course, event, now_ms), now_ms)

    def _carry_out(self, before: Course, step: lifecycle.Step, now_ms: int) -> None:
        course, effects = step
        if course is before:
            return
        if Effect.SEND in effects:
            course = self._send(course, now_ms)
        self._keep(course)
        if course.command is not before.command:
            self._tell(course)
            state = course.command.state
            if state.final:
                self.ended[state] += 1
                self._note_end(course.command)
            if state in (State.REJECTED, State.EXPIRED):
                self.refusals.count(f"command_{state}", "/".join(course.command.order.target))

    def _note_end(self, command: Command) -> None:
        """Record what became of it; what was asked for is on record as well, long texts by their beginning."""
        order, said = command.order, str(command.order.value)
        value = said if len(said) <= LONGEST_NOTED else f"{said[:LONGEST_NOTED]}…"
        result = f"{order.id} {command.state.value} {command.code}".rstrip()
        self.audit.note(order.holder, "command_ended", f"{'/'.join(order.target)} = {value}", result)

    def _tell(self, course: Course) -> None:
        self._unsaved[course.command.id] = None
        self._changed.set()
        point = self.registry.point(course.command.order.target)
        self.bus.announce(course.command, *([] if point is None else [point]))

    def _send(self, course: Course, now_ms: int) -> Course:
        """Put it on the wire; without a link it stays as it is, to be sent again while there is time."""
        order = course.command.order
        point = self.registry.point(order.target)
        if point is None:
            return course
        target = Target(order.target.point, order.value, point.description.datatype)
        run = course.run if point.device.run else ""
        request = CommandRequest(order.id, lifecycle.ttl_ms(course, now_ms), course.fence, (target,), run)
        try:
            self.write(order.target.of_node, order.target.device or None, request.to_metrics())
        except (NotConnected, LinkLost):
            log.warning("command %s could not be sent: no broker", order.id)
        except CannotEncode as error:
            return lifecycle.step(course, Undeliverable("out_of_range", str(error)), now_ms)[0]
        return course

    def _keep(self, course: Course) -> None:
        number = course.command.id
        known = number in self._courses
        self._courses[number] = course
        if not course.command.state.final:
            self._open[number] = None
            self._opened.set()
        elif number in self._open or not known:
            self._open.pop(number, None)
            self._ended.append(number)
            self._forget()

    def _forget(self) -> None:
        while len(self._ended) > REMEMBERED and self._ended[0] not in self._unsaved:
            self._courses.pop(self._ended.popleft(), None)

    async def _find_late(self) -> None:
        """Answers to commands that memory has forgotten."""
        late, self._late = self._late, []
        for result in late:
            course = await self.records.get(result.id)
            if course is None:
                self.refusals.count("unknown_command", result.id)
            else:
                self._keep(course)
                self._step(course, Answer(result), self.now_ms())

    async def _try_saving(self) -> None:
        try:
            await self.save()
        except DBAPIError as error:
            self._saving_trouble.begun(error.orig)
            await asyncio.sleep(RETRY_S)
            self._changed.set()
        else:
            self._saving_trouble.over()


def _deadline_ms(now_ms: int, made_ms: int | None, ttl_ms: int | None, confirm_ms: int) -> int:
    """Return when a command expires; one cannot have been asked for in the future, nor longer ago than any may live."""
    ttl_ms = max(USUAL_TTL_MS, confirm_ms + lifecycle.GRACE_MS) if ttl_ms is None else ttl_ms
    if not 0 < ttl_ms <= LONGEST_TTL_MS:
        raise CommandRejected("bad_ttl", f"a time to live is 1 to {LONGEST_TTL_MS} ms")
    asked_ms = now_ms if made_ms is None else min(now_ms, max(made_ms, now_ms - LONGEST_TTL_MS))
    return asked_ms + ttl_ms


def _canonical(command_id: str) -> str:
    try:
        return str(UUID(command_id))
    except ValueError as error:
        raise CommandRejected("bad_id", "a command's id is a uuid") from error


def _same(command: Command, target: PointKey, value: Value) -> Command:
    """Return the command an id belongs to already; raises CommandRejected if it asked for something else."""
    if command.order.target != target or command.order.value != value:
        raise CommandRejected("id_taken", "this id belongs to another command")
    return command
