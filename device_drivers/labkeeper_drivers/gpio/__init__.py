"""Relays, buttons and lamps at the pins of a Raspberry Pi. Reference: docs/reference/drivers/gpio.md."""

from labkeeper_drivers.gpio.device import connect
from labkeeper_drivers.gpio.settings import GpioConfiguration, claimed
from labkeeper_sdk import Driver, Title, hookimpl


@hookimpl
def labkeeper_driver() -> Driver:
    return Driver(
        name="gpio",
        configuration=GpioConfiguration,
        connect=connect,
        title=Title(zh="GPIO 引脚（继电器、按钮、指示灯）", en="GPIO pins (relays, buttons, lamps)"),
        resources=claimed,
    )
