"""What Frigate counts and tells, and all that does not pass."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from labkeeper_drivers.firsts import Firsts
from labkeeper_drivers.frigate import server as server_module
from labkeeper_drivers.frigate.gateway import FrigateConfiguration, filters
from labkeeper_drivers.frigate.happenings import time_of
from labkeeper_drivers.frigate.labels import LABELS
from labkeeper_drivers.frigate.server import Server
from labkeeper_drivers.listening import Heard, Outgoing
from labkeeper_sdk import Availability, CommandRejected, Event, Found, Nonsense, Reading, Report
from labkeeper_sdk.sim.guests.cameras import JPEG, NAME, PLATE

TS = 1_700_000_000.5
TIME_MS = 1_700_000_000_500
IMAGES = (
    "door/person/snapshot", "door/snapshot", "door/person/snapshot/best", "door/car/thumbnail", "events/1/snapshot.jpg",
    "tracked_object_update", "door/birdseye", "birdseye/latest", "door/face/xiaoming", "onDemand", "door/latest.jpg/x",
)  # fmt: skip
ORDINARY = ("door/person", "door/motion", "door/detect/state", "stats", "events", "reviews", "available")
SEEN: dict[str, Any] = {
    "id": "1.5-x", "camera": "door", "frame_time": TS, "label": "person", "sub_label": [NAME, 0.9], "top_score": 0.8,
    "false_positive": False, "start_time": TS, "end_time": None, "entered_zones": [], "recognized_license_plate": PLATE,
    "thumbnail": JPEG.hex(), "attributes": {"face": 0.9}, "path_data": [[[0.1, 0.2], TS]], "description": NAME,
}  # fmt: skip


def heard(server: Server, rest: str, said: object, *, retain: bool = False) -> tuple[Heard, ...]:
    payload = said if isinstance(said, bytes) else json.dumps(said).encode()
    return server.hear(f"frigate/{rest}", payload, retain=retain)


def reports(said: tuple[Heard, ...]) -> list[Report]:
    return [event for event in said if isinstance(event, Report)]


def matches(pattern: str, topic: str) -> bool:
    """MQTT's own rule."""
    wanted, given = pattern.split("/"), topic.split("/")
    return "#" in wanted or (
        len(wanted) == len(given) and all(one in ("+", level) for one, level in zip(wanted, given, strict=True))
    )


@pytest.mark.parametrize("rest", ["door/person/snapshot", "door/car/snapshot", "door/person/snapshot/best"])
def test_no_topic_with_an_image_is_ever_subscribed(rest: str) -> None:
    assert [pattern for pattern, _ in filters("frigate") if matches(pattern, f"frigate/{rest}")] == []
    assert not any("#" in pattern for pattern, _ in filters("frigate"))


@pytest.mark.parametrize("value", ["always", "", True, None, "Never"])
def test_images_cannot_be_switched_on(value: object) -> None:
    assert FrigateConfiguration.model_validate({"images": "never"}).images == "never"
    with pytest.raises(ValidationError):
        FrigateConfiguration.model_validate({"images": value})


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from((*IMAGES, *ORDINARY)),
    st.booleans(),
    st.integers(0, 40),
)
def test_an_image_passes_nowhere_whatever_topic_it_is_on(rest: str, retain: bool, cut: int) -> None:  # noqa: FBT001 -- drawn by Hypothesis
    said = repr(heard(Server(), rest, JPEG[cut:], retain=retain))
    for start in range(0, len(JPEG) - 4, 4):
        assert repr(JPEG[start : start + 4])[2:-1] not in said
        assert JPEG[start : start + 4].hex() not in said


@pytest.mark.parametrize("rest", IMAGES)
def test_topics_of_images_mean_nothing(rest: str) -> None:
    assert heard(Server(), rest, b"3") == ()


def test_names_plates_and_thumbnails_do_not_pass() -> None:
    server = Server()
    review = {
        "id": "r", "camera": "door", "start_time": TS, "severity": "alert", "thumb_path": "/media/thumb.webp",
        "data": {"objects": ["person-verified", "person", NAME], "sub_labels": [NAME], "zones": ["gate"], "audio": []},
    }  # fmt: skip
    said = repr(
        [
            heard(server, "events", {"type": "new", "before": SEEN, "after": SEEN}),
            heard(server, "events", {"type": "end", "before": SEEN, "after": {**SEEN, "end_time": TS}}),
            heard(server, "reviews", {"type": "new", "before": review, "after": review}),
            heard(server, f"door/{NAME}", b"1"),
            heard(server, "door/face", b"1"),
            heard(server, "door/license_plate", b"1"),
            heard(server, "events", {"type": "new", "before": {}, "after": {**SEEN, "label": NAME}}),
        ]
    )
    assert "'alert person gate'" in said
    for secret in (NAME, PLATE, JPEG.hex()[:24], "thumb", "verified", "face", "license"):
        assert secret not in said


def test_a_camera_is_found_by_what_it_counts() -> None:
    server = Server()
    found, available, report = heard(server, "front_door/person", b"3")
    assert isinstance(found, Found)
    assert (found.device.id, found.device.title.en, found.device.make) == (
        "frigate-front_door",
        "front door",
        "Frigate",
    )
    assert [(point.name, point.title.zh, point.unit) for point in found.device.points] == [
        ("person", "人数", "{count}")
    ]
    assert available == Availability("frigate-front_door", online=True)
    assert report == Report("frigate-front_door", (Reading("person", 3),))
    again = heard(server, "front_door/sports ball/active", b"0")
    assert isinstance(again[0], Found)
    assert [point.name for point in again[0].device.points] == ["person", "sports_ball/active"]
    assert heard(server, "front_door/person", b"4") == (Report("frigate-front_door", (Reading("person", 4),)),)


@pytest.mark.parametrize("said", [b"", b"-1", b"3.5", b"many", b"1234567", b"\xff\xd8", "٣".encode()])
def test_a_count_that_is_none_is_counted_without_its_words(said: bytes) -> None:
    assert heard(Server(), "door/person", said) == (Nonsense("frigate", "not_a_number"),)


def test_what_appears_enters_and_leaves_is_an_event_with_frigates_time() -> None:
    server = Server()
    first = heard(server, "events", {"type": "new", "before": SEEN, "after": SEEN})
    assert isinstance(first[0], Found)
    assert {type(point) for point in first[0].device.points} == {Event}
    assert reports(first) == [Report("frigate-door", (Reading("appeared", "person", TIME_MS),))]
    inside = {**SEEN, "entered_zones": ["gate", "安全区 1", 7]}
    entered = heard(server, "events", {"type": "update", "before": SEEN, "after": inside})
    assert [each.readings[0] for each in reports(entered)] == [
        Reading("entered", "person gate", TIME_MS), Reading("entered", "person _1", TIME_MS),
    ]  # fmt: skip
    assert heard(server, "events", {"type": "update", "before": inside, "after": inside}) == ()
    left = heard(server, "events", {"type": "end", "before": inside, "after": {**inside, "end_time": TS + 1}})
    assert reports(left) == [Report("frigate-door", (Reading("left", "person", TIME_MS + 1000),))]


@pytest.mark.parametrize(
    "changes", [{"false_positive": True}, {"camera": ""}, {"label": "ghost"}, {"label": None}, {"label": ["person"]}]
)
def test_what_is_nothing_is_no_event(changes: dict[str, object]) -> None:
    for kind in ("new", "update", "end", "other", None):
        assert heard(Server(), "events", {"type": kind, "before": {}, "after": {**SEEN, **changes}}) == ()
    assert heard(Server(), "events", {"type": "other", "before": {}, "after": SEEN}) == ()


def test_a_review_is_told_once_and_again_when_it_grows_serious() -> None:
    server = Server()
    low = {"camera": "door", "start_time": TS, "severity": "detection", "data": {"objects": ["car"], "zones": []}}
    high = {**low, "severity": "alert"}
    told = [
        [each.readings[0].value for each in reports(heard(server, "reviews", {"type": kind, "before": a, "after": b}))]
        for kind, a, b in (("new", low, low), ("update", low, low), ("update", low, high), ("end", high, high))
    ]
    assert told == [["detection car"], [], ["alert car"], []]
    assert heard(server, "reviews", {"type": "new", "after": {**low, "severity": "x"}}) == ()
    odd = {**low, "data": {"objects": "car", "zones": 3}}
    assert reports(heard(server, "reviews", {"type": "new", "after": odd}))[0].readings[0].value == "detection"


def test_what_the_broker_kept_of_events_is_no_event() -> None:
    assert heard(Server(), "events", {"type": "new", "after": SEEN}, retain=True) == ()


def test_statistics_and_what_frigate_keeps_are_shown() -> None:
    server = Server()
    stats = {"cameras": {"door": {"camera_fps": 5.1, "pid": 3}, "odd": 7}, "service": {"uptime": 60, "version": "x"}}
    said = {
        (each.device, one.point): one.value for each in reports(heard(server, "stats", stats)) for one in each.readings
    }
    assert said == {("frigate", "uptime"): 60.0, ("frigate-door", "stats/camera_fps"): 5.1}
    assert heard(server, "stats", {"service": {"uptime": "long"}}) == (Nonsense("frigate", "wrong_type"),)
    assert reports(heard(server, "door/snapshots/state", b"ON"))[0].readings == (
        Reading("stores/snapshots", value=True),
    )
    assert reports(heard(server, "door/motion", b"OFF"))[0].readings == (Reading("motion", value=False),)
    assert heard(server, "door/motion", b"maybe") == (Nonsense("frigate", "unknown_value"),)


def test_with_the_server_all_cameras_are_away() -> None:
    server = Server()
    heard(server, "door/person", b"1")
    assert heard(server, "available", b"offline") == (Availability("frigate-door", online=False),)
    assert heard(server, "available", b"offline") == ()
    assert heard(server, "available", b"online") == (Availability("frigate-door", online=True),)
    assert heard(server, "available", b"asleep") == (Nonsense("frigate", "bad_availability"),)


def test_detection_is_all_that_can_be_switched() -> None:
    server = Server()
    heard(server, "door/person", b"1")
    heard(server, "door/snapshots/state", b"OFF", retain=True)
    for point in ("detect", "stores/snapshots", "person", "recordings"):
        with pytest.raises(CommandRejected, match="takes no command"):
            server.command("frigate-door", point, value=True)
    heard(server, "door/detect/state", b"ON", retain=True)
    assert server.command("frigate-door", "detect", value=False).messages == (
        Outgoing("frigate/door/detect/set", b"OFF"),
    )
    heard(server, "available", b"offline")
    with pytest.raises(CommandRejected, match="offline"):
        server.command("frigate-door", "detect", value=True)
    with pytest.raises(CommandRejected, match="no camera"):
        server.command("nobody", "detect", value=True)


def test_a_retained_count_is_a_reading_in_a_new_session_only() -> None:
    fresh, kept = Server(), Server(firsts=Firsts(session_present=True))
    assert len(reports(heard(fresh, "door/person", b"1", retain=True))) == 1
    assert reports(heard(fresh, "door/person", b"1", retain=True)) == []
    assert reports(heard(kept, "door/person", b"1", retain=True)) == []


def test_cameras_are_as_many_as_a_server_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "PLACES_LIMIT", 1)
    server = Server()
    heard(server, "door/person", b"1")
    assert heard(server, "yard/person", b"1") == ()
    assert heard(server, "stats", {"service": {"uptime": 3}}) == ()
    assert heard(server, "events", {"type": "new", "after": {**SEEN, "camera": "yard"}}) == ()
    assert server.hear("elsewhere/door/person", b"1", retain=False) == ()
    assert (server.waits_for("frigate/door/person"), server.explained("frigate/door/person")) == (None, ())


@pytest.mark.parametrize(("said", "time_ms"), [(TS, TIME_MS), (5, None), (None, None), (True, None), (1e300, None)])
def test_a_time_is_one_of_our_century(said: object, time_ms: int | None) -> None:
    assert time_of(said) == time_ms


def test_no_label_is_a_feature_of_a_person() -> None:
    assert not {"face", "license_plate", "license plate"} & LABELS
