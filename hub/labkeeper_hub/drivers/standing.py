"""The nouns: what somebody wants of a node's drivers, how a node stands, what came of it. Pure."""

from dataclasses import dataclass

from labkeeper_hub.drivers.book import Version
from labkeeper_hub.model import NodeKey
from labkeeper_wire.driver_sets import Answer, Doing, Instances, Offer, Standing


class DriversRefused(Exception):
    """Nothing was asked of the node; `code` is short and stable."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of a node; `seen` is the number of the set that they had before their eyes."""

    node: NodeKey
    do: Doing
    instances: Instances
    seen: int
    by: str


@dataclass(frozen=True, slots=True)
class NodeDrivers:
    """How a node stands. None: it has said nothing, its own file does not let the hub add drivers."""

    node: NodeKey
    lab: str
    online: bool
    offer: Offer | None
    standing: Standing | None
    versions: tuple[Version, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the node answered (None: nothing so far), and what would change or has changed."""

    answer: Answer | None
    changes: tuple[str, ...]
