"""When the journal commits, compacts, keeps up, and lets its source wait."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Pace:
    """Of commits and compaction."""

    commit_s: float = 0.02  # from one commit's start to the next, while there is anything to commit
    commit_readings: int = 5000  # so many do not wait for that
    queue_readings: int = 50_000  # so many waiting, and nothing more is read from the broker
    queue_text_bytes: int = 64 << 20  # the same for what texts among them take of the memory
    retry_s: float = 1.0  # after the disk refused
    compact_readings: int = 1 << 18  # hot readings that are worth a compaction
    compact_per_series: int = 64  # the same, where there are many series
    compact_most: int = 1 << 21
    hot_most: int = 1 << 22  # more in memory, and the source waits for the compaction
    compact_text_bytes: int = 64 << 20
    hot_text_bytes: int = 128 << 20  # as hot_most, of texts
    compact_s: float = 900.0  # what is hot so long is compacted however little it is


USUAL: Final = Pace()


@dataclass(frozen=True, slots=True)
class UpkeepPace:
    """Of roll-ups, retention and giving free pages back: slices of milliseconds, and rest between them."""

    compact_chunks: int = 200  # written at once: a commit waits no longer than for these
    piece_rest_times: float = 1.0  # as long as the piece took: half of the writer's thread at most
    look_s: float = 1.0  # from one look for work to the next, while there is none
    rest_s: float = 0.05  # after a slice, at least
    rest_times: float = 4.0  # as long as the slice took: a fifth of a core at most
    roll_chunks: int = 16
    retire_s: float = 3600.0  # from one look for what is too old to the next
    retire_series: int = 100
    retire_chunks: int = 64
    vacuum_pages: int = 64
    free_pages: int = 2560  # 10 MB, and a twentieth of the file, stay free: new readings take them at once
    free_part: int = 20
