"""Opening a serial port; its errors become DeviceUnreachable. Needs serialx."""

import asyncio
from typing import Literal

import serialx

from labkeeper_sdk import DeviceUnreachable, reaching

PARITIES = {"none": serialx.Parity.NONE, "even": serialx.Parity.EVEN, "odd": serialx.Parity.ODD}
TROUBLE: tuple[type[Exception], ...] = (OSError, serialx.SerialException)  # what a port that goes away raises


async def open_port(
    path: str, baudrate: int, parity: Literal["none", "even", "odd"] = "none", within_s: float = 5.0
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a port; raises DeviceUnreachable where nothing is plugged in."""
    try:
        async with reaching(path, within_s):
            return await serialx.open_serial_connection(path, baudrate=baudrate, parity=PARITIES[parity])
    except serialx.SerialException as error:
        raise DeviceUnreachable(f"{path}: {error}") from error
