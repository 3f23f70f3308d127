"""MQTT 3.1.1 packets (OASIS standard, 29 October 2014), sans-IO: bytes in, nouns out, and back.

Only what a client that never uses QoS 2 needs. Section numbers in comments are the standard's.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

CONNECT, CONNACK, PUBLISH, PUBACK = 0x10, 0x20, 0x30, 0x40
SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK = 0x82, 0x90, 0xA2, 0xB0
PINGREQ, PINGRESP, DISCONNECT = 0xC0, 0xD0, 0xE0
REMAINING_LENGTH_BYTES = 4  # 2.2.3: a remaining length has at most four bytes
MAX_TEXT = 0xFFFF  # 1.5.3: strings are prefixed by two length bytes
REFUSALS = {  # 3.2.2.3
    1: "the broker does not speak MQTT 3.1.1",
    2: "the broker refuses this client id",
    3: "the broker is not available",
    4: "wrong user name or password",
    5: "not authorized",
}


class ProtocolViolation(Exception):
    """The peer said something MQTT 3.1.1 does not allow; the connection is to be thrown away."""


class Message(NamedTuple):
    """A PUBLISH. `packet_id` is 0 at QoS 0; `dup` says the broker may have delivered it before."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    dup: bool = False
    packet_id: int = 0


class Will(NamedTuple):
    """What the broker publishes in our name when we vanish."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False


class ConnAck(NamedTuple):
    session_present: bool
    code: int


class PubAck(NamedTuple):
    packet_id: int


class SubAck(NamedTuple):
    packet_id: int
    codes: bytes


class UnsubAck(NamedTuple):
    packet_id: int


class PingResp(NamedTuple):
    pass


class Oversized(NamedTuple):
    """A PUBLISH longer than the limit; its payload was skipped, not kept."""

    topic: str
    qos: int
    packet_id: int
    size: int


Packet: TypeAlias = Message | ConnAck | PubAck | SubAck | UnsubAck | PingResp | Oversized


# --- encoding -------------------------------------------------------------------------------------------------------
def _text(text: str | bytes) -> bytes:
    raw = text.encode() if isinstance(text, str) else text
    if len(raw) > MAX_TEXT:
        raise ValueError(f"an MQTT string holds {MAX_TEXT} bytes at most, not {len(raw)}")
    return len(raw).to_bytes(2, "big") + raw


def _packet(head: int, body: bytes) -> bytes:
    length, size = len(body), bytearray([head])
    while True:
        length, digit = divmod(length, 128)
        size.append(digit | 0x80 if length else digit)
        if not length:
            break
    if len(size) > REMAINING_LENGTH_BYTES + 1:
        raise ValueError(f"an MQTT packet holds 268,435,455 bytes at most, not {len(body)}")
    return bytes(size) + body


def connect(
    client_id: str,
    *,
    clean: bool,
    keepalive_s: int,
    will: Will | None = None,
    username: str | None = None,
    password: str | None = None,
) -> bytes:
    """CONNECT (3.1)."""
    flags = 0x02 if clean else 0
    payload = _text(client_id)
    if will is not None:
        flags |= 0x04 | will.qos << 3 | will.retain << 5
        payload += _text(will.topic) + _text(will.payload)
    if username is not None:
        flags |= 0x80
        payload += _text(username)
    if password is not None:
        flags |= 0x40
        payload += _text(password)
    return _packet(CONNECT, _text("MQTT") + bytes([4, flags]) + keepalive_s.to_bytes(2, "big") + payload)


def publish(topic: str, payload: bytes, *, qos: int = 0, retain: bool = False, packet_id: int = 0) -> bytes:
    """PUBLISH (3.3), QoS 0 or 1."""
    head = PUBLISH | qos << 1 | retain
    return _packet(head, _text(topic) + (packet_id.to_bytes(2, "big") if qos else b"") + payload)


def puback(packet_id: int) -> bytes:
    """PUBACK (3.4)."""
    return bytes([PUBACK, 2]) + packet_id.to_bytes(2, "big")


def subscribe(packet_id: int, filters: Sequence[tuple[str, int]]) -> bytes:
    """SUBSCRIBE (3.8)."""
    return _packet(SUBSCRIBE, packet_id.to_bytes(2, "big") + b"".join(_text(f) + bytes([qos]) for f, qos in filters))


def unsubscribe(packet_id: int, filters: Sequence[str]) -> bytes:
    """UNSUBSCRIBE (3.10)."""
    return _packet(UNSUBSCRIBE, packet_id.to_bytes(2, "big") + b"".join(map(_text, filters)))


PING = bytes([PINGREQ, 0])
BYE = bytes([DISCONNECT, 0])


# --- decoding -------------------------------------------------------------------------------------------------------
class Decoder:
    """Cuts a stream of bytes into packets; publishes longer than `limit` bytes are skipped as Oversized."""

    def __init__(self, limit: int = 4 * 1024 * 1024) -> None:
        self._limit = limit
        self._buffer = b""
        self._skip = 0  # bytes of an oversized publish still to be thrown away

    def feed(self, data: bytes) -> list[Packet]:
        """Return the packets completed by `data`; raises ProtocolViolation."""
        buffer = self._dropped(self._buffer + data if self._buffer else data)
        packets: list[Packet] = []
        position, end = 0, len(buffer)
        while position + 2 <= end:
            length, start = _remaining_length(buffer, position, end)
            if start == 0:
                break
            if length > self._limit:
                found = _oversized(buffer, position, start, length)
                if found is None:
                    break
                packets.append(found)
                self._skip = max(0, start + length - end)
                position = min(end, start + length)
            elif start + length > end:
                break
            else:
                head = buffer[position]
                parse = _message if head & 0xF0 == PUBLISH else _parse
                packets.append(parse(buffer, head, start, start + length))
                position = start + length
        self._buffer = buffer[position:]
        return packets

    def _dropped(self, data: bytes) -> bytes:
        skipped = min(self._skip, len(data))
        self._skip -= skipped
        return data[skipped:] if skipped else data


def _remaining_length(buffer: bytes, position: int, end: int) -> tuple[int, int]:
    """Return the remaining length (2.2.3) and where the body starts; start 0 when more bytes are needed."""
    if buffer[position + 1] < 0x80:  # noqa: PLR2004 -- the continuation bit of 2.2.3
        return buffer[position + 1], position + 2
    length = shift = 0
    for index in range(position + 1, min(end, position + 1 + REMAINING_LENGTH_BYTES)):
        digit = buffer[index]
        length |= (digit & 0x7F) << shift
        if digit < 0x80:  # noqa: PLR2004 -- the continuation bit of 2.2.3
            return length, index + 1
        shift += 7
    if end - position > REMAINING_LENGTH_BYTES:
        raise ProtocolViolation("remaining length has more than four bytes")
    return 0, 0


def _parse(buffer: bytes, head: int, start: int, stop: int) -> Packet:
    kind = head & 0xF0
    parse = _SIMPLE.get(kind)
    if parse is None:
        raise ProtocolViolation(f"unexpected packet type {kind >> 4}")
    body = buffer[start:stop]
    if len(body) < _SHORTEST[kind]:
        raise ProtocolViolation(f"packet of type {kind >> 4} is cut short")
    return parse(body)


def _message(buffer: bytes, head: int, start: int, stop: int) -> Message:
    qos = head >> 1 & 3
    topic_at = start + 2
    topic_end = topic_at + (buffer[start] << 8 | buffer[start + 1]) if topic_at <= stop else stop + 1
    payload_at = topic_end + 2 if qos else topic_end
    if payload_at > stop or qos > 1:
        raise ProtocolViolation("publish is cut short or of a quality of service that was not asked for")
    try:
        topic = buffer[topic_at:topic_end].decode()
    except UnicodeDecodeError:
        raise ProtocolViolation("publish has a topic that is not UTF-8") from None
    packet_id = buffer[topic_end] << 8 | buffer[topic_end + 1] if qos else 0
    # without Message's own __new__, in Python, which takes as long as the rest of this
    return tuple.__new__(Message, (topic, buffer[payload_at:stop], qos, bool(head & 1), bool(head & 8), packet_id))


def _oversized(buffer: bytes, head_at: int, start: int, length: int) -> Oversized | None:
    """Read topic and packet id of a publish too long to keep; None while even those are not here yet."""
    if buffer[head_at] & 0xF0 != PUBLISH:
        raise ProtocolViolation("a control packet is longer than any can be")
    if len(buffer) < start + 2:
        return None
    head_size = 4 + (buffer[start] << 8 | buffer[start + 1])
    if len(buffer) < start + head_size:
        return None
    head = _message(buffer, buffer[head_at], start, start + head_size)
    return Oversized(head.topic, head.qos, head.packet_id, length)


_SIMPLE: dict[int, Callable[[bytes], Packet]] = {
    CONNACK: lambda body: ConnAck(bool(body[0] & 1), body[1]),
    PUBACK: lambda body: PubAck(body[0] << 8 | body[1]),
    SUBACK & 0xF0: lambda body: SubAck(body[0] << 8 | body[1], body[2:]),
    UNSUBACK: lambda body: UnsubAck(body[0] << 8 | body[1]),
    PINGRESP: lambda _: PingResp(),
}
_SHORTEST = {CONNACK: 2, PUBACK: 2, SUBACK & 0xF0: 3, UNSUBACK: 2, PINGRESP: 0}
