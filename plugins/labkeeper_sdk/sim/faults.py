"""Faults on demand: what can be wrong with a device, and the rubbish it may send."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, TypeVar, runtime_checkable

T = TypeVar("T")


class Fault(StrEnum):
    """What a device may be made to do; `none` makes it well again. `leak`, `open` and `press` happen around a
    healthy device.
    """

    NONE = "none"
    SILENT = "silent"
    STUCK = "stuck"
    GARBAGE = "garbage"
    REBOOT = "reboot"
    SLOW = "slow"
    LEAK = "leak"
    OPEN = "open"
    PRESS = "press"


@dataclass(slots=True)
class Health:
    """A device's fault and when it ends, on the monotonic clock; garbage is counted so that every kind has its turn."""

    fault: Fault = Fault.NONE
    ends_s: float | None = None
    rubbish_sent: int = 0

    def strike(self, fault: Fault, for_s: float | None) -> None:
        """Begin a fault that lasts `for_s` seconds, or until another is asked for."""
        self.fault = fault
        self.ends_s = None if for_s is None else time.monotonic() + for_s

    def now(self) -> Fault:
        """Return the present fault; one whose time is up has ended."""
        if self.ends_s is not None and time.monotonic() >= self.ends_s:
            self.strike(Fault.NONE, None)
        return self.fault

    @property
    def mute(self) -> bool:
        """Whether nothing comes out of the device and nothing goes in."""
        return self.now() in (Fault.SILENT, Fault.REBOOT)

    def rubbish(self, kinds: tuple[bytes, ...]) -> bytes:
        """Return the next kind of rubbish."""
        self.rubbish_sent += 1
        return kinds[(self.rubbish_sent - 1) % len(kinds)]


@runtime_checkable
class Upset(Protocol):
    """A device that measures something else while this happens around it."""

    def upset(self, fault: Fault) -> Mapping[str, Any]: ...


def upset(thing: object, values: Mapping[str, T], fault: Fault) -> Mapping[str, T]:
    """Return what a device measures while this happens around it; most notice nothing."""
    return {**values, **thing.upset(fault)} if isinstance(thing, Upset) else values


INVALID_UTF8 = b'{"temperature": "\xff\xfe\xc3\x28"}'
HUGE = b'{"temperature": "' + b"9" * 300_000 + b'"}'
DEEP = b"[" * 5_000 + b"]" * 5_000


def zigbee_rubbish(names: tuple[str, ...]) -> tuple[bytes, ...]:
    """Return what a broken bridge might publish for a device with these properties: no reading in it is good."""
    first = names[0].encode()
    return (
        b'{"' + first + b'": 21.5, "hum',
        b"{" + b", ".join(b'"%s": {"is": ["not", "a", "value"]}' % name.encode() for name in names) + b"}",
        b'{"' + first + b'": NaN}',
        b'{"' + first + b'": "NaN"}',
        b'{"' + first + b'": 1e999}',
        INVALID_UTF8,
        HUGE,
        DEEP,
        b"null",
        b"[]",
        b"\x00\x01\x02",
        b'{"' + first + b'": null}',
    )


HOMIE_RUBBISH = (
    b"NaN",
    b"Infinity",
    b"",
    b"twelve",
    b"1e999",
    b"\xff\xfe\xc3\x28",
    b"9" * 300_000,
    b"TRUE",
    b" 1",
    b"0x10",
)
