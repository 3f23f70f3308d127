"""One task for each driver instance: open, use, throw away, wait, open again; what it raises stays here."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from pydantic import BaseModel

from labkeeper_edge.backoff import STEADY_S, Backoff
from labkeeper_edge.connections import Connections
from labkeeper_edge.intake import Intake
from labkeeper_edge.polling import SingleDevice
from labkeeper_sdk import Device, DeviceUnreachable, Driver, Gateway, Services

log = logging.getLogger(__name__)

LONGEST_STATE = 200  # characters of a stranger's error in a metric


@runtime_checkable
class _Gateway(Gateway, Protocol):
    """The SDK's Gateway, told from a Device by what it has."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A driver instance: its name in the settings, its driver, its checked configuration, what it is lent."""

    instance: str
    driver: Driver
    configuration: BaseModel
    services: Services


@dataclass(slots=True)
class Supervisor:
    """Keeps one driver instance running. `tell` hears its state: connected, or why it waits."""

    assignment: Assignment
    intake: Intake
    connections: Connections
    tell: Callable[[str, str], None]
    poll_every_s: float
    _trouble: str = ""

    async def run(self) -> None:
        """Run the driver for ever; whatever it raises is logged once and ends one connection, nothing else."""
        clock = asyncio.get_running_loop().time
        backoff = Backoff()
        it = self.assignment.instance
        while True:
            opened_s = clock()
            try:
                await self._connection()
                trouble = "the driver ended its connection"
            except DeviceUnreachable as error:
                trouble = str(error) or "unreachable"
            except Exception as error:
                trouble = f"{type(error).__name__}: {error}"
                log.debug("%s", self.assignment.instance, exc_info=error)
            finally:
                self.connections.closed(it)
            lasted_s = clock() - opened_s
            self._complain(trouble, lasted_s)
            self.tell(it, f"waiting: {trouble}"[:LONGEST_STATE])
            await asyncio.sleep(backoff.next_s(lasted_s))

    async def _connection(self) -> None:
        it = self.assignment
        async with it.driver.connect(it.configuration, it.services) as thing:
            gateway = self._gateway(thing)
            self.connections.opened(it.instance, gateway)
            self.tell(it.instance, "connected")
            log.info("driver %s: connected", it.instance)
            observations = gateway.observations()
            try:
                async for observation in observations:
                    await self.intake.take(it.instance, observation)
            finally:
                if isinstance(observations, AsyncGenerator):
                    await observations.aclose()

    def _gateway(self, thing: Gateway | Device) -> Gateway:
        if isinstance(thing, _Gateway):
            return thing
        return SingleDevice(self.assignment.instance, thing, self.poll_every_s, title=self.assignment.driver.title)

    def _complain(self, trouble: str, lasted_s: float) -> None:
        """Log a trouble once, not per retry."""
        if trouble != self._trouble or lasted_s >= STEADY_S:
            self._trouble = trouble
            log.warning("driver %s: %s", self.assignment.instance, trouble)
