"""The signed webhook: a message as JSON, signed as the Standard Webhooks specification has it.

`webhook-signature: v1,` + base64 of HMAC-SHA256 over `id.timestamp.body`; whoever receives it has a library for that,
refuses old timestamps, and recognises by `webhook-id` what came twice.
"""

import base64
import binascii
import hmac
import importlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, SecretStr, field_validator

from labkeeper_sdk import ChannelKind, Message, MessageNotSent, Title, form, hookimpl

PREFIX = "whsec_"
SHORTEST_KEY = 24  # bytes, by the specification
GIVEN_S = 20.0


class WebhookSettings(BaseModel):
    """Where to, and the secret both sides know: 24 bytes or more in base64, perhaps after `whsec_`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: AnyHttpUrl = Field(json_schema_extra=form(Title(zh="地址", en="Address")))
    secret: SecretStr = Field(json_schema_extra=form(Title(zh="签名密钥", en="Signing secret")))

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr) -> SecretStr:
        if len(key_of(secret.get_secret_value())) < SHORTEST_KEY:
            raise ValueError(f"has less than {SHORTEST_KEY} bytes")
        return secret


def key_of(secret: str) -> bytes:
    """Return the key in a secret's text; raises ValueError."""
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("is not base64") from error


def signed(key: bytes, identity: str, time_s: int, body: bytes) -> Mapping[str, str]:
    """Return the headers that prove who sent a body, and when."""
    digest = hmac.digest(key, b".".join((identity.encode(), str(time_s).encode(), body)), "sha256")
    return {
        "webhook-id": identity,
        "webhook-timestamp": str(time_s),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


@dataclass(frozen=True, slots=True)
class Webhook:
    """Posts messages; follows no redirect, because a signature is for one receiver."""

    url: str = field(repr=False)
    key: bytes = field(repr=False)
    now_s: Callable[[], float] = time.time

    async def send(self, message: Message) -> None:
        """Return once the receiver has answered 2xx."""
        import httpx  # noqa: PLC0415 -- there since `_make`: a school without a webhook starts its hub sooner

        body = json.dumps(asdict(message), ensure_ascii=False).encode()
        headers = {"content-type": "application/json", **signed(self.key, message.id, int(self.now_s()), body)}
        try:
            async with httpx.AsyncClient(timeout=GIVEN_S) as client:
                answer = await client.post(self.url, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise MessageNotSent(f"cannot be reached ({type(error).__name__})") from error
        if not answer.is_success:
            raise MessageNotSent(f"the receiver answered {answer.status_code}")


def _make(settings: WebhookSettings) -> Webhook:
    importlib.import_module("httpx")
    return Webhook(str(settings.url), key_of(settings.secret.get_secret_value()))


@hookimpl
def labkeeper_notification_channels() -> Sequence[ChannelKind]:
    """Return the webhook."""
    return (ChannelKind("webhook", WebhookSettings, _make, Title(zh="签名 Webhook", en="Signed webhook")),)
