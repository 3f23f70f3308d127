"""A heart rate band. What would go through the air goes over TCP: a line for each notification, hexadecimal.

A driver reaches it by the simulated radio, which knows it by an address that ends in its port.
"""

import asyncio
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from labkeeper_sdk.sim.guests.guest import wave
from labkeeper_sdk.sim.neighbours.neighbour import Neighbour, listen

RADIO = "labkeeper-simulated"
ON_THE_SKIN = 0x06
CHARGE = 87


@dataclass(slots=True)
class SimulatedBand:
    """A band on an arm that walks and runs."""

    every_s: float = 1.0
    charge: int = CHARGE

    async def talk(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Tell the battery's charge, then notify for ever."""
        writer.write(f"{bytes([self.charge]).hex()}\n".encode())
        while True:
            writer.write(f"{self.measurement(asyncio.get_running_loop().time()).hex()}\n".encode())
            await writer.drain()
            await asyncio.sleep(self.every_s)

    def measurement(self, now_s: float) -> bytes:
        """Return a Heart Rate Measurement."""
        return bytes([ON_THE_SKIN, round(wave(now_s, 90, 85, 165))])


def address_of(port: int) -> str:
    """Return the simulated address of a band at this port."""
    return f"00:00:00:00:{port >> 8:02X}:{port & 0xFF:02X}"


def _open(where: str) -> AbstractAsyncContextManager[None]:
    return listen(SimulatedBand().talk, where)


NEIGHBOUR = Neighbour(
    id="band-7",
    title="心率手环 7 号",
    driver="ble_heart_rate",
    place="tcp",
    settable=(),
    settings=lambda where: {"band": 7, "address": address_of(int(where)), "radio": RADIO},
    open=_open,
)
