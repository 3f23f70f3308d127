"""What gateways observe, as lists of plain values and back. A value that is none of a point's types stays none."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from labkeeper_sdk import (
    Action,
    Availability,
    CommandRejected,
    DeviceInfo,
    Event,
    Found,
    GatewayEvent,
    Gone,
    Measure,
    Nonsense,
    Point,
    Quality,
    Reading,
    Report,
    Risk,
    Setpoint,
    State,
    Switch,
    Title,
)

Plain = list[Any]
KINDS: Mapping[str, Callable[..., Point]] = {it.kind: it for it in (Measure, State, Setpoint, Switch, Action, Event)}
VALUE_TYPES: Mapping[str, type] = {it.__name__: it for it in (bool, int, float, str)}
NUMBERS = {"minimum", "maximum", "step", "deadband", "link_loss_s"}  # or None
ALWAYS_NUMBERS = {"min_interval_s", "confirm_s"}
AS_IT_IS = ("name", "unit", "minimum", "maximum", "step", "deadband", "min_interval_s", "link_loss_s", "confirm_s")


class Malformed(Exception):
    """This is no event."""


def said_events(events: Iterable[GatewayEvent]) -> list[Plain]:
    """Return events as plain lists."""
    return [_said(event) for event in events]


def read_events(said: object) -> tuple[GatewayEvent, ...]:
    """Read events from plain lists; raises Malformed, or what a wrong point does (ValueError, KeyError)."""
    return tuple(_read(*each) for each in _list(said))


def _said(event: GatewayEvent) -> Plain:
    match event:
        case Report(device, readings):
            return ["report", device, [_reading(each) for each in readings]]
        case Found(info):
            title = [info.title.zh, info.title.en]
            points = [_said_point(point) for point in info.points]
            return ["found", info.id, points, title, info.make, info.model, info.firmware]
        case Gone(device):
            return ["gone", device]
        case Availability(device, online):
            return ["availability", device, bool(online)]
        case Nonsense(device, reason, detail):
            return ["nonsense", device, reason, detail]
        case _:
            raise TypeError(f"{type(event).__name__} is no event of a gateway")


def _read(kind: str, *rest: Any) -> GatewayEvent:  # noqa: ANN401 -- what a stranger said, looked at piece by piece
    match kind, rest:
        case "report", (device, readings):
            return Report(_text(device), tuple(_read_reading(*each) for each in _list(readings)))
        case "found", (device, points, (zh, en), make, model, firmware):
            return Found(
                DeviceInfo(
                    id=_text(device),
                    points=tuple(_read_point(each) for each in _list(points)),
                    title=Title(_text(zh), _text(en)),
                    make=_text(make),
                    model=_text(model),
                    firmware=_text(firmware),
                )
            )
        case "gone", (device,):
            return Gone(_text(device))
        case "availability", (device, bool() as online):
            return Availability(_text(device), online)
        case "nonsense", (device, reason, detail):
            return Nonsense(_text(device), _text(reason), _text(detail))
        case _:
            raise Malformed(f"no event: {str(kind)[:40]!r}")


def _reading(it: Reading) -> list[object]:
    return [it.point, _plain(it.value), it.time_ms, int(it.quality), it.historical]


def _read_reading(point: object, value: Any, time_ms: object, quality: Any, historical: object) -> Reading:  # noqa: ANN401 -- as the pipe brought them
    if time_ms is not None and type(time_ms) is not int:
        raise Malformed("a time is a whole number of milliseconds")
    return Reading(_text(point), value, time_ms, Quality(quality), historical is True)


def _said_point(point: Point) -> dict[str, Any]:
    said = {name: getattr(point, name) for name in AS_IT_IS}
    title = [point.title.zh, point.title.en]
    return said | {
        "kind": point.kind,
        "type": point.type.__name__,
        "title": title,
        "options": list(point.options),
        "safe_value": _plain(point.safe_value),
        "risk": str(point.risk),
        "stops": bool(point.stops),
        "personal": bool(point.personal),
    }


def _read_point(said: Any) -> Point:  # noqa: ANN401 -- as the pipe brought it
    zh, en = said["title"]
    for name in NUMBERS | ALWAYS_NUMBERS:
        if type(said[name]) not in (int, float) and (said[name] is not None or name in ALWAYS_NUMBERS):
            raise Malformed(f"{name} is a number")
    if said["safe_value"] is not None and type(said["safe_value"]) not in VALUE_TYPES.values():
        raise Malformed("a safe value is a value")
    try:
        return KINDS[said["kind"]](
            **{name: said[name] for name in AS_IT_IS if name not in ("name", "unit")},
            name=_text(said["name"]),
            unit=_text(said["unit"]),
            type=VALUE_TYPES[said["type"]],
            title=Title(_text(zh), _text(en)),
            options=tuple(_text(each) for each in _list(said["options"])),
            safe_value=said["safe_value"],
            risk=Risk(said["risk"]),
            stops=_truth(said["stops"]),
            personal=_truth(said["personal"]),
        )
    except CommandRejected as rejected:
        raise Malformed(f"{said['name']}: the safe value is no value of it: {rejected.message}") from rejected


def _plain(value: object) -> object:
    """Return a value of a point's types as it is, and anything else as what nothing takes for one."""
    return value if value is None or type(value) in (bool, int, float, str) else {"no value": type(value).__name__}


def _text(said: object) -> str:
    if not isinstance(said, str):
        raise Malformed("not a text")
    return said


def _truth(said: object) -> bool:
    if not isinstance(said, bool):
        raise Malformed("neither true nor false")
    return said


def _list(said: object) -> list[Any]:
    if not isinstance(said, list):
        raise Malformed("not a list")
    return said
