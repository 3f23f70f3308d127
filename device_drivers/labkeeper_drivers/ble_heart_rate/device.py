"""The driver of a heart rate band: known by its number; no log and no page says whose it is, or its address."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from labkeeper_drivers.ble_heart_rate import gatt
from labkeeper_drivers.extras import need
from labkeeper_drivers.telling import Telling
from labkeeper_sdk import InstanceNames, Point, Reading, Resource, Services, Title, form

if TYPE_CHECKING:
    from labkeeper_drivers.ble_heart_rate.band import Band


NAMES = InstanceNames(r"(band|pe|hr|手环)?-?[0-9]{1,4}", "band-7")  # a number: no child's name becomes a topic


class HeartRateConfiguration(BaseModel):
    """Which band it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    band: int = Field(
        ge=1,
        le=999,
        description="the number written on the band, which is all that anybody sees of it",
        json_schema_extra=form(Title(zh="手环编号", en="Band number")),
    )
    address: str = Field(
        pattern=r"^([0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})$",
        description="its Bluetooth address (on macOS its UUID)",
        json_schema_extra=form(Title(zh="蓝牙地址", en="Bluetooth address")),
    )
    radio: str = Field(
        "",
        description="another radio than the system's own Bluetooth, by its name",
        json_schema_extra=form(Title(zh="蓝牙适配", en="Radio")),
    )


def claimed(configuration: HeartRateConfiguration) -> Iterator[Resource]:
    """Yield the band, by both of its names."""
    yield Resource("band number", str(configuration.band), "band")
    yield Resource("Bluetooth device", configuration.address.upper(), "address")


@dataclass(slots=True)
class HeartRateBand:
    """A band that tells a heart's rate."""

    points: ClassVar[Sequence[Point]] = gatt.POINTS
    band: "Band"
    battery: bytes
    telling: Telling

    async def changes(self) -> AsyncIterator[Sequence[Reading]]:
        """Yield what each measurement says; too much nonsense in a row ends the connection."""
        async for readings in self.telling.readings(self._said(), self._understood):
            yield readings

    async def _said(self) -> AsyncIterator[tuple[bool, bytes]]:
        if self.battery:
            yield True, self.battery
        async for data in self.band.measurements():
            yield False, data

    def _understood(self, said: tuple[bool, bytes]) -> Sequence[Reading]:
        is_battery, data = said
        return gatt.charged(data) if is_battery else gatt.measured(data)


@asynccontextmanager
async def connect(configuration: HeartRateConfiguration, services: Services) -> AsyncIterator[HeartRateBand]:  # noqa: ARG001 -- the protocol's
    """Find the band and listen to it."""
    await need("ble", "bleak")
    from labkeeper_drivers.ble_heart_rate.band import open_band, radio  # noqa: PLC0415 -- needs the extra

    name = f"band {configuration.band}"
    async with open_band(name, configuration.address, radio(configuration.radio)) as band:
        yield HeartRateBand(band, await band.battery(), Telling(name))
