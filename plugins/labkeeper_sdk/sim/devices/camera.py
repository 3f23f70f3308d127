"""People-counting AI camera: numbers only, never an image."""

from collections.abc import Mapping
from random import Random

from labkeeper_sdk.sim import physics
from labkeeper_sdk.sim.homie import Node, Property
from labkeeper_sdk.sim.messages import Scalar
from labkeeper_sdk.sim.room import Room

LAMPS_LX = 320.0
"""Lit classroom at desk height, GB 7793 asks for at least 300 lx."""
WINDOW_SHARE = 0.03
"""Daylight factor of a side-lit classroom."""


class PeopleCamera:
    """Counts who is in the room, who came in and who went out; counting can be switched off."""

    title = "People counter"
    nodes: Mapping[str, Node] = {
        "people": Node(
            "People",
            {
                "count": Property("People in the room", "integer", "0:", "#"),
                "ingoing": Property("Came in since the start", "integer", "0:", "#"),
                "outgoing": Property("Went out since the start", "integer", "0:", "#"),
            },
        ),
        "camera": Node(
            "Camera",
            {
                "counting": Property("Counting", "boolean", "paused,counting", settable=True),
                "illuminance": Property("Light in the room", "integer", "0:", "lx"),
            },
        ),
    }

    def __init__(self, room: Room, random: Random) -> None:
        self._room = room
        self._random = random
        self._said: dict[str, Scalar] = {"people/count": 0, "people/ingoing": 0, "people/outgoing": 0}
        self._counting = True

    def power_on(self) -> None:
        """Count again, as the camera does when it starts."""
        self._counting = True

    def measure(self, lab_s: float) -> Mapping[str, Scalar]:
        """Return the counts, which stand still while counting is off, and the light."""
        moment = self._room.at(lab_s)
        if self._counting:
            people = {"people/count": moment.people, "people/ingoing": moment.came, "people/outgoing": moment.left}
            self._said.update(people)
        lamps = LAMPS_LX if moment.people else 0.0
        light = (lamps + WINDOW_SHARE * physics.daylight(moment.hour)) * (1 + self._random.gauss(0, 0.01))
        return {**self._said, "camera/illuminance": round(light)}

    def outputs(self) -> Mapping[str, Scalar]:
        """Return whether it counts."""
        return {"camera/counting": self._counting}

    def command(self, name: str, value: Scalar) -> Mapping[str, Scalar]:
        """Begin or stop counting."""
        self._counting = bool(value)
        return {name: self._counting}

    def advance(self, dt_s: float) -> Mapping[str, Scalar]:  # noqa: ARG002 - nothing in it moves
        """Return nothing: nothing in it moves."""
        return {}

    def alerts(self) -> Mapping[str, str]:
        """Return that nobody is counted, when counting is off."""
        return {} if self._counting else {"counting": "Counting is paused"}
