"""Devices with Tasmota firmware, by its own topics. Reference: docs/reference/drivers/tasmota.md."""

from labkeeper_drivers.tasmota.gateway import TasmotaConfiguration, connect
from labkeeper_sdk import Driver, Title, hookimpl


@hookimpl
def labkeeper_driver() -> Driver:
    return Driver(
        name="tasmota",
        configuration=TasmotaConfiguration,
        connect=connect,
        title=Title(zh="Tasmota 设备", en="Tasmota devices"),
    )
