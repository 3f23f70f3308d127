"""A weather station that announces itself by Home Assistant's discovery, all entities at once and abbreviated."""

import json
from collections.abc import Callable, Mapping, Sequence

from labkeeper_sdk.sim.guests.guest import document, parsed, text, wave
from labkeeper_sdk.sim.link import Link
from labkeeper_sdk.sim.messages import Order, Outgoing

BASE = "sample/weather"
CONFIG = "homeassistant/device/weather/config"
MODES = ("eco", "normal", "boost")


class Weather:
    """Sensors behind templates, a relay, a JSON light, a number, a choice, a button, a fan without feedback."""

    id, title = "weather-a0b1c2000005", "Weather station"
    interval_s = 2.0
    settable = ("relay", "lamp", "lamp/brightness", "threshold", "mode", "restart", "fan")

    def __init__(self, link: Link) -> None:
        self._link = link
        self._lab_s = 0.0
        self._relay, self._threshold, self._mode = "OFF", 24, "normal"
        self._lamp: dict[str, object] = {"state": "OFF", "brightness": 128}

    @property
    def introduces(self) -> Sequence[tuple[str, str, str, Sequence[str]]]:
        return [(self.id, self.title, "homeassistant", self.settable)]

    @property
    def ids(self) -> Sequence[str]:
        return (self.id,)

    def value(self, device: str, name: str) -> object:  # noqa: ARG002 -- it is one device
        lamp = {"lamp": self._lamp["state"] == "ON", "lamp/brightness": self._lamp["brightness"]}
        return {"relay": self._relay == "ON", "threshold": self._threshold, "mode": self._mode, **lamp}.get(name)

    @property
    def will(self) -> Outgoing:
        return text(f"{BASE}/status", "offline", retain=True)

    @property
    def filters(self) -> tuple[str, ...]:
        return ("homeassistant/status", f"{BASE}/+/set")

    def greeting(self) -> Sequence[Outgoing]:
        return [document(CONFIG, announcement(), retain=True), text(f"{BASE}/status", "online", retain=True)]

    def ready(self) -> Sequence[Outgoing]:
        return self._everything()

    def farewell(self) -> Sequence[Outgoing]:
        return [self.will]

    def report(self, lab_s: float) -> None:
        self._lab_s = lab_s
        self._link.send(self._measured())

    def received(self, topic: str, payload: bytes) -> None:
        if topic == "homeassistant/status":
            for message in (*self.greeting(), *self._everything()):
                self._link.send(message)
            return
        name = topic.split("/")[-2]
        self._link.witness.commanded(Order(self.id, self.title, name, payload.decode(errors="replace")))
        obey = self._obeys().get(name)
        if obey is not None:
            obey(payload)
            for message in self._everything():
                self._link.send(message)

    def _obeys(self) -> Mapping[str, Callable[[bytes], None]]:
        return {
            "relay": lambda payload: setattr(self, "_relay", payload.decode()),
            "threshold": lambda payload: setattr(self, "_threshold", json.loads(payload)),
            "mode": lambda payload: setattr(self, "_mode", payload.decode()),
            "lamp": self._light,
        }

    def _light(self, payload: bytes) -> None:
        wanted = parsed(payload)
        if isinstance(wanted, dict):
            self._lamp.update(wanted)

    def _everything(self) -> Sequence[Outgoing]:
        return [
            self._measured(),
            text(f"{BASE}/relay", self._relay),
            document(f"{BASE}/lamp", self._lamp),
            text(f"{BASE}/threshold", str(self._threshold)),
            text(f"{BASE}/mode", self._mode),
        ]

    def _measured(self) -> Outgoing:
        temperature, wind = wave(self._lab_s, 3600, 12, 19), wave(self._lab_s, 300, 0, 9)
        return document(f"{BASE}/state", {"t": temperature, "wind": {"speed": wind}, "rain": wind > 7})  # noqa: PLR2004 -- m/s, a made-up gale


def announcement() -> Mapping[str, object]:
    """Return the whole discovery message of the station."""
    relay = {"p": "switch", "name": "Relay", "cmd_t": "~/relay/set", "stat_t": "~/relay", "uniq_id": "w_relay"}
    lamp = {"p": "light", "schema": "json", "name": "Lamp", "cmd_t": "~/lamp/set", "stat_t": "~/lamp"}
    limits = {"min": 10, "max": 40, "step": 1, "unit_of_meas": "°C"}
    speed = {"stat_t": "~/state", "unit_of_meas": "m/s", "val_tpl": "{{ value_json.wind.speed | round(1) }}"}
    return {
        "dev": {"ids": [Weather.id], "name": Weather.title, "mf": "Sample", "mdl": "WS-1", "sw": "2.3"},
        "o": {"name": "sample-firmware", "sw": "2.3"},
        "~": BASE,
        "avty_t": "~/status",
        "cmps": {
            "temperature": {
                "p": "sensor", "stat_t": "~/state", "dev_cla": "temperature", "unit_of_meas": "°C",
                "val_tpl": "{{ value_json.t }}", "uniq_id": "w_t",
            },
            "wind": {"p": "sensor", "name": "Wind", **speed, "uniq_id": "w_wind"},
            "rain": {
                "p": "binary_sensor", "stat_t": "~/state", "name": "Rain", "pl_on": "True", "pl_off": "False",
                "val_tpl": "{{ value_json.rain }}", "uniq_id": "w_rain",
            },
            "relay": relay,
            "lamp": {**lamp, "brightness": True, "sup_clrm": ["brightness"], "uniq_id": "w_lamp"},
            "threshold": {
                "p": "number", "name": "Threshold", "cmd_t": "~/threshold/set", "stat_t": "~/threshold", **limits,
                "uniq_id": "w_threshold",
            },
            "mode": {
                "p": "select", "name": "Mode", "cmd_t": "~/mode/set", "stat_t": "~/mode", "ops": list(MODES),
                "uniq_id": "w_mode",
            },
            "restart": {"p": "button", "name": "Restart", "cmd_t": "~/restart/set", "uniq_id": "w_restart"},
            "fan": {"p": "switch", "name": "Fan", "cmd_t": "~/fan/set", "uniq_id": "w_fan"},
        },
    }  # fmt: skip
