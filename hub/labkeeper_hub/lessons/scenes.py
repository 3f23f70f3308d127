"""Scenes: what several points of a lab are to become together, and what it came to. Pure."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from labkeeper_hub.lessons.count import Count, Missed
from labkeeper_hub.model import Command, Device, Latest, PointKey, State
from labkeeper_sdk import Quality, Title, Value
from labkeeper_wire.descriptor import PointDescription

BEGIN, EXPERIMENT, PROJECT, END = "begin", "experiment", "project", "end"
TITLES: Mapping[str, Title] = {
    BEGIN: Title("开课场景", "Opening scene"),
    EXPERIMENT: Title("实验", "Experiment"),
    PROJECT: Title("投影", "Projector"),
    END: Title("下课场景", "Closing scene"),
}
LIGHT_BESIDE = "brightness"  # what makes a switch a lamp's
PROJECTOR_BESIDE = frozenset({"lamp-hours", "freeze", "mute"})  # what makes it a projector's
STOPPED = "stopped"  # what a node says to every command while it is stopped
HARMLESS = "none"  # the risk of what may be switched back on without somebody looking at it


class Wish(NamedTuple):
    """A value that a point is to have."""

    target: PointKey
    value: Value


@dataclass(frozen=True, slots=True)
class Scene:
    """Wishes under a name."""

    name: str
    title: Title
    wishes: tuple[Wish, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What wishes came to, and the wishes that would undo them."""

    count: Count
    undo: tuple[Wish, ...] = ()


# --- what scenes there are -------------------------------------------------------------------------------------------
def scenes_of(devices: Sequence[Device], given: Iterable[Scene] = ()) -> tuple[Scene, ...]:
    """Return a lab's scenes: those that follow from what its devices are, each unless it is given otherwise."""
    scenes = {scene.name: scene for scene in _derived(devices)}
    scenes.update({scene.name: scene for scene in given})
    return tuple(scenes.values())


def lamps_of(devices: Sequence[Device]) -> list[PointKey]:
    """Return the switches that are lamps'."""
    return [key for device in devices for key in _switches(device, _is_lamp)]


def _derived(devices: Sequence[Device]) -> Iterator[Scene]:
    lamps = lamps_of(devices)
    projectors = [key for device in devices for key in _switches(device, _is_projector)]
    light, dark = dict.fromkeys(lamps, True), dict.fromkeys(lamps, False)
    shown, hidden = dict.fromkeys(projectors, True), dict.fromkeys(projectors, False)
    safe: dict[PointKey, Value] = {key: value for device in devices for key, value in _safe_values(device)}
    yield _scene(BEGIN, light)
    yield _scene(EXPERIMENT, {**light, **hidden})
    yield _scene(PROJECT, {**shown, **dark})
    yield _scene(END, {**dark, **hidden, **safe})


def _scene(name: str, wanted: Mapping[PointKey, Value]) -> Scene:
    return Scene(name, TITLES[name], tuple(Wish(key, value) for key, value in sorted(wanted.items())))


def _switches(device: Device, is_meant: Callable[[Device, PointDescription], bool]) -> Iterator[PointKey]:
    for point in device.points:
        if point.writable and point.kind == "switch" and is_meant(device, point):
            yield PointKey(*device.key, point.name)


def _is_lamp(device: Device, point: PointDescription) -> bool:
    group = point.name.rpartition("/")[0]
    return any(one.name == (f"{group}/{LIGHT_BESIDE}" if group else LIGHT_BESIDE) for one in device.points)


def _is_projector(device: Device, point: PointDescription) -> bool:
    return point.name == "power" and any(one.name in PROJECTOR_BESIDE for one in device.points)


def _safe_values(device: Device) -> Iterator[tuple[PointKey, Value]]:
    for point in device.points:
        if point.writable and point.safe_value is not None:
            yield PointKey(*device.key, point.name), point.safe_value


# --- what they came to -----------------------------------------------------------------------------------------------
def undo_of(wishes: Iterable[Wish], latest: Mapping[PointKey, Latest], risks: Mapping[PointKey, str]) -> list[Wish]:
    """Return the wishes that bring back what is now, for what is known, will change, and does no harm by itself."""
    found = []
    for target, value in wishes:
        now = known(latest.get(target))
        if now is not None and now != value and risks.get(target) == HARMLESS:
            found.append(Wish(target, now))
    return found


def known(latest: Latest | None) -> Value | None:
    """Return what a point is now, None where nobody knows."""
    if latest is None or latest.stale or latest.quality != Quality.GOOD:
        return None
    return latest.value


def outcome_of(
    scene: str,
    commands: Iterable[Command],
    refused: Iterable[Missed],
    undo: Iterable[Wish],
    so: Collection[PointKey] = (),
) -> Outcome:
    """Count what became of commands, beside what was refused before it was one; undone is what may have happened.

    What a stop refused and is known to be `so` all the same, for the stop drove it there, is as wished and not missed.
    """
    commands, refused = list(commands), list(refused)
    open_ = [missed_at(*_end_of(one)) for one in commands if one.state is not State.DONE]
    never = {PointKey(*one[:4]) for one in (*open_, *refused) if one.state in (State.REJECTED, State.EXPIRED)}
    held = {PointKey(*one[:4]) for one in (*open_, *refused) if one.code == STOPPED} & {*so}
    missed = tuple(sorted(one for one in (*open_, *refused) if PointKey(*one[:4]) not in held))
    total = len(commands) + len(refused)
    kept = tuple(wish for wish in undo if wish.target not in never)
    return Outcome(Count(scene, total, total - len(missed), missed), kept)


def _end_of(command: Command) -> tuple[PointKey, State, str, str]:
    return command.order.target, command.state, command.code, command.message


def missed_at(target: PointKey, state: State, code: str, message: str = "") -> Missed:
    """Return what is missing at a point."""
    return Missed(*target, state.value, code, message)
