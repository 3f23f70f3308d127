"""Devices that speak MQTT, for tests: a broker of their own behind a wire, and recordings published to it."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiomqtt

from labkeeper_sdk.testing.brokers import Broker, open_broker
from labkeeper_sdk.testing.clients import using
from labkeeper_sdk.testing.recordings import Frame, Recording
from labkeeper_sdk.testing.wires import TcpWire, open_tcp_wire, spoil

GATHER_S = 0.3


@dataclass(slots=True)
class MqttWire:
    """The way to a lab's broker: `url` is what the driver is told, `broker` where the devices are.

    Spoiled is what devices say, not MQTT itself: `garble` says it again with wrong bytes, under the same topics.
    """

    broker: Broker
    link: TcpWire
    topics: tuple[str, ...] = ("#",)

    @property
    def url(self) -> str:
        """Return the broker's URL as the driver is to see it."""
        return f"mqtt://{self.link.host}:{self.link.port}"

    async def cut(self) -> None:
        """Take the broker away."""
        await self.link.cut()

    async def restore(self) -> None:
        """Bring it back."""
        await self.link.restore()

    async def hush(self) -> None:
        """Let nothing pass."""
        await self.link.hush()

    async def garble(self, chance: random.Random, frames: int) -> None:
        """Publish `frames` spoiled copies of what devices say."""
        said = [it for it in await gather(self.broker.url, self.topics, GATHER_S) if it.payload]
        async with _client(self.broker.url) as client:
            for frame in chance.choices(said, k=frames) if said else ():
                await client.publish(frame.topic, spoil(chance, frame.payload), qos=1)


@asynccontextmanager
async def open_mqtt_wire(*topics: str) -> AsyncIterator[MqttWire]:
    """Run a private broker behind a wire; `topics` are the device's, for spoiling."""
    async with open_broker() as broker, open_tcp_wire(broker.host, broker.port) as link:
        yield MqttWire(broker, link, topics or ("#",))


async def gather(
    url: str, topics: Iterable[str], for_s: float, *, most: int = 10_000, listening: asyncio.Event | None = None
) -> list[Frame]:
    """Return what is said under these topics within `for_s` seconds, what is retained first; `listening` is set once
    nothing is missed any more.
    """
    heard: list[Frame] = []
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    async with _client(url) as client:
        await client.subscribe([(topic, 1) for topic in topics])
        if listening is not None:
            listening.set()
        try:
            async with asyncio.timeout(for_s):
                async for message in client.messages:
                    at_ms = round((loop.time() - began_s) * 1000)
                    heard.append(
                        Frame(at_ms, "driver", bytes(message.payload), str(message.topic), bool(message.retain))
                    )
                    if len(heard) >= most:
                        break
        except TimeoutError:
            pass
    return heard


async def publish_recording(url: str, recording: Recording) -> None:
    """Say what the recorded devices said, in its order."""
    async with _client(url) as client:
        for frame in recording.frames:
            if frame.to == "driver":
                await client.publish(frame.topic, frame.payload, qos=1, retain=frame.retain)


@asynccontextmanager
async def saying_again(url: str, frames: Iterable[Frame], every_s: float = 0.5) -> AsyncIterator[None]:
    """Say these again and again, for what a broker does not keep reaches only who is there already."""
    told = [frame for frame in frames if frame.to == "driver" and not frame.retain]

    over = asyncio.Event()  # not a cancellation, which a publication that is just being confirmed may swallow

    async def say() -> None:
        async with _client(url) as client:
            while told and not over.is_set():
                for frame in told:
                    await client.publish(frame.topic, frame.payload, qos=1)
                with suppress(TimeoutError):
                    async with asyncio.timeout(every_s):
                        await over.wait()

    saying = asyncio.create_task(say(), name="recorded devices")
    try:
        yield
    finally:
        over.set()
        await asyncio.gather(saying, return_exceptions=True)


def _client(url: str) -> AbstractAsyncContextManager[aiomqtt.Client]:
    where = urlsplit(url)
    return using(aiomqtt.Client(where.hostname or "127.0.0.1", where.port or 1883))
