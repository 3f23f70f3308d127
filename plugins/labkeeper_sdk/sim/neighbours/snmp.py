"""An SNMP agent with the objects of a UPS (RFC 1628) and of a switch that feeds cameras (RFC 2863, RFC 3621).

SNMPv2c in BER (RFC 3416, RFC 3417, X.690) with no SNMP library: the driver is heard by a second implementation.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from labkeeper_sdk.sim.neighbours.neighbour import HOST, Neighbour
from labkeeper_sdk.testing.datagrams import UdpWire, serve_udp

Raw: TypeAlias = int | float | bytes | None
INTEGER, OCTETS, NULL, OID, SEQUENCE, NO_SUCH_OBJECT = 0x02, 0x04, 0x05, 0x06, 0x30, 0x80
COUNTS = (0x41, 0x42, 0x43, 0x46)  # Counter32, Gauge32, TimeTicks, Counter64
OPAQUE, FLOAT = 0x44, b"\x9f\x78\x04"  # a float in an Opaque (NET-SNMP-TC)
GET, GET_NEXT, RESPONSE, SET = 0xA0, 0xA1, 0xA2, 0xA3
V2C, NOT_WRITABLE, WRONG_VALUE = 1, 17, 10
UPS, PORT, FEED = "1.3.6.1.2.1.33.1", "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.105.1.1.1.3.1"
CAMERA = f"{FEED}.1"
OBJECTS: Mapping[str, int | bytes] = {
    "1.3.6.1.2.1.1.5.0": b"rack-1",
    f"{PORT}.8.1": 1,
    f"{PORT}.8.2": 2,
    CAMERA: 1,
    f"{UPS}.2.3.0": 42,
    f"{UPS}.2.4.0": 97,
    f"{UPS}.2.5.0": 546,
    f"{UPS}.2.7.0": 31,
    f"{UPS}.4.1.0": 3,
    f"{UPS}.4.4.1.5.1": 28,
}
SOURCES = {"other": 1, "none": 2, "mains": 3, "bypass": 4, "battery": 5, "booster": 6, "reducer": 7}
POINTS: dict[str, dict[str, Any]] = {
    "name": {"kind": "state", "type": "str", "oid": "1.3.6.1.2.1.1.5.0", "zh": "名称", "en": "Name"},
    "uplink": {"kind": "state", "oid": f"{PORT}.8.1", "zh": "上联端口连通", "en": "Uplink up"},
    "camera-power": {"kind": "switch", "oid": CAMERA, "safe_value": True, "link_loss_s": 60.0, "zh": "摄像头供电",
                     "en": "Camera power"},
    "ups/source": {"kind": "state", "type": "str", "oid": f"{UPS}.4.1.0", "words": SOURCES, "zh": "UPS 供电来源",
                   "en": "UPS source"},
    "ups/charge": {"kind": "measure", "type": "int", "unit": "%", "oid": f"{UPS}.2.4.0", "zh": "UPS 电量",
                   "en": "UPS charge"},
    "ups/remaining": {"kind": "measure", "type": "int", "unit": "min", "oid": f"{UPS}.2.3.0", "zh": "UPS 剩余时间",
                      "en": "UPS time left"},
    "ups/voltage": {"kind": "measure", "unit": "V", "oid": f"{UPS}.2.5.0", "scale": 0.1, "zh": "UPS 电池电压",
                    "en": "UPS battery voltage"},
    "ups/load": {"kind": "measure", "type": "int", "unit": "%", "oid": f"{UPS}.4.4.1.5.1", "zh": "UPS 负载",
                 "en": "UPS load"},
}  # fmt: skip


# --- BER, as much as is needed --------------------------------------------------------------------------------------
def packed(tag: int, content: bytes) -> bytes:
    """Return a tag, its length and its content."""
    size = len(content)
    if size < 128:  # noqa: PLR2004 -- X.690, 8.1.3.4
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def parts(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the tags and contents one after the other; raises ValueError, IndexError."""
    while content:
        tag, size, start = content[0], content[1], 2
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(content[2:start], "big")
        if len(content) < start + size:
            raise ValueError("cut short")
        yield tag, content[start : start + size]
        content = content[start + size :]


def integer(value: int) -> bytes:
    """Return an INTEGER."""
    return packed(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def object_id(name: str) -> bytes:
    """Return an OBJECT IDENTIFIER."""
    first, second, *rest = map(int, name.split("."))
    return packed(OID, b"".join(map(_septets, [first * 40 + second, *rest])))


def _septets(number: int) -> bytes:
    found = [number & 0x7F]
    while number := number >> 7:
        found.append(number & 0x7F | 0x80)
    return bytes(reversed(found))


def _named(content: bytes) -> str:
    numbers, number = list[int](), 0
    for byte in content:
        number = number << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(number)
            number = 0
    return ".".join(map(str, [*divmod(numbers[0], 40), *numbers[1:]]))


def _written(value: Raw) -> bytes:
    if value is None:
        return packed(NO_SUCH_OBJECT, b"")
    if isinstance(value, float):
        return packed(OPAQUE, FLOAT + struct.pack(">f", value))
    return integer(value) if isinstance(value, int) else packed(OCTETS, value)


def bound(message: bytes) -> dict[str, int | float | bytes]:
    """Return the objects of an answer, numbers of any kind and texts; nothing of what is no answer."""
    try:
        [(_, whole)] = parts(message)
        _, _, (kind, content) = parts(whole)
        _, _, _, (_, pairs) = parts(content)
        found = [[*parts(pair)] for _, pair in parts(pairs)]
    except (ValueError, IndexError):
        return {}
    if kind != RESPONSE:
        return {}
    known = {_named(name): (tag, value) for (_, name), (tag, value) in found}
    return {
        name: _read(tag, value) for name, (tag, value) in known.items() if tag in (OCTETS, INTEGER, OPAQUE, *COUNTS)
    }


def _read(tag: int, content: bytes) -> int | float | bytes:
    if tag == OPAQUE and content.startswith(FLOAT) and len(content) == len(FLOAT) + 4:
        number: float = struct.unpack(">f", content[len(FLOAT) :])[0]
        return number
    return content if tag in (OCTETS, OPAQUE) else int.from_bytes(content, "big", signed=tag == INTEGER)


# --- the agent ------------------------------------------------------------------------------------------------------
@dataclass(slots=True)
class SimulatedAgent:
    """An agent. Whoever does not know the community hears nothing. `orders` are the names of what was set."""

    objects: dict[str, int | float | bytes] = field(default_factory=lambda: dict(OBJECTS))
    community: bytes = b"labkeeper"
    orders: list[str] = field(default_factory=list)

    def answer(self, data: bytes) -> Iterable[bytes]:
        """Answer a message; what is none is dropped."""
        try:
            return self._answer(data)
        except (ValueError, IndexError):
            return []

    def truth(self, _device: str, point: str) -> bool | None:
        """Return where an actuator stands."""
        return self.objects[CAMERA] == 1 if point == "camera-power" else None

    def _answer(self, data: bytes) -> list[bytes]:
        [(_, message)] = parts(data)
        (_, version), (_, community), (kind, content) = parts(message)
        if int.from_bytes(version, "big") != V2C or community != self.community:
            return []
        (_, number), _, _, (_, asked) = parts(content)
        pairs = [[*parts(pair)] for _, pair in parts(asked)]
        status, said = self._said(kind, [(_named(name), value) for (_, name), value in pairs])
        bound = b"".join(packed(SEQUENCE, object_id(name) + _written(value)) for name, value in said)
        answer = packed(INTEGER, number) + integer(status) + integer(int(status > 0)) + packed(SEQUENCE, bound)
        head = integer(V2C) + packed(OCTETS, community)
        return [packed(SEQUENCE, head + packed(RESPONSE, answer))]

    def _said(self, kind: int, asked: list[tuple[str, tuple[int, bytes]]]) -> tuple[int, list[tuple[str, Raw]]]:
        names = [name for name, _ in asked]
        if kind == GET_NEXT:
            names = [self._next(name) for name in names]
        status = self._set(*asked[0]) if kind == SET else 0
        return status, [(name, self.objects.get(name)) for name in names]

    def _set(self, name: str, value: tuple[int, bytes]) -> int:
        tag, content = value
        if name != CAMERA:
            return NOT_WRITABLE
        number = int.from_bytes(content, "big", signed=True)
        if tag != INTEGER or number not in (1, 2):
            return WRONG_VALUE
        self.orders.append("camera-power")
        self.objects[name] = number
        return 0

    def _next(self, name: str) -> str:
        ordered = sorted(self.objects, key=_numbers)
        return next((one for one in ordered if _numbers(one) > _numbers(name)), name)


def _numbers(name: str) -> list[int]:
    return [*map(int, name.split("."))]


def _open(where: str) -> AbstractAsyncContextManager[UdpWire]:
    return serve_udp(SimulatedAgent().answer, port=int(where))


NEIGHBOUR = Neighbour(
    id="rack",
    title="机柜（交换机与 UPS）",
    driver="snmp",
    place="udp",
    settable=("camera-power",),
    settings=lambda where: {"host": HOST, "port": int(where), "community": "labkeeper", "points": POINTS},
    open=_open,
)
