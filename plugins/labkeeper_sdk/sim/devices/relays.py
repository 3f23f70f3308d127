"""Relay board: four relays, and the board's temperature."""

from collections.abc import Mapping
from random import Random

from labkeeper_sdk.sim import physics
from labkeeper_sdk.sim.homie import Node, Property
from labkeeper_sdk.sim.messages import Scalar
from labkeeper_sdk.sim.room import Room

RELAYS = ("relay-1", "relay-2", "relay-3", "relay-4")
COIL_K = 2.5
"""How much one energised coil warms the board, in kelvin: 0.4 W through about 6 K/W."""


class RelayBoard:
    """Relays are off after power on, and click at once."""

    title = "Relay board"
    nodes: Mapping[str, Node] = {
        **{
            relay: Node(relay.replace("-", " ").capitalize(), {"power": Property("Power", "boolean", settable=True)})
            for relay in RELAYS
        },
        "board": Node("Board", {"temperature": Property("Temperature", "float", "-40:125", "°C")}),
    }

    def __init__(self, room: Room, random: Random) -> None:
        self._room = room
        self._random = random
        self._warmth = 0.0
        self._lab_s = 0.0
        self.power_on()

    def power_on(self) -> None:
        """Let all relays fall."""
        self._on = dict.fromkeys(RELAYS, False)

    def measure(self, lab_s: float) -> Mapping[str, Scalar]:
        """Return the board's temperature: the room's, and what the coils add."""
        dt_s, self._lab_s = max(0.0, lab_s - self._lab_s), lab_s
        self._warmth = physics.relax(self._warmth, COIL_K * sum(self._on.values()), dt_s, 120.0)
        room_c = self._room.at(lab_s).air.temperature_c
        return {"board/temperature": round(room_c + self._warmth + self._random.gauss(0, 0.05), 2)}

    def outputs(self) -> Mapping[str, Scalar]:
        """Return which relays are on."""
        return {f"{relay}/power": on for relay, on in self._on.items()}

    def command(self, name: str, value: Scalar) -> Mapping[str, Scalar]:
        """Switch one relay."""
        self._on[name.removesuffix("/power")] = bool(value)
        return {name: bool(value)}

    def advance(self, dt_s: float) -> Mapping[str, Scalar]:  # noqa: ARG002 - a relay has no in-between
        """Return nothing: relays do not move slowly."""
        return {}

    def alerts(self) -> Mapping[str, str]:
        """Return nothing: it knows of no trouble."""
        return {}
