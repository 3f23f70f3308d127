"""What goes out: the hub's nouns as JSON, in the words of the reference. REST and WebSocket share every shape."""

from collections.abc import Iterable

from labkeeper_hub.alarms.entry import AlarmEntry
from labkeeper_hub.api.answers import Json
from labkeeper_hub.lessons.count import Count
from labkeeper_hub.lessons.lesson import Lesson, Lessons
from labkeeper_hub.lessons.scenes import Outcome, Scene, Wish
from labkeeper_hub.model import (
    TYPE_NAMES,
    AlarmNow,
    Ask,
    Change,
    Command,
    Device,
    DeviceGone,
    HeldLease,
    Lab,
    Latest,
    Leases,
    LedgerEntry,
    Node,
    Stop,
    Stops,
)
from labkeeper_wire.descriptor import PointDescription


def lab(noun: Lab) -> dict[str, Json]:
    """Return a lab."""
    return {
        "school": noun.school,
        "lab": noun.lab,
        "title": {"zh": noun.title.zh, "en": noun.title.en},
        "nodes": noun.nodes,
        "devices_total": noun.devices_total,
        "devices_online": noun.devices_online,
    }


def node(noun: Node) -> dict[str, Json]:
    """Return a node; a foreign one has neither epoch nor backlog."""
    return {
        "school": noun.key.school,
        "node": noun.key.node,
        "lab": noun.lab,
        "online": noun.online,
        "since_ms": noun.since_ms,
        "last_seen_ms": noun.last_seen_ms,
        "epoch": noun.outbox.epoch if noun.outbox else None,
        "backlog": noun.outbox.backlog if noun.outbox else None,
        "foreign": noun.foreign,
        "twin": noun.twin,
        "interlocks_differ": noun.differs,
    }


def point(noun: PointDescription) -> dict[str, Json]:
    """Return a point as its device declares it."""
    return {
        "point": noun.name,
        "kind": noun.kind,
        "type": TYPE_NAMES.get(noun.datatype, "str"),
        "unit": noun.unit,
        "minimum": noun.minimum,
        "maximum": noun.maximum,
        "step": noun.step,
        "options": noun.options or None,
        "writable": noun.writable,
        "safe_value": noun.safe_value,
        "link_loss_s": noun.link_loss_s,
        "risk": noun.risk,
        "title": {"zh": noun.title_zh, "en": noun.title_en},
        "confirm_s": noun.confirm_s,
    }


def device(noun: Device) -> dict[str, Json]:
    """Return a device with its points."""
    told = noun.description
    return {
        "school": noun.key.school,
        "node": noun.key.node,
        "device": noun.key.device,
        "lab": noun.lab,
        "title": {"zh": told.title_zh, "en": told.title_en},
        "bench": told.bench or None,
        "make": told.make,
        "model": told.model,
        "firmware": told.firmware,
        "online": noun.online,
        "since_ms": noun.since_ms,
        "points": [point(one) for one in noun.points],
    }


def points_of(noun: Device) -> list[dict[str, Json]]:
    """Return the points of a device, each with its full address."""
    address: dict[str, Json] = {"school": noun.key.school, "node": noun.key.node, "device": noun.key.device}
    return [address | point(one) for one in noun.points]


def latest(noun: Latest) -> dict[str, Json]:
    """Return a live value."""
    school, node_id, device_id, name = noun.key
    return {
        "school": school,
        "node": node_id,
        "device": device_id,
        "point": name,
        "value": noun.value,
        "time_ms": noun.time_ms,
        "quality": noun.quality,
        "stale": noun.stale,
    }


def command(noun: Command) -> dict[str, Json]:
    """Return a command and how far it is."""
    order = noun.order
    school, node_id, device_id, name = order.target
    return {
        "id": order.id,
        "school": school,
        "node": node_id,
        "device": device_id,
        "point": name,
        "value": order.value,
        "state": noun.state.value,
        "code": noun.code or None,
        "message": noun.message or None,
        "holder": order.holder,
        "created_ms": order.created_ms,
        "deadline_ms": order.deadline_ms,
        "updated_ms": noun.updated_ms,
    }


def lease(noun: HeldLease, asks: Iterable[Ask]) -> dict[str, Json]:
    """Return a lease: who holds what until when, and who asks for it; its fence is its name."""
    scope = noun.scope
    return {
        "fence": noun.fence,
        "holder": noun.holder,
        "school": scope.room.school,
        "lab": scope.room.lab,
        "bench": scope.bench or None,
        "node": scope.node or None,
        "device": scope.device or None,
        "until_ms": noun.until_ms,
        "given_from": noun.parent or None,
        "points": None if noun.floor is None else given(noun),
        "asks": [ask(one) for one in asks if one.fence == noun.fence],
    }


def ask(noun: Ask) -> dict[str, Json]:
    """Return who asks for a lab, and how that stands."""
    return {"by": noun.by, "until_ms": noun.until_ms, "state": noun.state.value}


def count(noun: Count) -> dict[str, Json]:
    """Return what several wishes came to."""
    return {
        "scene": noun.scene or None,
        "total": noun.total,
        "confirmed": noun.confirmed,
        "missed": [one._asdict() for one in noun.missed],
    }


def wish(noun: Wish) -> dict[str, Json]:
    """Return a value that a point is to have."""
    return {**noun.target._asdict(), "value": noun.value}


def outcome(noun: Outcome) -> dict[str, Json]:
    """Return what several wishes came to, with the wishes that would undo them."""
    return count(noun.count) | {"undo": [wish(one) for one in noun.undo]}


def scene(noun: Scene) -> dict[str, Json]:
    """Return a scene."""
    return {
        "name": noun.name,
        "title": {"zh": noun.title.zh, "en": noun.title.en},
        "wishes": [wish(one) for one in noun.wishes],
    }


def lesson(noun: Lesson, last: Count | None) -> dict[str, Json]:
    """Return a lesson that is on, with what its last scene came to."""
    return {
        "name": noun.name,
        "school": noun.room.school,
        "lab": noun.room.lab,
        "teacher": noun.teacher,
        "before": noun.before or None,
        "started_ms": noun.started_ms,
        "until_ms": noun.ends_ms,
        "phase": noun.phase.value,
        "ending_ms": noun.ending_ms or None,
        "ended_by": noun.ended_by or None,
        "last": None if last is None else count(last),
        "recorded": noun.recorded,
    }


def lessons(noun: Lessons) -> dict[str, Json]:
    """Return all lessons that are on."""
    return {"lessons": [lesson(one, last) for one, last in noun.lessons]}


def given(noun: HeldLease) -> list[Json]:
    """Return the points that a floor has, with their limits."""
    return [{"node": one.node, **one.allowed._asdict()} for one in noun.floor or ()]


def stop(noun: Stop) -> dict[str, Json]:
    """Return a stop, and which devices have not confirmed it."""
    return {
        "school": noun.school,
        "latch": noun.latch,
        "by": noun.by,
        "at_ms": noun.at_ms,
        "devices": noun.devices,
        "confirmed": noun.confirmed,
        "missing": [one._asdict() for one in noun.missing],
        "sent": noun.sent,
    }


def stops(noun: Stops) -> dict[str, Json]:
    """Return everything that is stopped."""
    return {"stops": [stop(one) for one in noun.stops]}


def ledger_entry(noun: LedgerEntry) -> dict[str, Json]:
    """Return one outbox's account."""
    return {
        "school": noun.node.school,
        "node": noun.node.node,
        "epoch": noun.epoch,
        "taken": noun.taken,
        "stored": noun.stored,
        "gaps": noun.gaps,
        "pending": noun.pending,
        "backlog": noun.backlog,
        "missing": noun.missing,
        "balanced": noun.balanced,
        "duplicates": noun.duplicates,
    }


def alarm(noun: AlarmNow) -> dict[str, Json]:
    """Return an alarm as it stands."""
    state = noun.state
    shelf, service = state.shelf, state.service
    return {
        "rule": noun.key.rule,
        **noun.key.source._asdict(),
        "lab": noun.lab,
        "level": noun.level,
        "priority": state.priority.name.lower(),
        "safety": state.safety,
        "core": state.core.value,
        "suppression": state.suppression.value,
        "annunciated": state.annunciated,
        "shown": state.shown,
        "value": state.value,
        "raised_ms": state.raised_ms,
        "since_ms": state.since_ms,
        "cause": state.design or None,
        "shelf": None if shelf is None else {"who": shelf.who, "why": shelf.why, "until_ms": shelf.until_ms},
        "service": None
        if service is None
        else {"who": service.who, "order": service.order, "second": service.second or None},
        "version": state.version,
    }


def alarm_entry(noun: AlarmEntry) -> dict[str, Json]:
    """Return one line of the alarms' history."""
    return {
        "rule": noun.key.rule,
        **noun.key.source._asdict(),
        "lab": noun.lab,
        "kind": noun.kind,
        "level": noun.level,
        "time_ms": noun.time_ms,
        "at_ms": noun.at_ms,
        "value": noun.value,
        "who": noun.who or None,
        "why": noun.why or None,
        "late": noun.late,
    }


def change(noun: Change) -> dict[str, Json]:
    """Return one change of the live stream."""
    match noun:
        case Latest():
            return {"kind": "reading"} | latest(noun)
        case Command():
            return {"kind": "command"} | command(noun)
        case Leases() | Stops() | Lessons():
            return _all(noun)
        case _:
            return _of_thing(noun)


def _of_thing(noun: AlarmNow | Node | Device | DeviceGone) -> dict[str, Json]:
    """Return what is told of one thing by itself, as it is now."""
    match noun:
        case AlarmNow():
            return {"kind": "alarm"} | alarm(noun)
        case Node():
            return {"kind": "node"} | node(noun)
        case Device():
            return {"kind": "device"} | device(noun)
        case DeviceGone(key):
            return {"kind": "device_gone", "school": key.school, "node": key.node, "device": key.device}


def _all(noun: Leases | Stops | Lessons) -> dict[str, Json]:
    """Return what is told whole whenever one of it changes."""
    if isinstance(noun, Lessons):
        return {"kind": "lessons", **lessons(noun)}
    if isinstance(noun, Stops):
        return {"kind": "stops", **stops(noun)}
    return {"kind": "leases", "leases": [lease(one, noun.asks) for one in noun.held]}
