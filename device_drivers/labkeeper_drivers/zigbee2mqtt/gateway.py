"""The Zigbee2MQTT driver: where a bridge speaks, and the IO around `Bridge`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import BaseModel, ConfigDict, Field

from labkeeper_drivers.alone import ABOUT, ALONE, WhenAlone
from labkeeper_drivers.listening import MqttGateway, listening
from labkeeper_drivers.zigbee2mqtt.bridge import Bridge
from labkeeper_sdk import Services, Title, form


class Zigbee2MqttConfiguration(BaseModel):
    """Where the bridge speaks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base_topic: str = Field(
        "zigbee2mqtt",
        pattern=r"^[^+#/$][^+#]*[^+#/]$",
        description="mqtt.base_topic of Zigbee2MQTT",
        json_schema_extra=form(Title(zh="基础主题", en="Base topic")),
    )
    when_alone: WhenAlone = Field("safe", description=ABOUT, json_schema_extra=form(ALONE))


@asynccontextmanager
async def connect(configuration: BaseModel, services: Services) -> AsyncIterator[MqttGateway]:
    """Open the bridge behind the lab's broker.

    The lists of devices and groups and their availability come first and at QoS 0: they must not queue behind state
    messages that cannot be understood, and so not be acknowledged, without them.
    """
    settings = Zigbee2MqttConfiguration.model_validate(configuration, from_attributes=True)
    base = settings.base_topic
    about = ("bridge/state", "bridge/groups", *(f"{'+/' * depth}availability" for depth in (1, 2, 3)), "bridge/devices")
    filters = [*((f"{base}/{topic}", 0) for topic in about), (f"{base}/#", 1)]
    async with services.mqtt() as link, listening(link, Bridge(base, settings.when_alone), filters) as gateway:
        yield gateway
