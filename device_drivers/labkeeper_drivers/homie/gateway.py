"""The Homie driver: which domains to hear, and the IO around `Forest`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from labkeeper_drivers.homie.forest import Forest
from labkeeper_drivers.listening import MqttGateway, listening
from labkeeper_sdk import Services, Title, form


class HomieConfiguration(BaseModel):
    """Which Homie domains to hear."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    domain: str = Field(
        "homie",
        pattern=r"^[^+#/$]+$",
        description="the first level of the topics",
        json_schema_extra=form(Title(zh="Homie 域", en="Homie domain")),
    )
    more_domains: tuple[Annotated[str, Field(pattern=r"^[^+#$]+$")], ...] = Field(
        (),
        description="further domains; their devices' ids begin with the domain",
        json_schema_extra=form(Title(zh="其他 Homie 域", en="More Homie domains")),
    )


@asynccontextmanager
async def connect(configuration: BaseModel, services: Services) -> AsyncIterator[MqttGateway]:
    """Open the domains at the lab's broker.

    Targets, states and descriptions come first and at QoS 0: they must not queue behind values that cannot be
    understood, and so not be acknowledged, without them.
    """
    settings = HomieConfiguration.model_validate(configuration, from_attributes=True)
    domains = (settings.domain, *settings.more_domains)
    about = [f"{domain}/5/{rest}" for rest in ("+/+/+/$target", "+/$state", "+/$description") for domain in domains]
    filters = [*((topic, 0) for topic in about), *((f"{domain}/5/#", 1) for domain in domains)]
    async with services.mqtt() as link:
        forest = Forest.of(domains, session_present=link.session_present)
        async with listening(link, forest, filters) as gateway:
            yield gateway
