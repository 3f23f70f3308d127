"""Our own small MQTT 3.1.1 client; `docs/decisions/0003-mqtt-client.md` says why there is one."""

from labkeeper_wire.mqtt.link import Address, ConnectRefused, Link, LinkLost, MqttError, connect, heed_cancellation
from labkeeper_wire.mqtt.packets import Message, Will

__all__ = [
    "Address",
    "ConnectRefused",
    "Link",
    "LinkLost",
    "Message",
    "MqttError",
    "Will",
    "connect",
    "heed_cancellation",
]
