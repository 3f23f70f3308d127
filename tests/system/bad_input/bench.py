"""A Zigbee2MQTT bridge whose every word a test chooses: what it says reaches the node as a real device's words do."""

import json
from dataclasses import dataclass

from labkeeper_wire import mqtt

BASE = "replay"  # the node of the stack hears a second bridge there
NEIGHBOUR, VICTIM, TWIN = "0x600d000000000001", "0x0bad000000000001", "0x0bad000000000002"
NAMES = {NEIGHBOUR: "neighbour", VICTIM: "victim", TWIN: "牺牲者 2"}
NUMBERS = ("number", "second")


@dataclass(frozen=True, slots=True)
class Bench:
    """The bridge; every device of it has two numbers, a text, a contact and a colour."""

    link: mqtt.Link

    async def introduce(self, *more: object) -> None:
        """Say which devices there are, and whatever else is to be in the list."""
        await self.link.publish(f"{BASE}/bridge/state", b'{"state":"online"}', retain=True)
        devices = [*(_device(address, name) for address, name in NAMES.items()), *more]
        await self.link.publish(f"{BASE}/bridge/devices", json.dumps(devices).encode(), retain=True)

    async def say(self, device: str, state: object) -> None:
        """Publish a state, at QoS 1 as the real one does."""
        await self.say_raw(device, json.dumps(state).encode())

    async def say_raw(self, device: str, payload: bytes) -> None:
        """Publish whatever it is as a state."""
        await self.link.publish(f"{BASE}/{NAMES[device]}", payload)


def _device(address: str, name: str) -> dict[str, object]:
    exposes: list[dict[str, object]] = [
        *({"type": "numeric", "name": one, "property": one, "access": 1} for one in NUMBERS),
        {"type": "text", "name": "note", "property": "note", "access": 1},
        {"type": "binary", "name": "open", "property": "open", "access": 1, "value_on": True, "value_off": False},
    ]
    definition = {"vendor": "bench", "model": "b-1", "description": "", "exposes": exposes}
    return {"ieee_address": address, "friendly_name": name, "type": "Router", "definition": definition}
