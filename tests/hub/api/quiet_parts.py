"""Parts of a hub in which nothing happens unless a test says so."""

from dataclasses import dataclass, field

from labkeeper_hub.export.exports import Export
from labkeeper_hub.export.order import FileFormat
from labkeeper_hub.recordings.lesson_record import Happened, Hashed
from labkeeper_hub.recordings.recording import Plan, Recording, RecordingRefused
from labkeeper_hub.status import Quarantined
from labkeeper_hub.timeseries.catalogue import Inventory as Stocked
from labkeeper_hub.timeseries.digest import Span


@dataclass
class Quarantine:
    """What InfluxDB refused."""

    refused: list[Quarantined] = field(default_factory=list)

    async def quarantined(self, most: int) -> tuple[Quarantined, ...]:
        return tuple(reversed(self.refused))[:most]


@dataclass
class Stockroom:
    """What the catalogue tells of; asked spans are noted."""

    found: Stocked = field(default_factory=lambda: Stocked({}, (), 0))
    asked: list[Span] = field(default_factory=list)

    async def inventory(self, span: Span) -> Stocked:
        self.asked.append(span)
        return self.found


@dataclass
class Notebook:
    """No recordings; the real ones are tried with a real journal in tests/hub/recordings."""

    def all(self) -> tuple[Recording, ...]:
        return ()

    def get(self, identity: str) -> Recording:
        raise RecordingRefused("unknown_recording", f"no recording {identity}")

    async def samples(self, recording: Recording) -> int:
        raise NotImplementedError(recording)

    async def record(self, recording: Recording) -> str:
        raise NotImplementedError(recording)

    async def start(self, plan: Plan, by: str) -> Recording:
        raise NotImplementedError(plan, by)

    async def mark(self, identity: str, text: str, by: str, time_ms: int | None = None) -> Recording:
        raise NotImplementedError(identity, text, by, time_ms)

    async def stop(self, identity: str, by: str) -> Recording:
        raise NotImplementedError(identity, by)

    async def seal(self, identity: str, by: str) -> Recording:
        raise NotImplementedError(identity, by)

    async def remove(self, identity: str, by: str) -> None:
        raise NotImplementedError(identity, by)

    async def hashed_now(self, recording: Recording) -> Hashed:
        raise NotImplementedError(recording)

    async def readings_file(self, recording: Recording, form: FileFormat) -> Export:
        raise NotImplementedError(recording, form)

    async def record_file(self, recording: Recording) -> Export:
        raise NotImplementedError(recording)

    async def happened(self, recording: Recording) -> Happened:
        raise NotImplementedError(recording)
