"""An air handling unit with an energy meter, in Modbus TCP and RTU."""

import asyncio
import struct
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from labkeeper_sdk.sim.guests.guest import wave
from labkeeper_sdk.sim.neighbours.neighbour import HOST, Neighbour, listen
from labkeeper_sdk.testing.modbus import (
    BAD_ADDRESS,
    BAD_FUNCTION,
    BAD_VALUE,
    ON,
    exception,
    talk_modbus,
    talk_modbus_rtu,
)

TARGET, FAN, RELAY = 100, 101, 0
NAMES = {("holding", TARGET): "target", ("holding", FAN): "fan", ("coil", RELAY): "boiler"}
UNIT = 1
MAP: dict[str, dict[str, Any]] = {
    "voltage": {"kind": "measure", "unit": "V", "table": "input", "address": 0, "encoding": "f32", "zh": "电压",
                "en": "Voltage"},
    "power": {"kind": "measure", "unit": "W", "table": "input", "address": 2, "encoding": "f32", "zh": "功率",
              "en": "Power"},
    "energy": {"kind": "measure", "unit": "kW.h", "table": "input", "address": 4, "encoding": "u32", "scale": 0.01,
               "zh": "电能", "en": "Energy"},
    "supply-air": {"kind": "measure", "unit": "Cel", "table": "input", "address": 10, "encoding": "i16", "scale": 0.1,
                   "zh": "送风温度", "en": "Supply air"},
    "filter-dirty": {"kind": "state", "table": "discrete", "address": 0, "zh": "滤网脏", "en": "Filter dirty"},
    "target": {"kind": "setpoint", "unit": "Cel", "minimum": 5, "maximum": 30, "step": 0.1, "safe_value": 18.0,
               "table": "holding", "address": TARGET, "encoding": "i16", "scale": 0.1, "link_loss_s": 30.0,
               "zh": "设定温度", "en": "Target"},
    "fan": {"kind": "setpoint", "type": "int", "unit": "%", "minimum": 0, "maximum": 100, "safe_value": 20,
            "table": "holding", "address": FAN, "link_loss_s": 30.0, "zh": "风机", "en": "Fan"},
    "boiler": {"kind": "switch", "table": "coil", "address": RELAY, "safe_value": False, "risk": "heat",
               "link_loss_s": 10.0, "zh": "加热", "en": "Boiler"},
}  # fmt: skip


@dataclass(slots=True)
class SimulatedUnit:
    """Unit 1. `orders` are the names of what was written."""

    holding: dict[int, int] = field(default_factory=lambda: {TARGET: 200, FAN: 30})
    coils: dict[int, bool] = field(default_factory=lambda: {RELAY: False})
    orders: list[str] = field(default_factory=list)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak Modbus TCP with one caller."""
        await talk_modbus({UNIT: self})(reader, writer)

    async def talk_rtu(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak Modbus RTU."""
        await talk_modbus_rtu({UNIT: self})(reader, writer)

    def answer(self, request: bytes) -> bytes:
        """Return the answer to a request, both without their frames."""
        function = request[0]
        reads: dict[int, Callable[[int], int | None]] = {
            1: self.coils.get, 2: lambda at: 0 if at == 0 else None,
            3: lambda at: self.holding.get(at, 0 if at <= TARGET + 20 else None), 4: self._input,
        }  # fmt: skip
        if function in reads:
            return self._read(function, request, reads[function])
        if function in (5, 6):
            return self._write_one(function, request)
        return exception(function, BAD_FUNCTION)

    def truth(self, _device: str, point: str) -> float | bool | None:
        """Return where an actuator stands."""
        target, fan = self.holding[TARGET] / 10, self.holding[FAN]
        return {"target": target, "fan": fan, "boiler": self.coils[RELAY]}.get(point)

    def _read(self, function: int, request: bytes, value: Callable[[int], int | None]) -> bytes:
        address, count = struct.unpack(">HH", request[1:5])
        found = [value(address + step) for step in range(count)]
        if None in found:
            return exception(function, BAD_ADDRESS)
        known = [int(one or 0) for one in found]
        if function in (1, 2):
            packed = sum(bit << place for place, bit in enumerate(known)).to_bytes((count + 7) // 8, "little")
        else:
            packed = struct.pack(f">{count}H", *known)
        return bytes([function, len(packed)]) + packed

    def _write_one(self, function: int, request: bytes) -> bytes:
        address, value = struct.unpack(">HH", request[1:5])
        name = NAMES.get(("coil" if function == 5 else "holding", address))  # noqa: PLR2004 -- write single coil
        if name is None:
            return exception(function, BAD_ADDRESS)
        if name == "target" and not 50 <= value <= 300:  # noqa: PLR2004 -- tenths of a degree
            return exception(function, BAD_VALUE)
        self.orders.append(name)
        if name == "boiler":
            self.coils[RELAY] = value == ON
        else:
            self.holding[address] = value
        return request[:5]

    def _input(self, address: int) -> int | None:
        now_s = asyncio.get_running_loop().time()
        power = wave(now_s, 60, 300, 900) + (1500.0 if self.coils[RELAY] else 0.0)
        electric = struct.unpack(">6H", struct.pack(">ffI", 230.5, power, 1_204_533))
        if address < len(electric):
            return int(electric[address])
        if address == 10:  # noqa: PLR2004 -- the map above
            return self.holding[TARGET] - 5
        return 0 if address < 20 else None  # noqa: PLR2004 -- so many there are


def _open(where: str) -> AbstractAsyncContextManager[None]:
    return listen(SimulatedUnit().talk, where)


NEIGHBOUR = Neighbour(
    id="air-handling",
    title="新风机组",
    driver="modbus",
    place="tcp",
    settable=("target", "fan", "boiler"),
    settings=lambda where: {"host": HOST, "port": int(where), "registers": MAP},
    open=_open,
)
