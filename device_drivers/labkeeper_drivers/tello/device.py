"""The Tello driver: a drone on UDP that is kept alive, and lands when nobody watches over it."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field

from labkeeper_drivers.tello import sdk
from labkeeper_sdk import (
    CommandFailed,
    CommandRejected,
    DeviceUnreachable,
    Point,
    Resource,
    Services,
    Title,
    Value,
    form,
    reaching,
)

ANSWER_S = 2.0
SILENT_S = 3.0  # the drone tells its state ten times a second
KEEP_ALIVE_S = 5.0  # after 15 s without a command the drone lands by itself
STANDS_S = 1.2  # its motor-time counts whole seconds: motors that run show within one
LAND_AGAIN_S = 3.0  # one that was still taking off may not have heard it
DEFAULT_STATE_PORT = 8890


class TelloConfiguration(BaseModel):
    """Where the drone is, and what it may do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field("192.168.10.1", description="its address", json_schema_extra=form(Title(zh="地址", en="Address")))
    port: int = Field(
        8889, ge=1, le=65_535, description="its command port", json_schema_extra=form(Title(zh="端口", en="Port"))
    )
    state_port: int = Field(
        DEFAULT_STATE_PORT,
        ge=1,
        le=65_535,
        description="where we hear its state; another than 8890 needs a drone with SDK 3.0",
        json_schema_extra=form(Title(zh="状态端口", en="State port")),
    )
    moves: bool = Field(
        False,
        description="offer flying about, and not only take-off, hovering and landing",
        json_schema_extra=form(Title(zh="允许移动", en="Moves")),
    )
    land_after_s: float = Field(
        2.0,
        ge=0,
        le=10,
        description="how long without the hub until the drone lands",
        json_schema_extra=form(Title(zh="失联降落（秒）", en="Land after (s)")),
    )


def claimed(configuration: TelloConfiguration) -> Iterator[Resource]:
    """Yield the port where the state is heard."""
    yield Resource("UDP port", str(configuration.state_port), "state_port")


@dataclass(slots=True)
class Ear(asyncio.DatagramProtocol):
    """Puts datagrams of one sender into a queue, the newest only where nobody fetches them."""

    host: str = ""
    heard: asyncio.Queue[bytes | OSError] = field(default_factory=lambda: asyncio.Queue(16))

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Keep what the drone says; strangers are not heard."""
        if self.host in ("", addr[0]):
            self._put(data)

    def error_received(self, exc: Exception) -> None:
        """Keep what the system says: nobody is there."""
        self._put(exc if isinstance(exc, OSError) else OSError(str(exc)))

    def drain(self) -> None:
        """Forget what nobody has fetched."""
        while not self.heard.empty():
            self.heard.get_nowait()

    def _put(self, it: bytes | OSError) -> None:
        if self.heard.full():
            self.heard.get_nowait()
        self.heard.put_nowait(it)


@dataclass(slots=True)
class Drone:
    """A drone. Whether it flies is what it answered last and how high it is; that it stands, only its state says."""

    points: tuple[Point, ...]
    transport: asyncio.DatagramTransport
    answers: Ear
    states: Ear
    flying: bool = False
    _asked_s: float = 0.0
    _lost: str = ""

    async def read(self) -> Mapping[str, Value]:
        """Return the newest state, and keep the drone alive."""
        if self._lost:
            raise DeviceUnreachable(self._lost)
        self.states.drain()
        found = await self.state()
        if asyncio.get_running_loop().time() - self._asked_s > KEEP_ALIVE_S:
            await self.ask("command")
        return {**found, sdk.FLYING: self.flying}

    async def state(self) -> Mapping[str, Value]:
        """Return the next state the drone tells; one with a height flies, whatever it was told."""
        async with reaching("the drone", SILENT_S):
            found = sdk.state(_said(await self.states.heard.get()))
        self.flying = self.flying or sdk.is_up(found)
        return found

    async def write(self, point: str, value: Value) -> None:
        """Order, and wait for the drone's word that it has done so; for a landing, for its state."""
        if point not in (sdk.FLYING, sdk.STOP) and not self.flying:
            raise CommandRejected("not_flying", "the drone is on the ground")
        if point == sdk.FLYING and value is True and self.flying:
            return
        within_s = next(known.confirm_s for known in self.points if known.name == point) - 0.5
        try:
            if point == sdk.FLYING and value is False:
                await self._land(within_s)
                return
            answer = await self.ask(sdk.order(point, value), within_s)
        except DeviceUnreachable as error:
            raise CommandFailed("not_confirmed", str(error)) from error
        _obeyed(answer)
        if point == sdk.FLYING:
            self.flying = True

    async def ask(self, command: str, within_s: float = ANSWER_S) -> str:
        """Return the drone's answer; raises DeviceUnreachable."""
        if self._lost:
            raise DeviceUnreachable(self._lost)
        # a late answer would be taken for the next one's: then this connection is of no more use
        self._lost = f"the drone did not answer {command!r}"
        self.answers.drain()
        async with reaching("the drone", within_s):
            self.transport.sendto(command.encode())
            answer = _said(await self.answers.heard.get())
        self._lost = ""
        self._asked_s = asyncio.get_running_loop().time()
        return answer.decode(errors="replace").strip().lower()

    async def _land(self, within_s: float) -> None:
        """Land, and wait until the drone's state says that it stands.

        Its answer alone is not enough: the one to a take-off that was broken off may come now. And the order goes out
        even where no answer can be told from another's.
        """
        order, answer = sdk.order(sdk.FLYING, value=False), "ok"
        async with reaching("the drone", within_s):
            if self._lost:
                self.transport.sendto(order.encode())
            else:
                answer = await self.ask(order, within_s)
            while not await self._stands():
                _obeyed(answer)
                self.transport.sendto(order.encode())
                self._lost = "the drone was told to land more than once"
        self.flying = False

    async def _stands(self) -> bool:
        """Tell whether the drone comes to stand for as long as it takes to see that; gives up after LAND_AGAIN_S."""
        self.states.drain()
        clock = asyncio.get_running_loop().time
        before = await self.state()
        began_s = since_s = clock()
        while clock() - began_s < LAND_AGAIN_S:
            now = await self.state()
            if not sdk.stands(before, now):
                since_s = clock()
            elif clock() - since_s > STANDS_S:
                return True
            before = now
        return False


def _obeyed(answer: str) -> None:
    if answer != "ok":
        raise CommandFailed("device_refused", f"the drone says: {answer[:80]}")


def _said(it: bytes | OSError) -> bytes:
    if isinstance(it, OSError):
        raise it
    return it


@asynccontextmanager
async def connect(configuration: TelloConfiguration, services: Services) -> AsyncIterator[Drone]:  # noqa: ARG001 -- the protocol's
    """Enter the SDK's mode, and hear the state."""
    loop = asyncio.get_running_loop()
    points = sdk.points(configuration.land_after_s, moves=configuration.moves)
    async with reaching("the drone", ANSWER_S):
        transport, answers = await loop.create_datagram_endpoint(
            Ear, remote_addr=(configuration.host, configuration.port)
        )
    try:
        host, here = transport.get_extra_info("peername")[0], transport.get_extra_info("sockname")[0]
        async with reaching(f"UDP port {configuration.state_port}", ANSWER_S):
            ear, states = await loop.create_datagram_endpoint(
                lambda: Ear(host),
                local_addr=(here, configuration.state_port),
            )
        try:
            drone = Drone(points, transport, answers, states)
            await _begin(drone, configuration)
            yield drone
        finally:
            ear.close()
    finally:
        transport.close()


async def _begin(drone: Drone, configuration: TelloConfiguration) -> None:
    if (said := await drone.ask("command")) != "ok":
        raise DeviceUnreachable(f"the drone does not enter SDK mode: {said[:80]}")
    if configuration.state_port != DEFAULT_STATE_PORT:
        await drone.ask(f"port {configuration.state_port} 11111")
    with suppress(DeviceUnreachable):
        await drone.state()  # a node that starts anew cannot know whether the drone flies: its height says so
