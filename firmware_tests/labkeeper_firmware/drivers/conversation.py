"""The suite's own connection to the broker: it hears all a device says, and comes back after a broker's restart."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiomqtt

from labkeeper_firmware.drivers.heard import Heard
from labkeeper_firmware.protocols import Said
from labkeeper_sdk.testing.mqtt import gather

QUIET = logging.getLogger(f"{__name__}.client")  # that the broker goes is what we try, and no news
QUIET.disabled = True
AGAIN_S = 0.1
ASK_S = 0.5


@dataclass(slots=True)
class Conversation(Heard):
    """Everything the device said, and the way to say something to it."""

    url: str = ""
    base: str = ""  # domain/5/device
    up: asyncio.Event = field(default_factory=asyncio.Event)
    _client: aiomqtt.Client | None = None

    async def run(self) -> None:
        """Hold the connection for ever."""
        while True:
            with suppress(aiomqtt.MqttError):
                await self._converse()
            self.up.clear()
            await asyncio.sleep(AGAIN_S)

    async def send(self, name: str, payload: bytes | str, *, qos: int = 0, retain: bool = False) -> None:
        """Publish under the device's topic; tried again where the broker has just gone."""
        while True:
            await self.up.wait()
            with suppress(aiomqtt.MqttError):
                if self._client is not None:
                    await self._client.publish(f"{self.base}/{name}", payload, qos=qos, retain=retain)
                    return
            await asyncio.sleep(AGAIN_S)

    async def kept(self) -> set[str]:
        """Return the names of which the broker keeps what the device said."""
        frames = await gather(self.url, (f"{self.base}/#",), ASK_S)
        return {frame.topic.removeprefix(f"{self.base}/") for frame in frames if frame.retain}

    async def there(self) -> bool:
        """Whether the device answers: where it does not, its will says so by itself."""
        return True

    async def _converse(self) -> None:
        where = urlsplit(self.url)
        async with aiomqtt.Client(
            where.hostname or "127.0.0.1",
            where.port or 1883,
            username=where.username,
            password=where.password,
            keepalive=10,
            logger=QUIET,
        ) as client:
            await client.subscribe(f"{self.base}/#", qos=1)
            self._client = client
            self.up.set()
            async for message in client.messages:
                self._heard(message)

    def _heard(self, message: aiomqtt.Message) -> None:
        name = str(message.topic).removeprefix(f"{self.base}/")
        if name.endswith("/set"):
            return
        self.take(Said(asyncio.get_running_loop().time(), name, message.payload, message.retain))


@asynccontextmanager
async def converse(url: str, domain: str, device: str) -> AsyncIterator[Conversation]:
    """Listen to a device for the length of a context."""
    conversation = Conversation(url=url, base=f"{domain}/5/{device}")
    task = asyncio.create_task(conversation.run(), name="conversation with the device")
    try:
        yield conversation
    finally:
        task.cancel()
        await asyncio.wait([task])
