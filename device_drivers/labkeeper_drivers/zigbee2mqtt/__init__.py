"""Zigbee devices behind a Zigbee2MQTT bridge. Reference: docs/reference/drivers/zigbee2mqtt.md."""

from labkeeper_drivers.zigbee2mqtt.gateway import Zigbee2MqttConfiguration, connect
from labkeeper_sdk import Driver, Title, hookimpl


@hookimpl
def labkeeper_driver() -> Driver:
    return Driver(
        name="zigbee2mqtt",
        configuration=Zigbee2MqttConfiguration,
        connect=connect,
        title=Title(zh="Zigbee 设备（Zigbee2MQTT）", en="Zigbee devices (Zigbee2MQTT)"),
    )
