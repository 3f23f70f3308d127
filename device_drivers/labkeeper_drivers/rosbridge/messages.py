"""rosbridge's messages, without a socket. Source: the rosbridge protocol specification 2.1.0 (RobotWebTools)."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labkeeper_drivers.rosbridge.settings import STOP, RosbridgeConfiguration
from labkeeper_sdk import Action, BadReading, Point, Reading, Risk, Title, Value

DEEPEST = 8
SINGLE = 1e-6  # a float32 field gives back a number this near


@dataclass(slots=True)
class Topics:
    """What topics mean as points, and the newest message of each that is published."""

    settings: RosbridgeConfiguration
    points: Mapping[str, Point] = field(init=False)
    _messages: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.points = {name: said.point(name) for name, said in self.settings.points.items()}
        if self.settings.stop_topic:
            self.points = {**self.points, STOP: _stop(self.settings.stop_after_s)}

    def opening(self) -> Iterator[str]:
        """Yield what is said first: subscriptions, advertisements."""
        heard: dict[str, tuple[str, float]] = {}
        for said in self.settings.points.values():
            topic, kind, _ = said.heard
            heard[topic] = (kind, min(said.min_interval_s, heard.get(topic, (kind, math.inf))[1]))
        if self.settings.stop_topic:  # each message of it, for one of them is the stop
            heard[self.settings.stop_topic] = (self.settings.stop_message, 0.0)
        for topic, (kind, every_s) in heard.items():
            rest = {"throttle_rate": int(every_s * 1000), "queue_length": 1, **({"type": kind} if kind else {})}
            yield json.dumps({"op": "subscribe", "topic": topic, **rest})
        for topic, kind in self._published().items():
            yield json.dumps({"op": "advertise", "topic": topic, "type": kind})

    def readings(self, raw: str | bytes) -> list[Reading]:
        """Return what a message says, `stop` for a stop that ROS has carried.

        Raises BadReading not_json, not_an_object, wrong_type.
        """
        try:
            said = json.loads(raw)
        except (ValueError, RecursionError):
            raise BadReading("not_json") from None
        if not isinstance(said, dict):
            raise BadReading("not_an_object")
        if said.get("op") != "publish":
            return []
        return list(self._found(said.get("topic"), said.get("msg")))

    def publication(self, name: str, value: Value) -> str:
        """Return the message that sets a point; fields of other points on its topic stay as they were set."""
        if name == STOP and self.settings.stop_topic:
            self._messages.pop(self.settings.stop_topic, None)
            return _publish(self.settings.stop_topic, self.settings.stop_content)
        said = self.settings.points[name]
        message = self._messages.setdefault(said.topic, {})
        _put(message, said.field.split("."), value)
        return _publish(said.topic, message)

    def repeated(self, topic: str) -> str | None:
        """Return the newest message of a topic, None before there is one."""
        return _publish(topic, self._messages[topic]) if topic in self._messages else None

    def rhythms(self) -> Mapping[str, float]:
        """Return the topics that are published again and again, and how often."""
        rhythms: dict[str, float] = {}
        for said in self.settings.points.values():
            if said.is_actuator and said.repeat_s:
                rhythms[said.topic] = min(said.repeat_s, rhythms.get(said.topic, said.repeat_s))
        return rhythms

    def _published(self) -> Mapping[str, str]:
        stop = {self.settings.stop_topic: self.settings.stop_message} if self.settings.stop_topic else {}
        return {**stop, **{said.topic: said.message for said in self.settings.points.values() if said.is_actuator}}

    def _found(self, topic: object, message: object) -> Iterator[Reading]:
        for name, said in self.settings.points.items():
            where, _, path = said.heard
            if where == topic:
                raw = _take(message, path.split(".")[:DEEPEST])
                yield Reading(name, _typed(self.points[name], raw))
        if topic == self.settings.stop_topic and _is(message, self.settings.stop_content):
            yield Reading(STOP, value=True)


def _stop(after_s: float) -> Action:
    """Return the stop, which the node itself presses: when everything stops, when it starts, when the hub is lost."""
    return Action(STOP, title=Title(zh="停止", en="Stop"), safe_value=True, link_loss_s=after_s, risk=Risk.MOTION)


def _publish(topic: str, message: Mapping[str, Any]) -> str:
    return json.dumps({"op": "publish", "topic": topic, "msg": message})


def _is(said: object, content: object) -> bool:
    """Whether a message says this; a field that was left out is zero in ROS, and a header is ROS's own."""
    if isinstance(said, dict):
        inside = content if isinstance(content, dict) else {}
        return all(_is(value, inside.get(key)) for key, value in said.items() if key != "header")
    if content is None:
        return not any(said) if isinstance(said, list) else not said
    if isinstance(said, int | float) and isinstance(content, int | float):
        return math.isclose(said, content, rel_tol=SINGLE)
    return said == content


def _put(message: dict[str, Any], path: Sequence[str], value: Value) -> None:
    for key in path[:-1]:
        message = message.setdefault(key, {})
    message[path[-1]] = value


def _take(message: object, path: Sequence[str]) -> object:
    for key in path:
        if isinstance(message, dict):
            message = message.get(key)
        elif isinstance(message, list) and key.isdecimal() and int(key) < len(message):
            message = message[int(key)]
        else:
            return None
    return message


def _typed(point: Point, raw: object) -> Value | None:
    """Return a field as its point's type; what ROS writes for no number (null, NaN) is None."""
    if raw is None:
        return None
    number = isinstance(raw, int | float) and not isinstance(raw, bool)
    if point.type in (int, float) and number:
        return _number(point, raw)
    if point.type is str and isinstance(raw, str) and (not point.options or raw in point.options):
        return raw
    if point.type is bool and isinstance(raw, bool):
        return raw
    raise BadReading("wrong_type", f"{point.name}: {raw!r:.60}")


def _number(point: Point, raw: Any) -> Value | None:  # noqa: ANN401 -- a number of JSON
    if not math.isfinite(raw):
        return None
    low, high = point.minimum, point.maximum
    if (low is not None and raw < low) or (high is not None and raw > high):
        return None
    return round(raw) if point.type is int else float(raw)
