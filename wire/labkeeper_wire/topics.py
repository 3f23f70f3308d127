"""Sparkplug's topics: spBv1.0/<group>/<kind>/<node>[/<device>] and spBv1.0/STATE/<host>."""

from enum import StrEnum
from typing import NamedTuple

NAMESPACE = "spBv1.0"
FORBIDDEN = frozenset("+/#")
LONGEST_TOPIC_BYTES = 65_535  # MQTT 3.1.1, 1.5.3
LONGEST_ID = 256  # characters; longer ones are no name anybody could read, and no path of the API would take them
STATE_LEVELS = 3
NODE_LEVELS = 4
DEVICE_LEVELS = 5


class Kind(StrEnum):
    """The kinds of Sparkplug messages, as their topic level says them."""

    NBIRTH = "NBIRTH"
    NDEATH = "NDEATH"
    NDATA = "NDATA"
    NCMD = "NCMD"
    DBIRTH = "DBIRTH"
    DDEATH = "DDEATH"
    DDATA = "DDATA"
    DCMD = "DCMD"
    STATE = "STATE"


NODE_KINDS = frozenset({Kind.NBIRTH, Kind.NDEATH, Kind.NDATA, Kind.NCMD})
DEVICE_KINDS = frozenset({Kind.DBIRTH, Kind.DDEATH, Kind.DDATA, Kind.DCMD})
_KINDS = {str(kind): kind for kind in NODE_KINDS | DEVICE_KINDS}


class BadTopic(ValueError):
    """Not a Sparkplug topic, or an id that cannot be part of one; `reason` is a snake_case code of a closed set."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(f"{reason}: {text!r}")
        self.reason = reason


class Topic(NamedTuple):
    """Where a message belongs; STATE has group "" and its host id as `node`. `str()` gives the topic."""

    group: str
    kind: Kind
    node: str
    device: str | None = None

    def __str__(self) -> str:
        if self.kind is Kind.STATE:
            return f"{NAMESPACE}/STATE/{self.node}"
        stem = f"{NAMESPACE}/{self.group}/{self.kind}/{self.node}"
        return stem if self.device is None else f"{stem}/{self.device}"


def parse(topic: str) -> Topic:
    """Read a topic; raise BadTopic with not_sparkplug, wrong_levels, unknown_kind, bad_id or too_long."""
    namespace, *levels = topic.split("/")
    if namespace != NAMESPACE:
        raise BadTopic("not_sparkplug", topic)
    if len(topic.encode(errors="replace")) > LONGEST_TOPIC_BYTES:
        raise BadTopic("too_long", topic[:80])
    if levels[:1] == ["STATE"] and len(levels) == STATE_LEVELS - 1:
        return Topic("", Kind.STATE, check_id(levels[1]))
    if not NODE_LEVELS <= len(levels) + 1 <= DEVICE_LEVELS:
        raise BadTopic("wrong_levels", topic)
    kind = _KINDS.get(levels[1])
    if kind is None:
        raise BadTopic("unknown_kind", topic)
    if (kind in DEVICE_KINDS) != (len(levels) + 1 == DEVICE_LEVELS):
        raise BadTopic("wrong_levels", topic)
    group, _, node, *device = levels
    return Topic(check_id(group), kind, check_id(node), check_id(device[0]) if device else None)


def check_id(text: str) -> str:
    """Give a group, node, device or host id back; raise BadTopic("bad_id") if it cannot be a topic level."""
    # isprintable refuses control characters and lone surrogates, which MQTT forbids or brokers cut connections for.
    if not 0 < len(text) <= LONGEST_ID or not text.isprintable() or not FORBIDDEN.isdisjoint(text):
        raise BadTopic("bad_id", text[:80])
    return text
