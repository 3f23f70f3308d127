"""A lab's broker as a driver sees it, and a platform that only listens and settles."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from labkeeper_sdk import (
    DeviceUnreachable,
    Driver,
    Gateway,
    GatewayEvent,
    MqttLink,
    MqttMessage,
    Observation,
    Reading,
    Report,
    Value,
)
from labkeeper_sdk.plugins import load_drivers
from labkeeper_sdk.testing import Broker, open_broker
from labkeeper_wire import mqtt

DEADLINE_S = 20.0
FIXTURES = Path(__file__).parent / "fixtures"
AT_ONCE = 0


def fixture(name: str) -> bytes:
    return (FIXTURES / name).read_bytes()


@dataclass(slots=True)
class LabLink:
    """The node's link: the wire's errors become the SDK's."""

    link: mqtt.Link

    @property
    def session_present(self) -> bool:
        return self.link.session_present

    async def subscribe(self, *filters: tuple[str, int]) -> None:
        await self.link.subscribe(*filters)

    async def messages(self) -> AsyncIterator[MqttMessage]:
        try:
            async for message in self.link.messages():
                yield message
        except mqtt.LinkLost as lost:
            raise DeviceUnreachable(str(lost)) from lost

    def acknowledge(self, message: MqttMessage) -> None:
        assert isinstance(message, mqtt.Message)
        self.link.acknowledge(message)

    async def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> None:
        await self.link.publish(topic, payload, qos=qos, retain=retain)


@dataclass(frozen=True, slots=True)
class Lab:
    """What a node lends: one persistent session with a fixed client id."""

    broker: Broker
    client_id: str = "labkeeper-driver"

    @asynccontextmanager
    async def mqtt(self) -> AsyncIterator[MqttLink]:
        address = mqtt.Address(self.broker.host, self.broker.port)
        async with mqtt.connect(address, self.client_id, clean=False, late_ack=True) as link:
            yield LabLink(link)

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000


@dataclass(slots=True)
class Platform:
    """Takes every observation as it comes; `settling` False keeps every message the broker's."""

    gateway: Gateway
    settling: bool = True
    events: list[GatewayEvent] = field(default_factory=list)
    observed: list[Observation] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def listen(self) -> None:
        async for observation in self.gateway.observations():
            async with self.news:
                self.observed.append(observation)
                self.events.extend(observation.events)
                self.news.notify_all()
            if self.settling:
                observation.settle()

    async def until(self, found: Callable[[list[GatewayEvent]], bool]) -> None:
        async with asyncio.timeout(DEADLINE_S), self.news:
            await self.news.wait_for(lambda: found(self.events))

    async def hears(self, *events: GatewayEvent) -> None:
        await self.until(lambda heard: all(event in heard for event in events))

    def readings(self, device: str, point: str) -> list[Reading]:
        reports = [event for event in self.events if isinstance(event, Report) and event.device == device]
        return [reading for report in reports for reading in report.readings if reading.point == point]

    async def reads(self, device: str, point: str, value: Value) -> None:
        """Wait until the newest reading of a point has this value."""
        await self.until(lambda _: [one.value for one in self.readings(device, point)][-1:] == [value])


@asynccontextmanager
async def open_driver(
    name: str, lab: Lab, settings: Mapping[str, object] | None = None, *, settling: bool = True
) -> AsyncIterator[Platform]:
    """Run a driver as the platform does, through its entry point."""
    driver: Driver = load_drivers().drivers[name]
    context: AbstractAsyncContextManager[object] = driver.connect(
        driver.configuration.model_validate(settings or {}), lab
    )
    async with context as gateway:
        assert hasattr(gateway, "observations")
        platform = Platform(cast("Gateway", gateway), settling)
        task = asyncio.create_task(platform.listen())
        try:
            yield platform
        finally:
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled() and (error := task.exception()) is not None:
                assert isinstance(error, DeviceUnreachable), error


@dataclass(slots=True)
class Firmware:
    """Whoever is on the other side of the broker: says things, and hears what it is asked."""

    link: mqtt.Link
    heard: AsyncIterator[mqtt.Message]

    async def say(self, topic: str, payload: object, *, retain: bool = False, qos: int = 1) -> None:
        raw = payload if isinstance(payload, bytes) else json.dumps(payload, ensure_ascii=False).encode()
        await self.link.publish(topic, raw, qos=qos, retain=retain)

    async def next_command(self) -> tuple[str, bytes]:
        """Wait for the next message on a subscribed topic."""
        async with asyncio.timeout(DEADLINE_S):
            message = await anext(self.heard)
        return message.topic, message.payload


@asynccontextmanager
async def open_firmware(broker: Broker, *commands: str) -> AsyncIterator[Firmware]:
    async with mqtt.connect(mqtt.Address(broker.host, broker.port), "firmware") as link:
        if commands:
            await link.subscribe(*((topic, 1) for topic in commands))
        yield Firmware(link, link.messages())


@pytest.fixture
async def broker() -> AsyncIterator[Broker]:
    async with open_broker() as running:
        yield running
