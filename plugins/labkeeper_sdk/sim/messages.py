"""What the simulated lab says: MQTT messages and the readings they carry."""

from dataclasses import dataclass

Scalar = bool | int | float | str


@dataclass(frozen=True, slots=True)
class Sighting:
    """One reading in a message: the value as on the wire, the device's own time (None: it has no clock)."""

    device: str
    title: str
    name: str
    value: Scalar
    time_ms: int | None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One MQTT message. `keep`: where the link is down it waits in memory; anything else is simply not said."""

    topic: str
    payload: bytes
    retain: bool = False
    qos: int = 1
    sightings: tuple[Sighting, ...] = ()
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Order:
    """One command as it arrived at a device, before anything was decided about it."""

    device: str
    title: str
    name: str
    value: object


class Refused(Exception):
    """A device does not do what it was told; the text is what it writes to its log."""
