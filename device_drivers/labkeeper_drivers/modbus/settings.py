"""What a school writes about a Modbus device: where it is, and its register map."""

import re
from collections.abc import Iterator
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from labkeeper_drivers.declared import DeclaredPoint
from labkeeper_sdk import Resource, Title, form

WORDS = {"u16": 1, "i16": 1, "u32": 2, "i32": 2, "u64": 4, "i64": 4, "f32": 2, "f64": 4}
WRITABLE = ("holding", "coil")
DEVICE = re.compile(r"[^/+#\s]{1,64}")  # what a device may be called on the wire


class Register(DeclaredPoint):
    """A point and where it is: `address` counts from 0, as on the wire."""

    table: Literal["holding", "input", "coil", "discrete"]
    address: int = Field(ge=0, le=65_535)
    encoding: Literal["u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64"] = "u16"
    word_order: Literal["big", "little"] = "big"
    scale: float = 1.0
    offset: float = 0.0

    @property
    def is_bit(self) -> bool:
        """Whether it is one bit and not a number."""
        return self.table in ("coil", "discrete")

    @property
    def length(self) -> int:
        """Return how many registers or bits it takes."""
        return 1 if self.is_bit else WORDS[self.encoding]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.is_actuator and self.table not in WRITABLE:
            raise ValueError(f"{self.table} registers cannot be written")
        if self.scale == 0:
            raise ValueError("scale: 0 would lose every value")
        if self.kind == "event" or self.type == "str":
            raise ValueError("a register is a number or a bit")
        if self.is_bit and self.kind not in ("state", "switch"):
            raise ValueError(f"a {self.table} is a state or a switch")
        if self.address + self.length > 65_536:  # noqa: PLR2004 -- the protocol's last address
            raise ValueError("address: beyond the last register")
        return self


class Unit(BaseModel):
    """One of several devices on a line: its address there, and its register map."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    unit: int = Field(ge=1, le=247)
    zh: str = ""
    en: str = ""
    registers: dict[str, Register]


class ModbusConfiguration(BaseModel):
    """Where the device is, and what its registers mean."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(
        "", description="address of a Modbus TCP device", json_schema_extra=form(Title(zh="地址", en="Address"))
    )
    port: int = Field(502, ge=1, le=65_535, description="its port", json_schema_extra=form(Title(zh="端口", en="Port")))
    path: str = Field(
        "",
        description="serial port of a Modbus RTU device, instead of host",
        json_schema_extra=form(Title(zh="串口", en="Serial port")),
    )
    baudrate: int = Field(
        9600, ge=300, description="bits per second", json_schema_extra=form(Title(zh="波特率", en="Baud rate"))
    )
    parity: Literal["none", "even", "odd"] = Field(
        "even",
        description="the standard's default is even",
        json_schema_extra=form(Title(zh="校验位", en="Parity")),
    )
    unit: int = Field(
        1, ge=0, le=247, description="the device's unit id", json_schema_extra=form(Title(zh="站号", en="Unit id"))
    )
    timeout_s: float = Field(
        1.0,
        gt=0,
        le=10,
        description="how long the device may take to answer",
        json_schema_extra=form(Title(zh="超时（秒）", en="Time-out (s)")),
    )
    widest_gap: int = Field(
        8,
        ge=0,
        le=100,
        description="registers nobody asked for that a block may read along",
        json_schema_extra=form(Title(zh="合并间隔", en="Widest gap in a block")),
    )
    registers: dict[str, Register] = Field(
        {}, description="the points, by name", json_schema_extra=form(Title(zh="寄存器表", en="Register map"))
    )
    units: dict[str, Unit] = Field(
        {},
        description="several devices on one line, by the name each is to have, instead of unit and registers",
        json_schema_extra=form(Title(zh="同一线路上的设备", en="Devices on one line")),
    )
    every_s: float = Field(
        1.0,
        gt=0,
        description="how often the devices of units are asked",
        json_schema_extra=form(Title(zh="轮询间隔（秒）", en="Asked every (s)")),
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.host) == bool(self.path):
            raise ValueError("say either host or path")
        if bool(self.units) == bool({"registers", "unit"} & self.model_fields_set):
            raise ValueError("say either registers, or units with their registers")
        self._told_apart()
        for registers in (self.registers, *(one.registers for one in self.units.values())):
            for name, register in registers.items():
                register.point(name)
        return self

    def _told_apart(self) -> None:
        taken: dict[int, str] = {}
        for name, one in self.units.items():
            if not DEVICE.fullmatch(name):
                raise ValueError(f"{name!r} is no name for a device: no space, /, + or #")
            if taken.setdefault(one.unit, name) != name:
                raise ValueError(f"{taken[one.unit]} and {name} are both unit {one.unit}")


def claimed(configuration: ModbusConfiguration) -> Iterator[Resource]:
    """Yield the serial port: one instance each."""
    if configuration.path:
        yield Resource("serial port", configuration.path, "path")
