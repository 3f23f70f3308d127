"""A broker, a lab, and an ear that belongs to neither: plain aiomqtt."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiomqtt
import pytest

from labkeeper_sdk.sim import LabSettings
from labkeeper_sdk.sim.settings import BridgeSettings, FaultSettings
from labkeeper_sdk.testing import Broker, open_broker
from labkeeper_sdk.testing.clients import using

DEADLINE_S = 20.0


@dataclass(frozen=True, slots=True)
class Heard:
    topic: str
    payload: bytes
    retain: bool

    @property
    def json(self) -> Any:  # noqa: ANN401 - a test looks into any document
        return json.loads(self.payload)


@dataclass(slots=True)
class Listener:
    """Everything on the broker since it began to listen, and a way to say something."""

    client: aiomqtt.Client
    heard: list[Heard] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)
    said_at: int | None = None

    def on(self, topic: str) -> list[Heard]:
        return [one for one in self.heard if one.topic == topic]

    async def until(self, found: Callable[[list[Heard]], bool]) -> None:
        """Wait until what was heard satisfies `found`, within the deadline."""
        async with asyncio.timeout(DEADLINE_S), self.news:
            await self.news.wait_for(lambda: found(self.heard))

    async def next_on(self, topic: str, wanted: Callable[[Heard], bool] = lambda _: True, count: int = 1) -> Heard:
        """Wait for the `count`-th wanted message on a topic since the last `say`, or from now on."""
        position = len(self.heard) if self.said_at is None else self.said_at
        self.said_at = None
        async with asyncio.timeout(DEADLINE_S), self.news:
            while True:
                while position == len(self.heard):
                    await self.news.wait()
                one = self.heard[position]
                position += 1
                count -= one.topic == topic and wanted(one)
                if count == 0:
                    return one

    async def ever_on(self, topic: str, wanted: Callable[[Heard], bool]) -> None:
        """Wait for a wanted message on a topic, whether it has come already or not."""
        await self.until(lambda _: any(map(wanted, self.on(topic))))

    async def say(self, topic: str, payload: str | bytes) -> None:
        await self.catch_up()
        self.said_at = len(self.heard)
        await self.client.publish(topic, payload, qos=1)

    async def catch_up(self) -> None:
        """Return once everything the broker took before this call has been heard."""
        marker = f"test/marker/{uuid4().hex}"
        await self.client.publish(marker, qos=1)
        await self.until(lambda heard: any(one.topic == marker for one in heard))

    async def listen(self) -> None:
        async for message in self.client.messages:
            assert isinstance(message.payload, bytes)
            async with self.news:
                self.heard.append(Heard(str(message.topic), message.payload, message.retain))
                self.news.notify_all()


@asynccontextmanager
async def open_listener(broker: Broker, *filters: str) -> AsyncIterator[Listener]:
    async with using(aiomqtt.Client(broker.host, broker.port)) as client:
        await client.subscribe([(topic, 1) for topic in ((*filters, "test/marker/#") if filters else ("#",))])
        listener = Listener(client)
        task = asyncio.create_task(listener.listen())
        try:
            yield listener
        finally:
            task.cancel()
            await asyncio.wait([task])


@pytest.fixture
async def broker() -> AsyncIterator[Broker]:
    async with open_broker() as running:
        yield running


@pytest.fixture
def quick() -> Callable[..., LabSettings]:
    """Settings of a lab in a hurry: ten reports a second, short time-outs."""

    def settings(*only: str, **more: Any) -> LabSettings:  # noqa: ANN401 - any key of the settings
        return LabSettings(
            rate=10,
            only=only,
            zigbee=more.pop("zigbee", BridgeSettings(availability_timeout_s=0.6)),
            faults=FaultSettings(slow_s=0.8, reboot_s=0.3),
            **more,
        )

    return settings


def witnessed(path: Path) -> list[dict[str, Any]]:
    """Return the readings a witness wrote."""
    return [line for line in map(json.loads, path.read_text().splitlines()) if "published_ms" in line]
