"""The pins of a machine, by gpiozero's pin factories; their errors become ours."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import entry_points
from typing import Protocol

from labkeeper_sdk import BadConfiguration, DeviceUnreachable

GROUP = "gpiozero_pin_factories"
USUAL = ("lgpio", "rpigpio", "native")  # gpiozero's own order, without the network's


class Pin(Protocol):
    """As much of gpiozero's Pin as is needed."""

    function: str
    pull: str
    state: float

    def output_with_state(self, state: float) -> None: ...
    def close(self) -> None: ...


class Pins(Protocol):
    """As much of gpiozero's Factory as is needed."""

    def pin(self, name: str) -> Pin: ...
    def close(self) -> None: ...


@contextmanager
def reached() -> Iterator[None]:
    """Let whatever the pins raise be DeviceUnreachable; a pin that does not exist is the settings' fault."""
    from gpiozero.exc import PinError, PinInvalidPin  # noqa: PLC0415 -- needs the extra

    try:
        yield
    except PinInvalidPin as error:
        raise BadConfiguration("points", str(error)) from error
    except (PinError, OSError) as error:
        raise DeviceUnreachable(f"the pins: {error}") from error


async def open_pins(factory: str) -> Pins:
    """Return the pins of a factory, `NAME` or `NAME:WHERE`; without a name the first that works here.

    Raises BadConfiguration for a name nobody has, DeviceUnreachable where there are no pins.
    """
    name, _, where = factory.partition(":")
    if not name:
        return await asyncio.to_thread(_first)
    makers = [it for it in entry_points(group=GROUP) if it.name == name]
    if not makers:
        raise BadConfiguration("factory", f"gpiozero has no pin factory {name!r}")

    def make() -> Pins:
        maker: Callable[..., Pins] = makers[0].load()
        with reached():
            return maker(where) if where else maker()

    try:
        return await asyncio.to_thread(make)
    except ImportError as error:
        raise DeviceUnreachable(f"the pin factory {name} needs {error.name}, which is not here") from error


def _first() -> Pins:
    made = {it.name: it for it in entry_points(group=GROUP)}
    for name in USUAL:
        # a factory whose library is missing, or that finds no chip: the next may
        with suppress(ImportError, DeviceUnreachable, KeyError), reached():
            pins: Pins = made[name].load()()
            return pins
    raise DeviceUnreachable(f"this machine has no GPIO pins that {', '.join(USUAL)} can drive")
