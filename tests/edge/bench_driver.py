"""A driver for tests: devices that speak JSON over the lab's broker, some of them badly behaved on request."""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256

from pydantic import BaseModel

from labkeeper_sdk import (
    Availability,
    CommandFailed,
    CommandRejected,
    DeviceInfo,
    Driver,
    Found,
    GatewayEvent,
    Gone,
    Measure,
    MqttLink,
    MqttMessage,
    Observation,
    Reading,
    Report,
    Services,
    Setpoint,
    State,
    Switch,
    Title,
    Value,
    hookimpl,
)
from labkeeper_sdk.plugins import Loaded, Source

POINTS = (
    Measure("temperature", unit="Cel"),
    State("door"),
    State("button", stops=True),
    State("text", type=str),
    State("count", type=int),
    Setpoint("level", unit="%", minimum=0, maximum=100),
    Switch("relay"),
)


HOARD: list[bytes] = []


def hoard() -> None:
    """Take memory that nobody gets back, up to a gigabyte."""
    HOARD.extend(b"x" * 10_000_000 for _ in range(100))


def spin() -> None:
    """Keep a processor busy for ever, and let others have their turn."""
    asyncio.get_running_loop().call_soon(spin)


def doze() -> None:
    """Block, in whatever runs this."""
    time.sleep(0.6)


async def dozing() -> None:
    """Block in a task that the driver made itself, and did not name after itself."""
    doze()


TASKS: set[asyncio.Task[None]] = set()  # the loop itself holds them weakly only


def doze_aside() -> None:
    """Have a task of our own block."""
    TASKS.add(asyncio.create_task(dozing(), name="device that nobody has"))


DEEDS: dict[bytes, Callable[[], object]] = {
    b"block": lambda: time.sleep(0.6),
    b"block in a task": doze_aside,
    b"block in a callback": lambda: asyncio.get_running_loop().call_soon(doze),
    b"hang": lambda: time.sleep(3600),
    b"exit": lambda: os._exit(3),
    b"hoard": hoard,
    b"print": lambda: print("a driver that prints"),  # noqa: T201 - the fault it has
}


class Configuration(BaseModel):
    """`devices` are there from the start; `safe` gives their heater a safe value and these link-loss seconds."""

    prefix: str = "bench"
    devices: list[str] = ["d1"]
    safe: float | None = None
    trouble: str = ""
    confirm_s: float = 2.0


@dataclass(slots=True)
class Bench:
    """`<prefix>/<device>/state` says {"point": value, …, "t": ms}; `…/set` asks; a state is the confirmation."""

    link: MqttLink
    configuration: Configuration
    waiting: dict[tuple[str, str], asyncio.Future[Value]] = field(default_factory=dict)

    async def observations(self) -> AsyncIterator[Observation]:
        await self.link.subscribe((f"{self.configuration.prefix}/+/state", 1), (f"{self.configuration.prefix}/+/is", 1))
        # after that, so that a device that is born hears
        yield Observation(tuple(Found(self.info(device)) for device in self.configuration.devices))
        async for message in self.link.messages():
            yield Observation(
                tuple(self.events(message)),
                settle=lambda message=message: self.link.acknowledge(message),  # type: ignore[misc] # mypy infers no lambda with a default
                identity=sha256(f"{message.packet_id} {message.topic} ".encode() + message.payload).digest(),
                again=message.dup,
            )

    def info(self, device: str) -> DeviceInfo:
        safe = self.configuration.safe
        heater = (Switch("heater", safe_value=False, link_loss_s=safe),) if safe is not None else ()
        return DeviceInfo(id=device, points=(*POINTS, *heater), title=Title(zh="试验", en="Bench"), make="Acme")

    def events(self, message: MqttMessage) -> list[GatewayEvent]:
        _, device, what = message.topic.split("/")
        if what == "is":
            states: dict[bytes, GatewayEvent] = {
                b"online": Availability(device, online=True),
                b"offline": Availability(device, online=False),
                b"gone": Gone(device),
                b"found": Found(self.info(device)),
            }
            return [states[message.payload]]
        if message.payload == b"boom":
            raise RuntimeError("the driver broke")
        if message.payload in DEEDS:
            DEEDS[message.payload]()
            return []
        said = json.loads(message.payload)
        time_ms = said.pop("t", None)
        for point, value in said.items():
            waiter = self.waiting.pop((device, point), None)
            if waiter is not None and not waiter.done():
                waiter.set_result(value)
        return [Report(device, tuple(Reading(point, value, time_ms) for point, value in said.items()))]

    async def write(self, device: str, point: str, value: Value) -> None:
        if self.configuration.trouble == "write raises":
            raise ZeroDivisionError("a bug in a driver")
        if self.configuration.trouble == "write refuses":
            raise CommandRejected("not_now", "the oven's door is open")
        waiter = self.waiting[(device, point)] = asyncio.get_running_loop().create_future()
        await self.link.publish(f"{self.configuration.prefix}/{device}/set", json.dumps({point: value}).encode(), qos=0)
        try:
            async with asyncio.timeout(self.configuration.confirm_s):
                await waiter
        except TimeoutError:
            raise CommandFailed("not_confirmed", f"{device} did not confirm {point}") from None


@asynccontextmanager
async def connect(configuration: BaseModel, services: Services) -> AsyncIterator[Bench]:
    """Open the bench; `trouble` says how it misbehaves."""
    assert isinstance(configuration, Configuration)
    if configuration.trouble == "connect raises":
        raise RuntimeError("no such hardware")
    if configuration.trouble == "spins":
        spin()
    if configuration.trouble == "connect hangs":
        await asyncio.sleep(3600)
    async with services.mqtt() as link:
        yield Bench(link, configuration)


@hookimpl
def labkeeper_driver() -> Driver:
    return driver


driver = Driver("bench", Configuration, connect, Title(en="Bench"))
LOADED = Loaded({"bench": driver}, sources={"bench": Source("bench", "tests.edge.bench_driver")})
