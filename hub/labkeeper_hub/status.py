"""How the hub is: what its parts say of themselves, told by the API, in metrics and in the hub's figures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from labkeeper_hub.model import State


@dataclass(frozen=True, slots=True)
class Retired:
    """What retention deleted since the start: chunks of `rows` readings (level 0) or leaves of `rows` buckets.

    `reason` is `age`, `bytes` or `rule_bytes`; `level` the milliseconds of a roll-up's buckets.
    """

    reason: str
    level: int
    chunks: int = 0
    rows: int = 0
    bytes: int = 0


class RuleSize(NamedTuple):
    """What the points of a retention rule take, as of the last look, and what they may."""

    match: str
    used_bytes: int
    max_bytes: int


@dataclass(frozen=True, slots=True)
class UpkeepStatus:
    """What the journal's upkeep did since the start (readings, seconds), and what waits: sealed chunks without roll-up.

    `file_bytes` and `free_bytes` are as of its last look, 0 before the first.
    """

    compactions: int = 0
    compacted: int = 0
    compaction_pieces: int = 0
    longest_piece_s: float = 0.0
    compaction_s: float = 0.0
    rolled: int = 0
    roll_s: float = 0.0
    unrolled_chunks: int = 0
    retired: tuple[Retired, ...] = ()
    rules: tuple[RuleSize, ...] = ()
    retire_s: float = 0.0
    pages_given_back: int = 0
    vacuum_s: float = 0.0
    file_bytes: int = 0
    free_bytes: int = 0
    failing: str = ""


@dataclass(frozen=True, slots=True)
class JournalStatus:
    """How the journal is doing; `queued` readings wait for their commit, `hot` ones for compaction."""

    queued: int
    committed: int
    commits: int
    last_commit_ms: float
    hot: int
    chunks: int
    failing: str
    upkeep: UpkeepStatus = UpkeepStatus()


class Quarantined(NamedTuple):
    """A reading that InfluxDB would not take: when it was refused, why, and the line as it was sent."""

    id: int
    at_ms: int
    reason: str
    line: str


@dataclass(frozen=True, slots=True)
class InfluxStatus:
    """How forwarding to InfluxDB is doing; counts are since the start, those of `quarantined` and `missed` since it was
    configured.

    `waiting` readings are committed and not forwarded, `lag_s` is the age of the oldest of them; `history`: chunks up
    to this number, from before InfluxDB was configured, are still to go; `missed` readings of them had to make room
    before they went. `failing` is a short reason ("" while it
    works), `detail` is for people.
    """

    waiting: int
    lag_s: float
    late: bool
    history: int
    forwarded: int
    beyond_retention: int
    quarantined: int
    missed: int
    retries: Mapping[str, int]
    failing: str
    detail: str

    @property
    def attention(self) -> bool:
        """Whether a person should look."""
        return self.late or self.quarantined > 0 or self.missed > 0


class Durations(NamedTuple):
    """How long something took, counted: `counts` up to each of DURATION_BOUNDS_S, and of
    what took longer; not cumulative.
    """

    counts: tuple[int, ...] = ()
    sum_s: float = 0.0


DURATION_BOUNDS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 5.0)


@dataclass(frozen=True, slots=True)
class Status:
    """The hub's health; `refusals` counts by reason and `commands_ended` by state, since the start.

    `hanging` names workers that are alive and do not come forward; `host_id_taken`: another hub uses our host id.
    """

    started_ms: int
    broker_connected: bool
    messages: int
    refusals: Mapping[str, int]
    journal: JournalStatus
    commits: Durations = field(default_factory=Durations)
    commands_ended: Mapping[State, int] = field(default_factory=dict)
    hanging: tuple[str, ...] = ()
    host_id_taken: bool = False
    influx: InfluxStatus | None = None
