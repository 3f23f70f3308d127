"""What each point said last, kept over restarts: a birth tells it again, marked as stale until the device speaks."""

import asyncio
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from labkeeper_edge.devices import Devices, KnownDevice
from labkeeper_edge.outbox.batches import pack, unpack
from labkeeper_edge.outbox.outbox import Outbox, OutboxUnwritable
from labkeeper_edge.uplink.births import STALE_QUALITY
from labkeeper_wire.payload import QUALITY, Metric

SAVE_EVERY_S = 30.0  # a power cut costs so much freshness, and the time of the value says so

LastValues = Mapping[str, Mapping[str, Metric]]


def recalled(rows: Iterable[tuple[str, bytes]]) -> dict[str, dict[str, Metric]]:
    """Return what was kept, by device and point, each value with its own time and stale."""
    return {device: {metric.name or "": _stale(metric) for metric in unpack(payload)} for device, payload in rows}


def _stale(metric: Metric) -> Metric:
    return metric._replace(properties={QUALITY: STALE_QUALITY})


def _impersonal(known: KnownDevice) -> tuple[Metric, ...]:
    """What speaks of a person's body is on no disk once the hub has it."""
    return tuple(metric for name, metric in known.last.items() if name not in known.personal)


@dataclass(slots=True)
class LastKeeper:
    """Writes down what has changed, now and then: one row for each device."""

    devices: Devices
    outbox: Outbox
    _kept: dict[str, tuple[Metric, ...]] = field(default_factory=dict)

    async def run(self) -> None:
        """Save for ever; a disk that takes nothing is tried again the next time."""
        while True:
            await asyncio.sleep(SAVE_EVERY_S)
            with suppress(OutboxUnwritable):
                await self.save()

    async def save(self) -> None:
        """Write down what has changed since the last time; raises OutboxUnwritable."""
        lasts = {known.info.id: _impersonal(known) for known in self.devices if known.last}
        changed = {device: metrics for device, metrics in lasts.items() if self._kept.get(device) != metrics}
        if changed:
            await self.outbox.keep_last([(device, pack(metrics)) for device, metrics in changed.items()])
            self._kept.update(changed)
