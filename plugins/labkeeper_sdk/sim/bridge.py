"""A Zigbee2MQTT bridge: what it keeps retained, the requests it grants, and the way of a command to its devices."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from labkeeper_sdk.sim import zigbee
from labkeeper_sdk.sim.link import Link
from labkeeper_sdk.sim.messages import Outgoing, Refused
from labkeeper_sdk.sim.network import Network, ZigbeeDevice
from labkeeper_sdk.sim.settings import BridgeSettings


class Bridge:
    """Speaks for its network over one link, as the real bridge does."""

    def __init__(self, link: Link, network: Network, settings: BridgeSettings) -> None:
        self._link = link
        self._network = network
        self._settings = settings

    @property
    def will(self) -> Outgoing:
        """Return the bridge's will: offline, retained."""
        return self._network.retained("bridge/state", {"state": "offline"})

    @property
    def filters(self) -> tuple[str, ...]:
        """Return the command topics of every device, by name and by address, and the bridge's own requests."""
        base = self._settings.base_topic
        names = [name for device in self._network.devices for name in (device.who.title, device.who.ieee)]
        return (f"{base}/bridge/request/#", *(f"{base}/{name}/{verb}/#" for name in names for verb in ("set", "get")))

    def greeting(self) -> Sequence[Outgoing]:
        """Return everything that is retained: the state of the bridge, its devices, who is available."""
        retained = self._network.retained
        return [
            retained("bridge/state", {"state": "online"}),
            retained("bridge/info", zigbee.info(self._settings.base_topic, self._settings.last_seen)),
            self._network.directory(),
            retained("bridge/groups", []),
            *map(self._network.availability, self._network.devices),
        ]

    def ready(self) -> Sequence[Outgoing]:
        """Write the bridge's line in its log."""
        self._network.log("info", "Zigbee2MQTT started!")
        return []

    def farewell(self) -> Sequence[Outgoing]:
        """Return what the bridge says before it stops; as with the real one, availability stays as it was."""
        return [self.will]

    def received(self, topic: str, payload: bytes) -> None:
        """Take a request to the bridge or a command to one of its devices."""
        rest = topic.removeprefix(self._settings.base_topic + "/")
        text = payload.decode(errors="replace")
        if rest.startswith("bridge/request/"):
            self._request(rest.removeprefix("bridge/request/"), text)
            return
        for verb in ("set", "get"):
            name, found, key = rest.partition(f"/{verb}")
            device = self._find(name)
            if found and device:
                self._pass_on(device, verb, key.removeprefix("/"), text)
                return

    def _find(self, name: str) -> ZigbeeDevice | None:
        return next((device for device in self._network.devices if device.answers_to(name)), None)

    def _pass_on(self, device: ZigbeeDevice, verb: str, key: str, text: str) -> None:
        message = _message(key, text)
        if message is None:
            self._network.log("error", f"Invalid message '{text}', skipping...")
        elif verb == "get":
            self._network.asked(device, message)
        else:
            self._network.told(device, message)

    def _request(self, name: str, text: str) -> None:
        request = _value(text)
        answer: dict[str, object]
        try:
            answer = {"data": self._grant(name, request), "status": "ok"}
        except Refused as error:
            self._network.log("error", f"Request 'bridge/request/{name}' failed with error: '{error}'")
            answer = {"data": {}, "status": "error", "error": str(error)}
        if isinstance(request, dict) and "transaction" in request:
            answer["transaction"] = request["transaction"]
        self._network.say(f"bridge/response/{name}", answer)

    def _grant(self, name: str, request: object) -> Mapping[str, object]:
        if name == "health_check":
            return {"healthy": True}
        if name != "device/rename":
            raise Refused(f"the simulated bridge does not know '{name}'")
        if not isinstance(request, dict):
            raise Refused("Invalid payload")
        old, new = request.get("from"), request.get("to")
        if not isinstance(old, str) or not isinstance(new, str) or not new.strip():
            raise Refused("Invalid payload")
        return self._rename(old, new.strip())

    def _rename(self, old: str, new: str) -> Mapping[str, object]:
        device = self._find(old)
        if device is None:
            raise Refused(f"Device '{old}' does not exist")
        if self._find(new) is not None:
            raise Refused(f"friendly_name '{new}' is already in use")
        gone = f"{self._settings.base_topic}/{device.who.title}"
        device.who = replace(device.who, title=new)
        self._link.listen(*self.filters)
        for topic in (gone, f"{gone}/availability"):
            self._link.send(Outgoing(topic, b"", retain=True))
        self._link.send(self._network.availability(device))
        self._link.send(self._network.directory())
        if device.state:
            self._network.publish(device)
        return {"from": old, "to": new, "homeassistant_rename": False}


def _message(key: str, text: str) -> Mapping[str, object] | None:
    """Return what a command says: JSON, a bare value for one property, or the bare words ON, OFF and TOGGLE."""
    value = _value(text)
    if key:
        return {key: value}
    if isinstance(value, dict):
        return value
    return {"state": text} if text.lower() in ("on", "off", "toggle") else None


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
