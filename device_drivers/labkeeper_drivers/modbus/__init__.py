"""Meters, air handling, controllers that speak Modbus. Reference: docs/reference/drivers/modbus.md."""

from labkeeper_drivers.modbus.device import connect
from labkeeper_drivers.modbus.settings import ModbusConfiguration, claimed
from labkeeper_sdk import Driver, Title, hookimpl


@hookimpl
def labkeeper_driver() -> Driver:
    return Driver(
        name="modbus",
        configuration=ModbusConfiguration,
        connect=connect,
        title=Title(zh="Modbus 设备", en="Modbus device"),
        resources=claimed,
    )
