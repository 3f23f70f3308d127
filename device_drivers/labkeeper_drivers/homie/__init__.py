"""Devices that speak the Homie convention, version 5. Reference: docs/reference/drivers/homie.md."""

from labkeeper_drivers.homie.gateway import HomieConfiguration, connect
from labkeeper_sdk import Driver, Title, hookimpl


@hookimpl
def labkeeper_driver() -> Driver:
    return Driver(
        name="homie",
        configuration=HomieConfiguration,
        connect=connect,
        title=Title(zh="Homie 设备", en="Homie devices"),
    )
