"""One connection of a driver inside its process: what it observes goes to the node, what is settled comes back."""

import asyncio
import logging
import os
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field

from pydantic import BaseModel

from labkeeper_edge.supervision.deadlines import BrokerAway
from labkeeper_edge.supervision.isolation.channel import Channel
from labkeeper_edge.supervision.isolation.limits import OUT_OF_MEMORY
from labkeeper_edge.supervision.isolation.messages import Ended, Observed, Opened, Write, Written
from labkeeper_edge.supervision.polling import as_gateway, write_with
from labkeeper_sdk import (
    CommandFailed,
    CommandRejected,
    DeviceUnreachable,
    Driver,
    Gateway,
    Observation,
    Services,
    Urgency,
)

log = logging.getLogger(__name__)

WINDOW_BYTES = 256 * 1024  # of observations the node has not taken over; the driver waits beyond that
KEEPS_A_COPY = Observation(()).settle  # a driver that gives no `settle` has nothing to settle


@dataclass(slots=True)
class Served:
    """Observations are numbered over the life of the process: a late word about an earlier connection meets nothing."""

    channel: Channel
    instance: str
    poll_every_s: float
    number: int = 0
    gateway: Gateway | None = None
    _settles: dict[int, Callable[[], None]] = field(default_factory=dict)
    _under_way: deque[tuple[int, int]] = field(default_factory=deque)
    _bytes: int = 0
    _room: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, driver: Driver, configuration: BaseModel, services: Services) -> Ended:
        """Connect and observe until the connection ends; return how it ended."""
        self._under_way.clear()
        self._bytes = 0
        try:
            async with driver.connect(configuration, services) as thing:
                self.gateway = as_gateway(self.instance, thing, self.poll_every_s, driver.title)
                self.channel.send(Opened())
                await self._observe(self.gateway)
        except DeviceUnreachable as error:
            return Ended(str(error) or "unreachable", fault=False, broker=isinstance(error, BrokerAway))
        except MemoryError:
            os._exit(OUT_OF_MEMORY)  # whatever holds the memory holds it still
        except Exception as error:  # the plugin boundary, in the driver's own process
            log.debug("%s", self.instance, exc_info=error)
            return Ended(f"{type(error).__name__}: {error}", fault=True)
        finally:
            self.gateway = None
            self._settles.clear()
        return Ended("the driver ended its connection", fault=False)

    async def _observe(self, gateway: Gateway) -> None:
        observations = gateway.observations()
        try:
            async for observation in observations:
                await self._pass_on(observation)
        finally:
            if isinstance(observations, AsyncGenerator):
                await observations.aclose()

    def taken(self, number: int) -> None:
        """The node has taken over the observations up to this one."""
        while self._under_way and self._under_way[0][0] <= number:
            self._bytes -= self._under_way.popleft()[1]
        self._room.set()

    def settle(self, numbers: list[int]) -> None:
        """These are on the node's disk."""
        for number in numbers:
            settle = self._settles.pop(number, None)
            if settle is not None:
                settle()

    async def _pass_on(self, observation: Observation) -> None:
        while self._bytes >= WINDOW_BYTES:
            self._room.clear()
            await self._room.wait()
        self.number += 1
        settles = observation.settle is not KEEPS_A_COPY
        if settles:
            self._settles[self.number] = observation.settle
        identity = observation.identity.hex()
        size = self.channel.send(Observed(self.number, observation.events, identity, observation.again, settles))
        self._under_way.append((self.number, size))
        self._bytes += size


async def write(gateway: Gateway | None, order: Write) -> Written:
    """Carry out a write; return how it ended."""
    if gateway is None:
        return Written(order.id, "unreachable", "", "the device's driver is not connected")
    try:
        await write_with(gateway, order.device, order.point, order.value, Urgency(order.urgency))
    except CommandRejected as rejected:
        return Written(order.id, "rejected", rejected.code, rejected.message)
    except CommandFailed as failed:
        return Written(order.id, "failed", failed.code, failed.message)
    except DeviceUnreachable as error:
        return Written(order.id, "unreachable", "", str(error))
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except Exception as error:  # likewise
        log.debug("%s", order.device, exc_info=error)
        return Written(order.id, "broke", "", f"{type(error).__name__}: {error}")
    return Written(order.id, "done", "", "")
