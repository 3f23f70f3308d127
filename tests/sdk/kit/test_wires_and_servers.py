"""Devices in this process, on real sockets, and what can be done to the wire before them."""

import asyncio
import os
import random
import socket

import httpx
import pytest

from labkeeper_sdk.testing import (
    HttpAnswer,
    HttpRequest,
    TcpWire,
    serve_http,
    serve_serial,
    serve_tcp,
    serve_udp,
)
from labkeeper_sdk.testing.wires import spoil

PATIENCE_S = 10


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        writer.write(line.upper())


async def asked(wire: TcpWire, line: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(wire.host, wire.port)
    try:
        async with asyncio.timeout(PATIENCE_S):
            writer.write(line)
            return await reader.readline()
    finally:
        writer.close()


async def test_a_device_on_tcp_answers_and_is_tapped() -> None:
    heard: list[tuple[str, bytes]] = []
    async with serve_tcp(echo, tap=lambda to, data: heard.append((to, data))) as wire:
        assert await asked(wire, b"on\n") == b"ON\n"
    assert heard == [("device", b"on\n"), ("driver", b"ON\n")]


async def test_a_cut_wire_ends_connections_refuses_new_ones_and_comes_back_on_its_port() -> None:
    async with serve_tcp(echo) as wire:
        reader, writer = await asyncio.open_connection(wire.host, wire.port)
        writer.write(b"a\n")
        assert await reader.readline() == b"A\n"
        port = wire.port
        await wire.cut()
        async with asyncio.timeout(PATIENCE_S):
            assert await reader.read() == b""
        writer.close()
        with pytest.raises(ConnectionError):
            await asyncio.open_connection(wire.host, port)
        await wire.restore()
        assert wire.port == port
        assert await asked(wire, b"b\n") == b"B\n"


async def test_a_hushed_wire_stays_open_and_says_nothing_until_it_is_restored() -> None:
    async with serve_tcp(echo) as wire:
        reader, writer = await asyncio.open_connection(wire.host, wire.port)
        await wire.hush()
        writer.write(b"a\n")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await reader.read(1)
        await wire.restore()
        async with asyncio.timeout(PATIENCE_S):
            assert await reader.read() == b""  # out of step: ended
        writer.close()
        assert await asked(wire, b"b\n") == b"B\n"


async def test_garbling_spoils_so_many_frames_and_no_more() -> None:
    async with serve_tcp(echo) as wire:
        spoiling = asyncio.create_task(wire.garble(random.Random(4), 1))
        await asyncio.sleep(0)
        reader, writer = await asyncio.open_connection(wire.host, wire.port)
        writer.write(b"a" * 50 + b"\n")
        await spoiling
        first = await reader.read(100)
        writer.close()
        assert first != b"A" * 50 + b"\n"
        assert await asked(wire, b"b\n") == b"B\n"


def test_spoiled_is_never_the_same() -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 -- a failing run can be repeated
    chance = random.Random(seed)
    for _ in range(2000):
        raw = chance.randbytes(chance.randrange(6))
        assert spoil(chance, raw) != raw


async def test_a_device_on_udp_answers_speaks_by_itself_and_can_be_hushed() -> None:
    async with serve_udp(lambda data: [data.upper(), b"!"]) as wire:
        loop = asyncio.get_running_loop()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as driver:
            driver.setblocking(False)
            await loop.sock_connect(driver, (wire.host, wire.port))
            await loop.sock_sendall(driver, b"land")
            assert [await loop.sock_recv(driver, 99) for _ in range(2)] == [b"LAND", b"!"]
            wire.say(b"battery 90")
            assert await loop.sock_recv(driver, 99) == b"battery 90"
            await wire.hush()
            await loop.sock_sendall(driver, b"up")
            wire.say(b"nobody hears this")
            await wire.restore()
            wire.say(b"back")
            assert await loop.sock_recv(driver, 99) == b"back"


async def test_a_device_answers_http() -> None:
    asked: list[HttpRequest] = []

    def answer(request: HttpRequest) -> HttpAnswer:
        asked.append(request)
        return HttpAnswer(b'{"on": true}', 200 if request.path == "/relay?on=1" else 404)

    async with serve_http(answer) as wire, httpx.AsyncClient(trust_env=False) as client:
        url = f"http://{wire.host}:{wire.port}"
        assert (await client.post(f"{url}/relay?on=1", content=b"now")).json() == {"on": True}
        assert (await client.get(f"{url}/x")).status_code == 404
    assert [(one.method, one.path, one.body) for one in asked] == [("POST", "/relay?on=1", b"now"), ("GET", "/x", b"")]


async def test_a_device_behind_a_serial_port_can_be_unplugged() -> None:
    async with serve_serial(echo) as wire:
        for word in (b"one\n", b"two\n"):
            port = os.open(wire.path, os.O_RDWR | os.O_NOCTTY)
            os.write(port, word)
            assert await asyncio.to_thread(os.read, port, 99) == word.upper()
            await wire.cut()
            assert not wire.path.exists()
            with pytest.raises(OSError, match="Input/output"):
                os.write(port, b"x")
            os.close(port)
            await wire.restore()
