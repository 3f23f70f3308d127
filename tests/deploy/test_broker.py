"""The broker's configuration, tried with a real Mosquitto: TLS, accounts, and topics that are nobody else's."""

import asyncio
import os
import shutil
import ssl
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from labkeeper_cli.client import open_hub
from labkeeper_cli.processes import open_role
from labkeeper_sdk.testing import find_mosquitto, free_port
from labkeeper_sdk.testing.brokers import MOSQUITTO_CONF
from labkeeper_wire import mqtt

from .conftest import DEPLOY, NODE, OTHER, SCHOOL

START_S = 30.0
CONF = DEPLOY / "mosquitto" / "mosquitto.conf"
IN_ITS_PLACE = {"listener", "allow_anonymous", "persistence_location", "log_dest", "log_type"}


@pytest.fixture
async def port(secrets: Path, tmp_path: Path) -> AsyncIterator[int]:
    """Mosquitto with the file that is shipped; only its port and its paths are this test's."""
    mosquitto = find_mosquitto()
    if mosquitto is None:
        pytest.skip("Mosquitto is not installed")
    number = free_port()
    (tmp_path / "data").mkdir(exist_ok=True)
    shutil.copy(DEPLOY / "mosquitto" / "acl", tmp_path / "acl")
    text = CONF.read_text().replace("listener 8883", f"listener {number} 127.0.0.1")
    text = text.replace("/mosquitto/config/secrets", str(secrets)).replace(
        "/mosquitto/config/acl", str(tmp_path / "acl")
    )
    text = text.replace("/mosquitto/data/", f"{tmp_path / 'data'}/")
    conf = tmp_path / "mosquitto.conf"
    # as root Mosquitto changes to a user who cannot read the folder
    conf.write_text(text + ("user root\n" if os.geteuid() == 0 else ""))
    process = await asyncio.create_subprocess_exec(
        mosquitto, "-c", str(conf), stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE
    )
    try:
        await answers(number, process)
        yield number
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


async def answers(port: int, process: asyncio.subprocess.Process) -> None:
    async with asyncio.timeout(START_S):
        while process.returncode is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
                continue
            writer.close()
            await writer.wait_closed()
            return
    assert process.stderr is not None
    raise AssertionError((await process.stderr.read()).decode())


def address(port: int, secrets: Path, user: str, password: str | None = None) -> mqtt.Address:
    told = (secrets / f"{user}.password").read_text() if password is None else password
    parsed = mqtt.Address.parse(f"mqtts://{user}:{told}@127.0.0.1:{port}")
    return replace(parsed, tls=ssl.create_default_context(cafile=str(secrets / "ca.crt")))


@asynccontextmanager
async def connected(port: int, secrets: Path, user: str) -> AsyncIterator[mqtt.Link]:
    async with mqtt.connect(address(port, secrets, user), f"test-{user}") as link:
        yield link


async def heard(link: mqtt.Link, last: str) -> list[str]:
    """Return the topics heard up to `last`."""
    topics = []
    async with asyncio.timeout(START_S):
        async for message in link.messages():
            topics.append(message.topic)
            if message.topic == last:
                return topics
    raise AssertionError("the connection ended")


async def test_a_node_speaks_only_in_its_own_name(port: int, secrets: Path) -> None:
    own, foreign = f"spBv1.0/{SCHOOL}/NDATA/{NODE}", f"spBv1.0/{SCHOOL}/NDATA/{OTHER}"
    async with connected(port, secrets, "hub") as hub, connected(port, secrets, NODE) as node:
        await hub.subscribe(("spBv1.0/#", 1))
        for topic in (foreign, f"spBv1.0/{SCHOOL}/DCMD/{OTHER}/plug", "spBv1.0/STATE/labkeeper", own):
            await node.publish(topic, b"x", qos=1)
        assert await heard(hub, own) == [own]


async def test_a_node_hears_its_own_commands_and_its_labs_devices_and_nothing_else(port: int, secrets: Path) -> None:
    own = f"spBv1.0/{SCHOOL}/NCMD/{NODE}"
    async with connected(port, secrets, OTHER) as other, connected(port, secrets, NODE) as node:
        await node.subscribe(("#", 1), (own, 1), (f"lab/{NODE}/#", 1), (f"lab/{OTHER}/#", 1))
        async with connected(port, secrets, "hub") as hub:
            await other.publish(f"lab/{OTHER}/zigbee2mqtt/plug", b"x", qos=1)
            await hub.publish(f"spBv1.0/{SCHOOL}/NCMD/{OTHER}", b"x", qos=1)
            await hub.publish(f"spBv1.0/{SCHOOL}/NDATA/{OTHER}", b"x", qos=1)
            await node.publish(f"lab/{NODE}/zigbee2mqtt/plug", b"x", qos=1)
            await hub.publish(own, b"x", qos=1)
        topics = await heard(node, own)
    assert set(topics) == {f"lab/{NODE}/zigbee2mqtt/plug", own}


async def test_nobody_gets_in_without_an_account_of_this_school(port: int, secrets: Path) -> None:
    anonymous = replace(address(port, secrets, "hub"), username=None, password=None)
    for wrong in (address(port, secrets, "hub", "guess"), anonymous):
        with pytest.raises(mqtt.MqttError):
            async with mqtt.connect(wrong, "stranger"):
                pass
    untrusting = replace(address(port, secrets, "hub"), tls=ssl.create_default_context())
    with pytest.raises(mqtt.MqttError):
        async with mqtt.connect(untrusting, "careful"):
            pass


async def test_hub_and_node_meet_over_tls_with_the_files_that_init_made(
    port: int, secrets: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(secrets / "ca.crt"))
    broker = f"mqtts://hub:{(secrets / 'hub.password').read_text()}@127.0.0.1:{port}"
    node_toml = secrets / "nodes" / NODE / "node.toml"
    node_toml.write_text(node_toml.read_text().replace(":8883", f":{port}"))
    hub_words = ["--data", str(tmp_path / "hub"), "--port", "0", "--broker", broker]
    node_words = ["--config", str(node_toml), "--data", str(tmp_path / "node")]
    async with (
        open_role("hub", "labkeeper_hub", hub_words, tmp_path / "hub.log") as hub,
        open_role("node", "labkeeper_edge", node_words, tmp_path / "node.log"),
        open_hub(str(hub.ready["url"]), str(hub.ready["owner_secret"])) as client,
        asyncio.timeout(START_S),
    ):
        while not any(node["online"] for node in (await client.get("nodes"))["nodes"]):
            await asyncio.sleep(0.1)
        (node,) = (await client.get("nodes"))["nodes"]
        assert (node["school"], node["node"]) == (SCHOOL, NODE)


def test_the_file_has_what_all_our_tests_have() -> None:
    ours = {line for line in MOSQUITTO_CONF.splitlines() if line.split()[0] not in IN_ITS_PLACE}
    assert ours <= set(CONF.read_text().splitlines())
    assert "allow_anonymous false" in CONF.read_text()
