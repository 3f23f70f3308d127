"""Tello drones by their text SDK. Reference: docs/reference/drivers/tello.md."""

from labkeeper_drivers.tello.device import TelloConfiguration, claimed, connect
from labkeeper_sdk import Driver, Title, hookimpl


@hookimpl
def labkeeper_driver() -> Driver:
    return Driver(
        name="tello",
        configuration=TelloConfiguration,
        connect=connect,
        title=Title(zh="Tello 无人机", en="Tello drone"),
        resources=claimed,
    )
