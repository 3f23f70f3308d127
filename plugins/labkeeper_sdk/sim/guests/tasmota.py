"""A metering plug and a white lamp with Tasmota 14 ("MQTT", "Commands", "Power monitoring")."""

from collections.abc import Mapping, Sequence

from labkeeper_sdk.sim.guests.guest import document, text, wave
from labkeeper_sdk.sim.link import Link
from labkeeper_sdk.sim.messages import Order, Outgoing

RELAY, LIGHT = 1, 2


class _Device:
    """What both say in the same way: discovery, LWT, STATE, SENSOR and RESULT."""

    mac: str
    topic: str
    title: str
    module: str
    outputs: Sequence[int]
    light = 0
    settable: Sequence[str]
    interval_s = 2.0

    def __init__(self, link: Link) -> None:
        self._link = link
        self._lab_s = 0.0
        self.on = False

    @property
    def introduces(self) -> Sequence[tuple[str, str, str, Sequence[str]]]:
        return [(self.mac, self.title, "tasmota", self.settable)]

    @property
    def ids(self) -> Sequence[str]:
        return (self.mac,)

    def value(self, device: str, name: str) -> object:  # noqa: ARG002 -- it is one device
        return self.on if name == "power" else None

    @property
    def will(self) -> Outgoing:
        return text(f"tele/{self.topic}/LWT", "Offline", retain=True)

    @property
    def filters(self) -> tuple[str, ...]:
        return (f"cmnd/{self.topic}/+",)

    def greeting(self) -> Sequence[Outgoing]:
        return [
            document(f"tasmota/discovery/{self.mac}/config", self._config(), retain=True),
            document(f"tasmota/discovery/{self.mac}/sensors", {"sn": self.sensors(), "ver": 1}, retain=True),
            text(f"tele/{self.topic}/LWT", "Online", retain=True),
        ]

    def ready(self) -> Sequence[Outgoing]:
        return []

    def farewell(self) -> Sequence[Outgoing]:
        return [self.will]

    def report(self, lab_s: float) -> None:
        self._lab_s = lab_s
        self._link.send(document(f"tele/{self.topic}/STATE", self.state()))
        self._link.send(document(f"tele/{self.topic}/SENSOR", self.sensors()))

    def received(self, topic: str, payload: bytes) -> None:
        name, argument = topic.rpartition("/")[2].upper(), payload.decode(errors="replace")
        if name == "STATUS":
            whole = {"10": {"StatusSNS": self.sensors()}, "11": {"StatusSTS": self.state()}}.get(argument)
            if whole is not None:
                self._link.send(document(f"stat/{self.topic}/STATUS{argument}", whole))
            return
        told = "power" if name.startswith("POWER") else name.lower()
        self._link.witness.commanded(Order(self.mac, self.title, told, argument))
        self._link.send(document(f"stat/{self.topic}/RESULT", self.command(name, argument)))

    def command(self, name: str, argument: str) -> Mapping[str, object]:
        if name in ("POWER", "POWER1") and argument.upper() in ("ON", "OFF", "TOGGLE"):
            self.on = not self.on if argument.upper() == "TOGGLE" else argument.upper() == "ON"
            return {"POWER": "ON" if self.on else "OFF"}
        return {"Command": "Unknown"}

    def state(self) -> Mapping[str, object]:
        power = "ON" if self.on else "OFF"
        return {"Time": "2026-03-02T08:00:00", "UptimeSec": 60, "POWER": power, "Wifi": {"RSSI": 82, "Signal": -59}}

    def sensors(self) -> Mapping[str, object]:
        return {"Time": "2026-03-02T08:00:00"}

    def _config(self) -> Mapping[str, object]:
        return {
            "ip": "192.0.2.10", "dn": self.title, "fn": [self.title, *[None] * 7], "hn": self.topic, "mac": self.mac,
            "md": self.module, "ty": 0, "if": 0, "ofln": "Offline", "onln": "Online",
            "state": ["OFF", "ON", "TOGGLE", "HOLD"], "sw": "14.2.0", "t": self.topic, "ft": "%prefix%/%topic%/",
            "tp": ["cmnd", "stat", "tele"], "rl": [*self.outputs, *[0] * (8 - len(self.outputs))], "swc": [-1] * 8,
            "swn": [None] * 8, "btn": [0] * 8, "so": {"4": 0, "68": 0, "114": 0}, "lk": 0, "lt_st": self.light,
            "sho": [0] * 4, "ver": 1,
        }  # fmt: skip


class Meter(_Device):
    """A plug that measures what flows through it."""

    mac, topic, title = "A0B1C2000001", "tasmota_plug", "Soldering station"
    module = "Metering plug"
    outputs = (RELAY,)
    settable = ("power",)

    def sensors(self) -> Mapping[str, object]:
        power = wave(self._lab_s, 600, 38, 62) if self.on else 0.0
        energy = {"TotalStartTime": "2026-01-01T00:00:00", "Total": 12.418, "Yesterday": 0.31, "Today": 0.12}
        return {
            "Time": "2026-03-02T08:00:00",
            "ENERGY": {**energy, "Power": power, "Factor": 0.95, "Voltage": 229, "Current": round(power / 229, 3)},
        }


class Lamp(_Device):
    """A lamp whose brightness and warmth are chosen."""

    mac, topic, title = "A0B1C2000002", "tasmota_lamp", "台灯"
    module = "White lamp"
    outputs = (LIGHT,)
    light = 2
    settable = ("power", "dimmer", "ct")

    def __init__(self, link: Link) -> None:
        super().__init__(link)
        self._dimmer, self._ct = 40, 300

    def command(self, name: str, argument: str) -> Mapping[str, object]:
        if name in ("DIMMER", "CT") and argument.isdigit():
            if name == "DIMMER":
                self._dimmer, self.on = int(argument), int(argument) > 0
            else:
                self._ct = int(argument)
            return self._light()
        return super().command(name, argument)

    def value(self, device: str, name: str) -> object:
        return {"dimmer": self._dimmer, "ct": self._ct}.get(name, super().value(device, name))

    def state(self) -> Mapping[str, object]:
        return {**super().state(), **self._light()}

    def _light(self) -> Mapping[str, object]:
        return {"POWER": "ON" if self.on else "OFF", "Dimmer": self._dimmer, "CT": self._ct}
