"""The driver for Home Assistant's MQTT discovery: where devices announce themselves, and the IO around `Estate`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pydantic import BaseModel, ConfigDict, Field

from labkeeper_drivers.alone import ABOUT, ALONE, WhenAlone
from labkeeper_drivers.firsts import Firsts
from labkeeper_drivers.homeassistant.estate import Estate
from labkeeper_drivers.lapsing import Lapses
from labkeeper_drivers.listening import MqttGateway, Outgoing, listening
from labkeeper_sdk import Services, Title, form


class HomeAssistantConfiguration(BaseModel):
    """Where devices announce themselves."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    discovery_prefix: str = Field(
        "homeassistant",
        pattern=r"^[^+#/$][^+#]*[^+#/]$",
        description="Home Assistant's discovery prefix",
        json_schema_extra=form(Title(zh="发现前缀", en="Discovery prefix")),
    )
    birth: bool = Field(
        default=True,
        description="say `online` on <prefix>/status, so that devices announce themselves again",
        json_schema_extra=form(Title(zh="上线通告", en="Say that we are there")),
    )
    when_alone: WhenAlone = Field("safe", description=ABOUT, json_schema_extra=form(ALONE))


@asynccontextmanager
async def connect(configuration: BaseModel, services: Services) -> AsyncIterator[MqttGateway]:
    """Hear the announcements; the topics they name are subscribed when they are known."""
    settings = HomeAssistantConfiguration.model_validate(configuration, from_attributes=True)
    prefix = settings.discovery_prefix
    birth = [Outgoing(f"{prefix}/status", b"online")] if settings.birth else []
    async with services.mqtt() as link:
        estate = Estate(prefix, Firsts(link.session_present), settings.when_alone)
        filters = [(f"{prefix}/+/+/config", 1), (f"{prefix}/+/+/+/config", 1)]
        async with listening(link, estate, filters, birth, lapses=Lapses()) as gateway:
            yield gateway
