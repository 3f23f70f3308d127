"""ROS 2 robots behind a rosbridge server. Reference: docs/reference/drivers/rosbridge.md."""

from labkeeper_drivers.rosbridge.device import connect
from labkeeper_drivers.rosbridge.settings import RosbridgeConfiguration
from labkeeper_sdk import Driver, Title, hookimpl


@hookimpl
def labkeeper_driver() -> Driver:
    return Driver(
        name="rosbridge",
        configuration=RosbridgeConfiguration,
        connect=connect,
        title=Title(zh="ROS 机器人（rosbridge）", en="ROS robot (rosbridge)"),
    )
