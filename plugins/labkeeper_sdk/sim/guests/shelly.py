"""A metering plug and a roller blind of Shelly's second generation ("RPC Protocol", "Components and Services")."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

from labkeeper_sdk.sim.guests.guest import document, parsed, text, wave
from labkeeper_sdk.sim.link import Link
from labkeeper_sdk.sim.messages import Order, Outgoing

BLIND_S = 0.2
"""How long the blind takes from one place to another; a real one takes half a minute."""


class _Device:
    """What both say in the same way: online, answers and notifications."""

    id: str
    title: str
    model: str
    settable: Sequence[str]
    interval_s = 2.0

    def __init__(self, link: Link) -> None:
        self._link = link
        self._lab_s = 0.0

    @property
    def introduces(self) -> Sequence[tuple[str, str, str, Sequence[str]]]:
        return [(self.id, self.title, "shelly", self.settable)]

    @property
    def ids(self) -> Sequence[str]:
        return (self.id,)

    def value(self, device: str, name: str) -> object:  # noqa: ARG002 -- it is one device
        component, _, key = name.partition("/")
        status = self.status().get(f"{component[:-1]}:{component[-1]}")
        return status.get({"position": "current_pos"}.get(key, key)) if isinstance(status, dict) else None

    @property
    def will(self) -> Outgoing:
        return text(f"{self.id}/online", "false", retain=True)

    @property
    def filters(self) -> tuple[str, ...]:
        return (f"{self.id}/rpc",)

    def greeting(self) -> Sequence[Outgoing]:
        return []

    def ready(self) -> Sequence[Outgoing]:
        return [text(f"{self.id}/online", "true", retain=True)]

    def farewell(self) -> Sequence[Outgoing]:
        return [self.will]

    def report(self, lab_s: float) -> None:
        self._lab_s = lab_s
        self.notify(self.measured())

    def notify(self, status: Mapping[str, object], method: str = "NotifyStatus") -> None:
        """Say what has changed."""
        frame = {"src": self.id, "dst": f"{self.id}/events", "method": method}
        self._link.send(document(f"{self.id}/events/rpc", {**frame, "params": {"ts": _now_s(), **status}}))

    def received(self, topic: str, payload: bytes) -> None:  # noqa: ARG002 -- there is one topic
        asked = parsed(payload)
        if not isinstance(asked, dict) or not isinstance(asked.get("src"), str):
            return
        given = asked.get("params")
        answer = self._answer(str(asked.get("method")), given if isinstance(given, dict) else {})
        frame = {"id": asked.get("id"), "src": self.id, "dst": asked["src"], **answer}
        self._link.send(document(f"{asked['src']}/rpc", frame))

    def _answer(self, method: str, given: Mapping[str, Any]) -> Mapping[str, object]:
        match method:
            case "Shelly.GetDeviceInfo":
                about = {"name": self.title, "id": self.id, "mac": self.id.rpartition("-")[2].upper()}
                return {"result": {**about, "model": self.model, "gen": 2, "ver": "1.4.4", "app": "Sample"}}
            case "Shelly.GetConfig":
                return {"result": self.config()}
            case "Shelly.GetStatus":
                return {"result": {**self.status(), "wifi": {"rssi": -61}, "sys": {"unixtime": int(_now_s())}}}
        kind, verb = method.lower().split(".") if method.count(".") == 1 else ("", "")
        told = {"set": "output", "gotoposition": "position"}.get(verb, "move")
        value = given.get("on", given.get("pos", verb))
        self._link.witness.commanded(Order(self.id, self.title, f"{kind}{given.get('id')}/{told}", value))
        done = self.done(method, given)
        if done is None:
            return {"error": {"code": 404, "message": f"No handler for {method}"}}
        return {"result": done}

    def config(self) -> Mapping[str, object]:
        raise NotImplementedError

    def status(self) -> Mapping[str, object]:
        raise NotImplementedError

    def measured(self) -> Mapping[str, object]:
        return self.status()

    def done(self, method: str, given: Mapping[str, Any]) -> Mapping[str, object] | None:
        raise NotImplementedError


class Plug(_Device):
    """A plug that measures, with a button."""

    id, title, model = "shellyplusplugs-a0b1c2000003", "3D printer", "SNPL-00112EU"
    settable = ("switch0/output",)

    def __init__(self, link: Link) -> None:
        super().__init__(link)
        self._on = False

    def config(self) -> Mapping[str, object]:
        return {"switch:0": {"id": 0, "name": None}, "input:0": {"id": 0, "type": "button"}, "mqtt": {"enable": True}}

    def status(self) -> Mapping[str, object]:
        power = wave(self._lab_s, 240, 60, 240) if self._on else 0.0
        current = round(power / 230, 3)
        return {
            "switch:0": {
                "id": 0, "source": "MQTT", "output": self._on, "apower": power, "voltage": 230.1, "current": current,
                "aenergy": {"total": 1204.5, "by_minute": [0, 0, 0]}, "temperature": {"tC": 41.2, "tF": 106.2},
            }
        }  # fmt: skip

    def done(self, method: str, given: Mapping[str, Any]) -> Mapping[str, object] | None:
        if method != "Switch.Set" or not isinstance(given.get("on"), bool):
            return None
        was, self._on = self._on, given["on"]
        self.notify({"switch:0": {"id": 0, "output": self._on, "source": "MQTT"}})
        return {"was_on": was}


class Blind(_Device):
    """A roller blind that knows where it is."""

    id, title, model = "shellyplus2pm-a0b1c2000004", "遮光帘", "SNSW-102P16EU"
    settable = ("cover0/move", "cover0/position")

    def __init__(self, link: Link) -> None:
        super().__init__(link)
        self._place, self._state = 0, "closed"

    def config(self) -> Mapping[str, object]:
        return {"cover:0": {"id": 0, "name": None}, "input:0": {"id": 0, "type": "switch"}}

    def status(self) -> Mapping[str, object]:
        cover = {"id": 0, "state": self._state, "apower": 0.0, "voltage": 229.8, "pos_control": True}
        return {"cover:0": {**cover, "current_pos": self._place}, "input:0": {"id": 0, "state": False}}

    def done(self, method: str, given: Mapping[str, Any]) -> Mapping[str, object] | None:
        wanted = {"Cover.Open": 100, "Cover.Close": 0, "Cover.Stop": self._place}.get(method, given.get("pos"))
        if not method.startswith("Cover.") or not isinstance(wanted, int):
            return None
        if wanted != self._place:
            self._state = "opening" if wanted > self._place else "closing"
            self.notify({"cover:0": {"id": 0, "state": self._state}})
        asyncio.get_running_loop().call_later(BLIND_S, self._there, wanted)
        return {}

    def _there(self, place: int) -> None:
        self._place, self._state = place, {0: "closed", 100: "open"}.get(place, "stopped")
        self.notify({"cover:0": {"id": 0, "state": self._state, "current_pos": self._place}})


def _now_s() -> float:
    return round(time.time(), 2)
