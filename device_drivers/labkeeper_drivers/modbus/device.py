"""The Modbus driver: the register map as points, of one unit or of several on one line."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labkeeper_drivers.extras import need
from labkeeper_drivers.modbus.bus import Bus, Unreadable
from labkeeper_drivers.modbus.registers import Block, blocks, encoded, values
from labkeeper_drivers.modbus.settings import ModbusConfiguration, Register
from labkeeper_sdk import CommandFailed, Point, Services, Title, Urgency, Value

if TYPE_CHECKING:
    from labkeeper_drivers.modbus.line import Line

READ_BACK_EVERY_S = 0.1


@dataclass(slots=True)
class ModbusDevice:
    """A device with a register map; writes are read back before they count as done."""

    points: tuple[Point, ...]
    registers: Mapping[str, Register]
    line: "Line"
    unit: int
    _blocks: list[Block]
    _refused: type[Exception]

    async def read(self) -> Mapping[str, Value]:
        """Read every block; raises Unreadable where the device has no such registers."""
        found: dict[str, Value] = {}
        for block in self._blocks:
            try:
                words = await self.line.read(self.unit, block.table, block.address, block.count)
            except self._refused as refused:
                where = f"{block.table} {block.address} to {block.address + block.count - 1}"
                raise Unreadable(f"the device refuses to read {where}: {refused}") from refused
            found.update(values(block, self.registers, words))
        return found

    async def write(self, point: str, value: Value) -> None:
        """Write, and read back until it is there."""
        await self.write_urgently(point, value, Urgency.COMMAND)

    async def write_urgently(self, point: str, value: Value, urgency: Urgency) -> None:
        """Write in its turn on the line."""
        register = self.registers[point]
        words = encoded(register, value)
        try:
            async with asyncio.timeout(register.confirm_s):
                await self.line.write(self.unit, register.table, register.address, words, urgency)
                await self._reads_back(register, words, urgency)
        except self._refused as refused:
            raise CommandFailed("device_refused", f"the device refused {point}: {refused}") from refused
        except TimeoutError:
            raise CommandFailed("not_confirmed", f"{point} does not read back as {value}") from None

    async def _reads_back(self, register: Register, words: Sequence[int], urgency: Urgency) -> None:
        place = (self.unit, register.table, register.address, register.length)
        while [*await self.line.read(*place, urgency)] != [*words]:  # noqa: ASYNC110 -- it tells nobody
            await asyncio.sleep(READ_BACK_EVERY_S)


@asynccontextmanager
async def connect(configuration: ModbusConfiguration, services: Services) -> AsyncIterator[ModbusDevice | Bus]:  # noqa: ARG001 -- the protocol's
    """Open the line."""
    await need("modbus", "pymodbus.framer", "pymodbus.pdu", "serialx")
    from labkeeper_drivers.modbus.line import Line, Refused, open_line  # noqa: PLC0415 -- needs the extra

    def device(line: Line, unit: int, registers: Mapping[str, Register]) -> ModbusDevice:
        points = tuple(register.point(name) for name, register in registers.items())
        return ModbusDevice(points, registers, line, unit, blocks(registers, configuration.widest_gap), Refused)

    async with open_line(configuration) as line:
        if not configuration.units:
            yield device(line, configuration.unit, configuration.registers)
            return
        units = {name: device(line, it.unit, it.registers) for name, it in configuration.units.items()}
        titles = {name: Title(zh=it.zh or it.en, en=it.en or it.zh) for name, it in configuration.units.items()}
        yield Bus(units, titles, configuration.every_s)
