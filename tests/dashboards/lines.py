"""Readings as the hub's forwarder writes them: its own lines, and nothing it would have refused."""

from collections.abc import Callable, Iterable

import numpy as np

from labkeeper_hub.influx.line import head, lines
from labkeeper_hub.model import PointKey
from labkeeper_hub.timeseries.columns import kind_of
from labkeeper_hub.timeseries.forwarding import Batch
from labkeeper_hub.timeseries.group import Group
from labkeeper_sdk import Value


def written(group: Group, head_of: Callable[[int], str]) -> list[str]:
    """Return the lines of everything in a group; `head_of` gives a series' measurement and tags."""
    batch = Batch(group.columns(), np.zeros(len(group), np.int64), len(group), 0)
    made = lines(batch, head_of)
    assert not made.refused, made.refused[:3]
    return [line.decode() for line in made.sendable]


def lines_of_point(key: PointKey, lab: str, readings: Iterable[tuple[int, Value]]) -> list[str]:
    """Return the lines of one measure: times in ms, and values."""
    group = Group()
    for time_ms, value in readings:
        group.add(1, time_ms, kind_of(value), value)
    return written(group, lambda _: head({**key._asdict(), "lab": lab, "kind": "measure"}))
