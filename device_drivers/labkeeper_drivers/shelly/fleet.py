"""The Shelly devices of a broker as we hear them; sans-IO."""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from labkeeper_drivers.alone import WhenAlone
from labkeeper_drivers.documents import inside, object_in, words
from labkeeper_drivers.listening import Answered, Heard, Hold, Order, Outgoing
from labkeeper_drivers.naming import id_of
from labkeeper_drivers.observing import shortened
from labkeeper_drivers.reading_documents import events_in
from labkeeper_drivers.shelly.components import Points, derive
from labkeeper_drivers.shelly.rpc import Question, Questions
from labkeeper_drivers.titles import title_in_its_language
from labkeeper_sdk import (
    Availability,
    BadReading,
    CommandRejected,
    DeviceInfo,
    Found,
    GatewayEvent,
    Nonsense,
    Reading,
    Report,
    Value,
)

INFO, CONFIG, STATUS = "Shelly.GetDeviceInfo", "Shelly.GetConfig", "Shelly.GetStatus"
DEVICES_LIMIT = 1_000
EVENTS_LIMIT = 32  # in one message
EARLIEST_S, LATEST_S = (
    1_577_836_800.0,
    4_102_444_800.0,
)  # 2020 to 2100: before its clock is set a device counts from 1970
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Known:
    """One device, by its prefix, and what it has told so far."""

    prefix: str
    told: dict[str, Mapping[str, object]] = field(default_factory=dict)
    points: Points = field(default_factory=Points)
    info: DeviceInfo | None = None
    online: bool = True


@dataclass(slots=True)
class Fleet:
    """Every device that is online or says something."""

    answers: str = "labkeeper-shelly"
    when_alone: WhenAlone = "safe"
    first: int = 1
    devices: dict[str, Known] = field(default_factory=dict)
    questions: Questions = field(init=False)

    def __post_init__(self) -> None:
        """Begin to count questions."""
        self.questions = Questions(self.answers, self.first)

    def waits_for(self, topic: str) -> str | None:  # noqa: ARG002 -- what has to wait is known once it is heard
        """Return None: even a message nobody understands yet tells that there is somebody to ask."""
        return None

    def explained(self, topic: str) -> tuple[str, ...]:  # noqa: ARG002 -- all answers come on one topic
        """Return the prefixes of all devices that have told what they are."""
        return tuple(known.prefix for known in self.devices.values() if known.info is not None)

    def hear(self, topic: str, payload: bytes, *, retain: bool) -> tuple[Heard, ...]:
        """Return what a message means; nothing it holds can raise."""
        if topic == f"{self.answers}/rpc":
            return tuple(self._answer(payload))
        if topic.endswith("/online"):
            return tuple(self._online(topic.removesuffix("/online"), payload))
        if topic.endswith("/events/rpc") and not retain:
            return tuple(self._notified(topic.removesuffix("/events/rpc"), payload))
        return ()

    def command(self, device: str, point: str, value: Value) -> Order:
        """Return the call that asks for a value; raises CommandRejected."""
        known = next((each for each in self.devices.values() if each.info and each.info.id == device), None)
        if known is None:
            raise CommandRejected("unknown_device", f"there is no device {device}")
        told = next((each for each in known.points.methods if each.point.name == point), None)
        if told is None:
            raise CommandRejected("unknown_point", f"{device} takes no command for {point}")
        if not known.online:
            raise CommandRejected("offline", f"{device} is offline")
        number, message = self.questions.ask(known.prefix, told.method(value), told.parameters(value))
        return Order(told.point, (message,), ticket=str(number) if told.answered else "")

    # --- whether it is there ----------------------------------------------------------------------------------------
    def _online(self, prefix: str, payload: bytes) -> Iterator[Heard]:
        online = {b"true": True, b"false": False}.get(payload)
        known = self.devices.get(prefix)
        if online is None or (known is None and not online):
            return  # other things have a topic `online`, too
        if known is None:
            yield from self._met(prefix)
            return
        known.online = bool(online)
        if known.info is not None:
            yield Availability(known.info.id, known.online)
        if online:  # it may have been set up anew meanwhile
            yield from self._ask_everything(known)

    def _met(self, prefix: str) -> Iterator[Outgoing]:
        if len(self.devices) < DEVICES_LIMIT:
            known = self.devices[prefix] = Known(prefix)
            yield from self._ask_everything(known)

    def _ask_everything(self, known: Known) -> Iterator[Outgoing]:
        known.told.clear()
        for method in (INFO, CONFIG, STATUS):
            yield self.questions.ask(known.prefix, method)[1]

    # --- what it answers --------------------------------------------------------------------------------------------
    def _answer(self, payload: bytes) -> Iterator[Heard]:
        try:
            frame = object_in(payload)
        except BadReading as bad:
            yield Nonsense("shelly", bad.reason, shortened(payload[:80]))
            return
        question = self.questions.answered(frame.get("id"))
        if question is None:
            return  # somebody else's
        error = inside(frame, "error")
        if question.method not in (INFO, CONFIG, STATUS):
            refusal = shortened(error.get("message") or "the device refused") if error else ""
            yield Answered(str(frame["id"]), refusal)
        elif error:
            log.warning("shelly %s does not answer %s: %s", question.prefix, question.method, shortened(error))
        else:
            yield from self._told(question, inside(frame, "result"))

    def _told(self, question: Question, result: Mapping[str, object]) -> Iterator[Heard]:
        known = self.devices.get(question.prefix)
        if known is None:
            return
        known.told[question.method] = result
        if known.told.keys() >= {INFO, CONFIG, STATUS}:
            yield from self._described(known)

    def _described(self, known: Known) -> Iterator[GatewayEvent]:
        about, status = known.told[INFO], known.told[STATUS]
        known.points = derive(known.told[CONFIG], status, self.when_alone)
        given = words(about, "name")
        info = DeviceInfo(
            id=id_of(words(about, "id") or known.prefix),
            points=known.points.points,
            title=title_in_its_language(given or words(about, "id") or known.prefix),
            make="Shelly",
            model=words(about, "model"),
            firmware=words(about, "ver"),
        )
        if info != known.info:
            known.info = info
            yield Found(info)
        yield Availability(info.id, known.online)
        yield from events_in(info.id, status, known.points.fields)

    # --- what it says by itself -------------------------------------------------------------------------------------
    def _notified(self, prefix: str, payload: bytes) -> Iterator[Heard]:
        known = self.devices.get(prefix)
        if known is None or known.info is None:
            if known is None:
                yield from self._met(prefix)
            yield Hold(prefix)
            return
        try:
            frame = object_in(payload)
        except BadReading as bad:
            yield Nonsense(known.info.id, bad.reason, shortened(payload[:80]))
            return
        parameters = inside(frame, "params")
        if frame.get("method") in ("NotifyStatus", "NotifyFullStatus"):
            time_ms = time_of(parameters.get("ts"))
            yield from events_in(known.info.id, parameters, known.points.fields, time_ms)
        elif frame.get("method") == "NotifyEvent":
            yield from self._happened(known, known.info.id, parameters.get("events"))

    def _happened(self, known: Known, device: str, listed: object) -> Iterator[Heard]:
        for event in listed[:EVENTS_LIMIT] if isinstance(listed, list) else ():
            if not isinstance(event, dict):
                continue
            if event.get("event") == "config_changed":
                yield from self._ask_everything(known)
            point = next((one for key, one in known.points.events if key == event.get("component")), None)
            said = words(event, "event")
            if point is not None and said and said != "config_changed":
                yield Report(device, (Reading(point.name, said, time_of(event.get("ts"))),))


def time_of(said: object) -> int | None:
    """Return a device's time in ms since the epoch; None before its clock was set, and for anything that is no time."""
    if isinstance(said, bool) or not isinstance(said, int | float) or not EARLIEST_S <= said < LATEST_S:
        return None
    return round(said * 1000)
