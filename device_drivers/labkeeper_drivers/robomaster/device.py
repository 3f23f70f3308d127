"""The RoboMaster driver: one TCP connection, a question or an order at a time, each answered before the next."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from labkeeper_drivers.robomaster import sdk
from labkeeper_sdk import CommandFailed, DeviceUnreachable, Point, Services, Title, Value, form, reaching

ANSWER_S = 1.5
LONGEST = 4096  # bytes without an end of an answer
ENTERED = ("ok", "Already in SDK mode")  # the latter while it still holds a connection that broke, says robomasterpy


class RobomasterConfiguration(BaseModel):
    """Where the robot is, and how fast it may go."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field("192.168.2.1", description="its address", json_schema_extra=form(Title(zh="地址", en="Address")))
    port: int = Field(
        40923, ge=1, le=65_535, description="its control port", json_schema_extra=form(Title(zh="端口", en="Port"))
    )
    drives: bool = Field(
        False,
        description="offer driving, and not only stopping and the lamps",
        json_schema_extra=form(Title(zh="允许行驶", en="Drives")),
    )
    fastest_m_s: float = Field(
        0.5,
        gt=0,
        le=3.5,
        description="the fastest speed that may be commanded; the robot's own limit is 3.5",
        json_schema_extra=form(Title(zh="最高速度（米/秒）", en="Fastest (m/s)")),
    )
    fastest_deg_s: float = Field(
        60.0,
        gt=0,
        le=600,
        description="the fastest turn that may be commanded; the robot's own limit is 600",
        json_schema_extra=form(Title(zh="最高转速（度/秒）", en="Fastest turn (°/s)")),
    )
    stop_after_s: float = Field(
        0.5,
        ge=0,
        le=3,
        description="how long without the hub until the robot stops",
        json_schema_extra=form(Title(zh="失联停车（秒）", en="Stop after (s)")),
    )


@dataclass(slots=True)
class Robot:
    """A robot. What it is told to do stands as it last answered `ok`."""

    points: tuple[Point, ...]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    drive: sdk.Drive | None = None
    lamps: str = ""
    _lost: str = ""

    async def read(self) -> Mapping[str, Value]:
        """Ask how the robot is. Raises DeviceUnreachable."""
        found: dict[str, Value] = {}
        for question in sdk.ASKED:
            found.update(sdk.understood(question, await self.ask(question)))
        found.update(self.drive.values() if self.drive is not None else {})
        return found | ({sdk.LAMPS: self.lamps} if self.lamps else {})

    async def write(self, point: str, value: Value) -> None:
        """Order, and wait for the robot's `ok`."""
        if point == sdk.LAMPS:
            await self._obeys(sdk.lit(str(value)))
            self.lamps = str(value)
            return
        drive = sdk.Drive() if point == sdk.STOP else (self.drive or sdk.Drive()).changed(point, float(value))
        await self._obeys(drive.order())
        self.drive = drive

    async def ask(self, words: str) -> str:
        """Return the robot's answer; raises DeviceUnreachable."""
        if self._lost:
            raise DeviceUnreachable(self._lost)
        # a late answer would be taken for the next one's: then this connection is of no more use
        self._lost = f"the robot did not answer {words!r}"
        async with reaching("the robot", ANSWER_S):
            self.writer.write(f"{words};".encode())
            answer = await self._answer()
        self._lost = ""
        return answer

    async def _answer(self) -> str:
        heard = b""
        while b";" not in heard:
            if len(heard) > LONGEST:
                raise DeviceUnreachable("the robot talks without end")
            if not (data := await self.reader.read(LONGEST)):
                raise EOFError
            heard += data
        answer, _, more = heard.partition(b";")
        if more.strip():
            raise DeviceUnreachable("the robot answers more than it was asked")
        return answer.decode(errors="replace").strip()

    async def _obeys(self, order: str) -> None:
        try:
            answer = await self.ask(order)
        except DeviceUnreachable as error:
            raise CommandFailed("not_confirmed", str(error)) from error
        if answer != "ok":
            raise CommandFailed("device_refused", f"the robot says: {answer[:80]}")


@asynccontextmanager
async def connect(configuration: RobomasterConfiguration, services: Services) -> AsyncIterator[Robot]:  # noqa: ARG001 -- the protocol's
    """Enter the SDK's mode; leaving it stops the robot, where it still hears."""
    async with reaching("the robot", ANSWER_S):
        reader, writer = await asyncio.open_connection(configuration.host, configuration.port)
    robot = Robot(_points(configuration), reader, writer)
    try:
        if (said := await robot.ask("command")) not in ENTERED:
            raise DeviceUnreachable(f"the robot does not enter SDK mode: {said[:80]}")
        yield robot
    finally:
        with suppress(OSError):
            writer.write(f"{sdk.Drive.STILL};quit;".encode())
        writer.close()


def _points(configuration: RobomasterConfiguration) -> tuple[Point, ...]:
    return sdk.points(
        configuration.fastest_m_s, configuration.fastest_deg_s, configuration.stop_after_s, drives=configuration.drives
    )
