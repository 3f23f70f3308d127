"""A Modbus connection: one question, one answer, over TCP or a serial port. Frames are pymodbus's."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu import bit_message as bits
from pymodbus.pdu import register_message as words

from labkeeper_drivers.modbus.settings import ModbusConfiguration
from labkeeper_drivers.serial_port import open_port
from labkeeper_sdk import DeviceUnreachable, reaching

READS: dict[str, type[ModbusPDU]] = {
    "holding": words.ReadHoldingRegistersRequest,
    "input": words.ReadInputRegistersRequest,
    "coil": bits.ReadCoilsRequest,
    "discrete": bits.ReadDiscreteInputsRequest,
}
OPEN_S = 2.0
LONGEST = 600  # bytes of what may be an answer; a frame has at most 260


class Refused(Exception):
    """The device answered with an exception code (V1.1b3, section 7)."""


@dataclass(slots=True)
class Line:
    """Asks one device; not to be used twice at a time."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    framer: FramerSocket | FramerRTU
    unit: int
    timeout_s: float
    _number: int = 0

    async def read(self, table: str, address: int, count: int) -> Sequence[int]:
        """Return words, or bits as 0 and 1; raises Refused, DeviceUnreachable."""
        answer = await self._ask(READS[table](address=address, count=count))
        found = answer.bits if table in ("coil", "discrete") else answer.registers
        if len(found) < count:
            raise DeviceUnreachable(f"unit {self.unit} answers {len(found)} values to a question for {count}")
        return [int(one) for one in found[:count]]

    async def write(self, table: str, address: int, values: Sequence[int]) -> None:
        """Write a coil, a register or several; raises Refused, DeviceUnreachable."""
        if table == "coil":
            request: ModbusPDU = bits.WriteSingleCoilRequest(address=address, bits=[bool(values[0])])
        elif len(values) == 1:
            request = words.WriteSingleRegisterRequest(address=address, registers=list(values))
        else:
            request = words.WriteMultipleRegistersRequest(address=address, registers=list(values))
        await self._ask(request)

    async def _ask(self, request: ModbusPDU) -> ModbusPDU:
        self._number = self._number % 65_535 + 1
        request.dev_id, request.transaction_id = self.unit, self._number
        async with reaching(f"unit {self.unit}", within_s=self.timeout_s):
            self.writer.write(self.framer.buildFrame(request))
            answer = await self._answer(request)
        if answer.isError():
            raise Refused(f"exception code {answer.exception_code}")
        return answer

    async def _answer(self, request: ModbusPDU) -> ModbusPDU:
        heard = b""
        while len(heard) < LONGEST:
            if not (data := await self.reader.read(LONGEST)):
                raise EOFError
            heard += data
            used, answer = self._decoded(heard)
            heard = heard[used:]
            if answer is not None and answer.function_code & 0x7F == request.function_code:
                return answer
        raise DeviceUnreachable(f"unit {self.unit} talks without end")

    def _decoded(self, heard: bytes) -> tuple[int, ModbusPDU | None]:
        try:
            return self.framer.handleFrame(heard, self.unit, self._number)
        except (ModbusException, ValueError, IndexError, LookupError, ArithmeticError, TypeError) as error:
            raise DeviceUnreachable(f"unit {self.unit} speaks nonsense: {error}") from error


@asynccontextmanager
async def open_line(settings: ModbusConfiguration) -> AsyncIterator[Line]:
    """Connect; raises DeviceUnreachable."""
    framer = (FramerRTU if settings.path else FramerSocket)(DecodePDU(is_server=False))
    reader, writer = await _streams(settings)
    try:
        yield Line(reader, writer, framer, settings.unit, settings.timeout_s)
    finally:
        writer.close()


async def _streams(settings: ModbusConfiguration) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if settings.path:
        return await open_port(settings.path, settings.baudrate, settings.parity)
    async with reaching(f"{settings.host}:{settings.port}", within_s=OPEN_S):
        return await asyncio.open_connection(settings.host, settings.port)
