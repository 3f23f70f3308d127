"""The GPIO driver: outputs that say what they stand at, contacts that are looked at fifty times a second.

Looking needs no thread and no edge that could be missed, and a press of a hand lasts several looks.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field

from labkeeper_drivers.extras import need
from labkeeper_drivers.gpio.pins import Pin, Pins, open_pins, reached
from labkeeper_drivers.gpio.settings import GpioConfiguration, GpioPoint
from labkeeper_sdk import CommandFailed, Point, Reading, Services, Value

LOOK_EVERY_S = 0.02


@dataclass(slots=True)
class Contact:
    """A contact, debounced: it is what it has been for `bounce_s`."""

    declared: GpioPoint
    pin: Pin
    said: bool | None = None
    _other_since_s: float | None = None

    def look(self, now_s: float) -> bool | None:
        """Return the contact's new state, None where it has not changed."""
        pressed = self.declared.pressed(bool(self.pin.state))
        if pressed == self.said:
            self._other_since_s = None
            return None
        if self._other_since_s is None:
            self._other_since_s = now_s
        if self.said is not None and now_s - self._other_since_s < self.declared.bounce_s:
            return None
        self.said, self._other_since_s = pressed, None
        return pressed


@dataclass(slots=True)
class Output:
    """A relay or a lamp, or lamps of which one is lit, each pin by its word; a word without a pin is dark."""

    declared: GpioPoint
    pins: Mapping[Value, Pin]

    def drive(self, value: Value) -> None:
        """Set the pins: first what goes dark, then what is lit."""
        for word, pin in sorted(self.pins.items(), key=lambda it: it[0] == value):
            pin.state = self._level(lit=word == value)

    def open(self) -> None:
        """Make the pins outputs that stand at the safe value from their first moment."""
        for word, pin in self.pins.items():
            pin.output_with_state(self._level(lit=word == self.declared.safe_value))

    def stands(self) -> Value | None:
        """Return the value the pins stand at, None between two."""
        lit = [word for word, pin in self.pins.items() if bool(pin.state) != self.declared.inverted]
        if self.declared.kind == "switch":
            return bool(lit)
        dark = [word for word in self.declared.options if word not in self.pins]
        return next(iter((*lit, *(dark if not lit else ()))), None) if len(lit) <= 1 else None

    def _level(self, *, lit: bool) -> int:
        return int(lit != self.declared.inverted)


@dataclass(slots=True)
class Board:
    """What hangs on the pins."""

    points: Sequence[Point]
    contacts: Mapping[str, Contact]
    outputs: Mapping[str, Output]
    _told: dict[str, Value] = field(default_factory=dict)

    async def changes(self) -> AsyncIterator[Sequence[Reading]]:
        """Yield what has changed at each look. Raises DeviceUnreachable when the pins are gone."""
        clock = asyncio.get_running_loop().time
        while True:
            with reached():
                readings = self._look(clock())
            if readings:
                yield readings
            await asyncio.sleep(LOOK_EVERY_S)

    async def write(self, point: str, value: Value) -> None:
        """Set the pins and read them back."""
        output = self.outputs[point]
        try:
            async with asyncio.timeout(output.declared.confirm_s):
                with reached():
                    output.drive(value)
                await self._reads_back(output, value)
        except TimeoutError:
            raise CommandFailed("not_confirmed", f"{point} does not read back as {value}") from None

    async def _reads_back(self, output: Output, value: Value) -> None:
        while True:
            with reached():
                if output.stands() == value:
                    return
            await asyncio.sleep(LOOK_EVERY_S)

    def _look(self, now_s: float) -> list[Reading]:
        found = {name: contact.look(now_s) for name, contact in self.contacts.items()}
        stands = {name: output.stands() for name, output in self.outputs.items()}
        new = {name: value for name, value in stands.items() if value is not None and value != self._told.get(name)}
        self._told.update(new)
        pressed = {name: value for name, value in found.items() if value is not None}
        return [Reading(name, value) for name, value in {**pressed, **new}.items()]


@asynccontextmanager
async def connect(configuration: GpioConfiguration, services: Services) -> AsyncIterator[Board]:  # noqa: ARG001 -- the protocol's
    """Take the pins, outputs at their safe values; leaving gives them back."""
    await need("gpio", "gpiozero.exc")
    pins = await open_pins(configuration.factory)
    with ExitStack() as stack:
        stack.callback(pins.close)
        with reached():
            board = _board(configuration, pins, stack)
        yield board


def _board(configuration: GpioConfiguration, pins: Pins, stack: ExitStack) -> Board:
    def take(number: int) -> Pin:
        pin = pins.pin(f"GPIO{number}")
        stack.callback(pin.close)
        return pin

    declared = configuration.points
    contacts = {name: _contact(it, take(it.used[0])) for name, it in declared.items() if it.kind == "state"}
    outputs = {name: _output(it, [*map(take, it.used)]) for name, it in declared.items() if it.is_actuator}
    return Board([it.point(name) for name, it in declared.items()], contacts, outputs)


def _contact(declared: GpioPoint, pin: Pin) -> Contact:
    pin.function = "input"
    pin.pull = declared.pull
    return Contact(declared, pin)


def _output(declared: GpioPoint, pins: Sequence[Pin]) -> Output:
    words: Sequence[Value] = [*declared.pins] if declared.pins else [True]
    output = Output(declared, dict(zip(words, pins, strict=True)))
    output.open()
    return output
