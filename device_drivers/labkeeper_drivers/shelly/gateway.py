"""The Shelly driver: which devices to hear, and the IO around `Fleet`."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from labkeeper_drivers.alone import ABOUT, ALONE, WhenAlone
from labkeeper_drivers.listening import MqttGateway, listening
from labkeeper_drivers.shelly.fleet import Fleet
from labkeeper_sdk import Services, Title, form


class ShellyConfiguration(BaseModel):
    """Which devices to hear, and where they answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    prefixes: tuple[Annotated[str, Field(pattern=r"^[^#]+$")], ...] = Field(
        ("+",),
        description="the devices' MQTT prefixes; `+` is any single level",
        json_schema_extra=form(Title(zh="设备主题前缀", en="MQTT prefixes")),
    )
    answers: str = Field(
        "labkeeper-shelly",
        pattern=r"^[^+#/$]+$",
        description="where devices answer: <answers>/rpc",
        json_schema_extra=form(Title(zh="应答主题", en="Answer topic")),
    )
    when_alone: WhenAlone = Field("safe", description=ABOUT, json_schema_extra=form(ALONE))


@asynccontextmanager
async def connect(configuration: BaseModel, services: Services) -> AsyncIterator[MqttGateway]:
    """Hear the answers first and at QoS 0: events must not queue before what explains them."""
    settings = ShellyConfiguration.model_validate(configuration, from_attributes=True)
    # several nodes may hear the same answers: by its number everybody knows its own questions again
    fleet = Fleet(settings.answers, settings.when_alone, secrets.randbelow(2**30))
    prefixes = settings.prefixes
    filters = [
        (f"{settings.answers}/rpc", 0),
        *((f"{prefix}/online", 0) for prefix in prefixes),
        *((f"{prefix}/events/rpc", 1) for prefix in prefixes),
    ]
    async with services.mqtt() as link, listening(link, fleet, filters) as gateway:
        yield gateway
