"""The nouns: inputs, outputs, permits and forces, and the set a node runs. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from labkeeper_wire.conditions.expression import Expression
from labkeeper_wire.payload import Scalar


@dataclass(frozen=True, slots=True)
class Both:
    """A text in both languages."""

    zh: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """A point of a device of this node."""

    device: str
    point: str


@dataclass(frozen=True, slots=True)
class Input:
    """What conditions speak of; older than `max_age_s` it is not known. None: known while its device is online."""

    place: Place
    type: type[bool] | type[float] | type[str]
    unit: str = ""
    max_age_s: float | None = None
    node_clock: bool = False  # the device's clock is not believed: age counts from arrival
    title: Both = field(default=Both(), compare=False)  # what people read for it in a refusal


@dataclass(frozen=True, slots=True)
class Output:
    """What is guarded. `renew_s`: how often to write again, for a device that falls back when nobody speaks to it."""

    place: Place
    renew_s: float | None = None


class Unknown(StrEnum):
    """What a force does while its condition is not known."""

    HOLD = "hold"  # drive its outputs until it is known, and not latch
    TRIP = "trip"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Told:
    """What people are told."""

    title: Both
    advice: Both


@dataclass(frozen=True, slots=True)
class Permit:
    """`output` may be anything but `otherwise` only while `needs` is true; it is driven there when that ends."""

    id: str
    told: Told
    needs: Expression
    output: str
    otherwise: Scalar


@dataclass(frozen=True, slots=True)
class Force:
    """When `when` is true, outputs are driven to `then` and held there, latched until a person resets it."""

    id: str
    told: Told
    when: Expression
    then: Mapping[str, Scalar]
    unknown: Unknown = Unknown.HOLD
    reset: str = ""  # an input: a button at the node that resets it


@dataclass(frozen=True, slots=True)
class InterlockSet:
    """All rules of a node. Where two disagree about an output, forces go before permits and earlier ones before later.

    `lamp` is an output that is on while any force is not clear. `hash` names exactly this text.
    """

    id: str = ""
    title: Both = Both()
    inputs: Mapping[str, Input] = field(default_factory=dict)
    outputs: Mapping[str, Output] = field(default_factory=dict)
    forces: tuple[Force, ...] = ()
    permits: tuple[Permit, ...] = ()
    lamp: str = ""
    hash: str = ""

    @property
    def all(self) -> tuple[Force | Permit, ...]:
        """Forces, then permits: the order in which they are obeyed."""
        return (*self.forces, *self.permits)
