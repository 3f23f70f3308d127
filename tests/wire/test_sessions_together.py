"""An EdgeSession and a HostSession over links that lose, repeat and reorder, and over a real broker."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random

import pytest

from labkeeper_sdk.testing import open_broker
from labkeeper_wire.codec import decode
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.edge_session import EdgeSession
from labkeeper_wire.effects import (
    DataReceived,
    DeviceBorn,
    DeviceDied,
    EdgeEffect,
    HostEffect,
    LinkStale,
    NodeBorn,
    NodeDied,
    Publish,
    SessionLive,
    SessionPaused,
    Subscribe,
)
from labkeeper_wire.host_session import HostSession
from labkeeper_wire.mqtt import Address, Link, Will, connect
from labkeeper_wire.payload import Metric
from labkeeper_wire.sequence import next_bd_seq

HOST = "labkeeper"
STATE = f"spBv1.0/STATE/{HOST}"
DEVICES = ("probe", "lamp", "robot")
NAMES = ("a", "b", "c", "d")
LONGEST_DELAY_MS = 800
QUIET_MS = 400_000


def value_of(device: str | None, name: str, number: int) -> float:
    """A value that tells whose it is."""
    owner = len(DEVICES) if device is None else DEVICES.index(device)
    return float((owner * len(NAMES) + NAMES.index(name)) * 1_000_000 + number)


def owner_of(value: float) -> tuple[str | None, str]:
    owner, name = divmod(int(value) // 1_000_000, len(NAMES))
    return (*DEVICES, None)[owner], NAMES[name]


@dataclass(order=True, slots=True)
class Flight:
    """A message under way, to arrive at `due_ms`."""

    due_ms: int
    number: int
    message: Publish = field(compare=False)


@dataclass
class World:
    """A node, a host and the broken links between them, all moved by one random sequence.

    What MQTT does promise stays promised: a STATE arrives, and the will of a connection comes before the next one's
    messages. Everything else may be lost, come twice, or overtake.
    """

    random: Random
    aliases: bool
    now: int = 1_760_000_000_000
    bd_seq: int = 0
    counter: int = 0
    broken: bool = True
    flights: list[Flight] = field(default_factory=list)
    declared: dict[str | None, list[str]] = field(default_factory=dict)
    sequence: list[int | None] = field(default_factory=list)
    known: dict[str | None, set[str]] = field(default_factory=dict)
    values: dict[tuple[str | None, str], float] = field(default_factory=dict)
    reports: int = 0

    def __post_init__(self) -> None:
        self.loss = self.random.choice((1, 5, 15))
        self.churn = self.random.choice((1, 30))
        self.state = b""
        self.host = HostSession(HOST, connect_ms=self.now)
        self.declared[None] = self.some_names()
        self.connect_edge()
        self.connect_host()

    # The node

    def some_names(self) -> list[str]:
        return self.random.sample(NAMES, self.random.randint(1, len(NAMES)))

    def metrics(self, device: str | None, names: list[str]) -> list[Metric]:
        self.counter += 1
        return [Metric(name, value_of(device, name, self.counter), DataType.DOUBLE, self.now) for name in names]

    def connect_edge(self) -> None:
        self.edge = EdgeSession("school", "node", bd_seq=self.bd_seq, primary_host=HOST, aliases=self.aliases)
        self.bd_seq = next_bd_seq(self.bd_seq)
        devices = [device for device in self.declared if device is not None]
        self.edge.declare_node(self.metrics(None, self.declared[None]))
        for device in self.random.sample(devices, len(devices)):
            self.edge.declare_device(device, self.metrics(device, self.declared[device]), self.now)
        self.edge_does(self.edge.connected(self.now))
        if self.state:
            self.edge_does(self.edge.received(STATE, self.state, self.now))

    def edge_does(self, effects: list[EdgeEffect]) -> None:
        for effect in effects:
            if isinstance(effect, Publish):
                self.check_sequence(effect)
                self.fly(effect)
        if SessionPaused("primary_host_offline") in effects:
            self.connect_edge()

    def check_sequence(self, message: Publish) -> None:
        payload = decode(message.payload)
        kind = message.topic.split("/")[2]
        if kind == "NDEATH":
            assert payload.seq is None
            return
        assert payload.seq == (0 if kind == "NBIRTH" else ((self.sequence[-1] or 0) + 1) % 256)
        self.sequence.append(payload.seq)
        if kind == "NBIRTH":
            numbers = [metric.value for metric in payload.metrics if metric.name == "bdSeq"]
            assert numbers == [self.edge.bd_seq] == [decode(self.edge.will.payload).metrics[0].value]

    def drop_edge(self) -> None:
        """The node's connection breaks: what is under way arrives or not, then the will."""
        for flight in sorted(self.flights):
            if not flight.message.topic.endswith(("/NCMD/node", "/NDEATH/node")) and self.random.random() < 0.5:
                self.host_hears(flight.message)
        self.flights = [flight for flight in self.flights if self.random.random() < 0.3]
        self.host_hears(self.edge.will)
        self.connect_edge()

    def send_data(self) -> None:
        if self.edge.live:
            device = self.random.choice(list(self.declared))
            names = self.declared[device]
            chosen = self.random.sample(names, self.random.randint(1, len(names)))
            self.edge_does(self.edge.data(device, self.metrics(device, chosen), self.now))

    def declare_device(self) -> None:
        device = self.random.choice(DEVICES)
        self.declared[device] = self.some_names()
        self.edge_does(self.edge.declare_device(device, self.metrics(device, self.declared[device]), self.now))

    def lose_device(self) -> None:
        device = self.random.choice(DEVICES)
        self.declared.pop(device, None)
        self.edge_does(self.edge.device_lost(device, self.now))

    # The host

    def connect_host(self) -> None:
        self.host = HostSession(HOST, connect_ms=self.now)
        self.host_does(self.host.connected(self.now))

    def drop_host(self) -> None:
        self.host_does(self.host.link_lost(self.now))
        self.say_state(self.host.will)
        self.connect_host()

    def say_state(self, message: Publish) -> None:
        self.state = message.payload
        self.edge_does(self.edge.received(message.topic, message.payload, self.now))

    def host_hears(self, message: Publish) -> None:
        self.host_does(self.host.received(message.topic, message.payload, self.now))

    def host_does(self, effects: list[HostEffect]) -> None:
        for effect in effects:
            if isinstance(effect, Publish) and effect.topic == STATE:
                self.say_state(effect)
            elif isinstance(effect, Publish):
                self.fly(effect)
            else:
                self.check_report(effect)

    def check_report(self, effect: HostEffect) -> None:
        if isinstance(effect, NodeBorn | NodeDied | LinkStale):
            self.known = {}
        if isinstance(effect, DeviceDied):
            del self.known[effect.device]
        if isinstance(effect, NodeBorn | DeviceBorn | DataReceived):
            device = None if isinstance(effect, NodeBorn) else effect.device
            found = {metric.name: metric.value for metric in effect.metrics if isinstance(metric.value, float)}
            if not isinstance(effect, DataReceived):
                self.known[device] = {name for name in found if name is not None}
            for name, value in found.items():
                assert isinstance(value, float)
                assert (device, name) == owner_of(value)
                assert name in self.known[device]
                self.values[device, name] = value
                self.reports += 1

    # The links

    def fly(self, message: Publish) -> None:
        if message.topic.endswith("/NDEATH/node"):
            self.host_hears(message)
            return
        copies = self.random.choices((0, 1, 2), (self.loss, 90 - self.loss, 10))[0] if self.broken else 1
        for _ in range(copies):
            delay = self.random.choice((0, 0, 0, self.random.randint(1, LONGEST_DELAY_MS))) if self.broken else 0
            self.counter += 1
            self.flights.append(Flight(self.now + delay, self.counter, message))

    def arrive(self) -> None:
        for flight in sorted(flight for flight in self.flights if flight.due_ms <= self.now):
            self.flights.remove(flight)
            if flight.message.topic.endswith("/NCMD/node"):
                self.edge_does(self.edge.received(flight.message.topic, flight.message.payload, self.now))
            else:
                self.host_hears(flight.message)

    def step(self) -> None:
        self.now += self.random.randint(1, 60)
        actions = (self.send_data, self.declare_device, self.lose_device, self.drop_edge, self.drop_host)
        self.random.choices(actions, (200, 4, 4, self.churn, 1))[0]()
        self.arrive()
        self.host_does(self.host.tick(self.now))

    def shatter(self) -> None:
        """The worst at the end: a new session most of whose births are lost."""
        self.loss = 60
        self.drop_edge()
        for _ in range(10):
            self.step()

    def heal(self) -> None:
        """The links are whole from now on; the node goes on sending, and the host has time to ask."""
        self.broken = False
        end = self.now + QUIET_MS
        while self.now < end:
            self.now += 1000
            self.send_data()
            self.arrive()
            self.host_does(self.host.tick(self.now))

    def expected(self) -> dict[str | None, set[str]]:
        return {device: set(names) for device, names in self.declared.items()}


@pytest.mark.parametrize("aliases", [False, True])
@pytest.mark.parametrize("fixed_seed", [*range(8), None])
@pytest.mark.sparkplug(
    "payloads-sequence-num-incrementing",
    "topics-nbirth-bdseq-matching",
    "payloads-nbirth-bdseq-repeat",
    "payloads-ndeath-bdseq",
    "operational-behavior-edge-node-termination-host-offline-reconnect",
    "operational-behavior-host-reordering-rebirth",
)
def test_whatever_the_link_does_no_value_gets_a_wrong_name_and_all_is_well_after_it_heals(
    fixed_seed: int | None, *, aliases: bool
) -> None:
    seed = int.from_bytes(os.urandom(4), "big") if fixed_seed is None else fixed_seed
    print(f"seed {seed}")  # noqa: T201 - a failing random test says how to repeat it
    world = World(Random(seed), aliases)
    for _ in range(1000):
        world.step()
    assert world.reports > 50
    world.shatter()
    world.heal()
    assert world.known == world.expected()
    for device, names in world.declared.items():
        sent = world.metrics(device, names)
        world.edge_does(world.edge.data(device, sent, world.now))
        world.arrive()
        assert {name: world.values[device, name] for name in names} == {one.name: one.value for one in sent}


# Over a real broker


@dataclass
class End:
    """One end of a conversation: a link, and all effects since it opened."""

    link: Link
    session: EdgeSession | HostSession
    effects: list[EdgeEffect | HostEffect] = field(default_factory=list)

    async def carry_out(self, effects: Sequence[EdgeEffect | HostEffect]) -> None:
        for effect in effects:
            if isinstance(effect, Subscribe):
                await self.link.subscribe(*effect.filters)
            elif isinstance(effect, Publish):
                await self.link.publish(effect.topic, effect.payload, qos=effect.qos, retain=effect.retain)
            self.effects.append(effect)

    async def until(self, kind: type[EdgeEffect | HostEffect]) -> EdgeEffect | HostEffect:
        """Listen until an effect of this kind has come since the last call."""
        async with asyncio.timeout(10):
            while True:
                for index, effect in enumerate(self.effects):
                    if isinstance(effect, kind):
                        del self.effects[: index + 1]
                        return effect
                for message in await anext(self.link.batches()):
                    await self.carry_out(self.session.received(message.topic, message.payload, now_ms()))


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@asynccontextmanager
async def opened(address: Address, client_id: str, session: EdgeSession | HostSession) -> AsyncIterator[End]:
    will = session.will
    async with connect(address, client_id, will=Will(will.topic, will.payload, will.qos, will.retain)) as link:
        assert not link.session_present
        end = End(link, session)
        await end.carry_out(session.connected(now_ms()))
        yield end


def edge_session(bd_seq: int) -> EdgeSession:
    session = EdgeSession("school", "node", bd_seq=bd_seq, primary_host=HOST)
    session.declare_node([])
    session.declare_device("probe", [Metric("temperature", 20.5, DataType.DOUBLE)], now_ms())
    return session


@pytest.mark.sparkplug(
    "principles-persistence-clean-session-311",
    "message-flow-phid-sparkplug-clean-session-311",
    "operational-behavior-edge-node-termination-host-offline-reconnect",
    "operational-behavior-edge-node-intentional-disconnect-ndeath",
    "topics-ndeath-payload",
)
async def test_over_a_broker_sessions_are_clean_and_follow_each_other() -> None:
    async with open_broker() as broker:
        address = Address.parse(broker.url)
        async with opened(address, "edge", edge_session(0)) as edge:
            host = HostSession(HOST, connect_ms=now_ms())
            async with opened(address, "hub", host) as hub:
                await edge.until(SessionLive)
                born = await hub.until(DeviceBorn)
                assert isinstance(born, DeviceBorn)
                assert born.metrics[0].value == 20.5
                await hub.carry_out(host.leave(now_ms()))
                await edge.until(SessionPaused)
                assert isinstance(await hub.until(NodeDied), NodeDied)
        host = HostSession(HOST, connect_ms=now_ms())
        async with opened(address, "edge", edge_session(1)) as edge, opened(address, "hub", host) as hub:
            await edge.until(SessionLive)
            reborn = await hub.until(NodeBorn)
            assert isinstance(reborn, NodeBorn)
            assert reborn.bd_seq == 1
