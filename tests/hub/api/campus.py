"""A school with two labs and a school beside it: for every width of a grant, one's own place and the one next to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from labkeeper_hub.accounts import EVERYWHERE, Scope
from labkeeper_hub.api.reach import Width
from labkeeper_hub.export.exports import Export
from labkeeper_hub.export.order import FileFormat, OrderedPoint
from labkeeper_hub.model import Device, DeviceKey, Lab, Node, NodeKey
from labkeeper_hub.recordings.lesson_record import Happened
from labkeeper_hub.recordings.recording import Plan, Recording, RecordingRefused
from labkeeper_hub.registry.known import NODE_ITSELF
from labkeeper_sdk import Title

from .doubles import CHAMBER, START_MS, TARGET, Inventory, device, node
from .quiet_parts import Notebook

SAME_BENCH, NEXT_BENCH = DeviceKey("demo", "lab-301", "beside"), DeviceKey("demo", "pi-2", "next-bench")
NEXT_LAB, ANOTHER_SCHOOL = DeviceKey("demo", "lab-302", "next-lab"), DeviceKey("school-2", "room", "far-away")
ROOM = Scope("demo", "lab-301")
OF_DEVICE = replace(ROOM, node=CHAMBER.node, device=CHAMBER.device)
OWN: Mapping[Width, Scope] = {
    Width.HUB: EVERYWHERE,
    Width.SCHOOL: Scope("demo"),
    Width.LAB: ROOM,
    Width.BENCH: replace(ROOM, bench="3"),
    Width.NODE: replace(ROOM, node=CHAMBER.node),
    Width.DEVICE: OF_DEVICE,
    Width.POINT: OF_DEVICE.at(TARGET.point),
}
"""Of each width the place in which the chamber's target lies."""
BESIDE: Mapping[Width, Scope] = {
    Width.SCHOOL: Scope("school-2"),
    Width.LAB: Scope("demo", "lab-302"),
    Width.BENCH: replace(ROOM, bench="4"),
    Width.NODE: replace(ROOM, node=NEXT_BENCH.node),
    Width.DEVICE: replace(OF_DEVICE, device=SAME_BENCH.device),
    Width.POINT: OF_DEVICE.at("mode"),
}
"""Of each width the place next to it."""
SHARED: Mapping[Width, frozenset[Width]] = {
    Width.SCHOOL: frozenset({Width.HUB}),
    Width.LAB: frozenset({Width.HUB, Width.SCHOOL}),
    Width.BENCH: frozenset({Width.HUB, Width.SCHOOL, Width.LAB}),
    Width.NODE: frozenset({Width.HUB, Width.SCHOOL, Width.LAB}),
    Width.DEVICE: frozenset(Width) - {Width.DEVICE, Width.POINT},
    Width.POINT: frozenset(Width) - {Width.POINT},
}
"""Of each place in BESIDE: what is around both it and the chamber's target."""
POINT = OrderedPoint(**TARGET._asdict(), lab="lab-301", unit="Cel", kind="setpoint", type="float")
RECORDING = Recording("r-1", Plan("demo", "lab-301", "", (POINT,)), "p-9", START_MS)


def furnished() -> list[Device]:
    """Return the chamber, its node, and what stands beside it: on its bench, on the next, next door, far away."""
    return [
        device(),
        _like_it(CHAMBER._replace(device=NODE_ITSELF), "lab-301", ""),
        _like_it(SAME_BENCH, "lab-301", "3"),
        _like_it(NEXT_BENCH, "lab-301", "4"),
        _like_it(NEXT_LAB, "lab-302", "3"),
        _like_it(ANOTHER_SCHOOL, "lab-1", "3"),
    ]


def _like_it(key: DeviceKey, lab: str, bench: str) -> Device:
    return replace(device(), key=key, lab=lab, description=replace(device().description, bench=bench))


@dataclass
class Campus(Inventory):
    """All of it."""

    found: list[Device] = field(default_factory=furnished)

    def labs(self) -> tuple[Lab, ...]:
        rooms: dict[tuple[str, str], set[str]] = {}
        for one in self.found:
            rooms.setdefault((one.key.school, one.lab), set()).add(one.key.node)
        return tuple(Lab(*room, Title(), tuple(sorted(nodes)), 1, 1) for room, nodes in rooms.items())

    def nodes(self) -> tuple[Node, ...]:
        there: dict[NodeKey, str] = {one.key.of_node: one.lab for one in self.found}
        return tuple(replace(node(), key=key, lab=lab) for key, lab in there.items())


class OneRecording(Notebook):
    """One recording of the chamber's lab, with which nothing can be done just now."""

    def all(self) -> tuple[Recording, ...]:
        return (RECORDING,)

    def get(self, identity: str) -> Recording:
        return RECORDING if identity == RECORDING.id else super().get(identity)

    async def samples(self, recording: Recording) -> int:
        return len(recording.plan.points)

    async def record(self, recording: Recording) -> str:
        raise RecordingRefused("not_now", recording.id)

    async def start(self, plan: Plan, by: str) -> Recording:
        raise RecordingRefused("not_now", f"{plan.lab} {by}")

    async def mark(self, identity: str, text: str, by: str, time_ms: int | None = None) -> Recording:
        raise RecordingRefused("not_now", f"{identity} {text} {by} {time_ms}")

    async def stop(self, identity: str, by: str) -> Recording:
        raise RecordingRefused("not_now", f"{identity} {by}")

    async def seal(self, identity: str, by: str) -> Recording:
        raise RecordingRefused("not_now", f"{identity} {by}")

    async def remove(self, identity: str, by: str) -> None:
        raise RecordingRefused("not_now", f"{identity} {by}")

    async def readings_file(self, recording: Recording, form: FileFormat) -> Export:
        raise RecordingRefused("not_now", f"{recording.id} {form}")

    async def record_file(self, recording: Recording) -> Export:
        raise RecordingRefused("not_now", recording.id)

    async def happened(self, recording: Recording) -> Happened:  # noqa: ARG002 -- of the protocol
        return Happened()
