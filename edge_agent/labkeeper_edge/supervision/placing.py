"""Where each driver instance runs: in the node, or in a process of its own. No code of an unread driver runs here."""

from collections.abc import Mapping
from typing import Any, NoReturn

from pydantic import BaseModel, ConfigDict

from labkeeper_edge.settings import Settings
from labkeeper_edge.supervision.isolation.lodging import Lodging
from labkeeper_edge.supervision.isolation.messages import Begin
from labkeeper_edge.supervision.isolation.process import Bounds
from labkeeper_sdk import Driver
from labkeeper_sdk.plugins import Source

MEGABYTE = 1_000_000


class Unread(BaseModel):
    """A configuration that its driver checks in its process."""

    model_config = ConfigDict(extra="allow", frozen=True)


def _nowhere(*_: object) -> NoReturn:
    raise NotImplementedError("a driver that was not read connects in its process only")


def unread(name: str) -> Driver:
    """Return what stands for a driver whose code this process has not read."""
    return Driver(name, Unread, _nowhere)


def lodging(
    settings: Settings, instance: str, source: Source, own: Mapping[str, Any], path: list[str], file: str
) -> Lodging:
    """Return the process for an instance; `own` are its driver's keys, `file` the settings' name, `path` sys.path."""
    limits = settings.isolation
    begin = Begin(
        source.name,
        source.module,
        source.digest,
        instance,
        dict(own),
        file,
        settings.school,
        settings.node,
        settings.broker,
        settings.poll_every_s,
        limits.memory_mb * MEGABYTE,
        "",
        path,
    )
    bounds = Bounds(limits.memory_mb * MEGABYTE, limits.silence_s, limits.processor_share, limits.niceness)
    return Lodging(begin, bounds)
