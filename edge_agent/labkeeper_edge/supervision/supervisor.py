"""One task for each driver instance: open, use, throw away, wait, open again; what it raises stays here."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import TypeAlias

from pydantic import BaseModel

from labkeeper_edge.backoff import STEADY_S, Backoff
from labkeeper_edge.intake.intake import Intake
from labkeeper_edge.supervision.breaker import Breaker, Circuit
from labkeeper_edge.supervision.connections import Connections
from labkeeper_edge.supervision.deadlines import CONNECT_S, BrokerAway, DriverFault, in_time
from labkeeper_edge.supervision.isolation.fork_server import ForkServer
from labkeeper_edge.supervision.isolation.lodging import Host, Lodging
from labkeeper_edge.supervision.isolation.messages import Ready
from labkeeper_edge.supervision.isolation.process import START_S, DriverUnusable
from labkeeper_edge.supervision.polling import as_gateway
from labkeeper_sdk import Device, DeviceUnreachable, Driver, Gateway, Services

log = logging.getLogger(__name__)

LONGEST_STATE = 200  # characters of a stranger's error in a metric
BROKER_WAIT_S = 0.2  # one on the lab's own network: what devices say to it before we are back may go to nobody
STARTS = 3  # faults in a row that are forgiven a driver each of which costs the start of a process
MOVED = "moved: it held up the node, and goes on in a process of its own"
SOUND_S = 60.0  # a connection that lasted this long shows that the driver works
OpenConnection: TypeAlias = Callable[[BaseModel, Services], AbstractAsyncContextManager[Gateway | Device]]


@dataclass(frozen=True, slots=True)
class Assignment:
    """A driver instance: its name in the settings, its driver, its checked configuration, what it is lent.

    An `isolated` one lives in a process of its own, described by `lodging`; any that has a `lodging` can be put there,
    and `moved` says that the node did so by itself.
    """

    instance: str
    driver: Driver
    configuration: BaseModel
    services: Services
    lodging: Lodging | None = None
    isolated: bool = False
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: why, by the driver's own fault or the broker's, and how long the connection had lasted."""

    trouble: str
    fault: bool
    broker: bool
    lasted_s: float


@dataclass(slots=True)
class Supervisor:
    """Keeps one driver instance running. `tell` hears its state: connected, or why it is not; `admit` may refuse what
    the driver in a process claims, by DriverUnusable.
    """

    assignment: Assignment
    intake: Intake
    connections: Connections
    tell: Callable[[str, str], None]
    poll_every_s: float
    admit: Callable[[Ready], None]
    forks: ForkServer
    breaker: Breaker = field(default_factory=Breaker)
    _trouble: str = ""
    _connected_s: float | None = None

    async def run(self) -> None:
        """Run the driver for ever; whatever it raises is logged once and ends one connection, nothing else."""
        lodging = self.assignment.lodging
        if lodging is None or not self.assignment.isolated:
            await self._repeat(self.assignment.driver.connect, CONNECT_S)
            return
        self.breaker.trip_after = STARTS
        host = Host(lodging, self.forks, self.intake.refusals, self.admit)
        try:
            await self._repeat(host.connect, START_S + CONNECT_S)
        finally:
            await host.end()

    async def _repeat(self, connect: OpenConnection, open_s: float) -> None:
        device, broker = Backoff(), Backoff(BROKER_WAIT_S / 2, BROKER_WAIT_S)
        while True:
            try:
                outcome = await self._attempt(connect, open_s)
            except DriverUnusable as unusable:
                await self._give_up(unusable)
            self._complain(outcome)
            await self._rest(broker if outcome.broker else device, outcome)

    async def _attempt(self, connect: OpenConnection, open_s: float) -> Outcome:
        fault, broker = True, False
        self._connected_s = None
        try:
            await self._connection(connect, open_s)
            trouble, fault = "the driver ended its connection", False
        except DeviceUnreachable as error:
            trouble = str(error) or "unreachable"
            fault, broker = isinstance(error, DriverFault), isinstance(error, BrokerAway)
        except DriverUnusable:
            raise
        except Exception as error:  # the plugin boundary: a driver may raise anything
            trouble = f"{type(error).__name__}: {error}"
            log.debug("%s", self.assignment.instance, exc_info=error)
        finally:
            self.connections.closed(self.assignment.instance)
        return Outcome(trouble, fault, broker, self._lasted_s())

    async def _connection(self, connect: OpenConnection, open_s: float) -> None:
        it = self.assignment
        opening = connect(it.configuration, it.services)
        async with in_time(f"driver {it.instance}", opening, open_s=open_s) as thing:
            self._connected_s = asyncio.get_running_loop().time()
            gateway = as_gateway(it.instance, thing, self.poll_every_s, it.driver.title)
            self.connections.opened(it.instance, gateway)
            self.tell(it.instance, MOVED if it.moved else "connected")
            log.info("driver %s: connected%s", it.instance, ", in a process of its own" if it.isolated else "")
            observations = gateway.observations()
            try:
                async for observation in observations:
                    await self.intake.take(it.instance, observation)
            finally:
                if isinstance(observations, AsyncGenerator):
                    await observations.aclose()

    def _lasted_s(self) -> float:
        return 0.0 if self._connected_s is None else asyncio.get_running_loop().time() - self._connected_s

    async def _rest(self, backoff: Backoff, outcome: Outcome) -> None:
        """Wait before the next attempt: shortly for what is out of reach, longer and longer for what breaks."""
        it, breaker = self.assignment.instance, self.breaker
        if outcome.lasted_s >= SOUND_S:
            breaker.lasted()
        if outcome.fault:
            breaker.faulted()
        if breaker.state is not Circuit.OPEN:
            self._say("waiting", outcome.trouble)
            await asyncio.sleep(backoff.next_s(outcome.lasted_s))
            return
        self._say("open", f"{outcome.trouble} (tried again after {breaker.rest_s:g} s)")
        log.warning("driver %s: keeps breaking, left alone for %g s", it, breaker.rest_s)
        await asyncio.sleep(breaker.rest_s)
        breaker.rested()
        self._say("half-open", outcome.trouble)

    async def _give_up(self, unusable: DriverUnusable) -> None:
        """What cannot run is not tried again until the settings are read again."""
        it = self.assignment.instance
        log.error("driver %s: %s", it, unusable)
        if unusable.changed:
            self.intake.refusals.count("driver_changed", it, str(unusable))
        self._say("broken", str(unusable))
        await asyncio.Event().wait()

    def _say(self, state: str, why: str) -> None:
        self.tell(self.assignment.instance, f"{state}: {why}"[:LONGEST_STATE])

    def _complain(self, outcome: Outcome) -> None:
        """Log a trouble once, not per retry."""
        if outcome.trouble != self._trouble or outcome.lasted_s >= STEADY_S:
            self._trouble = outcome.trouble
            log.warning("driver %s: %s", self.assignment.instance, outcome.trouble)
