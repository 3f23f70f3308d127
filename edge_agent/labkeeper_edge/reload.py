"""What changes when a node reads its settings again: a pure difference, and nothing else is touched."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from labkeeper_edge.settings import Settings
from labkeeper_edge.supervision.supervisor import Assignment

RELOADED = ("drivers", "drivers_from_hub", "devices", "isolation", "allow")


@dataclass(frozen=True, slots=True)
class Difference:
    """Which instances end and which begin; a changed one does both."""

    ending: tuple[str, ...]
    beginning: tuple[Assignment, ...]


def difference(running: Mapping[str, Assignment], wanted: Iterable[Assignment]) -> Difference:
    """Compare what runs with what is to run: driver and checked configuration decide, comments and order do not."""
    named = {it.instance: it for it in wanted}
    kept = {name for name, it in named.items() if name in running and _alike(running[name], it)}
    return Difference(
        tuple(name for name in running if name not in kept),
        tuple(it for name, it in named.items() if name not in kept),
    )


def fixed_keys(old: Settings, new: Settings) -> tuple[str, ...]:
    """Return the keys that changed and that a running node does not take over."""
    return tuple(key for key in Settings.model_fields if key not in RELOADED and getattr(old, key) != getattr(new, key))


def _alike(running: Assignment, wanted: Assignment) -> bool:
    """An instance that the node moved into a process stays there until something else about it changes."""
    same_place = running.moved or running.isolated == wanted.isolated
    same_place = same_place and (not running.isolated or running.lodging == wanted.lodging)
    return same_place and running.driver == wanted.driver and running.configuration == wanted.configuration
