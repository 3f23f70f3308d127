"""Whether a sealed recording is what was sealed: its record, its readings, and the entry among the acts of people."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from labkeeper_hub.audit.record import sealed_entry
from labkeeper_hub.ports import Recordings
from labkeeper_hub.recordings.desk import SEALING
from labkeeper_hub.recordings.lesson_record import Hashed, digest_of
from labkeeper_hub.recordings.recording import Recording, RecordingRefused


@dataclass(frozen=True, slots=True)
class Verdict:
    """What holds. `rows` and `rows_now` differ where readings came after the seal, or are gone."""

    record: bool
    readings: bool
    audit: bool
    rows: int
    rows_now: int

    @property
    def holds(self) -> bool:
        return self.record and self.readings and self.audit


async def verify(recordings: Recordings, recording: Recording, folder: Path) -> Verdict:
    """Compare everything; raises RecordingRefused without a seal, and what hashing raises."""
    seal = recording.seal
    if seal is None:
        raise RecordingRefused("not_sealed", "The recording has no seal yet")
    now = await recordings.hashed_now(recording)
    record = await recordings.record(recording)
    entry = await asyncio.to_thread(sealed_entry, folder, SEALING, recording.id)
    return Verdict(
        record=digest_of(record) == seal.digest,
        readings=now == Hashed(seal.rows, seal.sha256),
        audit=entry is not None and entry.result == seal.digest,
        rows=seal.rows,
        rows_now=now.rows,
    )
