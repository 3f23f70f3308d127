"""A recorded conversation, held again: what a device said by itself, and its answers where it is asked the same."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import aiomqtt

from labkeeper_sdk.sim.settings import parse_broker
from labkeeper_sdk.testing.benches import Stand
from labkeeper_sdk.testing.clients import using
from labkeeper_sdk.testing.mqtt import open_mqtt_wire, publish_recording
from labkeeper_sdk.testing.recordings import Frame, Recording


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what followed it."""

    question: Frame
    answers: tuple[Frame, ...]


@asynccontextmanager
async def stand_conversing(recording: Recording) -> AsyncIterator[Stand]:
    """Say on a private broker what the device said by itself, and answer as it did."""
    opening = tuple(_until_asked(recording.frames))
    exchanges = tuple(_exchanges(recording.frames))
    async with open_mqtt_wire() as wire:
        broker = parse_broker(wire.broker.url)
        async with using(aiomqtt.Client(broker.host, broker.port)) as client:
            await client.subscribe([(topic, 1) for topic in {each.question.topic for each in exchanges}])
            talk = asyncio.create_task(_converse(client, exchanges), name="recorded device")
            try:
                await publish_recording(wire.broker.url, Recording(recording.header, opening, recording.expected))
                yield Stand(settings={}, wire=wire, broker=wire.url)
            finally:
                talk.cancel()
                with suppress(asyncio.CancelledError):
                    await talk


def _until_asked(frames: Sequence[Frame]) -> Iterator[Frame]:
    for frame in frames:
        if frame.to == "device":
            return
        yield frame


def _exchanges(frames: Sequence[Frame]) -> Iterator[Exchange]:
    for number, frame in enumerate(frames):
        if frame.to == "device":
            yield Exchange(frame, tuple(_until_asked(frames[number + 1 :])))


async def _converse(client: aiomqtt.Client, exchanges: Sequence[Exchange]) -> None:
    async for message in client.messages:
        payload = message.payload
        for exchange in exchanges:
            if exchange.question.topic == str(message.topic) and _asks(payload) == _asks(exchange.question.payload):
                for answer in exchange.answers:
                    await client.publish(answer.topic, _numbered(answer.payload, payload), qos=1)


def _asks(payload: bytes) -> object:
    """Return what a question is about: its method where it is a numbered call, else all of it."""
    call = _call(payload)
    return payload if call is None else (call.get("method"), call.get("params"))


def _numbered(answer: bytes, question: bytes) -> bytes:
    """Return the answer with the number of the question it answers now."""
    said, asked = _call(answer), _call(question)
    return answer if said is None or asked is None else json.dumps({**said, "id": asked["id"]}).encode()


def _call(payload: bytes) -> dict[str, object] | None:
    with suppress(ValueError):
        document = json.loads(payload)
        if isinstance(document, dict) and "id" in document:
            return document
    return None
