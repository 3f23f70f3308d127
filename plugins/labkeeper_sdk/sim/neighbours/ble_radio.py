"""Bleak's client backend over TCP: a radio on which the simulated bands are, each at the port its address ends in."""

import asyncio
from typing import Any

from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import BleakError

from labkeeper_sdk.sim.neighbours.neighbour import HOST

HEART_RATE, MEASUREMENT = "0000180d-0000-1000-8000-00805f9b34fb", "00002a37-0000-1000-8000-00805f9b34fb"
POWER, BATTERY = "0000180f-0000-1000-8000-00805f9b34fb", "00002a19-0000-1000-8000-00805f9b34fb"
SMALLEST_MTU = 23


class SimulatedRadio(BaseBleakClient):
    """A client of one band. What a band has not, is not simulated: nobody writes to one, nobody pairs with one."""

    _writer: asyncio.StreamWriter | None = None
    _notifying: asyncio.Task[None] | None = None

    @property
    def name(self) -> str:
        """Return what the band calls itself."""
        return "Simulated band"

    @property
    def mtu_size(self) -> int:
        """Return the smallest there is."""
        return SMALLEST_MTU

    @property
    def is_connected(self) -> bool:
        """Whether it is there."""
        return self._writer is not None and not self._writer.is_closing()

    async def connect(self, pair: bool, **_: Any) -> None:  # noqa: ARG002, FBT001, ANN401 -- bleak's
        """Connect; the band's first line is its charge."""
        port = int(self.address.replace(":", "")[-4:], 16)
        self._reader, self._writer = await asyncio.open_connection(HOST, port)
        try:
            self._charge = bytes.fromhex((await self._reader.readline()).decode())
        except ValueError as error:
            raise BleakError(f"the band says no charge: {error}") from error
        self.services = _services()

    async def disconnect(self) -> None:
        """Hang up."""
        if self._notifying is not None:
            self._notifying.cancel()
            await asyncio.gather(self._notifying, return_exceptions=True)
        if self._writer is not None:
            self._writer.close()

    async def start_notify(self, characteristic: BleakGATTCharacteristic, callback: NotifyCallback, **_: Any) -> None:  # noqa: ANN401, ARG002 -- bleak's
        """Call back for each measurement."""
        self._notifying = asyncio.create_task(self._notify(callback), name="band notifies")

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:  # noqa: ARG002 -- bleak's
        """Call back no more."""
        if self._notifying is not None:
            self._notifying.cancel()

    async def read_gatt_char(self, characteristic: BleakGATTCharacteristic, **_: Any) -> bytearray:  # noqa: ANN401, ARG002 -- bleak's
        """Return the charge."""
        return bytearray(self._charge)

    async def pair(self, *_: Any, **__: Any) -> None:  # noqa: ANN401 -- bleak's
        """Refuse."""
        raise BleakError("a band does not pair")

    async def unpair(self) -> None:
        """Refuse."""
        raise BleakError("a band does not pair")

    async def read_gatt_descriptor(self, descriptor: BleakGATTDescriptor, **_: Any) -> bytearray:  # noqa: ANN401 -- bleak's
        """Refuse."""
        raise BleakError(f"a band has no {descriptor}")

    async def write_gatt_char(self, characteristic: BleakGATTCharacteristic, data: Any, response: bool) -> None:  # noqa: ANN401, ARG002, FBT001 -- bleak's
        """Refuse."""
        raise BleakError("nobody writes to a band")

    async def write_gatt_descriptor(self, descriptor: BleakGATTDescriptor, data: Any) -> None:  # noqa: ANN401, ARG002 -- bleak's
        """Refuse."""
        raise BleakError("nobody writes to a band")

    async def _notify(self, callback: NotifyCallback) -> None:
        try:
            while line := await self._reader.readline():
                try:
                    callback(bytearray.fromhex(line.decode(errors="replace")))
                except ValueError:  # spoilt on the way: on the air too, such a frame does not arrive
                    continue
        except (OSError, ValueError):
            pass
        if self._disconnected_callback is not None:
            self._disconnected_callback()


def _services() -> BleakGATTServiceCollection:
    found = BleakGATTServiceCollection()
    for handle, (service_uuid, uuid) in enumerate(((HEART_RATE, MEASUREMENT), (POWER, BATTERY))):
        service = BleakGATTService(None, 16 * handle + 1, service_uuid)
        found.add_service(service)
        found.add_characteristic(
            BleakGATTCharacteristic(None, 16 * handle + 2, uuid, ["read", "notify"], lambda: SMALLEST_MTU - 3, service)
        )
    return found
