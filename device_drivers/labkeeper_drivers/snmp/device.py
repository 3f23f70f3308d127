"""The SNMP driver: chosen objects of an agent as points."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labkeeper_drivers.extras import need
from labkeeper_drivers.snmp.objects import decoded, encoded
from labkeeper_drivers.snmp.settings import SnmpConfiguration, SnmpPoint
from labkeeper_sdk import CommandFailed, DeviceUnreachable, Point, Services, Value

if TYPE_CHECKING:
    from labkeeper_drivers.snmp.agent import Agent

READ_BACK_EVERY_S = 0.1


@dataclass(slots=True)
class SnmpDevice:
    """An agent's chosen objects; writes are read back before they count as done."""

    points: tuple[Point, ...]
    declared: Mapping[str, SnmpPoint]
    agent: "Agent"
    _refused: type[Exception]

    async def read(self) -> Mapping[str, Value]:
        """Ask for every object. Raises DeviceUnreachable, for an object that the agent does not have too."""
        try:
            raw = await self.agent.get(sorted({it.oid for it in self.declared.values()}))
        except self._refused as refused:
            raise DeviceUnreachable(f"the agent refuses to be read: {refused}") from refused
        for name, it in self.declared.items():
            if it.oid not in raw:
                raise DeviceUnreachable(f"the agent has no {it.oid} ({name})")
        values = {name: decoded(it, raw[it.oid]) for name, it in self.declared.items()}
        return {name: value for name, value in values.items() if value is not None}

    async def write(self, point: str, value: Value) -> None:
        """Set, and read back until it is there."""
        declared = self.declared[point]
        whole = encoded(declared, value)
        try:
            async with asyncio.timeout(declared.confirm_s):
                await self.agent.set(declared.oid, whole)
                await self._reads_back(declared.oid, whole)
        except self._refused as refused:
            raise CommandFailed("device_refused", f"the agent refused {point}: {refused}") from refused
        except TimeoutError:
            raise CommandFailed("not_confirmed", f"{point} does not read back as {value}") from None

    async def _reads_back(self, oid: str, whole: int) -> None:
        while True:
            if (await self.agent.get([oid])).get(oid) == whole:
                return
            await asyncio.sleep(READ_BACK_EVERY_S)


@asynccontextmanager
async def connect(configuration: SnmpConfiguration, services: Services) -> AsyncIterator[SnmpDevice]:  # noqa: ARG001 -- the protocol's
    """Make an engine, and ask once, since UDP does not say that nobody is there."""
    await need("snmp", "pysnmp.hlapi.v3arch.asyncio", "cryptography")
    from labkeeper_drivers.snmp.agent import Refused, open_agent  # noqa: PLC0415 -- needs the extra

    declared = configuration.points
    points = tuple(it.point(name) for name, it in declared.items())
    async with open_agent(configuration) as agent:
        device = SnmpDevice(points, declared, agent, Refused)
        await device.read()
        yield device
