"""A robot kit behind a serial port that says a JSON object a line, as a pupil's sketch does, and takes the same."""

import asyncio
import json
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass, field
from typing import Any

from labkeeper_sdk.sim.guests.guest import wave
from labkeeper_sdk.sim.neighbours.neighbour import Neighbour, plug_in

EVERY_S = 0.5
FULL_SPEED = 100
POINTS: dict[str, dict[str, Any]] = {
    "temperature": {"kind": "measure", "unit": "Cel", "minimum": -40, "maximum": 85, "zh": "温度", "en": "Temperature"},
    "light": {"kind": "measure", "type": "int", "unit": "1", "minimum": 0, "maximum": 255, "zh": "亮度", "en": "Light"},
    "button": {"kind": "state", "zh": "按键", "en": "Button"},
    "led": {"kind": "switch", "safe_value": False, "zh": "指示灯", "en": "LED"},
    "motor": {"kind": "setpoint", "type": "int", "unit": "%", "minimum": -FULL_SPEED, "maximum": FULL_SPEED,
              "safe_value": 0, "risk": "motion", "link_loss_s": 3.0, "zh": "电机", "en": "Motor"},
}  # fmt: skip


@dataclass(slots=True)
class SimulatedKit:
    """A board with an LED and a motor. `orders` are the names of what was set."""

    led: bool = False
    motor: int = 0
    orders: list[str] = field(default_factory=list)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Say how it stands, again and again and after each order."""
        saying = asyncio.create_task(self._say(writer), name="kit says")
        try:
            while line := await reader.readline():
                self._obey(line)
                writer.write(self.state())
        finally:
            saying.cancel()

    def state(self) -> bytes:
        """Return the line that says it all."""
        now_s = asyncio.get_running_loop().time()
        said = {"temperature": wave(now_s, 120, 21, 26), "light": round(wave(now_s, 30, 20, 220)), "button": False}
        return json.dumps({**said, "led": self.led, "motor": self.motor}).encode() + b"\n"

    def truth(self, _device: str, point: str) -> bool | int | None:
        """Return where an actuator stands."""
        return {"led": self.led, "motor": self.motor}.get(point)

    def _obey(self, line: bytes) -> None:
        with suppress(ValueError, AttributeError):
            for name, value in json.loads(line).items():
                if name == "led" and isinstance(value, bool):
                    self.orders.append(name)
                    self.led = value
                elif name == "motor" and isinstance(value, int) and abs(value) <= FULL_SPEED:
                    self.orders.append(name)
                    self.motor = value

    async def _say(self, writer: asyncio.StreamWriter) -> None:
        while True:
            writer.write(self.state())
            await asyncio.sleep(EVERY_S)


def _open(where: str) -> AbstractAsyncContextManager[None]:
    return plug_in(SimulatedKit().talk, where)


NEIGHBOUR = Neighbour(
    id="serial-kit",
    title="Serial robot kit",
    driver="serial_line",
    place="path",
    settable=("led", "motor"),
    settings=lambda where: {"path": where, "points": POINTS},
    open=_open,
)
