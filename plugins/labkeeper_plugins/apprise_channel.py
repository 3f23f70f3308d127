"""What Apprise knows: mail, WeCom, DingTalk, Feishu, ntfy and the many others, each by one address.

Apprise blocks, so it runs in a thread; it is loaded with the first message, for a tenth of a second is much at a start.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from labkeeper_sdk import ChannelKind, Message, MessageNotSent, Title, form, hookimpl

# What Apprise logs of a failure can hold addresses, and an address is a secret; the hub says itself what failed.
logging.getLogger("apprise").setLevel(logging.CRITICAL)


class AppriseSettings(BaseModel):
    """One address as Apprise writes it: `mailtos://user:password@school.cn?to=li@school.cn`, `feishu://token`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: SecretStr = Field(json_schema_extra=form(Title(zh="Apprise 地址", en="Apprise address")))

    @field_validator("url")
    @classmethod
    def _known(cls, url: SecretStr) -> SecretStr:
        from apprise import Apprise  # noqa: PLC0415 -- see above

        if not Apprise.instantiate(url.get_secret_value(), suppress_exceptions=True):
            raise ValueError("is no address that Apprise knows")
        return url


@dataclass(frozen=True, slots=True)
class AppriseChannel:
    """Sends to one address."""

    url: str = field(repr=False)

    async def send(self, message: Message) -> None:
        """Return once the service has taken it."""
        if not await asyncio.to_thread(self._notify, message):
            raise MessageNotSent("the service did not take it")

    def _notify(self, message: Message) -> bool:
        from apprise import Apprise, AppriseAsset, NotifyType  # noqa: PLC0415 -- see above

        sender = Apprise(asset=AppriseAsset(app_id="Labkeeper", app_desc="Labkeeper", async_mode=False))
        sender.add(self.url)
        kind = NotifyType.FAILURE if message.safety else NotifyType.WARNING
        body = "\n".join(filter(None, (message.text, message.link)))
        return bool(sender.notify(body=body, title=message.title, notify_type=kind))


def _make(settings: AppriseSettings) -> AppriseChannel:
    return AppriseChannel(settings.url.get_secret_value())


@hookimpl
def labkeeper_notification_channels() -> Sequence[ChannelKind]:
    """Return the one kind, which is many."""
    title = Title(
        zh="邮件、企业微信、钉钉、飞书、ntfy 等（Apprise）", en="Mail, WeCom, DingTalk, Feishu, ntfy and more (Apprise)"
    )
    return (ChannelKind("apprise", AppriseSettings, _make, title),)
