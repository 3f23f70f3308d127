"""The Tasmota driver: where devices announce themselves, and the IO around `Fleet`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import BaseModel, ConfigDict, Field

from labkeeper_drivers.alone import ABOUT, ALONE, WhenAlone
from labkeeper_drivers.listening import MqttGateway, listening
from labkeeper_drivers.tasmota.fleet import Fleet
from labkeeper_sdk import Services, Title, form


class TasmotaConfiguration(BaseModel):
    """Where devices announce themselves; their FullTopic and prefixes they tell themselves."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    discovery_topic: str = Field(
        "tasmota/discovery",
        pattern=r"^[^+#/$][^+#]*[^+#/]$",
        description="where devices announce themselves",
        json_schema_extra=form(Title(zh="发现主题", en="Discovery topic")),
    )
    when_alone: WhenAlone = Field("safe", description=ABOUT, json_schema_extra=form(ALONE))


@asynccontextmanager
async def connect(configuration: BaseModel, services: Services) -> AsyncIterator[MqttGateway]:
    """Hear the announcements first and at QoS 0; the topics of a device are subscribed when it is known."""
    settings = TasmotaConfiguration.model_validate(configuration, from_attributes=True)
    fleet = Fleet(settings.discovery_topic, settings.when_alone)
    filters = [(f"{settings.discovery_topic}/+/{what}", 0) for what in ("sensors", "config")]
    async with services.mqtt() as link, listening(link, fleet, filters) as gateway:
        yield gateway
