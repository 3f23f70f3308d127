"""A week as a hub's data folder: registry, readings and alarms, moved so that it ends now. A hub started there has it
behind it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from benchmarks.weeks.replay import PERIOD, Week
from benchmarks.weeks.school import Series
from labkeeper_hub.alarms.entry import AlarmEntry
from labkeeper_hub.alarms.records import AlarmRecords
from labkeeper_hub.alarms.states import Alarm
from labkeeper_hub.bus import EventBus
from labkeeper_hub.composing import now_ms
from labkeeper_hub.model import NodeKey
from labkeeper_hub.registry.database import open_database
from labkeeper_hub.registry.records import Records
from labkeeper_hub.registry.registry import HubRegistry
from labkeeper_hub.settings import HubSettings
from labkeeper_hub.timeseries.columns import BOOL, FLOAT
from labkeeper_hub.timeseries.group import Group
from labkeeper_hub.timeseries.journal import Journal, open_journal
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import DeviceDescription, NodeDescription, PointDescription

Noun = TypeVar("Noun", Alarm, AlarmEntry)
REPORTED = frozenset({"smoke", "water_leak"})
"""Points that are on or off."""
ENDED_MS = 60_000
"""How long ago the week ended when a hub is started on it."""


async def keep(folder: Path, week: Week, series: Iterable[Series]) -> None:
    """Fill an empty data folder."""
    settings = HubSettings(data=folder)
    later_ms = now_ms() - ENDED_MS - PERIOD.to_ms
    measured = [one for one in series if one.key.school and not one.key.point.startswith("#")]
    async with open_database(settings.database_url) as engine, open_journal(settings.journal_file) as journal:
        registry = HubRegistry(EventBus(), journal.series_of, journal.live())
        _furnish(registry, measured)
        await Records(engine, registry).save()
        await _record(journal, measured, later_ms)
        await AlarmRecords(engine).save(
            [replace(now, state=_moved(now.state, later_ms, "since_ms", "raised_ms")) for now in week.alarms.values()],
            [_moved(entry, later_ms, "time_ms", "at_ms") for entry in week.history],
        )


def _moved(noun: Noun, by_ms: int, *times: str) -> Noun:
    return replace(noun, **{name: getattr(noun, name) + by_ms for name in times})


def _furnish(registry: HubRegistry, series: Sequence[Series]) -> None:
    points: dict[tuple[NodeKey, str], list[PointDescription]] = {}
    for one in series:
        node = registry.node_at(one.key.of_node, 0)
        node.description = NodeDescription(one.lab.name, one.lab.name, one.lab.name)
        registry.changed(node)
        datatype = DataType.BOOLEAN if one.key.point in REPORTED else DataType.DOUBLE
        points.setdefault((one.key.of_node, one.key.device), []).append(
            PointDescription(one.key.point, "measure", datatype, one.unit)
        )
    for (key, name), described in points.items():
        device = registry.device_at(registry.known[key], name, 0)
        device.description = DeviceDescription(title_zh=name, title_en=name)
        registry.describe(device, described)
        registry.changed(device)


async def _record(journal: Journal, series: Iterable[Series], later_ms: int) -> None:
    for one in series:
        reported = one.key.point in REPORTED
        for sample in one.samples:
            if sample.value is not None:
                value = bool(sample.value) if reported else sample.value
                kind = BOOL if reported else FLOAT
                journal.group.add(journal.series_of(one.key), sample.time_ms + later_ms, kind, value)
    journal.filled()
    journal.end()
    await journal.collect(Nobody())


class Nobody:
    """Nobody waits for an acknowledgement."""

    def close(self, group: Group) -> None:
        """A commit begins."""

    def committed(self, group: Group) -> None:
        """It is on disk."""
