"""What a forwarder counts and tells: kept by the forwarder, read by whoever asks how it is."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from labkeeper_hub.status import InfluxStatus
from labkeeper_hub.timeseries.columns import DOUBTFUL, HISTORICAL
from labkeeper_hub.timeseries.forwarding import Batch, Forwarding

log = logging.getLogger(__name__)
CODES = (
    "unreachable",
    "timeout",
    "unauthorized",
    "absent",
    "too_many",
    "unavailable",
    "server_error",
    "not_influx",
    "configuration",
)


@dataclass(slots=True)
class Progress:
    """Counts since the start."""

    forwarding: Forwarding
    late_after_s: float
    now_ms: Callable[[], int]
    forwarded: int = 0
    beyond_retention: int = 0
    retries: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(CODES, 0)))
    failing: str = ""
    detail: str = ""
    waiting_since_ms: int | None = None

    def began(self, batch: Batch) -> None:
        """Note how old what is first in the log is: by its own time where that was live, else from now on."""
        self.waiting_since_ms = waiting_since(batch, self.now_ms())

    def nothing_waits(self) -> None:
        """All of the log is through."""
        self.waiting_since_ms = None

    def failed(self, code: str, reason: str) -> None:
        """Count a failure, and say a change of it once."""
        self.retries[code] += 1
        if code != self.failing:
            log.warning("InfluxDB: %s (%s); readings wait in the journal", code, reason)
        self.failing, self.detail = code, reason

    def worked(self) -> None:
        """Say once that it works again."""
        if self.failing:
            log.warning("InfluxDB: takes readings again; %d wait", self.forwarding.waiting)
        self.failing = self.detail = ""

    def status(self) -> InfluxStatus:
        """Return how it is doing."""
        lag_s = self._lag_s()
        return InfluxStatus(
            waiting=self.forwarding.waiting,
            lag_s=lag_s,
            late=self.is_late(),
            history=self.forwarding.history,
            forwarded=self.forwarded,
            beyond_retention=self.beyond_retention,
            quarantined=self.forwarding.refused,
            missed=self.forwarding.missed,
            retries=dict(self.retries),
            failing=self.failing,
            detail=self.detail,
        )

    def is_late(self) -> bool:
        """Tell whether what waits has waited for longer than one should be content with."""
        return self._lag_s() > self.late_after_s

    def _lag_s(self) -> float:
        if self.waiting_since_ms is None or not self.forwarding.waiting:
            return 0.0
        return max(0.0, (self.now_ms() - self.waiting_since_ms) / 1000)


def waiting_since(batch: Batch, now_ms: int) -> int:
    """Return since when the first live reading waits, by its own time; historical ones say nothing about that."""
    readings = batch.readings
    live = np.flatnonzero((readings.marks & (HISTORICAL | DOUBTFUL)) == 0)
    return min(int(readings.times[live[0]]), now_ms) if len(live) else now_ms
