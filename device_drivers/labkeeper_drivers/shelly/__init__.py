"""Shelly devices of the second generation and later. Reference: docs/reference/drivers/shelly.md."""

from labkeeper_drivers.shelly.gateway import ShellyConfiguration, connect
from labkeeper_sdk import Driver, Title, hookimpl


@hookimpl
def labkeeper_driver() -> Driver:
    return Driver(
        name="shelly",
        configuration=ShellyConfiguration,
        connect=connect,
        title=Title(zh="Shelly 设备（第二代起）", en="Shelly devices (Gen2 and later)"),
    )
