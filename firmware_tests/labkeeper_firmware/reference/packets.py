"""The bytes of MQTT 3.1.1 (OASIS standard, chapter 3) that this firmware needs; pure."""

CONNACK, PUBLISH, SUBACK = 2, 3, 9
PING = b"\xc0\x00"
LEAVE = b"\xe0\x00"
CLEAN_SESSION, HAS_WILL, WILL_QOS_1, WILL_RETAIN = 0x02, 0x04, 0x08, 0x20
LENGTH_BYTES = 4


def connect(client_id: str, will: tuple[str, str] | None, keepalive_s: int) -> bytes:
    """Return CONNECT: a clean session, so that nobody's command waits for us; a retained will at QoS 1."""
    flags, tail = CLEAN_SESSION, text(client_id)
    if will is not None:
        flags |= HAS_WILL | WILL_QOS_1 | WILL_RETAIN
        tail += text(will[0]) + text(will[1])
    return framed(0x10, text("MQTT") + bytes([4, flags]) + keepalive_s.to_bytes(2, "big") + tail)


def publish(topic: str, payload: bytes, packet_id: int, *, retain: bool) -> bytes:
    """Return PUBLISH at QoS 1."""
    return framed(0x32 | retain, text(topic) + packet_id.to_bytes(2, "big") + payload)


def subscribe(topic: str, packet_id: int) -> bytes:
    """Return SUBSCRIBE at QoS 0: a command comes now or never."""
    return framed(0x82, packet_id.to_bytes(2, "big") + text(topic) + b"\x00")


def text(words: str) -> bytes:
    """Return a string with its length before it."""
    raw = words.encode()
    return len(raw).to_bytes(2, "big") + raw


def framed(head: int, body: bytes) -> bytes:
    """Return a packet with its remaining length."""
    length, rest = b"", len(body)
    while True:
        rest, digit = rest >> 7, rest & 0x7F
        length += bytes([digit | (0x80 if rest else 0)])
        if not rest:
            return bytes([head]) + length + body


def measure(buffer: bytes | bytearray) -> tuple[int, int] | None:
    """Return where the first packet's body begins and ends; None if that is not known yet.

    Raises ValueError for a length that is none.
    """
    size = 0
    for at in range(1, LENGTH_BYTES + 1):
        if at >= len(buffer):
            return None
        size |= (buffer[at] & 0x7F) << 7 * (at - 1)
        if not buffer[at] & 0x80:
            return at + 1, at + 1 + size
    raise ValueError("bad length")


def published(body: bytes) -> tuple[str, bytes]:
    """Return topic and payload of a PUBLISH at QoS 0; raises ValueError."""
    end = 2 + int.from_bytes(body[:2], "big")
    if len(body) < end:
        raise ValueError("bad topic")
    return str(body[2:end], "utf-8"), body[end:]
