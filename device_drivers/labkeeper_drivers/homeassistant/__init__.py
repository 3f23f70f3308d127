"""Whatever announces itself by Home Assistant's MQTT discovery. Reference: docs/reference/drivers/homeassistant.md."""

from labkeeper_drivers.homeassistant.gateway import HomeAssistantConfiguration, connect
from labkeeper_sdk import Driver, Title, hookimpl


@hookimpl
def labkeeper_driver() -> Driver:
    return Driver(
        name="homeassistant",
        configuration=HomeAssistantConfiguration,
        connect=connect,
        title=Title(zh="Home Assistant MQTT 发现", en="Home Assistant MQTT discovery"),
    )
