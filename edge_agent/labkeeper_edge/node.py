"""The parts of a node, joined: who tells whom, in one place."""

import asyncio
import logging
import sys
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from pydantic import BaseModel

from labkeeper_edge.commands.authority import Authority
from labkeeper_edge.commands.commands import Commands
from labkeeper_edge.devices import Devices
from labkeeper_edge.driver_sets.keeping import DriverSets
from labkeeper_edge.intake.intake import Intake
from labkeeper_edge.intake.last_values import LastKeeper, recalled
from labkeeper_edge.interlocks.keeping import InterlockKeeping
from labkeeper_edge.interlocks.offers import Offers, Signers, begin_with, recalled_set
from labkeeper_edge.outbox.heard import Heard
from labkeeper_edge.outbox.outbox import Outbox, OutboxUnwritable
from labkeeper_edge.refusals import Refusals
from labkeeper_edge.reload import Difference, difference
from labkeeper_edge.safety.safe_values import SafeKeeping
from labkeeper_edge.safety.stopping import Stopping
from labkeeper_edge.settings import Settings, driver_configuration
from labkeeper_edge.supervision.blame import Blame, at_work
from labkeeper_edge.supervision.claims import Claims
from labkeeper_edge.supervision.connections import Connections
from labkeeper_edge.supervision.isolation.fork_server import ForkServer
from labkeeper_edge.supervision.isolation.messages import Ready
from labkeeper_edge.supervision.isolation.process import DriverUnusable
from labkeeper_edge.supervision.placing import Unread, lodging, unread
from labkeeper_edge.supervision.services import NodeServices, now_ms
from labkeeper_edge.supervision.supervisor import Assignment, Supervisor
from labkeeper_edge.supervision.watchdog import Seen, Watchdog
from labkeeper_edge.uplink.uplink import Identity, Uplink
from labkeeper_sdk import BadConfiguration
from labkeeper_sdk.configuration import Claim, claims, final_validate
from labkeeper_sdk.plugins import Loaded
from labkeeper_wire.mqtt import Address

log = logging.getLogger(__name__)

LAST_WORDS_S = 3.0
STARTING = "starting"
TRIED_S = 5.0
Work = tuple[str, Coroutine[None, None, None]]


@dataclass(slots=True)
class Node:
    """What a node consists of, and what each driver instance is doing."""

    settings: Settings
    uplink: Uplink
    intake: Intake
    commands: Commands
    safe_keeping: SafeKeeping
    connections: Connections
    last_keeper: LastKeeper
    stopping: Stopping
    interlocks: InterlockKeeping | None = None
    driver_sets: DriverSets | None = None
    drivers: dict[str, str] = field(default_factory=dict)
    blame: Blame = field(default_factory=Blame)
    claims: Claims = field(default_factory=Claims)
    forks: ForkServer = field(default_factory=ForkServer)
    _say_tried: Callable[[], None] | None = None
    _running: dict[str, tuple[Assignment, asyncio.Task[None]]] = field(default_factory=dict)
    _group: asyncio.TaskGroup | None = None

    def workers(self, assignments: Iterable[Assignment]) -> list[Work]:
        """Return the named tasks in the order of starting; they are to be ended in reverse, the uplink last."""
        return [
            ("uplink", self.uplink.run()),
            ("stop", self.stopping.run()),
            ("settling", self.uplink.run_settling()),
            ("intake", self.intake.run()),
            ("commands", self.commands.run()),
            ("safe values", self.safe_keeping.run()),
            *([("interlocks", self.interlocks.run())] if self.interlocks is not None else []),
            ("last values", self.last_keeper.run()),
            ("watchdog", Watchdog(self.intake.refusals, self._blocked, self._whose).run()),
            ("drivers", self._run_drivers(assignments)),
            *([("driver set", self.driver_sets.run())] if self.driver_sets is not None else []),
        ]

    async def reload(
        self, settings: Settings, assignments: Iterable[Assignment], states: Mapping[str, str]
    ) -> Difference:
        """Take over the drivers and devices of new settings; an instance that is as it was keeps its connection.

        `states` says of each instance whether it can run. Devices of an instance that ends are gone. Returns what
        ended and what began.
        """
        if self._group is None:
            return Difference((), ())
        change = difference({name: it for name, (it, _) in self._running.items()}, assignments)
        for instance in change.ending:
            await self._end(instance)
        for instance in [*self.drivers]:
            if instance not in states:
                del self.drivers[instance]
        for instance, state in states.items():
            if state != STARTING or instance in {it.instance for it in change.beginning}:
                self.drivers[instance] = state
        self.intake.devices.override(settings.devices)
        for it in change.beginning:
            self._begin(self._group, it)
        ended, began = ", ".join(change.ending), ", ".join(it.instance for it in change.beginning)
        log.info("settings taken over: ended %s; began %s", ended or "none", began or "none")
        return change

    async def _run_drivers(self, assignments: Iterable[Assignment]) -> None:
        try:
            async with asyncio.TaskGroup() as self._group:
                for it in assignments:
                    self._begin(self._group, it)
                await asyncio.Event().wait()
        finally:
            await self.forks.close()

    def _begin(self, group: asyncio.TaskGroup, it: Assignment) -> None:
        if not isinstance(it.configuration, Unread):
            self.claims.hold(it.instance, claims(it.instance, it.driver, it.configuration))
        task = group.create_task(self._supervisor(it).run(), name=f"driver {it.instance}")
        self._running[it.instance] = (it, task)

    async def _end(self, instance: str) -> None:
        await self._stop(instance)
        self.intake.devices.forget(instance)

    async def _stop(self, instance: str) -> None:
        """End an instance whose devices stay known: they do not answer for now."""
        _, task = self._running.pop(instance)
        task.cancel()
        await asyncio.wait([task])
        self.claims.free(instance)

    def _blocked(self, task: str) -> None:
        """A task held up everybody; a driver that does so too often goes into a process, or is suspended."""
        instance = self._instance_of(task)
        if instance not in self._running or self._group is None or not self.blame.blocked(instance, time.monotonic()):
            return
        self._group.create_task(self._move_out(instance), name=f"moving out {instance}")

    def _whose(self, seen: Seen) -> tuple[str, ...]:
        """Name the drivers that were at work where the task does not: in a task or callback they made themselves."""
        if self._instance_of(seen.task) in self._running:
            return ()
        here = {name: it.driver for name, (it, _) in self._running.items() if not it.isolated}
        return tuple(f"driver {instance}" for instance in at_work(here, seen.files))

    def _instance_of(self, task: str) -> str:
        """Return whose code a task runs: a driver's own task, or one that writes to one of its devices."""
        kind, _, rest = task.partition(" ")
        if kind in ("driver", "device"):
            return rest.partition(":")[0]
        known = self.intake.devices.get(rest.removeprefix("value ").partition("/")[0])
        return "" if known is None else known.instance

    async def _move_out(self, instance: str) -> None:
        it, _ = self._running[instance]
        if it.isolated or self._group is None:
            return
        await self._stop(instance)
        why = f"held up the node {self.blame.strikes} times"
        if it.lodging is None:
            self._tell(instance, f"suspended: {why}")
            log.error("driver %s: suspended, it %s", instance, why)
            return
        log.error("driver %s: goes on in a process of its own, it %s", instance, why)
        self._begin(self._group, replace(it, isolated=True, moved=True))

    def when_tried(self, say: Callable[[], None]) -> None:
        """Call `say` once every driver has been tried, at most `TRIED_S` from now: then devices are heard at once."""
        self._say_tried = say
        asyncio.get_running_loop().call_later(TRIED_S, self._tried)
        self._tell_tried()

    def _tell(self, instance: str, state: str) -> None:
        self.drivers[instance] = state
        self._tell_tried()

    def _tell_tried(self) -> None:
        if STARTING not in self.drivers.values():
            self._tried()

    def _tried(self) -> None:
        say, self._say_tried = self._say_tried, None
        if say is not None:
            say()

    async def last_words(self) -> None:
        """With the drivers gone, put on disk what they said last; a disk that takes nothing is not waited for."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_S):
                await self.commands.save()
                await self.intake.flush()
                with suppress(OutboxUnwritable):
                    await self.last_keeper.save()

    def _supervisor(self, assignment: Assignment) -> Supervisor:
        def admit(ready: Ready) -> None:
            if conflict := self.claims.conflict(assignment.instance, ready.claims):
                raise DriverUnusable(conflict)

        every_s = self.settings.poll_every_s
        return Supervisor(assignment, self.intake, self.connections, self._tell, every_s, admit, self.forks)


def assign(
    settings: Settings, loaded: Loaded, refusals: Refusals, source: str = ""
) -> tuple[list[Assignment], dict[str, str]]:
    """Give each configured instance its driver; return them and the state of every instance.

    A package that does not load costs its instances only. Raises BadConfiguration for a driver nobody brings, a
    wrong key, or two instances that claim the same port or pin.
    """
    broken = {package.name: package.reason for package in loaded.broken}
    assignments: list[Assignment] = []
    states: dict[str, str] = {}
    claimed: list[Claim] = []
    for instance, said in settings.drivers.items():
        if said.driver in broken:
            states[instance] = f"broken: {broken[said.driver]}"
            continue
        services = NodeServices(Address.parse(settings.broker), settings.school, settings.node, instance, refusals)
        assignments.append(_assignment(settings, loaded, services, source))
        it = assignments[-1]
        if not isinstance(it.configuration, Unread):
            claimed += claims(instance, it.driver, it.configuration)
        states[instance] = STARTING
    final_validate(claimed, source)
    return assignments, states


def _assignment(settings: Settings, loaded: Loaded, services: NodeServices, file: str) -> Assignment:
    """Place one instance: a driver that was not imported, or is wanted so, goes into a process."""
    instance, said = services.instance, settings.drivers[services.instance]
    source = loaded.sources.get(said.driver)
    driver = loaded.drivers.get(said.driver)
    configuration: BaseModel
    if driver is None and source is None:
        there = ", ".join(sorted({*loaded.drivers, *loaded.sources})) or "none"
        raise BadConfiguration(
            f"drivers.{instance}.driver", f"no driver {said.driver!r} is installed; there are {there}", file
        )
    if driver is None:
        driver, configuration = unread(said.driver), Unread.model_validate(said.own())
        if said.isolation == "in-process":
            problem = f"driver {said.driver} is not on the allow-list and runs in a process only"
            if source is not None and source.digest:
                problem = f"driver {said.driver} was upgraded and runs in a process until the node starts again"
            raise BadConfiguration(f"drivers.{instance}.isolation", problem, file)
    else:
        configuration = driver_configuration(instance, driver, said.own(), file)
    if source is None and said.isolation == "process":
        raise BadConfiguration(f"drivers.{instance}.isolation", f"driver {said.driver} has no entry point", file)
    place = None if source is None else lodging(settings, instance, source, said.own(), sys.path, file)
    isolated = said.isolation == "process" or isinstance(configuration, Unread)
    return Assignment(instance, driver, configuration, services, place, isolated)


async def compose(
    settings: Settings,
    outbox: Outbox,
    refusals: Refusals,
    drivers: dict[str, str],
    driver_sets: DriverSets | None = None,
) -> Node:
    """Build a node on an open outbox; nothing runs yet."""
    devices = Devices(refusals, settings.devices, remembered=recalled(outbox.recalled.last_values))
    connections = Connections(devices)
    uplink = await _uplink(settings, outbox, devices, refusals, drivers)
    heard = Heard.recalled(outbox.recalled.heard)
    every_s = settings.outbox.commit_every_ms / 1000
    intake = Intake(devices, refusals, outbox, heard, uplink.committed, every_s, now_ms)
    authority = Authority(refusals, settings.unleased_commands)
    safe_keeping = SafeKeeping(devices, connections, outbox, intake.hurry, now_ms, authority)
    authority.changed.append(safe_keeping.leases_changed)
    say, hurry, foreign = uplink.say, intake.hurry, settings.allow_foreign_commands
    commands = Commands(devices, connections, outbox, refusals, say, hurry, now_ms, authority, foreign)
    commands.accepted, commands.writing = uplink.report, safe_keeping.writing
    commands.recall()
    uplink.fence = lambda: authority.on_disk
    stopping = _stopping(settings, outbox, refusals)
    stopping.obey += [lambda: safe_keeping.stop(active=stopping.stopped), commands.stop]
    stopping.say = uplink.report
    authority.stopped = lambda: stopping.stopped
    safe_keeping.confirmed, intake.stop = uplink.report, stopping.press
    safe_keeping.stop(active=stopping.stopped)
    uplink.stop = lambda: (stopping.kept.name, safe_keeping.rules.missing())
    uplink.safe_writes = lambda: safe_keeping.driven
    uplink.commands += [commands.receive, stopping.receive]
    uplink.links.append(safe_keeping.link)
    devices.watchers += [uplink.device_changed, safe_keeping.device_changed]
    interlocks = None
    # what two persons agreed on goes before the settings; a node that knows whose word that is waits for it
    if settings.interlocks or outbox.recalled.interlock_set or settings.interlock_keys:
        signers = Signers(settings.school, settings.node, settings.interlock_keys)
        agreed = recalled_set(outbox.recalled.interlock_set, signers)
        rules = begin_with(settings.interlocks, agreed)
        offers = Offers(signers, refusals, agreed)
        interlocks = InterlockKeeping(rules, devices, connections, outbox, intake, refusals, now_ms, offers)
        uplink.commands.append(interlocks.receive)
        _join(interlocks, safe_keeping, commands)
    if driver_sets is not None:
        uplink.driver_sets, driver_sets.report = driver_sets.sayings, uplink.report
        uplink.commands.append(driver_sets.receive)
    keeper = LastKeeper(devices, outbox)
    return Node(
        settings,
        uplink,
        intake,
        commands,
        safe_keeping,
        connections,
        keeper,
        stopping,
        interlocks,
        driver_sets,
        drivers,
    )


def _join(interlocks: InterlockKeeping, safe_keeping: SafeKeeping, commands: Commands) -> None:
    """Let the interlocks hear every reading and every write, and be asked before each of them."""
    interlocks.intake.overhear = interlocks.hear
    interlocks.connections.writing, interlocks.connections.written = interlocks.writing, interlocks.written
    interlocks.devices.watchers.append(interlocks.device_changed)
    interlocks.cut = commands.cut
    commands.interlock, safe_keeping.instead = interlocks.refusal, interlocks.instead
    interlocks.recall()


def _stopping(settings: Settings, outbox: Outbox, refusals: Refusals) -> Stopping:
    address = Address.parse(settings.broker)
    stopping = Stopping(address, settings.school, settings.node, outbox, refusals, now_ms)
    stopping.recall()
    return stopping


async def _uplink(
    settings: Settings, outbox: Outbox, devices: Devices, refusals: Refusals, drivers: Mapping[str, str]
) -> Uplink:
    identity = Identity(
        Address.parse(settings.broker),
        settings.school,
        settings.node,
        settings.primary_host,
        settings.lab.id,
        settings.lab.title.title(),
        aliases=settings.aliases,
        rejoin_spread_s=settings.rejoin_spread_s,
    )
    return Uplink(identity, devices, outbox, refusals, now_ms, await outbox.waiting(), drivers)
