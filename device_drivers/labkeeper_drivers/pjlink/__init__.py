"""Projectors and displays that speak PJLink. Reference: docs/reference/drivers/pjlink.md."""

from labkeeper_drivers.pjlink.device import PjlinkConfiguration, connect
from labkeeper_sdk import Driver, Title, hookimpl


@hookimpl
def labkeeper_driver() -> Driver:
    return Driver(
        name="pjlink",
        configuration=PjlinkConfiguration,
        connect=connect,
        title=Title(zh="投影机（PJLink）", en="Projector (PJLink)"),
    )
