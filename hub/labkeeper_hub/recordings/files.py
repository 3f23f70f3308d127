"""What the exporting processes are told about a recording, and what they find."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from uuid import uuid4

from labkeeper_hub.export.exports import Export, Exports
from labkeeper_hub.export.order import FileFormat, Order
from labkeeper_hub.recordings.lesson_record import Hashed
from labkeeper_hub.recordings.recording import Recording
from labkeeper_hub.recordings.work import RecordingOrder


@dataclass(frozen=True, slots=True)
class Files:
    """Files of recordings out of one journal, each made by a process of its own."""

    journal: Path
    exports: Exports = field(default_factory=Exports)

    async def hashed(self, recording: Recording) -> Hashed:
        """Return the hash of a stopped recording's readings as they are now; raises TooManyExports, ExportFailed."""
        order = self._order(recording)
        export = await self.exports.start(str(uuid4()), RecordingOrder(**order.model_dump(), wanted="hash"))
        try:
            return Hashed(**json.loads(b"".join([block async for block in export.content()])))
        finally:
            await export.end()

    async def readings(self, recording: Recording, form: FileFormat, until_ms: int) -> Export:
        """Start a file of its readings; the caller ends it. Raises TooManyExports, ExportFailed."""
        return await self.exports.start(str(uuid4()), self._order(recording, form, until_ms))

    async def record(self, recording: Recording, record: str) -> Export:
        """Start the record of a sealed one as a file; the caller ends it. Raises TooManyExports, ExportFailed."""
        seal = json.dumps(asdict(recording.seal)) if recording.seal else ""
        order = self._order(recording).model_dump()
        return await self.exports.start(
            str(uuid4()), RecordingOrder(**order, wanted="record", record=record, seal=seal)
        )

    def _order(self, recording: Recording, form: FileFormat = "csv", until_ms: int | None = None) -> Order:
        end_ms = recording.end_ms if until_ms is None else min(until_ms, recording.end_ms)
        return Order(
            journal=str(self.journal.absolute()),
            format=form,
            from_ms=recording.started_ms,
            to_ms=end_ms,
            points=recording.plan.points,
            every_ms=recording.plan.every_ms,
        )
