"""Forwarding composed upon an open journal, or its end where none is configured."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from labkeeper_hub.influx.forwarder import Forwarder, Rhythm
from labkeeper_hub.influx.progress import Progress
from labkeeper_hub.influx.settings import InfluxSettings, read_secrets
from labkeeper_hub.influx.sinks import Connect
from labkeeper_hub.influx.tags import Tags
from labkeeper_hub.ports import Readings
from labkeeper_hub.registry.registry import HubRegistry
from labkeeper_hub.timeseries.forwarding import forget_sinks, open_forwarding
from labkeeper_hub.timeseries.journal import Journal


@asynccontextmanager
async def open_forwarder(
    settings: InfluxSettings | None, journal: Journal, registry: HubRegistry, rhythm: Rhythm | None = None
) -> AsyncIterator[Forwarder | None]:
    """Open what the settings name; None if they name nothing. Raises BadConfiguration for a secret's file."""
    if settings is None:
        await forget_sinks(journal)
        yield None
        return
    read_secrets(settings)
    async with open_forwarding(journal, settings.sink) as forwarding:
        tags = Tags(registry, forwarding.key_of)
        progress = Progress(forwarding, settings.late_after_s, lambda: time.time_ns() // 1_000_000)
        yield Forwarder(settings, _connect(settings), forwarding, tags.head, progress, rhythm or Rhythm())


def readings_of(settings: InfluxSettings | None, journal: Journal, registry: HubRegistry) -> Readings:
    """Return the journal, with InfluxDB behind it if there is one."""
    if settings is None:
        return journal
    from labkeeper_hub.influx.merging import merged  # noqa: PLC0415 -- the HTTP client, likewise

    return merged(settings, journal, registry)


def _connect(settings: InfluxSettings) -> Connect:
    """Return how to reach the database; a hub without one carries no HTTP client, nor the 8 MB of version 2's."""
    if settings.version == 1:
        from labkeeper_hub.influx import version1  # noqa: PLC0415 -- see above

        return version1.connect
    from labkeeper_hub.influx import version2  # noqa: PLC0415 -- see above

    return version2.connect
