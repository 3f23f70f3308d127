"""The command that takes readings away: a whole file or none, and a reason."""

import argparse
import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from labkeeper_cli import export


def asked(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    export.configure(parser)
    return parser.parse_args(words)


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


class Hub:
    """A socket that speaks just enough HTTP; `content` is what the export sends, cut off where `whole` is False."""

    def __init__(self, content: bytes, *, whole: bool = True, status: str = "200 OK") -> None:
        self.content, self.whole, self.status = content, whole, status
        self.incomplete, self.reason = b"null", b"null"
        self.requests: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.requests.append(head)
        if "/api/v1/exports/" in head:
            body = b'{"rows": 2, "done": 1, "size": 6, "incomplete_before_ms": %s, "reason": %s}'
            body %= self.incomplete, self.reason
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        elif self.status != "200 OK":
            body = b'{"detail": "There is no such point"}'
            writer.write(f"HTTP/1.1 {self.status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        else:
            start = b"HTTP/1.1 200 OK\r\nX-Labkeeper-Readings: 2\r\nTransfer-Encoding: chunked\r\n\r\n"
            writer.write(start + b"%x\r\n%s\r\n" % (len(self.content), self.content))
            writer.write(b"0\r\n\r\n" if self.whole else b"")
        await writer.drain()
        writer.close()


@pytest.fixture
async def ports() -> AsyncIterator[list[asyncio.Server]]:
    servers: list[asyncio.Server] = []
    yield servers
    for server in servers:
        server.close()
        await server.wait_closed()


async def run(hub: Hub, ports: list[asyncio.Server], *words: str) -> int:
    server = await asyncio.start_server(hub.serve, "127.0.0.1", 0)
    ports.append(server)
    port = server.sockets[0].getsockname()[1]
    options = asked("--hub", f"http://127.0.0.1:{port}", "--from", "2026-01-01", *words)
    return await asyncio.to_thread(export.run, options)


async def test_a_whole_file_appears_under_its_name(
    ports: list[asyncio.Server], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABKEEPER_SECRET", "quiet")
    hub, out = Hub(b"time\r\n"), tmp_path / "some.parquet"
    assert await run(hub, ports, "--out", str(out), "--points", "demo/lab", "--points", "demo/other", "--json") == 0
    assert out.read_bytes() == b"time\r\n"
    told = {"file": str(out), "rows": 2, "bytes": 6, "incomplete_before_ms": None, "reason": None}
    assert json.loads(capsys.readouterr().out) == told
    assert names(tmp_path) == [out.name]
    assert "format=parquet" in hub.requests[0]
    assert hub.requests[0].count("point=demo") == 2
    assert "Bearer quiet" in hub.requests[0]
    assert "from=2026-01-01T00%3A00%3A00%2B00%3A00" in hub.requests[0]


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (b"retired", "retention has removed readings"),
        (b"influx_timeout", "InfluxDB has what is older and could not be"),
    ],
)
async def test_what_a_file_lacks_is_said(
    reason: bytes, words: str, ports: list[asyncio.Server], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub = Hub(b"time\r\n")
    hub.incomplete, hub.reason = b"1767225600000", b'"%s"' % reason
    assert await run(hub, ports, "--out", str(tmp_path / "some.csv")) == 0
    said = capsys.readouterr()
    assert "2 readings" in said.out
    assert f"not complete before 2026-01-01T00:00:00.000+00:00: {words}" in said.err


async def test_a_transfer_that_ends_early_leaves_nothing_and_keeps_what_was_there(
    ports: list[asyncio.Server], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "some.csv"
    out.write_text("yesterday's")
    hub = Hub(b"time", whole=False)
    assert await run(hub, ports, "--out", str(out)) == 1
    said = capsys.readouterr().err
    assert "ended the transfer early" in said
    assert "InfluxDB" not in said
    hub.reason = b'"influx_unreachable"'
    assert await run(hub, ports, "--out", str(out)) == 1
    said = capsys.readouterr().err
    assert "(InfluxDB has what is older and could not be asked (influx_unreachable))" in said
    assert out.read_text() == "yesterday's"
    assert names(tmp_path) == [out.name]


async def test_the_hubs_reason_is_passed_on(
    ports: list[asyncio.Server], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s\n")
    hub = Hub(b"", status="404 Not Found")
    assert await run(hub, ports, "--out", str(tmp_path / "x"), "--secret-file", str(secret)) == 1
    assert "There is no such point" in capsys.readouterr().err
    assert "Bearer s\r" in hub.requests[0]


def test_a_hub_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = asked("--hub", "http://127.0.0.1:1", "--from", "2026-01-01T00:00+08:00", "--out", str(tmp_path / "x"))
    assert export.run(options) == 1
    assert "labkeeper export:" in capsys.readouterr().err
