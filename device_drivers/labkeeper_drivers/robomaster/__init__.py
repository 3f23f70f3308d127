"""RoboMaster robots by their plain-text SDK. Reference: docs/reference/drivers/robomaster.md."""

from labkeeper_drivers.robomaster.device import RobomasterConfiguration, connect
from labkeeper_sdk import Driver, Title, hookimpl


@hookimpl
def labkeeper_driver() -> Driver:
    return Driver(
        name="robomaster",
        configuration=RobomasterConfiguration,
        connect=connect,
        title=Title(zh="RoboMaster 机器人", en="RoboMaster robot"),
    )
