"""Apprise, against a real socket: its json:// address posts to a server of ours."""

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from pydantic import ValidationError

from labkeeper_plugins.apprise_channel import AppriseSettings, labkeeper_notification_channels
from labkeeper_sdk import Channel, Message, MessageNotSent

MESSAGE = Message(id="m-1", kind="alarm", title="【报警】", text="开窗", link="https://hub.school/", safety=True)


@dataclass
class Service:
    """A server in a thread, because Apprise blocks."""

    status: int
    port: int = 0
    heard: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def service(status: int = 200) -> Iterator[Service]:
    told = Service(status)

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.heard.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(told.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        told.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()


def channel(port: int) -> Channel:
    (kind,) = labkeeper_notification_channels()
    return kind.make(kind.configuration.model_validate({"url": f"json://user:hunter2@127.0.0.1:{port}/x"}))


async def test_a_message_goes_out_with_its_link_while_the_loop_goes_on() -> None:
    with service() as there:
        sending = asyncio.create_task(channel(there.port).send(MESSAGE))
        turns = 0
        while not sending.done():
            await asyncio.sleep(0)
            turns += 1
        await sending
    assert turns > 1
    (heard,) = there.heard
    assert (heard["title"], heard["message"]) == ("【报警】", "开窗\nhttps://hub.school/")


async def test_what_the_service_refuses_is_not_sent_and_its_address_is_nowhere(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with service(500) as there, pytest.raises(MessageNotSent) as failed:
        await channel(there.port).send(MESSAGE)
    assert "hunter2" not in caplog.text + str(failed.value)


@pytest.mark.parametrize(
    "url", ["mailtos://li:secret@school.cn?to=li@school.cn", "feishu://abcdefghijkl", "ntfy://ntfy.school/labs"]
)
def test_what_schools_use_is_known(url: str) -> None:
    assert AppriseSettings.model_validate({"url": url}).url.get_secret_value() == url


def test_an_address_that_apprise_does_not_know_is_refused_without_being_repeated() -> None:
    with pytest.raises(ValidationError) as refused:
        AppriseSettings.model_validate({"url": "nonsense://hunter2"})
    assert "hunter2" not in str([error["msg"] for error in refused.value.errors()])
