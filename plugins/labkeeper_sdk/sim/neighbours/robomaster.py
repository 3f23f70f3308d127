"""A RoboMaster EP with the plain-text SDK: words over TCP, each ended by a semicolon, each answered.

Numbers end with a blank before the semicolon, as what robots sent shows and the Developer Guide does not.
"""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from labkeeper_sdk.sim.neighbours.neighbour import HOST, Neighbour, listen

SPEEDS = {"x": "forward", "y": "sideways", "z": "turning"}
COLOURS = {
    (0, 0, 0): "off", (255, 0, 0): "red", (255, 160, 0): "yellow", (0, 255, 0): "green", (0, 0, 255): "blue",
    (255, 255, 255): "white",
}  # fmt: skip


@dataclass(slots=True)
class SimulatedRobot:
    """A robot. `orders` are the points whose value an order changed."""

    speeds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(SPEEDS.values(), 0.0))
    lamps: str = "off"
    orders: list[str] = field(default_factory=list)
    _listens: bool = False

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one caller; whoever leaves ends the SDK's mode."""
        self._listens = False
        while True:
            words = (await reader.readuntil(b";")).decode(errors="replace").rstrip(";").strip()
            writer.write(f"{self.answer(words)};".encode())
            if words == "quit":
                return

    def answer(self, words: str) -> str:
        """Answer a question or an order."""
        if words == "command":
            self._listens = True
        if not self._listens:
            return "error"
        known = {"robot battery ?": "87", "chassis attitude ?": "0.3 -0.1 12.5 ", "chassis position ?": "0.42 -0.10 0 "}
        if words == "chassis status ?":
            return " ".join(["0" if any(self.speeds.values()) else "1", *10 * "0"])
        return known.get(words) or self._obey(words.split())

    def truth(self, _device: str, point: str) -> float | str | None:
        """Return where an actuator stands."""
        return self.lamps if point == "lamps" else self.speeds.get(point)

    def _obey(self, words: list[str]) -> str:
        match words:
            case ["command"] | ["quit"]:
                return "ok"
            case ["chassis", "speed", "x", x, "y", y, "z", z]:
                return self._drive({"forward": x, "sideways": y, "turning": z})
            case ["led", "control", "comp", "all", "r", red, "g", green, "b", blue, "effect", _]:
                self.orders.append("lamps")
                self.lamps = COLOURS.get((int(red), int(green), int(blue)), "?")
                return "ok"
            case _:
                return "error"

    def _drive(self, said: dict[str, str]) -> str:
        try:
            wanted = {name: float(text) for name, text in said.items()}
        except ValueError:
            return "error"
        changed = [name for name, speed in wanted.items() if speed != self.speeds[name]]
        self.orders += changed or ["stop"]
        self.speeds.update(wanted)
        return "ok"


def _open(where: str) -> AbstractAsyncContextManager[None]:
    return listen(SimulatedRobot().talk, where)


NEIGHBOUR = Neighbour(
    id="robomaster",
    title="RoboMaster 机器人",
    driver="robomaster",
    place="tcp",
    settable=("stop", "lamps", "forward", "sideways", "turning"),
    settings=lambda where: {"host": HOST, "port": int(where), "drives": True},
    open=_open,
)
