"""Devices of other makers, each as its own firmware speaks; in the lab when it is to be full."""

from collections.abc import Callable, Mapping, Sequence

from labkeeper_sdk.sim.guests.cameras import Frigate
from labkeeper_sdk.sim.guests.discovered import Weather
from labkeeper_sdk.sim.guests.guest import Guest
from labkeeper_sdk.sim.guests.shelly import Blind, Plug
from labkeeper_sdk.sim.guests.tasmota import Lamp, Meter
from labkeeper_sdk.sim.link import Link

KINDS: Mapping[str, Callable[[Link], Guest]] = {
    "tasmota-plug": Meter,
    "tasmota-lamp": Lamp,
    "shelly-plug": Plug,
    "shelly-blind": Blind,
    "weather": Weather,
    "frigate": Frigate,
}


def invite(kinds: Sequence[str], link: Callable[[str], Link]) -> list[tuple[Link, Guest]]:
    """Return these guests, each with a link of its own."""
    return [(own, KINDS[kind](own)) for kind, own in ((kind, link(kind)) for kind in kinds)]


__all__ = ["KINDS", "Guest", "invite"]
