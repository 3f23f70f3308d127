"""Points from a device's *exposes* (Zigbee2MQTT documentation, "Exposes"); pure.

Every exposed property becomes a point or a sentence saying why not; nothing here raises for anything a JSON document
can hold.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntFlag
from typing import TypeAlias

from labkeeper_drivers.alone import WhenAlone, guarded
from labkeeper_drivers.naming import name_of
from labkeeper_drivers.titles import title_of
from labkeeper_drivers.units import to_ucum
from labkeeper_drivers.zigbee2mqtt.codecs import Codec, JsonText, Named, Number, OneOf, OnOff, Text
from labkeeper_sdk import Action, Event, Measure, Point, Risk, Setpoint, State, Switch

# what a kind of device can do to a person when it moves on its own
SPECIFIC = {
    "light": Risk.NONE,
    "switch": Risk.MAINS,
    "lock": Risk.MOTION,
    "cover": Risk.MOTION,
    "fan": Risk.MOTION,
    "climate": Risk.HEAT,
}
# CIE 1931 chromaticity, and hue and saturation as the bridge documents them for `color`; exposes leave them out
COLOUR_LIMITS = {
    "color/x": (0.0, 1.0),
    "color/y": (0.0, 1.0),
    "color/hue": (0.0, 360.0),
    "color/saturation": (0.0, 100.0),
}
DEEPEST = 8
# Movements and zigbee round trips through sleeping routers take longer than a switch.
SLOW_S = {Risk.MOTION: 10.0, Risk.HEAT: 5.0}


class Access(IntFlag):
    """The three bits of `access`."""

    STATE = 1
    SET = 2
    GET = 4


@dataclass(frozen=True, slots=True)
class Binding:
    """A point and where its value lives in the device's JSON."""

    point: Point
    path: tuple[str, ...]
    codec: Codec
    category: str = ""  # config, diagnostic or nothing
    together: str = ""  # points with the same mark are set as one object
    silent: bool = False  # its value is another point's and never its own


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something exposed that no point was made of."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Derived:
    """What a device's exposes mean."""

    bindings: tuple[Binding, ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the tree of exposes we are."""

    path: tuple[str, ...] = ()
    together: str = ""
    risk: Risk = Risk.NONE
    depth: int = 0
    when_alone: WhenAlone = "hold"


Expose: TypeAlias = Mapping[str, object]
Found: TypeAlias = Iterator[Binding | Skipped]


def derive(exposes: object, when_alone: WhenAlone = "hold", *, updates: bool = False) -> Derived:
    """Return the points of a device and what was skipped; the first of two exposes with one name wins.

    `updates`: the device can be updated over the air, and its state says how far that is.
    """
    bindings: dict[str, Binding] = {}
    skipped: list[Skipped] = []
    for found in (*_each(exposes, Place(when_alone=when_alone)), *(UPDATE if updates else ())):
        if isinstance(found, Skipped):
            skipped.append(found)
        elif found.point.name in bindings:
            skipped.append(Skipped(found.point.name, "exposed twice"))
        else:
            bindings[found.point.name] = found
    return Derived(tuple(bindings.values()), tuple(skipped))


def _each(exposes: object, place: Place) -> Found:
    if not isinstance(exposes, list):
        yield Skipped(_where(place), "features are not a list")
        return
    for expose in exposes:
        if isinstance(expose, dict):
            yield from _one(expose, place)
        else:
            yield Skipped(_where(place), "not an object")


def _one(expose: Expose, place: Place) -> Found:
    kind, name = expose.get("type"), _property(expose)
    if place.depth >= DEEPEST:
        yield Skipped(_where(place), "nested too deeply")
    elif isinstance(kind, str) and kind in SPECIFIC:
        yield from _each(expose.get("features"), replace(place, risk=SPECIFIC[kind], depth=place.depth + 1))
    elif not name:
        yield Skipped(_where(place), "has no property")
    elif kind == "composite":
        together = f"{place.together}/{_text(expose, 'name') or name}"
        inside = replace(place, path=(*place.path, name), together=together, depth=place.depth + 1)
        yield from _each(expose.get("features"), inside)
    else:
        yield from _with_presets(expose, _generic(expose, (*place.path, name), place))


def _with_presets(expose: Expose, found: Binding | Skipped) -> Found:
    """Yield a number and, as an action, those of its presets that no slider reaches ("previous" is 65535)."""
    yield found
    presets = expose.get("presets")
    if isinstance(found, Skipped) or not found.point.writable or not isinstance(presets, list):
        return
    named = dict(each for preset in presets if (each := _preset(preset)) and not _within(found.point, each[1]))
    if named:
        name = f"{found.point.name}/preset"
        point = Action(name, type=str, options=tuple(named), risk=found.point.risk, confirm_s=found.point.confirm_s)
        yield replace(found, point=point, codec=Named(named), silent=True)


def _preset(preset: object) -> tuple[str, float] | None:
    if not isinstance(preset, dict):
        return None
    value = _limit(preset, "value")
    name = _text(preset, "name")
    return (name, value) if name and value is not None else None


def _within(point: Point, value: float) -> bool:
    return (point.minimum is None or point.minimum <= value) and (point.maximum is None or value <= point.maximum)


def _generic(expose: Expose, path: tuple[str, ...], place: Place) -> Binding | Skipped:
    where = "/".join(path)
    number = expose.get("access")
    access = Access(number & 7) if isinstance(number, int) else Access(0)
    make = MAKERS.get(str(expose.get("type")))
    if make is None:
        return Skipped(where, f"unknown type {expose.get('type')!r}"[:80])
    if not access & (Access.STATE | Access.SET):
        return Skipped(where, "can neither be read nor set")
    name = "/".join(name_of(part) for part in path)
    made = make(expose, name, access)
    if isinstance(made, Skipped):
        return made
    point, codec = made
    named = title_of(_text(expose, "name") or path[-1], _text(expose, "label"))
    risk = place.risk if point.writable else Risk.NONE
    point = replace(point, title=named, risk=risk, confirm_s=SLOW_S.get(risk, point.confirm_s))
    return Binding(guarded(point, place.when_alone), path, codec, _text(expose, "category"), place.together)


# --- one maker for each generic type --------------------------------------------------------------------------------
Made: TypeAlias = tuple[Point, Codec] | Skipped


def _numeric(expose: Expose, name: str, access: Access) -> Made:
    usual_low, usual_high = COLOUR_LIMITS.get(name, (None, None))
    low, high = _limit(expose, "value_min", usual_low), _limit(expose, "value_max", usual_high)
    if low is not None and high is not None and low > high:
        low = high = None
    step = _limit(expose, "value_step")
    kind = _kind(access, Measure, Setpoint)
    unit = to_ucum(_text(expose, "unit"))
    return kind(
        name, type=float, unit=unit, minimum=low, maximum=high, step=step if step and step > 0 else None
    ), Number()


def _binary(expose: Expose, name: str, access: Access) -> Made:
    if "value_on" not in expose or "value_off" not in expose:
        return Skipped(name, "does not say what on and off look like")
    on, off = expose["value_on"], expose["value_off"]
    if isinstance(on, bool) and isinstance(off, bool):
        on, off = (
            True,
            False,
        )  # `contact` is true when closed, yet "on" when open: booleans stay as said
    return _kind(access, State, Switch)(name, type=bool), OnOff(on, off)


def _enum(expose: Expose, name: str, access: Access) -> Made:
    values = expose.get("values")
    if not isinstance(values, list) or not values:
        return Skipped(name, "has no values to choose from")
    named = {str(value): value for value in values if isinstance(value, str | int | float)}
    if _happens(expose, access):
        return Event(name, type=str, options=tuple(named)), Text()
    return _kind(access, State, Setpoint)(name, type=str, options=tuple(named)), OneOf(named)


def _plain_text(expose: Expose, name: str, access: Access) -> Made:
    if _happens(expose, access):
        return Event(name, type=str), Text()
    return _kind(access, State, Setpoint)(name, type=str), Text()


def _list(expose: Expose, name: str, access: Access) -> Made:  # noqa: ARG001 -- the makers share one signature
    return _kind(access, State, Setpoint)(name, type=str), JsonText()


MAKERS = {"numeric": _numeric, "binary": _binary, "enum": _enum, "text": _plain_text, "list": _list}


def _kind(access: Access, observed: type[Point], chosen: type[Point]) -> type[Point]:
    if not access & Access.SET:
        return observed
    return chosen if access & Access.STATE else Action


def _happens(expose: Expose, access: Access) -> bool:
    """Buttons and remotes tell what was pressed in a property called `action`, once each time."""
    return expose.get("name") == "action" and not access & Access.SET


# --- small readings of a stranger's JSON ----------------------------------------------------------------------------
def _text(expose: Expose, key: str) -> str:
    value = expose.get(key)
    return value if isinstance(value, str) else ""


def _limit(expose: Expose, key: str, usual: float | None = None) -> float | None:
    value = expose.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return usual
    return float(value)


def _property(expose: Expose) -> str:
    """Where the value lives: `property`, or `name` with the endpoint for definitions that leave it out."""
    name, endpoint = _text(expose, "name"), _text(expose, "endpoint")
    return _text(expose, "property") or (f"{name}_{endpoint}" if name and endpoint else name)


def _where(place: Place) -> str:
    return "/".join(place.path) or "exposes"


# over-the-air updates ("OTA updates"): the bridge looks for them and a person starts them there
UPDATE = (
    Binding(State("update/state", type=str, title=title_of("update")), ("update", "state"), Text(), "diagnostic"),
    Binding(
        Measure("update/progress", unit="%", title=title_of("update_progress")),
        ("update", "progress"),
        Number(),
        "diagnostic",
    ),
)


def together(bindings: Sequence[Binding], binding: Binding) -> list[Binding]:
    """Return the settable points that are set as one object with `binding` (a colour's x with its y)."""
    return [
        other
        for other in bindings
        if binding.together and other.together == binding.together and other.point.writable and other is not binding
    ]
