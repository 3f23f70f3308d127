"""What a lesson needs of this room: begin recording a lab, and end it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from labkeeper_hub.model import PointKey
from labkeeper_hub.ports import Registry
from labkeeper_hub.recordings.desk import RecordingDesk
from labkeeper_hub.recordings.plans import planned
from labkeeper_hub.recordings.recording import RecordingRefused


class LabKey(NamedTuple):
    """A lab's name."""

    school: str
    lab: str


@dataclass(frozen=True, slots=True)
class Recorder:
    """Records for somebody who is not at the page; raises RecordingRefused, DiskRefuses."""

    desk: RecordingDesk
    registry: Registry

    async def start(self, lab: LabKey, points: Iterable[PointKey] | None, by: str, title: str = "") -> str:
        """Begin recording points of a lab, all of them for None; return the recording's id once it is on disk."""
        begun = await self.desk.start(planned(self.registry, *lab, points, title=title), by)
        return begun.id

    async def stop(self, identity: str, by: str) -> None:
        """End it; one that has ended already is left as it is."""
        try:
            await self.desk.stop(identity, by)
        except RecordingRefused as refused:
            if refused.code != "not_running":
                raise
