"""The parts of a node, joined: who tells whom, in one place."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from labkeeper_edge.commands import Commands
from labkeeper_edge.connections import Connections
from labkeeper_edge.devices import Devices
from labkeeper_edge.heard import Heard
from labkeeper_edge.intake import Intake
from labkeeper_edge.last_values import LastKeeper, recalled
from labkeeper_edge.outbox import Outbox, OutboxUnwritable
from labkeeper_edge.refusals import Refusals
from labkeeper_edge.reload import difference
from labkeeper_edge.safe_values import SafeKeeping
from labkeeper_edge.services import NodeServices, now_ms
from labkeeper_edge.settings import Settings, driver_configuration
from labkeeper_edge.supervisor import Assignment, Supervisor
from labkeeper_edge.uplink import Identity, Uplink
from labkeeper_edge.watchdog import Watchdog
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
    drivers: dict[str, str] = field(default_factory=dict)
    _say_tried: Callable[[], None] | None = None
    _running: dict[str, tuple[Assignment, asyncio.Task[None]]] = field(default_factory=dict)
    _group: asyncio.TaskGroup | None = None

    def workers(self, assignments: Iterable[Assignment]) -> list[Work]:
        """Return the named tasks in the order of starting; they are to be ended in reverse, the uplink last."""
        return [
            ("uplink", self.uplink.run()),
            ("settling", self.uplink.run_settling()),
            ("intake", self.intake.run()),
            ("commands", self.commands.run()),
            ("safe values", self.safe_keeping.run()),
            ("last values", self.last_keeper.run()),
            ("watchdog", Watchdog(self.intake.refusals).run()),
            ("drivers", self._run_drivers(assignments)),
        ]

    async def reload(self, settings: Settings, assignments: Iterable[Assignment], states: Mapping[str, str]) -> None:
        """Take over the drivers and devices of new settings; an instance that is as it was keeps its connection.

        `states` says of each instance whether it can run. Devices of an instance that ends are gone.
        """
        if self._group is None:
            return
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
        log.info("settings read again: ended %s; began %s", ended or "none", began or "none")

    async def _run_drivers(self, assignments: Iterable[Assignment]) -> None:
        async with asyncio.TaskGroup() as self._group:
            for it in assignments:
                self._begin(self._group, it)
            await asyncio.Event().wait()

    def _begin(self, group: asyncio.TaskGroup, it: Assignment) -> None:
        task = group.create_task(self._supervisor(it).run(), name=f"driver {it.instance}")
        self._running[it.instance] = (it, task)

    async def _end(self, instance: str) -> None:
        _, task = self._running.pop(instance)
        task.cancel()
        await asyncio.wait([task])
        self.intake.devices.forget(instance)

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
        return Supervisor(assignment, self.intake, self.connections, self._tell, self.settings.poll_every_s)


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
        if said.driver not in loaded.drivers:
            problem = f"no driver {said.driver!r} is installed; there are {', '.join(sorted(loaded.drivers)) or 'none'}"
            raise BadConfiguration(f"drivers.{instance}.driver", problem, source)
        driver = loaded.drivers[said.driver]
        configuration = driver_configuration(instance, driver, said.own(), source)
        services = NodeServices(Address.parse(settings.broker), settings.school, settings.node, instance, refusals)
        assignments.append(Assignment(instance, driver, configuration, services))
        claimed += claims(instance, driver, configuration)
        states[instance] = STARTING
    final_validate(claimed, source)
    return assignments, states


async def compose(settings: Settings, outbox: Outbox, refusals: Refusals, drivers: dict[str, str]) -> Node:
    """Build a node on an open outbox; nothing runs yet."""
    devices = Devices(refusals, settings.devices, remembered=recalled(outbox.recalled.last_values))
    connections = Connections(devices)
    uplink = await _uplink(settings, outbox, devices, refusals, drivers)
    heard = Heard.recalled(outbox.recalled.heard)
    every_s = settings.outbox.commit_every_ms / 1000
    intake = Intake(devices, refusals, outbox, heard, uplink.committed, every_s, now_ms)
    safe_keeping = SafeKeeping(devices, connections, outbox, intake.hurry, now_ms)
    commands = Commands(
        devices, connections, outbox, refusals, uplink.say, intake.hurry, now_ms, settings.allow_foreign_commands
    )
    commands.recall()
    uplink.safe_writes = lambda: safe_keeping.driven
    uplink.commands.append(commands.receive)
    uplink.links.append(safe_keeping.link)
    devices.watchers += [uplink.device_changed, safe_keeping.device_changed]
    keeper = LastKeeper(devices, outbox)
    return Node(settings, uplink, intake, commands, safe_keeping, connections, keeper, drivers)


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
