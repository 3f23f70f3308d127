"""The signed webhook, against a real HTTP server that checks the signature for itself."""

import asyncio
import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import ValidationError

from labkeeper_plugins.webhook import Webhook, WebhookSettings, key_of, labkeeper_notification_channels, signed
from labkeeper_sdk import Message, MessageNotSent
from tests.authorities import authority, believed

SECRET = base64.b64encode(b"k" * 32).decode()
MESSAGE = Message(id="m-1", kind="alarm", title="【报警】", text="开窗", link="https://hub.school/", made_ms=5)


@dataclass
class Receiver:
    """A server that answers with a status, and keeps what came."""

    status: int = 204
    port: int = 0
    tls: str = ""
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http{self.tls}://127.0.0.1:{self.port}/hook"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head)}
        self.heard.append((headers, await reader.readexactly(int(headers["content-length"]))))
        told = f"HTTP/1.1 {self.status} x\r\nlocation: {self.url}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        writer.write(told.encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def receiving(status: int = 204, tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    receiver = Receiver(status, tls="s" if tls else "")
    async with await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=tls) as server:
        receiver.port = server.sockets[0].getsockname()[1]
        yield receiver


async def test_a_school_with_an_authority_of_its_own_still_reaches_everybody_elses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for signer in believed(tmp_path, monkeypatch):
        async with receiving(tls=signer.server()) as receiver:
            await Webhook(receiver.url, key_of(SECRET)).send(MESSAGE)
            assert len(receiver.heard) == 1
    async with receiving(tls=authority(tmp_path, "stranger").server()) as receiver:
        with pytest.raises(MessageNotSent, match="cannot be reached"):
            await Webhook(receiver.url, key_of(SECRET)).send(MESSAGE)


async def test_a_receiver_can_tell_who_sent_it_and_when() -> None:
    async with receiving() as receiver:
        await Webhook(receiver.url, key_of(SECRET), lambda: 1_800_000_000.9).send(MESSAGE)
    ((headers, body),) = receiver.heard
    assert json.loads(body)["title"] == "【报警】"
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("m-1", "1800000000")
    mine = hmac.new(b"k" * 32, b"m-1.1800000000." + body, hashlib.sha256).digest()
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(mine).decode()}"


def test_signatures_are_those_of_the_specification() -> None:
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    headers = signed(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("status", [302, 404, 500])
async def test_whatever_is_no_success_is_not_sent_and_no_redirect_is_followed(status: int) -> None:
    async with receiving(status) as receiver:
        with pytest.raises(MessageNotSent, match=str(status)):
            await Webhook(receiver.url, key_of(SECRET)).send(MESSAGE)
    assert len(receiver.heard) == 1


async def test_where_nobody_listens_the_reason_holds_no_address() -> None:
    async with receiving() as receiver:
        pass
    with pytest.raises(MessageNotSent, match="cannot be reached") as failed:
        await Webhook(receiver.url, key_of(SECRET)).send(MESSAGE)
    assert str(receiver.port) not in str(failed.value)


@pytest.mark.parametrize("secret", ["too short", "c2hvcnQ=", "whsec_???"])
def test_a_secret_that_is_none_is_refused_without_being_repeated(secret: str) -> None:
    with pytest.raises(ValidationError) as refused:
        WebhookSettings.model_validate({"url": "https://x.school/", "secret": secret})
    assert secret not in str([error["msg"] for error in refused.value.errors()])


def test_the_hook_brings_it() -> None:
    (kind,) = labkeeper_notification_channels()
    made = kind.make(kind.configuration.model_validate({"url": "https://x.school/h", "secret": f"whsec_{SECRET}"}))
    assert made == Webhook("https://x.school/h", b"k" * 32)
