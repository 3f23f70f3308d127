"""Cameras behind Frigate: counts, zones and events, never an image. Reference: docs/reference/drivers/frigate.md."""

from labkeeper_drivers.frigate.gateway import FrigateConfiguration, connect
from labkeeper_sdk import Driver, Title, hookimpl


@hookimpl
def labkeeper_driver() -> Driver:
    return Driver(
        name="frigate",
        configuration=FrigateConfiguration,
        connect=connect,
        title=Title(zh="AI 摄像头（Frigate）", en="AI cameras (Frigate)"),
    )
