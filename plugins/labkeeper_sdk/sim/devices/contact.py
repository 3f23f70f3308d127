"""Contact sensor on the window: closed is true, as Zigbee2MQTT has it."""

from collections.abc import Mapping
from random import Random

from labkeeper_sdk.sim.battery import Battery
from labkeeper_sdk.sim.devices.orders import one_of
from labkeeper_sdk.sim.room import Room
from labkeeper_sdk.sim.zigbee import BATTERY, IDENTIFY, Model, binary

LIFE_H = 2 * 365 * 24


class WindowContact:
    """It follows the room's window, which somebody opens when the air is bad."""

    model = Model(
        "LKS-CONTACT-1",
        "Door and window contact",
        (
            binary("contact", "Indicates if the contact is closed (= true) or open (= false)", on=False, off=True),
            BATTERY,
            IDENTIFY,
        ),
    )

    def __init__(self, room: Room, random: Random) -> None:
        self._room = room
        self._battery = Battery(random.uniform(60, 100), LIFE_H)

    def sample(self, lab_s: float) -> Mapping[str, object]:
        """Return whether the window is shut; the battery has aged since the last sample."""
        return {"contact": not self._room.at(lab_s).air.window_open, "battery": round(self._battery.at(lab_s))}

    def command(self, name: str, value: object) -> Mapping[str, object]:
        """Show itself."""
        if name != "identify":
            raise KeyError(name)
        one_of(value, ("identify",))
        return {}
