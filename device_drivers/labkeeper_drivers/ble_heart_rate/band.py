"""A band on the air, by bleak: what it notifies, until it is gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import entry_points

from bleak import BleakClient, BleakScanner
from bleak.backends.client import BaseBleakClient
from bleak.backends.device import BLEDevice
from bleak.exc import BleakError

from labkeeper_drivers.ble_heart_rate.gatt import BATTERY, MEASUREMENT, SERVICE
from labkeeper_sdk import BadConfiguration, DeviceUnreachable, reaching

GROUP = "labkeeper.ble_radios"
FIND_S = 10.0
CONNECT_S = 15.0
SILENT_S = 5.0  # bands notify once a second
WAITING = 16


@dataclass(slots=True)
class Band:
    """A band that is connected. The newest measurements only are kept where nobody fetches them."""

    name: str
    client: BleakClient
    heard: "asyncio.Queue[bytes | None]" = field(default_factory=lambda: asyncio.Queue(WAITING))

    async def measurements(self) -> AsyncIterator[bytes]:
        """Yield each measurement. Raises DeviceUnreachable when the band is gone or silent."""
        while True:
            async with reaching(self.name, SILENT_S):
                data = await self.heard.get()
            if data is None:
                raise DeviceUnreachable(f"{self.name} is gone")
            yield data

    async def battery(self) -> bytes:
        """Return the battery level, nothing where the band does not tell it. Raises DeviceUnreachable."""
        if self.client.services.get_characteristic(BATTERY) is None:
            return b""
        async with _bluetooth(self.name, CONNECT_S):
            return bytes(await self.client.read_gatt_char(BATTERY))

    def put(self, data: bytes | None) -> None:
        """Keep a measurement; None says that the band is gone."""
        if self.heard.full():
            self.heard.get_nowait()
        self.heard.put_nowait(data)


def radio(name: str) -> type[BaseBleakClient] | None:
    """Return bleak's backend of this name, None for the system's own Bluetooth; raises BadConfiguration."""
    if not name:
        return None
    for maker in entry_points(group=GROUP, name=name):
        backend: type[BaseBleakClient] = maker.load()
        return backend
    raise BadConfiguration("radio", f"there is no radio {name!r}")


@asynccontextmanager
async def open_band(name: str, address: str, on: type[BaseBleakClient] | None) -> AsyncIterator[Band]:
    """Find a band, connect and have it notify. Raises DeviceUnreachable."""
    device = address if on is not None else await _found(name, address)
    band: Band
    client = BleakClient(device, disconnected_callback=lambda _: band.put(None), services=[SERVICE, "180f"], backend=on)
    band = Band(name, client)
    try:
        async with _bluetooth(name, CONNECT_S):
            await client.connect()
            await client.start_notify(MEASUREMENT, lambda _, data: band.put(bytes(data)))
        yield band
    finally:
        with suppress(BleakError, OSError, EOFError, TimeoutError):
            async with asyncio.timeout(CONNECT_S):
                await client.disconnect()


async def _found(name: str, address: str) -> BLEDevice:
    async with _bluetooth(name, FIND_S + 1):
        device = await BleakScanner.find_device_by_address(address, timeout=FIND_S)
    if device is None:
        raise DeviceUnreachable(f"{name} is not within reach")
    return device


@asynccontextmanager
async def _bluetooth(name: str, within_s: float) -> AsyncIterator[None]:
    async with reaching(name, within_s):
        try:
            yield
        except BleakError as error:
            raise DeviceUnreachable(f"{name}: {error}") from error
