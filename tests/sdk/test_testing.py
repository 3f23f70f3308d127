"""The brokers and ports that tests and demo stand on."""

import asyncio
import signal
import socket
from pathlib import Path

import httpx
import pytest

from labkeeper_sdk.testing import (
    Broker,
    BrokerUnavailable,
    InfluxUnavailable,
    brokers,
    claimed_port,
    databases,
    find_influxd,
    free_port,
    open_broker,
    open_influx,
)
from labkeeper_sdk.testing.brokers import find_mosquitto
from labkeeper_wire.mqtt import Address, connect


def test_a_taken_port_is_not_given() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        wanted = taken.getsockname()[1]
        assert free_port(wanted) != wanted
    assert free_port(wanted) == wanted


def test_a_claimed_port_is_not_given_to_the_next_who_claims() -> None:
    with claimed_port() as mine, claimed_port(mine) as other:
        assert other != mine
    with claimed_port(mine) as again:
        assert again == mine


def test_an_address_that_is_not_ours_has_no_ports() -> None:
    with pytest.raises(OSError, match="no free port"):
        free_port(0, "203.0.113.1")


def broker_at(broker: Broker) -> Address:
    """Where it listens, for the product's own client."""
    return Address.parse(broker.url)


@pytest.mark.parametrize("kind", ["mosquitto", "amqtt"])
async def test_a_broker_answers_and_ends(kind: str, tmp_path: Path) -> None:
    if kind == "mosquitto" and find_mosquitto() is None:
        pytest.skip("Mosquitto is not installed: apt install mosquitto")
    async with open_broker(kind=kind, folder=tmp_path / "broker") as broker, connect(broker_at(broker), "a") as link:
        await link.publish("t", b"1")
    assert broker.process is None
    assert free_port(broker.port) == broker.port


async def test_the_embedded_broker_serves_all_who_come_at_once_and_gives_nobody_what_others_asked_for() -> None:
    async with open_broker(kind="amqtt") as broker, connect(broker_at(broker), "keeper") as keeper:
        for number in range(5):
            await keeper.publish(f"kept/{number}", b"old", qos=1, retain=True)
            await keeper.subscribe((f"kept/{number}", 1))

        async def comes(name: str) -> None:
            async with connect(broker_at(broker), name) as link:
                await link.subscribe((f"own/{name}", 1))
                await link.publish(f"own/{name}", b"new", qos=1)
                assert (await anext(link.messages())).topic == f"own/{name}"

        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            for number in range(20):
                group.create_task(comes(f"client-{number}"))


async def test_a_broker_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brokers, "find_mosquitto", lambda: "/bin/false")
    with pytest.raises(BrokerUnavailable, match="ended at once"):
        async with open_broker(kind="mosquitto"):
            raise AssertionError


async def test_mosquitto_keeps_its_sessions_over_a_restart() -> None:
    if find_mosquitto() is None:
        pytest.skip("Mosquitto is not installed: apt install mosquitto")
    async with open_broker(kind="mosquitto") as broker:
        address = Address.parse(broker.url)
        async with connect(address, "keeps", clean=False) as link:
            await link.subscribe(("t", 1))
        await broker.stop()
        await broker.start()
        async with connect(address, "keeps", clean=False) as link:
            assert link.session_present


async def test_an_influxdb_keeps_its_data_over_a_kill(tmp_path: Path) -> None:
    if find_influxd() is None:
        pytest.skip("influxd is not installed: apt install influxdb")
    async with (
        open_influx(folder=tmp_path / "influx") as influx,
        httpx.AsyncClient(base_url=influx.url, trust_env=False) as client,
    ):
        await client.post("/query", data={"q": "CREATE DATABASE kept"})
        await client.post("/write", params={"db": "kept"}, content=b"m v=1 1")
        await influx.stop(signal.SIGKILL)
        await influx.start()
        answer = await client.get("/query", params={"db": "kept", "q": "SELECT v FROM m"})
        assert answer.json()["results"][0]["series"][0]["values"][0][1] == 1
    assert influx.process is None


async def test_an_influxdb_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "find_influxd", lambda: "/bin/false")
    with pytest.raises(InfluxUnavailable, match="ended at once"):
        async with open_influx():
            raise AssertionError
    monkeypatch.setattr(databases, "find_influxd", lambda: None)
    with pytest.raises(InfluxUnavailable, match="apt install influxdb"):
        async with open_influx():
            raise AssertionError
