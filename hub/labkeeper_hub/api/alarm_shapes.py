"""Alarms as the reference tells them."""

from pydantic import BaseModel

from labkeeper_hub.api.models import SOURCE, shape


class ShelfShape(BaseModel):
    """Who put an alarm aside, why, and until when."""

    model_config = shape({"who": "owner", "why": "painting the room", "until_ms": 1767232800000})
    who: str
    why: str
    until_ms: int


class ServiceShape(BaseModel):
    """Who took an alarm out of service, for which work; `second` is the other person where the class needs two."""

    model_config = shape({"who": "owner", "order": "W-7", "second": None})
    who: str
    order: str
    second: str | None


class AlarmShape(BaseModel):
    """An alarm as it stands. `core` and `suppression` are the states of ISA-18.2; `annunciated`: it asks for somebody;
    `shown`: anybody has to do with it.

    `raised_ms` is the time of the reading that raised it, `since_ms` that of its present state; `value` is what brought
    it to its level, also when it is over; `cause` is the rule of the alarm it hangs on.
    """

    model_config = shape(
        {"rule": "co2"}
        | SOURCE
        | {
            "lab": "lab-301",
            "level": "warn",
            "priority": "low",
            "safety": False,
            "core": "unack",
            "suppression": "not_suppressed",
            "annunciated": True,
            "shown": True,
            "value": 1523.4,
            "raised_ms": 1767225600000,
            "since_ms": 1767225600000,
            "cause": None,
            "shelf": None,
            "service": None,
            "version": 1,
        }
    )
    rule: str
    school: str
    node: str
    device: str
    point: str
    lab: str
    level: str
    priority: str
    safety: bool
    core: str
    suppression: str
    annunciated: bool
    shown: bool
    value: float | None
    raised_ms: int
    since_ms: int
    cause: str | None
    shelf: ShelfShape | None
    service: ServiceShape | None
    version: int


class AlarmEntryShape(BaseModel):
    """One line of the alarms' history. `late`: it came with historical readings, changed no alarm and called nobody."""

    model_config = shape(
        {"rule": "co2"}
        | SOURCE
        | {
            "lab": "lab-301",
            "kind": "acknowledged",
            "level": "warn",
            "time_ms": 1767225660000,
            "at_ms": 1767225660000,
            "value": 1523.4,
            "who": "owner",
            "why": None,
            "late": False,
        }
    )
    rule: str
    school: str
    node: str
    device: str
    point: str
    lab: str
    kind: str
    level: str
    time_ms: int
    at_ms: int
    value: float | None
    who: str | None
    why: str | None
    late: bool
