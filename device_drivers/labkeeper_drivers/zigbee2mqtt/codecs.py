"""Between Zigbee2MQTT's JSON values and point values; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import orjson

from labkeeper_drivers.documents import number_of, text_of
from labkeeper_sdk import BadReading, CommandRejected, Value


class Codec(Protocol):
    """Reads and writes the JSON value of one point."""

    def decode(self, raw: object) -> Value:
        """Return the value; raises BadReading wrong_type, not_finite or unknown_value."""

    def encode(self, value: Value) -> object:
        """Return the JSON value that asks for `value`."""


@dataclass(frozen=True, slots=True)
class Number:
    """A JSON number."""

    def decode(self, raw: object) -> float:
        return number_of(raw)

    def encode(self, value: Value) -> object:
        return int(value) if isinstance(value, float) and value.is_integer() else value


@dataclass(frozen=True, slots=True)
class OnOff:
    """Two JSON values of any type, one of which means true."""

    on: object
    off: object

    def decode(self, raw: object) -> bool:
        if same(raw, self.on):
            return True
        if same(raw, self.off):
            return False
        raise BadReading("unknown_value", f"neither {self.on!r} nor {self.off!r}")

    def encode(self, value: Value) -> object:
        return self.on if value else self.off


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of several JSON values, each with a name."""

    values: Mapping[str, object]

    def decode(self, raw: object) -> str:
        for name, value in self.values.items():
            if same(raw, value):
                return name
        raise BadReading("unknown_value", "not one of the values the device declared")

    def encode(self, value: Value) -> object:
        return self.values.get(str(value), value)


@dataclass(frozen=True, slots=True)
class Text:
    """A JSON string."""

    def decode(self, raw: object) -> str:
        return text_of(raw)

    def encode(self, value: Value) -> object:
        return value


@dataclass(frozen=True, slots=True)
class JsonText:
    """A JSON array, kept as its text."""

    def decode(self, raw: object) -> str:
        if not isinstance(raw, list):
            raise BadReading("wrong_type", f"{type(raw).__name__} where a list belongs")
        return orjson.dumps(raw).decode()

    def encode(self, value: Value) -> object:
        try:
            wanted = orjson.loads(str(value))
        except orjson.JSONDecodeError:
            raise CommandRejected("wrong_type", "a list is asked for as JSON, such as [1, 2]") from None
        if not isinstance(wanted, list):
            raise CommandRejected("wrong_type", "a list is asked for as JSON, such as [1, 2]")
        return wanted


@dataclass(frozen=True, slots=True)
class Named:
    """Numbers asked for by their names; what is read back is another point's."""

    values: Mapping[str, float]

    def decode(self, raw: object) -> str:
        raise BadReading("unknown_value", f"{type(raw).__name__} where nothing is read")

    def encode(self, value: Value) -> object:
        return Number().encode(self.values[str(value)])


def same(one: object, other: object) -> bool:
    """Equal as JSON values are: true is not 1, but 1 is 1.0."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return one == other
