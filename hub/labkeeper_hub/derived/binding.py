"""Which points feed which derived point: pure, over the points as they are known."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from labkeeper_hub.derived.declarations import Declaration, Input, Where
from labkeeper_hub.model import DERIVED_NODE, NodeKey, PointKey
from labkeeper_hub.registry.known import KnownDevice, KnownNode, KnownPoint
from labkeeper_hub.timeseries.columns import TEXT
from labkeeper_sdk import Title
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import PointDescription

Labs: TypeAlias = Mapping[tuple[str, str], Sequence[KnownPoint]]

ROOM, LESSON = "#lab", "lesson"
"""The hub's own device and point for whether a lesson is on; no device can be called so."""
ROOM_TITLE = Title("教室", "Room")
LESSON_ON = PointDescription(LESSON, "state", DataType.BOOLEAN, "", title_zh="上课中", title_en="Lesson on")


@dataclass(frozen=True, slots=True)
class Binding:
    """One derived point of one device; `inputs` are the points' keys in the order of the declaration's inputs."""

    declaration: Declaration
    device: KnownDevice
    description: PointDescription
    inputs: tuple[tuple[PointKey, ...], ...]

    @property
    def target(self) -> PointKey:
        """The derived point."""
        school, node, device = self.device.key
        return PointKey(school, derived_node(NodeKey(school, node)).node, device, self.description.name)


def derived_node(node: NodeKey) -> NodeKey:
    """Return the reserved node that carries what is derived from a node's points."""
    return NodeKey(node.school, f"{DERIVED_NODE}{node.node}")


def lesson_key(node: NodeKey) -> PointKey:
    """Return the point that tells whether a lesson is on in a node's lab."""
    return PointKey(*derived_node(node), ROOM, LESSON)


def bindings(declarations: Iterable[Declaration], nodes: Iterable[KnownNode]) -> Iterator[Binding]:
    """Return every derived point there is to be; of two of one name the first holds."""
    measured = [node for node in nodes if not node.key.of_hub]
    labs, taken, wanted = _labs(measured), set[PointKey](), tuple(declarations)
    for node in measured:
        for device in node.devices.values():
            for binding in _of_device(wanted, device, labs):
                if binding.target not in taken:
                    taken.add(binding.target)
                    yield binding


def _labs(nodes: Iterable[KnownNode]) -> Labs:
    labs: dict[tuple[str, str], list[KnownPoint]] = {}
    for node in nodes:
        inside = labs.setdefault((node.key.school, node.lab), [])
        for device in node.devices.values():
            inside += device.points.values()
    return labs


def _of_device(wanted: Sequence[Declaration], device: KnownDevice, labs: Labs) -> Iterator[Binding]:
    for declaration in wanted:
        first, *others = declaration.inputs
        rest = [_found(one, device, labs) for one in others]
        if all(rest):
            for point in device.points.values():
                if _matches(first, point):
                    described = declaration.described(point.key.point)
                    yield Binding(declaration, device, described, ((point.key,), *rest))


def _found(wanted: Input, device: KnownDevice, labs: Labs) -> tuple[PointKey, ...]:
    if wanted.where is Where.LESSON:
        return (lesson_key(device.key.of_node),)
    if wanted.where is Where.LAB:
        inside = labs[device.key.school, device.node.lab]
        return tuple(sorted(point.key for point in inside if _matches(wanted, point)))
    return tuple(sorted(point.key for point in device.points.values() if _matches(wanted, point)))[:1]


def _matches(wanted: Input, point: KnownPoint) -> bool:
    said = point.description
    fits = wanted.match(said.name, said.unit, writable=said.writable) and point.kind != TEXT
    return fits and (not wanted.beside or wanted.beside in point.device.points)
