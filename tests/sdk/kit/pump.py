"""A pump that speaks lines of text, and a driver for it: what the kit's own tests try."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from labkeeper_sdk import (
    CommandFailed,
    DeviceUnreachable,
    Driver,
    Measure,
    Point,
    Risk,
    Services,
    Setpoint,
    Switch,
    Title,
    Value,
    form,
    reaching,
)


@dataclass(slots=True)
class SimulatedPump:
    """`?` asks, `flow N` and `on 0|1` order; every answer is its state."""

    flow: float = 0.0
    on: bool = False
    orders: list[str] = field(default_factory=list)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while words := (await reader.readline()).decode().split():
            if words[0] == "flow":
                self.orders.append("flow")
                self.flow = float(words[1])
            elif words[0] == "on":
                self.orders.append("on")
                self.on = words[1] == "1"
            writer.write(f"{self.flow if self.on else 0.0} {self.flow} {int(self.on)}\n".encode())
            await writer.drain()


class PumpConfiguration(BaseModel):
    """Where the pump is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(description="its address", json_schema_extra=form(Title(zh="地址", en="Address")))
    port: int = Field(4001, description="its TCP port", json_schema_extra=form(Title(zh="端口", en="Port")))


POINTS: tuple[Point, ...] = (
    Measure("flow", unit="mL/min", minimum=0, maximum=100, title=Title(zh="流量", en="Flow")),
    Setpoint(
        "target", unit="mL/min", minimum=0, maximum=100, safe_value=0.0, link_loss_s=1, risk=Risk.MOTION,
        title=Title(zh="目标", en="Target"),
    ),
    Switch("running", safe_value=False, link_loss_s=1, risk=Risk.MOTION, title=Title(zh="运转", en="Running")),
)  # fmt: skip


@dataclass(slots=True)
class Pump:
    """A pump."""

    points: ClassVar[tuple[Point, ...]] = POINTS
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def read(self) -> Mapping[str, Value]:
        flow, target, running = await self.ask("?")
        return {"flow": flow, "target": target, "running": bool(running)}

    async def write(self, point: str, value: Value) -> None:
        order = f"on {int(value)}" if point == "running" else f"flow {value}"
        _, target, running = await self.ask(order)
        if (bool(running) if point == "running" else target) != value:
            raise CommandFailed("not_confirmed", f"the pump did not take {value}")

    async def ask(self, line: str) -> list[float]:
        async with reaching("the pump", within_s=1.0):
            self.writer.write(f"{line}\n".encode())
            answer = await self.reader.readuntil()
        try:
            flow, target, running = map(float, answer.split())
        except ValueError:
            raise DeviceUnreachable(f"the pump speaks nonsense: {answer[:40]!r}") from None
        return [flow, target, running]


@asynccontextmanager
async def connect(configuration: PumpConfiguration, services: Services) -> AsyncIterator[Pump]:  # noqa: ARG001 - a driver's
    async with reaching("the pump", within_s=1.0):
        reader, writer = await asyncio.open_connection(configuration.host, configuration.port)
    try:
        yield Pump(reader, writer)
    finally:
        writer.close()


DRIVER = Driver("acme-pump", PumpConfiguration, connect, Title(zh="泵", en="Pump"))
