"""From an MQTT message and what it meant to what the platform takes."""

from functools import partial
from hashlib import blake2b

from labkeeper_sdk import GatewayEvent, MqttLink, MqttMessage, Observation

DETAIL_LIMIT = 120  # characters of a device's own words in a log line or on a page


def observation(link: MqttLink, message: MqttMessage, events: tuple[GatewayEvent, ...]) -> Observation:
    """Wrap events so that the broker forgets the message only once they are on disk.

    At QoS 1 the same message may come twice: packet id, topic and payload tell whether it is the same.
    """
    if not message.qos:
        return Observation(events)
    identity = blake2b(message.packet_id.to_bytes(2, "big"), digest_size=16)
    identity.update(message.topic.encode("utf-8", "surrogatepass") + b"\0" + message.payload)
    return Observation(events, partial(link.acknowledge, message), identity.digest(), message.dup)


def shortened(text: object) -> str:
    """Return what a device said, short enough for a log line."""
    said = str(text)
    return said if len(said) <= DETAIL_LIMIT else said[: DETAIL_LIMIT - 1] + "…"
