"""Mosquitto as a school runs it: with the configuration, the accounts and the certificates that `init` made."""

import asyncio
import os
import signal
import ssl
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import pytest

from labkeeper_sdk.testing import find_mosquitto, free_port
from labkeeper_wire import mqtt

from .conftest import DEPLOY

START_S = 30.0
CONF = DEPLOY / "mosquitto" / "mosquitto.conf"


@dataclass(frozen=True)
class Running:
    """Mosquitto with files that `init` made."""

    port: int
    process: asyncio.subprocess.Process
    log: Path

    def read_again(self) -> None:
        self.process.send_signal(signal.SIGHUP)


@asynccontextmanager
async def running(text: str, folder: Path, port: int) -> AsyncIterator[Running]:
    """Start Mosquitto with a configuration."""
    mosquitto = find_mosquitto()
    if mosquitto is None:
        pytest.skip("Mosquitto is not installed")
    conf = folder / "mosquitto.conf"
    # as root Mosquitto changes to a user who cannot read the folder
    conf.write_text(text + ("user root\n" if os.geteuid() == 0 else ""))
    log = folder / "broker.log"
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            mosquitto, "-c", str(conf), stdin=DEVNULL, stdout=DEVNULL, stderr=out
        )
    broker = Running(port, process, log)
    try:
        await answers(broker)
        yield broker
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


@asynccontextmanager
async def shipped(
    secrets: Path, folder: Path, changes: Mapping[str, str] = MappingProxyType({})
) -> AsyncIterator[Running]:
    """Start Mosquitto with the file that is shipped; only its port, its paths and `changes` are this test's."""
    number = free_port()
    (folder / "data").mkdir(exist_ok=True)
    text = CONF.read_text().replace("listener 8883", f"listener {number} 127.0.0.1")
    text = text.replace("/mosquitto/config/secrets", str(secrets)).replace("/mosquitto/data/", f"{folder / 'data'}/")
    text = text.replace("/mosquitto/config/broker.d", str(secrets / "broker.d"))
    for line, instead in changes.items():
        assert line in text
        text = text.replace(line, instead)
    async with running(text, folder, number) as broker:
        yield broker


async def answers(broker: Running) -> None:
    async with asyncio.timeout(START_S):
        while broker.process.returncode is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", broker.port)
            except OSError:
                await asyncio.sleep(0.02)
                continue
            writer.close()
            await writer.wait_closed()
            return
    raise AssertionError(broker.log.read_text())


def address(port: int, secrets: Path, user: str, password: str | None = None) -> mqtt.Address:
    told = (secrets / f"{user}.password").read_text() if password is None else password
    parsed = mqtt.Address.parse(f"mqtts://{user}:{told}@127.0.0.1:{port}")
    return replace(parsed, tls=ssl.create_default_context(cafile=str(secrets / "ca.crt")))


@asynccontextmanager
async def connected(
    port: int, secrets: Path, user: str, will: mqtt.Will | None = None, *, name: str = "test"
) -> AsyncIterator[mqtt.Link]:
    async with mqtt.connect(address(port, secrets, user), f"{name}-{user}", will=will) as link:
        yield link


async def heard(link: mqtt.Link, last: str, payload: bytes = b"") -> list[str]:
    """Return the topics heard up to `last`, with this payload if one is named."""
    topics = []
    async with asyncio.timeout(START_S):
        async for message in link.messages():
            topics.append(message.topic)
            if message.topic == last and payload in (b"", message.payload):
                return topics
    raise AssertionError("the connection ended")


async def let_in(port: int, secrets: Path, user: str) -> None:
    """Wait until the broker has read the account of `user`."""
    async with asyncio.timeout(START_S):
        while True:
            try:
                async with connected(port, secrets, user):
                    return
            except mqtt.ConnectRefused:
                await asyncio.sleep(0.02)
