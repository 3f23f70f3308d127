"""The Frigate driver: which server to hear, and the IO around `Server`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from labkeeper_drivers.firsts import Firsts
from labkeeper_drivers.frigate.server import Server
from labkeeper_drivers.listening import MqttGateway, listening
from labkeeper_sdk import Services, Title, form

# Whole topics and single levels only: `#` would bring the images that Frigate publishes below a camera's objects.
HEARD_AT_ONCE = ("available", "stats")
HEARD = ("events", "reviews", "+/+", "+/+/active", "+/detect/state", "+/recordings/state", "+/snapshots/state")


class FrigateConfiguration(BaseModel):
    """Where Frigate speaks, and that nothing but numbers and kinds of things leaves it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    topic_prefix: str = Field(
        "frigate",
        pattern=r"^[^+#/$][^+#]*[^+#/]$",
        description="mqtt.topic_prefix of Frigate",
        json_schema_extra=form(Title(zh="主题前缀", en="Topic prefix")),
    )
    images: Literal["never"] = Field(
        "never", description="never: there is no other value", json_schema_extra=form(Title(zh="图像", en="Images"))
    )


def filters(prefix: str) -> tuple[tuple[str, int], ...]:
    """Return everything the driver ever subscribes."""
    return (*((f"{prefix}/{rest}", 0) for rest in HEARD_AT_ONCE), *((f"{prefix}/{rest}", 1) for rest in HEARD))


@asynccontextmanager
async def connect(configuration: BaseModel, services: Services) -> AsyncIterator[MqttGateway]:
    """Open one Frigate server behind the lab's broker."""
    prefix = FrigateConfiguration.model_validate(configuration, from_attributes=True).topic_prefix
    async with services.mqtt() as link:
        server = Server(prefix, Firsts(link.session_present))
        async with listening(link, server, filters(prefix)) as gateway:
            yield gateway
