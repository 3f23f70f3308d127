"""What every guest of the lab is: somebody who talks over a link, has devices, and reports now and then."""

import json
from collections.abc import Sequence
from typing import Protocol

from labkeeper_sdk.sim.link import Talker
from labkeeper_sdk.sim.messages import Outgoing


class Guest(Talker, Protocol):
    """A device, or a server with devices behind it."""

    @property
    def introduces(self) -> Sequence[tuple[str, str, str, Sequence[str]]]:
        """Return id, title, protocol and the names that take commands of every device a driver will find."""
        ...

    @property
    def ids(self) -> Sequence[str]:
        """Return the ids of its devices."""
        ...

    def value(self, device: str, name: str) -> object:
        """Return where a device stands, by the name a driver has for it; None for what it has not."""
        ...

    @property
    def interval_s(self) -> float:
        """Return how often it reports."""
        ...

    def report(self, lab_s: float) -> None:
        """Say how things stand `lab_s` seconds into the lab's day."""
        ...


def document(topic: str, content: object, *, retain: bool = False) -> Outgoing:
    """Return a JSON message."""
    return Outgoing(topic, json.dumps(content, ensure_ascii=False).encode(), retain=retain)


def text(topic: str, content: str, *, retain: bool = False) -> Outgoing:
    """Return a message of a few words."""
    return Outgoing(topic, content.encode(), retain=retain)


def parsed(payload: bytes) -> object:
    """Return a payload's JSON, or its text where it is none."""
    try:
        return json.loads(payload)
    except ValueError:
        return payload.decode(errors="replace")


def wave(lab_s: float, period_s: float, low: float, high: float) -> float:
    """Return a value that rises and falls between two others."""
    share = abs((lab_s / period_s) % 2 - 1)
    return round(low + (high - low) * share, 2)
