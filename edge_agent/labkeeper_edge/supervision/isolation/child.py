"""One driver instance in a process of its own.

The node speaks to it over a socket. It holds the driver, its connection and its session at the broker, which
acknowledges a message when the node says that its readings are on disk. It ends when the node does.
"""

import asyncio
import logging
import os
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from pydantic import BaseModel

from labkeeper_edge.supervision.isolation import serving
from labkeeper_edge.supervision.isolation.channel import Channel, open_channel
from labkeeper_edge.supervision.isolation.limits import OUT_OF_MEMORY, limit_this_process
from labkeeper_edge.supervision.isolation.loading import Cannot, claimed, load
from labkeeper_edge.supervision.isolation.messages import (
    Begin,
    Cancel,
    Closed,
    Connect,
    Counted,
    Disconnect,
    Message,
    Ping,
    Pong,
    Ready,
    Settle,
    Taken,
    Unusable,
    Write,
)
from labkeeper_edge.supervision.isolation.noted import open_noted
from labkeeper_edge.supervision.isolation.serving import Served
from labkeeper_edge.supervision.services import Mortal, NodeServices
from labkeeper_sdk import Driver
from labkeeper_wire.mqtt import Address


@dataclass(slots=True)
class Counts:
    """What the driver's services refuse is counted by the node."""

    channel: Channel

    def count(self, reason: str, source: str, detail: str = "") -> None:
        """Tell the node."""
        self.channel.send(Counted(reason, source, detail))


@dataclass(slots=True)
class Guest:
    """The driver as the node directs it; one connection at a time."""

    channel: Channel
    driver: Driver
    configuration: BaseModel
    services: NodeServices
    served: Served
    _connection: asyncio.Task[None] | None = None
    _writes: dict[int, asyncio.Task[None]] = field(default_factory=dict)

    def obey(self, group: asyncio.TaskGroup, message: Message) -> None:
        """Do what the node says."""
        match message:
            case Connect():
                self._connection = group.create_task(self._connected(), name=f"driver {self.served.instance}")
            case Disconnect() if self._connection is not None:
                self._connection.cancel()
            case Write():
                task = group.create_task(self._write(message), name=f"write {message.device}/{message.point}")
                self._writes[message.id] = task
                task.add_done_callback(lambda _: self._writes.pop(message.id, None))
            case Cancel(number) if number in self._writes:
                self._writes[number].cancel()
            case Taken(number):
                self.served.taken(number)
            case Settle(numbers):
                self.served.settle(numbers)
            case Ping():
                self.channel.send(Pong())

    async def _connected(self) -> None:
        try:
            ended = await self.served.run(self.driver, self.configuration, self.services)
        except asyncio.CancelledError:
            self.channel.send(Closed())
        else:
            self.channel.send(ended)

    async def _write(self, order: Write) -> None:
        self.channel.send(await serving.write(self.served.gateway, order))


async def main(end: socket.socket, noting: int) -> None:
    """Load the driver the node names, and obey until the node is gone."""
    async with open_channel(end) as channel:
        messages = channel.messages()
        begin = (await anext(messages))[0]
        if not isinstance(begin, Begin):
            return
        limit_this_process(begin.memory_bytes)
        try:
            driver, configuration = load(begin)
        except Cannot as cannot:
            channel.send(Unusable(str(cannot), cannot.changed))
            await channel.writer.drain()
            return
        with open_noted(noting) as noted:
            mortal = Mortal(noted.note, bytes.fromhex(begin.deadly))
            services = NodeServices(
                Address.parse(begin.broker), begin.school, begin.node, begin.instance, Counts(channel), mortal
            )
            served = Served(channel, begin.instance, begin.poll_every_s)
            channel.send(Ready(claimed(driver, configuration)))
            await _obey(Guest(channel, driver, configuration, services, served), messages)


async def _obey(guest: Guest, messages: AsyncIterator[tuple[Message, int]]) -> None:
    async with asyncio.TaskGroup() as group:
        async for message, _ in messages:
            guest.obey(group, message)
        os._exit(0)  # the node is gone: nothing here may keep a device a moment longer


def live(descriptor: int, noting: int) -> int:
    """Be the process: DESCRIPTOR is the socket, NOTING shared memory for the digest of the message the driver is busy
    with. Return the exit status.
    """
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a driver prints is no answer of the node's
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        asyncio.run(main(socket.socket(fileno=descriptor), noting))
    except* MemoryError:
        os._exit(OUT_OF_MEMORY)  # whatever holds the memory holds it still
    return 0
