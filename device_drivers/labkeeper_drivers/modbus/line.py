"""A Modbus connection: one question, one answer, over TCP or a serial port. Frames are pymodbus's."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU, ModbusPDU
from pymodbus.pdu import bit_message as bits
from pymodbus.pdu import register_message as words

from labkeeper_drivers.modbus.settings import ModbusConfiguration
from labkeeper_drivers.serial_port import open_port
from labkeeper_sdk import DeviceUnreachable, Turns, Urgency, reaching

READS: dict[str, type[ModbusPDU]] = {
    "holding": words.ReadHoldingRegistersRequest,
    "input": words.ReadInputRegistersRequest,
    "coil": bits.ReadCoilsRequest,
    "discrete": bits.ReadDiscreteInputsRequest,
}
OPEN_S = 2.0
LONGEST = 600  # bytes of what may be an answer; a frame has at most 260
SILENT_CHARACTERS, BITS = 3.5, 11  # before each frame of a serial line (V1.02, 2.5.1.1)
MOST_WAITING = 32  # for each unit: twice the commands the platform lets it have unfinished
LEAST_SILENCE_S = 0.005  # what an operating system can tell from none


class Refused(Exception):
    """The device answered with an exception code (V1.1b3, section 7)."""


@dataclass(frozen=True, slots=True)
class Question:
    """A request that was sent, and the event loop's time until which its answer may come."""

    request: ModbusPDU
    due_s: float


@dataclass(slots=True)
class Line:
    """Asks units, one question at a time: who waits is served by urgency, and what is on the wire is not broken off.

    A question that somebody cut short is waited for before the next one: its answer would be taken for that one's.
    """

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    framer: FramerSocket | FramerRTU
    timeout_s: float
    silence_s: float = 0.0  # of a serial line, before each question
    turns: Turns = field(default_factory=Turns)
    _number: int = 0
    _heard: bytes = b""
    _open: Question | None = None
    _silent: set[int] = field(default_factory=set)  # units whose answer to a question that was cut short never came

    async def read(
        self, unit: int, table: str, address: int, count: int, urgency: Urgency = Urgency.POLL
    ) -> Sequence[int]:
        """Return words, or bits as 0 and 1; raises Refused, DeviceUnreachable."""
        answer = await self._ask(unit, READS[table](address=address, count=count), urgency)
        found = answer.bits if table in ("coil", "discrete") else answer.registers
        return [int(one) for one in found[:count]]

    async def write(
        self, unit: int, table: str, address: int, values: Sequence[int], urgency: Urgency = Urgency.COMMAND
    ) -> None:
        """Write a coil, a register or several; raises Refused, DeviceUnreachable."""
        if table == "coil":
            request: ModbusPDU = bits.WriteSingleCoilRequest(address=address, bits=[bool(values[0])])
        elif len(values) == 1:
            request = words.WriteSingleRegisterRequest(address=address, registers=list(values))
        else:
            request = words.WriteMultipleRegistersRequest(address=address, registers=list(values))
        await self._ask(unit, request, urgency)

    async def _ask(self, unit: int, request: ModbusPDU, urgency: Urgency) -> ModbusPDU:
        async with self.turns.take(urgency):
            await self._finish(unit)
            answer = await self._asked(unit, request)
        if answer.isError():
            raise Refused(f"exception code {answer.exception_code}")
        return answer

    async def _asked(self, unit: int, request: ModbusPDU) -> ModbusPDU:
        self._number = self._number % 65_535 + 1
        request.dev_id, request.transaction_id = unit, self._number
        try:
            async with reaching(f"unit {unit}", within_s=self.timeout_s):
                await self._silence()
                self._open = Question(request, asyncio.get_running_loop().time() + self.timeout_s)
                self.writer.write(self.framer.buildFrame(request))
                answer = await self._answer(request)
        except DeviceUnreachable:
            self._open = None  # nobody waits for it any more: the unit is left alone, or the connection ends
            raise
        self._open = None
        return answer

    async def _finish(self, unit: int) -> None:
        """Hear the answer to a question that was cut short. A unit that did not give it in time is out of reach."""
        if self._open is not None:
            try:
                async with asyncio.timeout_at(self._open.due_s), reaching("the line", within_s=2 * self.timeout_s):
                    await self._answer(self._open.request)
            except TimeoutError:
                self._silent.add(self._open.request.dev_id)
            self._open = None
        if unit in self._silent:
            self._silent.discard(unit)
            raise DeviceUnreachable(f"unit {unit} does not answer within {self.timeout_s:g} s")

    async def _silence(self) -> None:
        """Let a serial line fall silent; what is still said there belongs to nobody."""
        if not self.silence_s:
            return
        self._heard = b""
        with suppress(TimeoutError):
            while True:
                async with asyncio.timeout(self.silence_s):
                    await self._take()

    async def _answer(self, request: ModbusPDU) -> ModbusPDU:
        while len(self._heard) < LONGEST:
            self._heard += await self._take()
            used, answer = self._decoded(request)
            self._heard = self._heard[used:]
            if answer is not None and _answers(request, answer):
                return answer
        raise DeviceUnreachable(f"unit {request.dev_id} talks without end")

    async def _take(self) -> bytes:
        if not (data := await self.reader.read(LONGEST)):
            raise EOFError
        return data

    def _decoded(self, request: ModbusPDU) -> tuple[int, ModbusPDU | None]:
        try:
            return self.framer.handleFrame(self._heard, request.dev_id, request.transaction_id)
        except (ModbusException, ValueError, IndexError, LookupError, ArithmeticError, TypeError) as error:
            raise DeviceUnreachable(f"unit {request.dev_id} speaks nonsense: {error}") from error


def _answers(request: ModbusPDU, answer: ModbusPDU) -> bool:
    """Whether this can be the answer: its function, and as much as was asked for or the address that was written."""
    if answer.function_code & 0x7F != request.function_code:
        return False
    if answer.isError():
        return True
    if request.function_code in (1, 2):
        return len(answer.bits) == -(-request.count // 8) * 8
    if request.function_code in (3, 4):
        return len(answer.registers) == request.count
    return bool(answer.address == request.address)


@asynccontextmanager
async def open_line(settings: ModbusConfiguration) -> AsyncIterator[Line]:
    """Connect; raises DeviceUnreachable."""
    framer = (FramerRTU if settings.path else FramerSocket)(DecodePDU(is_server=False))
    silence_s = max(LEAST_SILENCE_S, SILENT_CHARACTERS * BITS / settings.baudrate) if settings.path else 0.0
    reader, writer = await _streams(settings)
    try:
        turns = Turns(MOST_WAITING * max(1, len(settings.units)))
        yield Line(reader, writer, framer, settings.timeout_s, silence_s, turns)
    finally:
        writer.close()


async def _streams(settings: ModbusConfiguration) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if settings.path:
        return await open_port(settings.path, settings.baudrate, settings.parity)
    async with reaching(f"{settings.host}:{settings.port}", within_s=OPEN_S):
        return await asyncio.open_connection(settings.host, settings.port)
