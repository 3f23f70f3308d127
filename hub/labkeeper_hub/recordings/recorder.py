"""What a lesson needs of this room: begin recording a lab, and end it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from labkeeper_hub.model import PointKey
from labkeeper_hub.ports import Registry
from labkeeper_hub.recordings.desk import RecordingDesk
from labkeeper_hub.recordings.plans import measured, planned
from labkeeper_hub.recordings.recording import RecordingRefused, Stage


class LabKey(NamedTuple):
    """A lab's name."""

    school: str
    lab: str


@dataclass(frozen=True, slots=True)
class Recorder:
    """Records for somebody who is not at the page; raises RecordingRefused, DiskRefuses."""

    desk: RecordingDesk
    registry: Registry

    async def start(
        self, lab: LabKey, points: Iterable[PointKey] | None, by: str, title: str = "", identity: str = ""
    ) -> str:
        """Begin recording points of a lab, all of them for None; return the recording's id once it is on disk.
        One that has begun under this name before is left as it is.
        """
        if any(one.id == identity for one in self.desk.all()):
            return identity
        begun = await self.desk.start(planned(self.registry, *lab, points, title=title), by, identity)
        return begun.id

    async def follow(self, identity: str) -> None:
        """Record what has joined the lab of a running one as well: what is measured there, as at a start."""
        plan = self.desk.get(identity).plan
        known = set(plan.keys)
        if fresh := [key for key in measured(self.registry, plan.school, plan.lab) if key not in known]:
            await self.desk.follow(identity, planned(self.registry, plan.school, plan.lab, fresh).points)

    async def mark(self, identity: str, text: str, by: str) -> None:
        """Mark this moment of a running one."""
        await self.desk.mark(identity, text, by)

    def anything(self, lab: LabKey) -> bool:
        """Tell whether there is anything to record in a lab."""
        return next(measured(self.registry, *lab), None) is not None

    def running(self) -> Iterator[str]:
        """Yield the ids of what is being recorded."""
        return (one.id for one in self.desk.all() if one.stage is Stage.RUNNING)

    async def stop(self, identity: str, by: str) -> None:
        """End it; one that has ended already is left as it is."""
        try:
            await self.desk.stop(identity, by)
        except RecordingRefused as refused:
            if refused.code != "not_running":
                raise
