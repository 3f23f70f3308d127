"""Heart rate bands by Bluetooth LE, known by their numbers. Reference: docs/reference/drivers/ble_heart_rate.md."""

from labkeeper_drivers.ble_heart_rate.device import NAMES, HeartRateConfiguration, claimed, connect
from labkeeper_sdk import Driver, Title, hookimpl


@hookimpl
def labkeeper_driver() -> Driver:
    return Driver(
        name="ble_heart_rate",
        configuration=HeartRateConfiguration,
        connect=connect,
        title=Title(zh="心率手环（蓝牙）", en="Heart rate band (Bluetooth)"),
        resources=claimed,
        instance_names=NAMES,
    )
