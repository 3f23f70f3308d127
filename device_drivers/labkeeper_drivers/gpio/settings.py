"""What a school writes about the pins: what hangs on which, and how it is wired."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from labkeeper_drivers.declared import DeclaredPoint
from labkeeper_drivers.gpio.pins import USUAL
from labkeeper_sdk import Point, Resource, Title, form

Pin = Annotated[int, Field(ge=0, le=27)]  # BCM numbers of the 40-pin header


class GpioPoint(DeclaredPoint):
    """A relay or lamp (switch), a contact (state), or lamps of which one is lit (setpoint with options).

    `contact` says whether a contact is closed at rest; one that is ("normally_closed") reads as pressed where its wire
    is broken, and only such a one stops the school.
    """

    pin: Pin | None = None
    pins: dict[str, Pin] = Field(default_factory=dict)
    inverted: bool = False
    contact: Literal["normally_open", "normally_closed"] = "normally_open"
    pull: Literal["up", "down", "floating"] = "up"
    bounce_s: float = Field(default=0.02, ge=0, le=1)
    stops: bool = False

    def point(self, name: str) -> Point:
        """Return it as the SDK's noun, stop button or not."""
        return replace(super().point(name), stops=self.stops)

    @property
    def used(self) -> tuple[int, ...]:
        """Return the pins it hangs on."""
        return (*self.pins.values(), *(() if self.pin is None else (self.pin,)))

    @property
    def closed_level(self) -> bool:
        """Return the level of the pin while the contact is closed: it connects to what the pin is not pulled to."""
        return self.pull == "down"

    def pressed(self, level: bool) -> bool:  # noqa: FBT001 -- a level is a bool
        """Whether the contact is not at rest."""
        return (level == self.closed_level) is (self.contact == "normally_open")

    @model_validator(mode="after")
    def _wired(self) -> Self:
        if problem := _problem(self):
            raise ValueError(problem)
        return self


def _problem(it: GpioPoint) -> str:
    """Return what is wrong with a wiring, "" for nothing."""
    lamps = it.kind == "setpoint"
    wrong = {
        "a pin is a switch, a state, or a setpoint with options": it.kind not in ("switch", "state", "setpoint"),
        "a state of a pin is a bool": it.kind == "state" and it.type not in (None, "bool"),
        "a setpoint of pins has words to choose from, type = 'str' and options": lamps and not it.options,
        "pins names an option each": lamps and (not it.pins or not set(it.pins) <= set(it.options)),
        "a switch and a state have one pin": not lamps and (it.pin is None or bool(it.pins)),
        "a stop button is normally_closed and pulled: a broken wire must stop, not blind": it.stops
        and (it.contact != "normally_closed" or it.pull == "floating"),
    }
    return next((problem for problem, found in wrong.items() if found), "")


class GpioConfiguration(BaseModel):
    """What hangs on the pins of this machine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    factory: str = Field(
        "",
        description="gpiozero's pin factory, NAME or NAME:WHERE (`pigpio:192.168.1.5`); none: this machine's own pins",
        json_schema_extra=form(Title(zh="引脚来源", en="Pin factory")),
    )
    points: dict[str, GpioPoint] = Field(
        description="the points, by name", json_schema_extra=form(Title(zh="测点", en="Points"))
    )

    @model_validator(mode="after")
    def _apart(self) -> Self:
        owners: dict[int, str] = {}
        for name, point in self.points.items():
            point.point(name)
            for pin in point.used:
                if pin in owners:
                    raise ValueError(f"points: GPIO{pin} is both {owners[pin]}'s and {name}'s")
                owners[pin] = name
        return self


def claimed(configuration: GpioConfiguration) -> Iterator[Resource]:
    """Yield every pin: one instance each."""
    elsewhere = configuration.factory not in ("", *USUAL)  # those drive the same pins, this machine's own
    where = f" of {configuration.factory}" if elsewhere else ""
    for name, point in configuration.points.items():
        for pin in point.used:
            yield Resource("GPIO pin", f"GPIO{pin}{where}", f"points.{name}")
