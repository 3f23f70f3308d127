"""One Frigate server as we hear it: cameras and zones as devices; sans-IO.

No payload is ever repeated in a complaint: where a number belongs there may be an image.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from labkeeper_drivers.documents import DOCUMENT_LIMIT, inside, number_of, object_in
from labkeeper_drivers.firsts import Firsts
from labkeeper_drivers.frigate.happenings import APPEARED, ENTERED, LEFT, REVIEW, Happening, reviewed, tracked
from labkeeper_drivers.frigate.labels import ALL, LABELS
from labkeeper_drivers.listening import Heard, Order, Outgoing
from labkeeper_drivers.naming import id_of, name_of
from labkeeper_drivers.titles import title_in_its_language, title_of
from labkeeper_sdk import (
    Availability,
    BadReading,
    CommandRejected,
    DeviceInfo,
    Event,
    Found,
    GatewayEvent,
    Measure,
    Nonsense,
    Point,
    Reading,
    Report,
    State,
    Switch,
    Title,
    Value,
)

COUNT_DIGITS = 6
STATS_LIMIT = 256 * 1024
PLACES_LIMIT = 500
EVENTS = {
    APPEARED: Title(zh="出现", en="Appeared"),
    ENTERED: Title(zh="进入区域", en="Entered a zone"),
    LEFT: Title(zh="离开", en="Left"),
    REVIEW: Title(zh="待复核", en="Review"),
}
STATES = {
    "recordings": State("stores/recordings", title=Title(zh="保存录像", en="Frigate keeps recordings")),
    "snapshots": State("stores/snapshots", title=Title(zh="保存快照", en="Frigate keeps snapshots")),
}
DETECT = Switch("detect", title=Title(zh="目标检测", en="Detection"), confirm_s=5.0)
CAMERA_STATS = {
    "camera_fps": Measure("stats/camera_fps", unit="/s", title=Title(zh="帧率", en="Frames a second")),
    "detection_fps": Measure("stats/detection_fps", unit="/s", title=Title(zh="检测帧率", en="Detections a second")),
}
SERVER_STATS = {
    "detection_fps": Measure("detection_fps", unit="/s", title=Title(zh="检测帧率", en="Detections a second")),
}
UPTIME = Measure("uptime", unit="s", title=Title(zh="运行时间", en="Uptime"))
MOTION = State("motion", title=title_of("motion"))


@dataclass(slots=True)
class Place:
    """A camera or a zone, and the points it has shown so far."""

    name: str
    points: dict[str, Point] = field(default_factory=dict)
    announced: DeviceInfo | None = None


@dataclass(slots=True)
class Server:
    """Everything below one topic prefix."""

    prefix: str = "frigate"
    firsts: Firsts = field(default_factory=lambda: Firsts(session_present=False))
    online: bool = True
    places: dict[str, Place] = field(default_factory=dict)

    def waits_for(self, topic: str) -> str | None:  # noqa: ARG002 -- every message says all it means
        """Return None: nothing has to wait."""
        return None

    def explained(self, topic: str) -> tuple[str, ...]:  # noqa: ARG002 -- nothing waits
        """Return nothing."""
        return ()

    def hear(self, topic: str, payload: bytes, *, retain: bool) -> tuple[Heard, ...]:
        """Return what a message means; nothing it holds can raise, and nothing but numbers and known words passes."""
        if not topic.startswith(f"{self.prefix}/"):
            return ()
        try:
            return tuple(self._heard(topic.removeprefix(f"{self.prefix}/").split("/"), payload, retain=retain))
        except BadReading as bad:
            return (Nonsense(self._id(""), bad.reason),)

    def _heard(self, parts: list[str], payload: bytes, *, retain: bool) -> Iterator[GatewayEvent]:
        match parts:
            case ["available"]:
                yield from self._available(payload)
            case ["stats"]:
                yield from self._stats(object_in(payload, STATS_LIMIT))
            case ["events"] if not retain:
                yield from self._happened(tracked(object_in(payload, DOCUMENT_LIMIT)))
            case ["reviews"] if not retain:
                yield from self._happened(reviewed(object_in(payload, DOCUMENT_LIMIT)))
            case [place, "motion"]:
                yield from self._say(place, MOTION, _on_off(payload), retain=retain)
            case [camera, "detect", "state"]:
                yield from self._say(camera, DETECT, _on_off(payload), retain=retain)
            case [camera, "recordings" | "snapshots" as what, "state"]:
                yield from self._say(camera, STATES[what], _on_off(payload), retain=retain)
            case [place, label] if label in LABELS or label == ALL:
                yield from self._say(place, _count_point(label, ""), _count(payload), retain=retain)
            case [place, label, "active"] if label in LABELS or label == ALL:
                yield from self._say(place, _count_point(label, "/active"), _count(payload), retain=retain)

    def command(self, device: str, point: str, value: Value) -> Order:
        """Return the message that switches detection; raises CommandRejected. Nothing else can be asked for."""
        place = next((each for each in self.places.values() if self._id(each.name) == device), None)
        if place is None:
            raise CommandRejected("unknown_device", f"there is no camera {device}")
        if point != DETECT.name or point not in place.points:
            raise CommandRejected("unknown_point", f"{device} takes no command for {point}")
        if not self.online:
            raise CommandRejected("offline", "Frigate is offline")
        payload = b"ON" if value else b"OFF"
        return Order(DETECT, (Outgoing(f"{self.prefix}/{place.name}/detect/set", payload),))

    # --- what there is ----------------------------------------------------------------------------------------------
    def _id(self, name: str) -> str:
        return id_of(f"{self.prefix}-{name}" if name else self.prefix)

    def _shown(self, name: str, *points: Point) -> Iterator[GatewayEvent]:
        """Tell of a place, and again whenever it shows a point it has not shown before; "" is the server itself."""
        place = self.places.get(name)
        if place is None:
            if len(self.places) >= PLACES_LIMIT:
                return
            place = self.places[name] = Place(name)
        place.points.update({point.name: point for point in points})
        info = DeviceInfo(
            id=self._id(name),
            points=tuple(place.points[key] for key in sorted(place.points)),
            title=title_in_its_language(name.replace("_", " ") or "Frigate"),
            make="Frigate",
        )
        if info != place.announced:
            place.announced = info
            yield Found(info)
            yield Availability(info.id, self.online)

    def _available(self, payload: bytes) -> Iterator[GatewayEvent]:
        online = {b"online": True, b"offline": False, b"stopped": False}.get(payload)
        if online is None:
            raise BadReading("bad_availability")
        if online != self.online:
            self.online = online
            yield from (Availability(self._id(name), online) for name in self.places)

    # --- what it says -----------------------------------------------------------------------------------------------
    def _say(self, name: str, point: Point, value: Value, *, retain: bool) -> Iterator[GatewayEvent]:
        yield from self._shown(name, point)
        if name in self.places and self.firsts.is_news(name, point.name, retain=retain):
            yield Report(self._id(name), (Reading(point.name, value),))

    def _happened(self, happenings: Iterator[Happening]) -> Iterator[GatewayEvent]:
        for each in happenings:
            yield from self._shown(each.camera, *(Event(name, title=title) for name, title in EVENTS.items()))
            if each.camera in self.places:
                yield Report(self._id(each.camera), (Reading(each.point, each.what, each.time_ms),))

    def _stats(self, document: Mapping[str, object]) -> Iterator[GatewayEvent]:
        yield from self._measured("", SERVER_STATS, document)
        yield from self._measured("", {"uptime": UPTIME}, inside(document, "service"))
        for camera, said in inside(document, "cameras").items():
            yield from self._measured(camera, CAMERA_STATS, said if isinstance(said, dict) else {})

    def _measured(self, name: str, points: Mapping[str, Measure], said: Mapping[str, object]) -> Iterator[GatewayEvent]:
        known = {key: point for key, point in points.items() if key in said}
        readings = tuple(Reading(point.name, number_of(said[key])) for key, point in known.items())
        if readings:
            yield from self._shown(name, *known.values())
        if readings and name in self.places:
            yield Report(self._id(name), readings)


def _count_point(label: str, more: str) -> Measure:
    base = title_of("people" if label == "person" else label)
    title = Title(zh=f"{base.zh}（活动）" if base.zh else "", en=f"{base.en}, active") if more else base
    return Measure(f"{name_of(label)}{more}", type=int, unit="{count}", title=title)


def _count(payload: bytes) -> int:
    if not 0 < len(payload) <= COUNT_DIGITS or not payload.isdigit():
        raise BadReading("not_a_number")
    return int(payload)


def _on_off(payload: bytes) -> bool:
    said = {b"ON": True, b"OFF": False}.get(payload)
    if said is None:
        raise BadReading("unknown_value")
    return said
