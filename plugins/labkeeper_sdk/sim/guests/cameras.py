"""A Frigate 0.16 server with two cameras and a zone ("MQTT"); it publishes images, as the real one does."""

import time
from collections.abc import Sequence

from labkeeper_sdk.sim.guests.guest import document, text, wave
from labkeeper_sdk.sim.link import Link
from labkeeper_sdk.sim.messages import Order, Outgoing

BASE = "frigate"
JPEG = bytes.fromhex("ffd8ffe000104a46494600010101") + bytes(range(256)) * 4 + bytes.fromhex("ffd9")
"""Begins and ends as a JPEG does; nobody is in it."""
NAME, PLATE = "Xiao Ming", "沪A12345"
"""What a driver must never let through."""


class Frigate:
    """Counts people before the door and in the yard."""

    interval_s = 2.0
    cameras = ("door", "yard")

    def __init__(self, link: Link) -> None:
        self._link = link
        self._detects = dict.fromkeys(self.cameras, True)
        self._number = 0

    @property
    def introduces(self) -> Sequence[tuple[str, str, str, Sequence[str]]]:
        return [(f"{BASE}-{camera}", camera, "frigate", ("detect",)) for camera in self.cameras]

    @property
    def ids(self) -> Sequence[str]:
        return tuple(f"{BASE}-{camera}" for camera in self.cameras)

    def value(self, device: str, name: str) -> object:
        return self._detects.get(device.removeprefix(f"{BASE}-")) if name == "detect" else None

    @property
    def will(self) -> Outgoing:
        return text(f"{BASE}/available", "offline", retain=True)

    @property
    def filters(self) -> tuple[str, ...]:
        return tuple(f"{BASE}/{camera}/{what}/set" for camera in self.cameras for what in ("detect", "snapshots"))

    def greeting(self) -> Sequence[Outgoing]:
        states = [text(f"{BASE}/{camera}/recordings/state", "OFF", retain=True) for camera in self.cameras]
        return [text(f"{BASE}/available", "online", retain=True), *states, *map(self._detecting, self.cameras)]

    def ready(self) -> Sequence[Outgoing]:
        return [Outgoing(f"{BASE}/{camera}/person/snapshot", JPEG, retain=True) for camera in self.cameras]

    def farewell(self) -> Sequence[Outgoing]:
        return [self.will]

    def report(self, lab_s: float) -> None:
        people = round(wave(lab_s, 200, 0, 4))
        for place in (*self.cameras, "entrance"):
            self._link.send(text(f"{BASE}/{place}/person", str(people)))
            self._link.send(text(f"{BASE}/{place}/person/active", str(people // 2)))
        camera = {"camera_fps": 5.1, "process_fps": 5.0, "detection_fps": 2.4, "pid": 312}
        stats = {"cameras": dict.fromkeys(self.cameras, camera), "detection_fps": 4.8, "service": {"uptime": 3600}}
        self._link.send(document(f"{BASE}/stats", stats))
        self._link.send(Outgoing(f"{BASE}/door/person/snapshot", JPEG, retain=True))
        self._passes_by()

    def received(self, topic: str, payload: bytes) -> None:
        camera, what = topic.split("/")[1:3]
        self._link.witness.commanded(Order(f"{BASE}-{camera}", camera, what, payload.decode(errors="replace")))
        if what == "detect" and payload in (b"ON", b"OFF"):
            self._detects[camera] = payload == b"ON"
            self._link.send(self._detecting(camera))

    def _detecting(self, camera: str) -> Outgoing:
        return text(f"{BASE}/{camera}/detect/state", "ON" if self._detects[camera] else "OFF", retain=True)

    def _passes_by(self) -> None:
        """Somebody known comes to the door; Frigate says who, and shows them."""
        self._number += 1
        now_s = time.time()
        seen = {
            "id": f"{now_s:.6f}-{self._number}", "camera": "door", "frame_time": now_s, "label": "person",
            "sub_label": [NAME, 0.93], "recognized_license_plate": PLATE, "top_score": 0.88, "false_positive": False,
            "start_time": now_s, "end_time": None, "current_zones": ["entrance"], "entered_zones": ["entrance"],
            "has_snapshot": True, "thumbnail": JPEG.hex(), "path_data": [[[0.5, 0.5], now_s]],
        }  # fmt: skip
        self._link.send(document(f"{BASE}/events", {"type": "new", "before": seen, "after": seen}))
        over = {**seen, "end_time": now_s + 1}
        self._link.send(document(f"{BASE}/events", {"type": "end", "before": seen, "after": over}))
        data = {"detections": ["1"], "objects": ["person"], "sub_labels": [NAME], "zones": ["entrance"], "audio": []}
        path = {"thumb_path": "/media/frigate/clips/review/thumb-door.webp"}
        review = {"id": "r1", "camera": "door", "start_time": now_s, "severity": "alert", **path, "data": data}
        self._link.send(document(f"{BASE}/reviews", {"type": "new", "before": review, "after": review}))
