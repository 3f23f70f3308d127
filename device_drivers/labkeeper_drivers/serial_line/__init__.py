"""Boards that talk in lines of text: micro:bit, Arduino, ESP32. Reference: docs/reference/drivers/serial_line.md."""

from labkeeper_drivers.serial_line.device import connect
from labkeeper_drivers.serial_line.settings import SerialLineConfiguration, claimed
from labkeeper_sdk import Driver, Title, hookimpl


@hookimpl
def labkeeper_driver() -> Driver:
    return Driver(
        name="serial_line",
        configuration=SerialLineConfiguration,
        connect=connect,
        title=Title(zh="串口设备（文本行）", en="Serial device (lines of text)"),
        resources=claimed,
    )
