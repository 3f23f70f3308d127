"""A device made of a recording: it answers as the recorded one did."""

import asyncio
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from labkeeper_sdk.testing.benches import Stand
from labkeeper_sdk.testing.datagrams import UdpWire, serve_udp
from labkeeper_sdk.testing.recordings import Frame, Recording
from labkeeper_sdk.testing.serial import SerialWire, serve_serial
from labkeeper_sdk.testing.servers import Talk, serve_tcp
from labkeeper_sdk.testing.wires import CHUNK, TcpWire

AGAIN_S = 0.1  # a port that is opened forgets what came before


@dataclass(slots=True)
class Answers:
    """What was answered to what. The same question gets its answers in their order, the last one again and again."""

    greeting: bytes = b""
    unknown: list[bytes] = field(default_factory=list)  # questions the recording does not have
    _by_question: dict[bytes, deque[tuple[bytes, ...]]] = field(default_factory=lambda: defaultdict(deque))

    @classmethod
    def of(cls, frames: Sequence[Frame]) -> "Answers":
        """Pair each frame to the device with what came back until the next."""
        answers = cls()
        question, said = b"", list[bytes]()
        for frame in frames:
            if frame.to == "driver":
                said.append(frame.payload)
                continue
            answers._learn(question, said)
            question, said = frame.payload, []
        answers._learn(question, said)
        return answers

    def take(self, heard: bytes) -> tuple[tuple[bytes, ...], bytes]:
        """Return the answers to the questions at the head of `heard`, and what of it may be the beginning of one."""
        said: list[bytes] = []
        while heard:
            question = max((one for one in self._by_question if heard.startswith(one)), key=len, default=None)
            if question is None:
                if not any(one.startswith(heard) for one in self._by_question):
                    self.unknown.append(heard)
                    heard = b""
                break
            said += self._answer(question)
            heard = heard[len(question) :]
        return tuple(said), heard

    def _answer(self, question: bytes) -> tuple[bytes, ...]:
        waiting = self._by_question[question]
        return waiting.popleft() if len(waiting) > 1 else waiting[0]

    def _learn(self, question: bytes, said: Iterable[bytes]) -> None:
        if question:
            self._by_question[question].append(tuple(said))
        else:
            self.greeting = b"".join(said)


def talk_from(recording: Recording, answers: Answers | None = None) -> Talk:
    """Return the recorded device as a conversation, for `serve_tcp` and `serve_serial`."""
    known = answers or Answers.of(recording.frames)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(known.greeting)
        heard = b""
        while data := await reader.read(CHUNK):
            said, heard = known.take(heard + data)
            writer.write(b"".join(said))

    return talk


@asynccontextmanager
async def replay_tcp(recording: Recording) -> AsyncIterator[TcpWire]:
    """Run the recorded device on TCP."""
    async with serve_tcp(talk_from(recording)) as wire:
        yield wire


@asynccontextmanager
async def replay_serial(recording: Recording) -> AsyncIterator[SerialWire]:
    """Run the recorded device behind a serial port. What it said unasked it says again and again until it is asked."""
    known = Answers.of(recording.frames)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard, asked = b"", False
        while True:
            try:
                async with asyncio.timeout(None if asked or not known.greeting else AGAIN_S):
                    data = await reader.read(CHUNK)
            except TimeoutError:
                writer.write(known.greeting)
                continue
            if not data:
                return
            asked = True
            said, heard = known.take(heard + data)
            writer.write(b"".join(said))

    async with serve_serial(talk) as wire:
        yield wire


@asynccontextmanager
async def recorded_stand(recording: Recording) -> AsyncIterator[Stand]:
    """Run the recorded device for a driver that reaches it by its keys `host` and `port`: a bench's `replay`."""
    async with replay_tcp(recording) as wire:
        yield Stand(settings={"host": wire.host, "port": wire.port}, wire=wire)


@asynccontextmanager
async def replay_udp(recording: Recording) -> AsyncIterator[UdpWire]:
    """Run the recorded device on UDP."""
    known = Answers.of(recording.frames)
    async with serve_udp(lambda data: known.take(data)[0]) as wire:
        yield wire
