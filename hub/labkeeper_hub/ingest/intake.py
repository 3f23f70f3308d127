"""What a data message means: which of it is stored, what becomes live, what is refused. No socket, no clock.

docs/decisions/0011-what-is-stored.md has the rules; this is the loop every reading of a school passes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import isfinite
from typing import Final

from labkeeper_hub.bus import EventBus
from labkeeper_hub.ingest.deliveries import Deliveries, Delivery
from labkeeper_hub.ingest.gap import GAP, BadGap, parse_gap
from labkeeper_hub.ingest.refusals import Refusals
from labkeeper_hub.model import DeviceKey, NodeKey
from labkeeper_hub.registry.known import KnownDevice, KnownPoint
from labkeeper_hub.timeseries.columns import (
    ARRIVAL,
    DOUBTFUL,
    FIRST_WIDE,
    FLOAT,
    HISTORICAL,
    INT,
    NULL,
    QUALITIES,
    QUALITY,
    QUALITY_MARKS,
    WIDE,
)
from labkeeper_hub.timeseries.journal import Journal
from labkeeper_sdk import Quality
from labkeeper_sdk.personal import Sense
from labkeeper_wire.commands import RESULT
from labkeeper_wire.delivery import BACKLOG, TAKEN
from labkeeper_wire.effects import DataReceived
from labkeeper_wire.payload import Metric, quality_of

FIRST_MS: Final = 946_684_800_000  # 2000-01-01: an earlier time is a clock that was never set
AHEAD_MS: Final = 86_400_000  # a clock may be a day ahead (a wrong time zone), not more


@dataclass(slots=True, eq=False)
class Source:
    """A node in session: where its readings are accounted; `ours`: it has an outbox and waits for acknowledgements."""

    delivery: Delivery
    ours: bool
    devices: dict[str | None, KnownDevice] = field(default_factory=dict)
    taken: int = 0
    backlog: int = 0


@dataclass(slots=True)
class Intake:
    """Fills the journal's group and the live values; `result` takes what nodes answer to commands, `personal` what
    speaks of a person: it is in neither, `drivers` what a node says of its drivers.
    """

    journal: Journal
    deliveries: Deliveries
    bus: EventBus
    refusals: Refusals
    result: Callable[[DeviceKey, Metric, int], None]
    personal: Callable[[KnownDevice, Sense, Metric, int], None] = lambda *_: None
    drivers: Callable[[NodeKey, Metric], None] = lambda *_: None

    def data(self, source: Source, data: DataReceived, now_ms: int) -> None:
        """Take one NDATA or DDATA. A batch that came before is acknowledged again and nothing else."""
        device, delivery = source.devices.get(data.device), source.delivery
        if device is None:
            self.refusals.count("unknown_device", f"{data.group}/{data.node}/{data.device}")
            return
        batch = data.batch if source.ours else None
        if batch == 0:
            self.refusals.count("bad_batch", f"{data.group}/{data.node}")
            return
        if batch is None or delivery.take(batch):
            stored = batch is not None or not source.ours
            count = self.readings(source, device, data.metrics, now_ms, stored=stored)
            delivery.stored += count
            if batch is None and not count:
                return
        self.deliveries.touch(delivery, batch or 0)
        self.journal.filled()

    def readings(
        self, source: Source, device: KnownDevice, metrics: tuple[Metric, ...], now_ms: int, *, stored: bool
    ) -> int:
        """Put readings into the live values and, if `stored`, into the journal; return how many went there, or to the
        PE class that is theirs: both are where they belong.

        One flat loop, because a hundred thousand readings a second pass here.
        """
        points, group, changed = device.points, self.journal.group, list[KnownPoint]()
        newest_ms, before, personal = now_ms + AHEAD_MS, len(group.times), 0
        add_series, add_time, add_mark = group.series.append, group.times.append, group.marks.append
        add_value = group.values.append
        for metric in metrics:
            name, value, _, time_ms, _, historical, transient, properties, _, _ = metric
            point = points.get(name)  # type: ignore[arg-type] # a missing name is no point's
            if point is None or transient:
                personal += self._service(source, device, metric, now_ms)
                continue
            mark = FLOAT
            if not (
                type(value) is float
                and not historical
                and properties is None
                and FIRST_MS <= time_ms <= newest_ms  # type: ignore[operator] # sessions give every metric a time
                and isfinite(value)
            ):
                judged = self._judge(source, point, metric, now_ms)
                if judged is None:
                    continue
                mark, time_ms = judged
            if not historical:
                point.value, point.time_ms = value, time_ms  # type: ignore[assignment] # a point's type, as born
                point.quality = QUALITIES[mark & QUALITY]
                changed.append(point)
            if stored:
                add_series(point.series)
                add_time(time_ms)  # type: ignore[arg-type] # as above
                add_mark(mark)
                add_value(group.text(value) if type(value) is str else value)  # type: ignore[arg-type] # as above
        if changed:
            self.bus.note_all(changed)
        return len(group.times) - before + (personal if stored else 0)

    def _judge(self, source: Source, point: KnownPoint, metric: Metric, now_ms: int) -> tuple[int, int] | None:
        """Return mark and time of a reading that is not the plainest; None: it is refused."""
        value, time_ms, mark = metric.value, metric.time_ms, point.kind
        if value is None:
            mark = NULL
        elif isinstance(value, float) and not isfinite(value):
            self.refusals.count("not_finite", "/".join(point.key))
            point.not_finite = True
            return None
        elif mark == INT and isinstance(value, int) and value >= FIRST_WIDE:
            mark = WIDE
        if metric.properties is not None:
            mark |= QUALITY_MARKS[Quality(quality_of(metric))]
        if metric.historical:
            mark |= HISTORICAL
        if time_ms is None or not FIRST_MS <= time_ms <= now_ms + AHEAD_MS:
            time_ms, flag = self._doubtful(source, point, time_ms, now_ms)
            mark |= flag
        return mark, time_ms

    def _doubtful(self, source: Source, point: KnownPoint, time_ms: int | None, now_ms: int) -> tuple[int, int]:
        """Keep our nodes' times as they committed them; a foreign node's time gives way to the arrival's."""
        self.refusals.count("time_doubtful", "/".join(point.key))
        if source.ours and time_ms is not None:
            return time_ms, DOUBTFUL
        return now_ms, ARRIVAL

    def _service(self, source: Source, device: KnownDevice, metric: Metric, now_ms: int) -> int:
        """Take what is nobody's point: what speaks of a person (1), answers to commands, what the node says of its
        outbox, gap records (0).
        """
        sense = device.personal.get(metric.name or "")
        if sense is not None:
            self.personal(device, sense, metric, now_ms)
            return 1
        if metric.name == RESULT:
            self.result(device.key, metric, now_ms)
        elif not source.ours or metric.name is None:
            self.refusals.count("not_a_reading", "/".join((*device.key, metric.name or "")))
        elif metric.name == GAP:
            self._gap(source, metric)
        elif metric.name in (TAKEN, BACKLOG):
            self.outbox(source, (metric,))
        else:
            self.drivers(device.key.of_node, metric)
        return 0

    def outbox(self, source: Source, metrics: tuple[Metric, ...]) -> None:
        """Note what the node says of its outbox."""
        for metric in metrics:
            if isinstance(metric.value, int) and metric.name == TAKEN:
                source.taken = metric.value
            elif isinstance(metric.value, int) and metric.name == BACKLOG:
                source.backlog = metric.value
        source.delivery.reported(source.taken, source.backlog)

    def _gap(self, source: Source, metric: Metric) -> None:
        try:
            gap = parse_gap(metric.value)
        except BadGap:
            self.refusals.count("bad_gap", "/".join(source.delivery.key.node))
        else:
            self.deliveries.gap(source.delivery, gap, self.journal.group)
