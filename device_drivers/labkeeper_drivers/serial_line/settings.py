"""What a school writes about a board: its port, how its lines look, what is in them."""

import re
from collections.abc import Iterator
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from labkeeper_drivers.declared import DeclaredPoint
from labkeeper_sdk import Resource, Title, form

PLACE = re.compile(r"\{([^{}]*)\}")


class LinePoint(DeclaredPoint):
    """A point of the board; `command` is the line that sets it, without its end, with `{value}` in it."""

    command: str = ""
    on: str = "1"
    off: str = "0"


class SerialLineConfiguration(BaseModel):
    """Where the board is, and what it says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str = Field(
        min_length=1,
        description="the serial port; /dev/serial/by-id/… stays the same whichever socket is used",
        json_schema_extra=form(Title(zh="串口", en="Serial port")),
    )
    baudrate: int = Field(
        115_200, ge=300, description="bits per second", json_schema_extra=form(Title(zh="波特率", en="Baud rate"))
    )
    templates: tuple[str, ...] = Field(
        (),
        description="how lines look, {point} where a value is; without any, each line is a JSON object",
        json_schema_extra=form(Title(zh="行模板", en="Templates")),
    )
    hello: str = Field(
        "",
        description="a line to say when the port has been opened, so that the board tells how it stands",
        json_schema_extra=form(Title(zh="打开后发送", en="Say at opening")),
    )
    silent_s: float = Field(
        0.0,
        ge=0,
        description="after so long without a line the board counts as gone; 0: it may be silent",
        json_schema_extra=form(Title(zh="静默时限（秒）", en="Silence allowed (s)")),
    )
    points: dict[str, LinePoint] = Field(
        description="the points, by name", json_schema_extra=form(Title(zh="测点", en="Points"))
    )

    @model_validator(mode="after")
    def _known(self) -> Self:
        for name, point in self.points.items():
            point.point(name)
        for template in self.templates:
            for name in PLACE.findall(template):
                if name not in self.points:
                    raise ValueError(f"templates: {template!r} names {name!r}, which is no point")
        return self


def claimed(configuration: SerialLineConfiguration) -> Iterator[Resource]:
    """Yield the serial port: one instance each."""
    yield Resource("serial port", configuration.path, "path")
