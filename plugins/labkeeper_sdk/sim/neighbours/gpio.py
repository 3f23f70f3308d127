"""The pins of a Raspberry Pi with a relay, a buzzer, a traffic light, a door contact and a red button.

The pins are bytes of a file, so that the node and whoever asks the devices may be two processes; gpiozero finds them by
the name `labkeeper-simulated`. What is driven there takes effect at the next look of the board.
"""

import asyncio
import errno
import mmap
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkeeper_sdk.sim.neighbours.neighbour import Neighbour

PINS = 28
POWER, LEVELS, DRIVEN, PULLS = 0, 1, 1 + PINS, 1 + 2 * PINS  # where each begins
SIZE = 1 + 3 * PINS
NOT_DRIVEN = 255
LOOK_EVERY_S = 0.005
DOOR_EVERY_S = 30.0
RELAY, BUZZER, DOOR, RED_BUTTON = 17, 27, 23, 24
LIGHTS = {"red": 5, "yellow": 6, "green": 13}
POINTS: dict[str, dict[str, Any]] = {
    "relay": {"kind": "switch", "pin": RELAY, "inverted": True, "safe_value": False, "risk": "mains",
              "link_loss_s": 10.0, "zh": "继电器", "en": "Relay"},
    "buzzer": {"kind": "switch", "pin": BUZZER, "safe_value": False, "link_loss_s": 10.0, "zh": "蜂鸣器",
               "en": "Buzzer"},
    "light": {"kind": "setpoint", "type": "str", "pins": LIGHTS, "options": ["off", "red", "yellow", "green"],
              "safe_value": "red", "zh": "信号灯", "en": "Traffic light"},
    "door": {"kind": "state", "pin": DOOR, "contact": "normally_closed", "zh": "门开", "en": "Door open"},
    "red-button": {"kind": "state", "pin": RED_BUTTON, "contact": "normally_closed", "stops": True, "zh": "红色按钮",
                   "en": "Red button"},
}  # fmt: skip


# --- what the driver sees -------------------------------------------------------------------------------------------
class SimulatedPin:
    """One pin, as gpiozero's are."""

    def __init__(self, memory: mmap.mmap, number: int) -> None:
        self._memory = memory
        self._number = number

    @property
    def function(self) -> str:
        """Return whether it is driven."""
        return "input" if self._memory[DRIVEN + self._number] == NOT_DRIVEN else "output"

    @function.setter
    def function(self, value: str) -> None:
        self._there()
        self._memory[DRIVEN + self._number] = NOT_DRIVEN if value == "input" else 0

    @property
    def pull(self) -> str:
        """Return which way its resistor pulls."""
        return "up" if self._memory[PULLS + self._number] else "down"

    @pull.setter
    def pull(self, value: str) -> None:
        self._there()
        self._memory[PULLS + self._number] = value == "up"

    @property
    def state(self) -> float:
        """Return its level, 0 or 1."""
        self._there()
        return self._memory[LEVELS + self._number]

    @state.setter
    def state(self, value: float) -> None:
        self._there()
        self._memory[DRIVEN + self._number] = int(value)

    def output_with_state(self, state: float) -> None:
        """Drive it, from the first moment at this level."""
        self.state = state

    def close(self) -> None:
        """Let go of it."""
        self._memory[DRIVEN + self._number] = NOT_DRIVEN

    def _there(self) -> None:
        if not self._memory[POWER]:
            raise OSError(errno.ENODEV, "the simulated board has no power")


class SimulatedPins:
    """The pins of the board in this file, as gpiozero's factories are; raises OSError where there is none."""

    def __init__(self, path: str) -> None:
        self._memory = _mapped(Path(path))
        if not self._memory[POWER]:
            raise OSError(errno.ENODEV, "the simulated board has no power")

    def pin(self, name: str) -> SimulatedPin:
        """Return a pin by its name, GPIO17."""
        return SimulatedPin(self._memory, int(name.removeprefix("GPIO")))

    def close(self) -> None:
        """Forget the board."""
        self._memory.close()


def _mapped(path: Path) -> mmap.mmap:
    with path.open("r+b") as file:
        return mmap.mmap(file.fileno(), SIZE)


# --- the board ------------------------------------------------------------------------------------------------------
@dataclass(slots=True)
class SimulatedBoard:
    """What hangs on the pins; it is its own wire. `orders` are the pins whose level was changed."""

    path: Path
    delay_s: float = 0.0
    open_contacts: set[int] = field(default_factory=set)  # a wire that is broken is one
    orders: list[int] = field(default_factory=list)
    memory: mmap.mmap = field(init=False)
    _silent: bool = False

    def __post_init__(self) -> None:
        """Make the file, with power, nothing driven."""
        self.path.write_bytes(bytes([1] + PINS * [1] + PINS * [NOT_DRIVEN] + PINS * [1]))
        self.memory = _mapped(self.path)

    async def run(self) -> None:
        """Let what is driven take effect, for ever."""
        while True:
            if not self._silent and self.memory[POWER]:
                await self._look()
            await asyncio.sleep(LOOK_EVERY_S)

    def truth(self, _device: str, point: str) -> bool | str | None:
        """Return where an actuator stands."""
        if point == "light":
            return next((word for word, pin in LIGHTS.items() if self.level(pin)), "off")
        known = {"relay": not self.level(RELAY), "buzzer": self.level(BUZZER)}
        return known.get(point)

    def level(self, pin: int) -> bool:
        """Return what one would measure at a pin."""
        return bool(self.memory[LEVELS + pin])

    def count(self, point: str) -> int:
        """Return how many orders reached a point; a traffic light that changes lights one lamp."""
        lit = {"relay": [RELAY], "buzzer": [BUZZER], "light": [*LIGHTS.values()]}.get(point, [])
        return sum(self.orders.count(pin) for pin in lit)

    async def cut(self) -> None:
        """Take its power."""
        self.memory[POWER] = 0

    async def restore(self) -> None:
        """Give its power back."""
        self._silent = False
        self.memory[POWER] = 1

    async def hush(self) -> None:
        """Let nothing that is driven take effect."""
        self._silent = True

    async def garble(self, chance: random.Random, frames: int) -> None:
        """Let contacts chatter."""
        for _ in range(frames):
            self.open_contacts ^= {chance.choice((DOOR, RED_BUTTON))}
            await asyncio.sleep(LOOK_EVERY_S)
        self.open_contacts.clear()

    async def _look(self) -> None:
        levels = bytes(map(self._wanted, range(PINS)))
        if levels == self.memory[LEVELS:DRIVEN]:
            return
        await asyncio.sleep(self.delay_s)
        for pin, level in enumerate(levels):
            lights = pin not in LIGHTS.values() or level
            if self.memory[LEVELS + pin] != level and self.memory[DRIVEN + pin] != NOT_DRIVEN and lights:
                self.orders.append(pin)
            self.memory[LEVELS + pin] = level

    def _wanted(self, pin: int) -> int:
        driven = self.memory[DRIVEN + pin]
        if driven != NOT_DRIVEN:
            return driven
        if pin in (DOOR, RED_BUTTON) and pin not in self.open_contacts:
            return 0  # closed, to ground
        return 1 if pin == RELAY else self.memory[PULLS + pin] if pin in (DOOR, RED_BUTTON) else 0


@asynccontextmanager
async def serve_board(board: SimulatedBoard) -> AsyncIterator[SimulatedBoard]:
    """Run the board; its file goes with it."""
    running = asyncio.create_task(board.run(), name="board")
    try:
        yield board
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        board.memory.close()
        board.path.unlink(missing_ok=True)


@asynccontextmanager
async def _open(where: str) -> AsyncIterator[None]:
    async with serve_board(SimulatedBoard(Path(where))) as board:
        walking = asyncio.create_task(_walk(board), name="somebody walks through the door")
        try:
            yield
        finally:
            walking.cancel()
            with suppress(asyncio.CancelledError):
                await walking


async def _walk(board: SimulatedBoard) -> None:
    while True:
        await asyncio.sleep(DOOR_EVERY_S)
        board.open_contacts ^= {DOOR}


def settings(where: str) -> dict[str, Any]:
    """Return the keys of the driver instance that reaches the board in this file."""
    return {"factory": f"labkeeper-simulated:{where}", "points": POINTS}


NEIGHBOUR = Neighbour(
    id="pins",
    title="GPIO 引脚",
    driver="gpio",
    place="path",
    settable=("relay", "buzzer", "light"),
    settings=settings,
    open=_open,
)
