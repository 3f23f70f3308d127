"""Forwarding composed upon an open journal, or its end where none is configured."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from labkeeper_hub.influx import version1, version2
from labkeeper_hub.influx.forwarder import Forwarder, Rhythm
from labkeeper_hub.influx.progress import Progress
from labkeeper_hub.influx.settings import InfluxSettings, read_secrets
from labkeeper_hub.influx.tags import Tags
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
        connect = version1.connect if settings.version == 1 else version2.connect
        yield Forwarder(settings, connect, forwarding, tags.head, progress, rhythm or Rhythm())
