"""A recorded conversation, held again: what a device said by itself, and its answers where it is asked the same."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

import aiomqtt

from labkeeper_sdk.sim.settings import parse_broker
from labkeeper_sdk.testing.benches import Stand
from labkeeper_sdk.testing.clients import using
from labkeeper_sdk.testing.mqtt import open_mqtt_wire, publish_recording, saying_again
from labkeeper_sdk.testing.recordings import Frame, Recording

LOOK_S = 0.2


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question and what followed it."""

    question: Frame
    answers: tuple[Frame, ...]


@asynccontextmanager
async def stand_conversing(recording: Recording) -> AsyncIterator[Stand]:
    """Say on a private broker what the device said by itself, and answer as it did."""
    exchanges = tuple(_exchanges(recording.frames))
    answers = {id(frame) for each in exchanges for frame in each.answers}
    by_itself = tuple(frame for frame in recording.frames if id(frame) not in answers)
    kept = tuple(frame for frame in by_itself if frame.retain)
    async with open_mqtt_wire() as wire:
        broker = parse_broker(wire.broker.url)
        async with using(aiomqtt.Client(broker.host, broker.port)) as client:
            if asked := {each.question.topic for each in exchanges}:  # a broker wants one topic at least
                await client.subscribe([(topic, 1) for topic in asked])
            talk = asyncio.create_task(_converse(client, exchanges), name="recorded device")
            try:
                await publish_recording(wire.broker.url, replace(recording, frames=kept))
                async with saying_again(wire.broker.url, by_itself):
                    yield Stand(settings=recording.settings(), wire=wire, broker=wire.url)
            finally:
                while not talk.done():  # a publication that is just being confirmed may swallow a cancellation
                    talk.cancel()
                    await asyncio.wait([talk], timeout=LOOK_S)


def _until_asked(frames: Sequence[Frame]) -> Iterator[Frame]:
    for frame in frames:
        if frame.to == "device":
            return
        yield frame


def _exchanges(frames: Sequence[Frame]) -> Iterator[Exchange]:
    for number, frame in enumerate(frames):
        if frame.to == "device":
            call, later = _call(frame.payload), frames[number + 1 :]
            yield Exchange(frame, tuple(_until_asked(later) if call is None else _answer(frame, call, later)))


def _answer(question: Frame, call: Mapping[str, object], later: Sequence[Frame]) -> Iterator[Frame]:
    """Yield the answer to a numbered call, which others may have overtaken: of its number, from whom was asked."""
    for frame in later:
        said = _call(frame.payload) if frame.to == "driver" else None
        if said is not None and said["id"] == call["id"] and question.topic.startswith(f"{said.get('src')}/"):
            yield frame
            return


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
