"""A projector with PJLink class 2 and a password ("PJLink Specifications" 2.10), that warms up and cools down."""

import asyncio
import hashlib
import secrets
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from labkeeper_sdk.sim.neighbours.neighbour import HOST, Neighbour, listen

PASSWORD = "JBMIAProjectorLink"  # noqa: S105 -- the example of the specification, for a projector that does not exist
INPUTS = {"1": "11 21 31 32 51", "2": "11 21 31 32 51 61 3A"}  # by class: only the second knows insides and letters
ANEW = ("FILT", "FREZ", "IRES", "SVOL", "MVOL", "SNUM", "SVER", "INNM", "RLMP", "RFIL", "RRES")  # what only class 2 has
CALLED = {"11": "VGA", "21": "Video", "31": "HDMI 1", "32": "HDMI 2", "51": "LAN", "61": "Menu", "3A": "SDI"}
NAMES = {
    "POWR": "power", "INPT": "input", "AVMT": "mute", "FREZ": "freeze", "SVOL": "volume", "MVOL": "microphone",
}  # fmt: skip


@dataclass(slots=True)
class SimulatedProjector:
    """A projector. `turn_s` is how long warming up and cooling down take; `second` whether it knows class 2."""

    turn_s: float = 0.05
    password: str = PASSWORD
    second: bool = True
    orders: list[str] = field(default_factory=list)
    _state: dict[str, str] = field(default_factory=lambda: {"POWR": "0", "INPT": "31", "AVMT": "30", "FREZ": "0"})

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Greet one caller, check who it is, answer."""
        random = secrets.token_hex(4)
        writer.write(f"PJLINK 1 {random}\r".encode() if self.password else b"PJLINK 0\r")
        digest = hashlib.md5((random + self.password).encode(), usedforsecurity=False).hexdigest()
        wanted = digest if self.password else ""
        while True:
            line = (await reader.readuntil(b"\r")).decode(errors="replace").strip()
            if not line.startswith(wanted):
                writer.write(b"PJLINK ERRA\r")
                return
            writer.write(self.answer(line[len(wanted) :]).encode() + b"\r")
            wanted = ""

    def answer(self, line: str) -> str:
        """Return the answer to a command."""
        head, _, argument = line.partition(" ")
        number, name = head[1:2], head[2:].upper()
        if not head.startswith("%") or number not in ("1", "2") or not argument:
            return f"{head}=ERR1"
        known = (name not in ANEW and number == "1") or (
            self.second and number == "2" and name in (*ANEW, "INPT", "INST")
        )
        said = self._answered(name, argument) if known else "ERR1"
        return f"%{number}{name}={said}"

    def truth(self, _device: str, point: str) -> bool | str | None:
        """Return where an actuator stands."""
        power, source = (
            self._state["POWR"] in "13",
            {"11": "rgb-1", "21": "video-1", "31": "digital-1", "61": "internal-1"},
        )
        known: dict[str, bool | str] = {
            "power": power, "mute": self._state["AVMT"] == "31", "freeze": self._state["FREZ"] == "1",
            "input": source.get(self._state["INPT"], "digital-2"),
        }  # fmt: skip
        return known.get(point)

    def _answered(self, name: str, argument: str) -> str:
        if name == "INNM":
            return CALLED.get(argument[1:], "ERR2")
        return self._asked(name) if argument == "?" else self._told(name, argument)

    @property
    def _class(self) -> str:
        return "2" if self.second else "1"

    def _asked(self, name: str) -> str:
        if name in self._state:
            return self._state[name]
        said = {
            "CLSS": self._class, "INST": INPUTS[self._class], "IRES": "1920x1080", "SVOL": "ERR2",
            "ERST": "000010", "LAMP": "1234 1", "FILT": "301", "INF1": "Labkeeper", "INF2": "Simulated",
            "NAME": "AI lab", "INFO": "", "SNUM": "SIM-0001", "SVER": "2.1", "RLMP": "ERR1", "RFIL": "F-20",
            "RRES": "1920x1200",
        }  # fmt: skip
        return said.get(name, "ERR1")

    def _told(self, name: str, argument: str) -> str:
        fits = {
            "POWR": ("0", "1"),
            "SVOL": ("0", "1"),
            "INPT": INPUTS[self._class].split(),
            "AVMT": ("30", "31"),
            "FREZ": ("0", "1"),
        }
        if name not in fits:
            return "ERR1"
        if argument not in fits[name]:
            return "ERR2"
        if name == "POWR" and self._state["POWR"] in "23":
            return "ERR3"
        self.orders.append(NAMES[name])
        if name != "POWR":
            self._state[name] = argument
        elif argument != self._state["POWR"]:
            self._state["POWR"] = "3" if argument == "1" else "2"
            asyncio.get_running_loop().call_later(self.turn_s, self._turned, argument)
        return "OK"

    def _turned(self, power: str) -> None:
        self._state["POWR"] = power


def _open(where: str) -> AbstractAsyncContextManager[None]:
    return listen(SimulatedProjector(turn_s=1.0).talk, where)


NEIGHBOUR = Neighbour(
    id="projector",
    title="投影机",
    driver="pjlink",
    place="tcp",
    settable=("power", "input", "mute", "freeze", "volume"),
    settings=lambda where: {"host": HOST, "port": int(where), "password": PASSWORD},
    open=_open,
)
