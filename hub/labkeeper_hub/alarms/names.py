"""By which names a rule may know a point, whatever its driver calls it: pure.

Drivers name points as the devices do: `co2`, `SCD40/CarbonDioxide` (Tasmota), `air/co2` (Homie), `temperature100/tC`
(Shelly). A rule knows the quantity, which is the last part, once case and spelling are set aside.
"""

import re
from collections.abc import Container
from functools import cache

SPELLINGS = {
    "carbondioxide": "carbon_dioxide",
    "carbonmonoxide": "carbon_monoxide",
    "pm2.5": "pm2_5",
    "waterleak": "water_leak",
}
"""Other spellings of a quantity."""
SAID_WITH = {
    ("temperature", "tc"): "temperature",
    ("humidity", "rh"): "humidity",
    ("illuminance", "lux"): "illuminance",
    ("smoke", "alarm"): "smoke",
    ("gas", "alarm"): "gas",
    ("flood", "alarm"): "water_leak",
}
"""Parts that mean something only together with the component before them."""
OF_THE_MACHINE = frozenset(
    "battery board body chip core cpu device drive esp laser mcu motor soc spindle system".split()  # noqa: SIM905 -- reads better
)
"""Components that speak of a machine's inside: their temperature is not the room's, and no fire."""
ELSEWHERE = frozenset(["calibration", "limit", "outdoor", "outside", "settings", "setpoint", "soil", "target", "water"])
"""Components that speak of no room's air."""
BRIGHTER = ("brightness", "dimmer")
UNITS = {"gas_lel": "%{LEL}"}
"""What a name says of its unit where the point does not."""


@cache
def names_of(point: str) -> frozenset[str]:
    """Return the point's own name, `*/` and its last part, and the quantity where the room is spoken of."""
    head, _, last = point.rpartition("/")
    return frozenset((point, f"*/{last}", _quantity(head, last)) if _of_the_room(head) else (point, f"*/{last}"))


def is_lamps(switch: str, names: Container[str]) -> bool:
    """Whether a switch is a lamp's: it, or its component, can be made brighter (`light0/output`, or `lamp` itself)."""
    component, slash, _ = switch.rpartition("/")
    return any(f"{component}{slash}{name}" in names or f"{switch}/{name}" in names for name in BRIGHTER)


def unit_of(point: str, unit: str) -> str:
    """Return the unit, told by the name where nothing else tells it."""
    return unit or UNITS.get(point, "")


def _quantity(head: str, last: str) -> str:
    said = last.casefold().replace("-", "_")
    return SAID_WITH.get((_kind(head), said)) or SPELLINGS.get(said, said)


def _of_the_room(head: str) -> bool:
    """A part of a part is a component's own affair: `switch0/temperature/tC` is how warm a relay is."""
    kind = _kind(head)
    return "/" not in head and kind not in OF_THE_MACHINE and kind not in ELSEWHERE


def _kind(component: str) -> str:
    """Return what a component is, without its number: `temperature100`, `ESP32`, `motor-2`."""
    return re.sub(r"[\d_.-]+$", "", component).casefold()
