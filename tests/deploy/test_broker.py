"""The broker's configuration, tried with a real Mosquitto: TLS, accounts, and topics that are nobody else's."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, nullcontext, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from labkeeper_cli.client import Target, open_hub
from labkeeper_cli.processes import open_role
from labkeeper_cli.trial import all_online
from labkeeper_sdk.testing import free_port
from labkeeper_sdk.testing.brokers import MOSQUITTO_CONF
from labkeeper_wire import mqtt
from labkeeper_wire.codec import encode
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.payload import Metric, Payload
from labkeeper_wire.stop import RELEASE, StopWord, topic

from .broker import CONF, START_S, Running, address, connected, heard, let_in, running, shipped
from .conftest import NODE, OTHER, SCHOOL, init

DEBIANS_OWN = """\
persistence true
persistence_location /var/lib/mosquitto/
log_dest stderr
include_dir /etc/mosquitto/conf.d
"""
"""What Debian's package has in mosquitto.conf, but for the file of the log."""
IN_ITS_PLACE = {"listener", "allow_anonymous", "persistence_location", "log_dest", "log_type"}


@pytest.fixture
async def broker(secrets: Path, tmp_path: Path) -> AsyncIterator[Running]:
    async with shipped(secrets, tmp_path) as broker:
        yield broker


@pytest.fixture
def port(broker: Running) -> int:
    return broker.port


OF_THE_NODE = [
    f"spBv1.0/{SCHOOL}/{kind}" for kind in (
        f"NBIRTH/{NODE}", f"NDATA/{NODE}", f"NDEATH/{NODE}",
        f"DBIRTH/{NODE}/plug", f"DDATA/{NODE}/plug", f"DDEATH/{NODE}/plug",
    )
]  # fmt: skip
NOT_A_NODES = [
    "spBv1.0/STATE/labkeeper", "spBv1.0/STATE/other",
    f"spBv1.0/{SCHOOL}/NBIRTH/{OTHER}", f"spBv1.0/{SCHOOL}/NDATA/{OTHER}", f"spBv1.0/{SCHOOL}/NDEATH/{OTHER}",
    f"spBv1.0/{SCHOOL}/DBIRTH/{OTHER}/plug", f"spBv1.0/{SCHOOL}/DDATA/{OTHER}/plug",
    f"spBv1.0/{SCHOOL}/DDEATH/{OTHER}/plug",
    f"spBv1.0/{SCHOOL}/NCMD/{OTHER}", f"spBv1.0/{SCHOOL}/DCMD/{OTHER}/plug",
    f"spBv1.0/{SCHOOL}/NCMD/{NODE}", f"spBv1.0/{SCHOOL}/DCMD/{NODE}/plug",
    f"spBv1.0/xuhui-1/NBIRTH/{NODE}", f"spBv1.0/xuhui-1/DDATA/{NODE}/plug",
    f"spBv1.0/{SCHOOL}/NBIRTH/{NODE}.devices", f"spBv1.0/{SCHOOL}/NDATA/{NODE}/plug",
]  # fmt: skip


async def heard_by_the_hub(port: int, secrets: Path, user: str, tried: Sequence[str]) -> list[str]:
    """Return which of `tried` the broker passes on from `user`, as the hub hears them."""
    async with connected(port, secrets, "hub") as hub, connected(port, secrets, NODE) as node:
        await hub.subscribe(("spBv1.0/#", 1), ("labkeeper/#", 1))
        there = {"hub": hub, NODE: node}
        async with nullcontext(there[user]) if user in there else connected(port, secrets, user) as link:
            for topic in tried:
                await link.publish(topic, b"x", qos=1)
        # who hears this has heard all before it
        await node.publish(f"spBv1.0/{SCHOOL}/NDATA/{NODE}", b"last", qos=1)
        return (await heard(hub, f"spBv1.0/{SCHOOL}/NDATA/{NODE}"))[:-1]


async def test_a_node_says_in_its_own_name_all_that_a_node_says(port: int, secrets: Path) -> None:
    said = [*(topic for topic in OF_THE_NODE if "NDATA" not in topic), f"labkeeper/v1/{SCHOOL}/stop"]
    assert await heard_by_the_hub(port, secrets, NODE, said) == said


async def test_a_node_says_nothing_in_anothers_name_nor_the_hubs_nor_in_another_school(
    port: int, secrets: Path
) -> None:
    others = [*NOT_A_NODES, "labkeeper/v1/xuhui-1/stop", f"labkeeper/v1/{SCHOOL}/{NODE}/stop", "labkeeper/v1/stop"]
    assert await heard_by_the_hub(port, secrets, NODE, others) == []


async def test_devices_cannot_speak_sparkplug_nor_stop_a_school(port: int, secrets: Path) -> None:
    devices = f"{NODE}.devices"
    own = [topic.replace(NODE, devices) for topic in OF_THE_NODE]
    tried = [*NOT_A_NODES, *OF_THE_NODE, *own, f"labkeeper/v1/{SCHOOL}/stop"]
    assert await heard_by_the_hub(port, secrets, devices, tried) == []


async def test_a_node_leaves_no_will_in_anothers_name(port: int, secrets: Path) -> None:
    own, foreign = f"spBv1.0/{SCHOOL}/NDEATH/{NODE}", f"spBv1.0/{SCHOOL}/NDEATH/{OTHER}"
    async with connected(port, secrets, "hub") as hub:
        await hub.subscribe(("spBv1.0/#", 1))
        for topic in (foreign, own):
            with suppress(ConnectionAbortedError, mqtt.MqttError):
                async with connected(port, secrets, NODE, mqtt.Will(topic, b"x", qos=1)):
                    raise ConnectionAbortedError
        assert await heard(hub, own) == [own]


async def test_a_node_hears_its_own_commands_and_its_labs_devices_and_nothing_else(port: int, secrets: Path) -> None:
    own, stop = f"spBv1.0/{SCHOOL}/NCMD/{NODE}", f"labkeeper/v1/{SCHOOL}/stop"
    listening = connected(port, secrets, NODE)
    devices, others = (connected(port, secrets, f"{node}.devices") for node in (NODE, OTHER))
    async with connected(port, secrets, OTHER) as other, devices as lab, others as elsewhere, listening as node:
        await node.subscribe(("#", 1), (own, 1), (f"lab/{NODE}/#", 1), (f"lab/{OTHER}/#", 1), (f"{OTHER}/5/#", 1))
        async with connected(port, secrets, "hub") as hub:
            await elsewhere.publish(f"lab/{OTHER}/zigbee2mqtt/plug", b"x", qos=1)
            await elsewhere.publish(f"lab/{NODE}/zigbee2mqtt/forged", b"x", qos=1)
            await hub.publish(f"spBv1.0/{SCHOOL}/NCMD/{OTHER}", b"x", qos=1)
            await hub.publish(f"spBv1.0/{SCHOOL}/DCMD/{OTHER}/plug", b"x", qos=1)
            await other.publish(f"spBv1.0/{SCHOOL}/NDATA/{OTHER}", b"x", qos=1)
            await hub.publish("labkeeper/v1/xuhui-1/stop", b"x", qos=1)
            await lab.publish(f"lab/{NODE}/zigbee2mqtt/plug", b"x", qos=1)
            await lab.publish(f"{NODE}/5/robot/$state", b"x", qos=1)
            for topic in (f"spBv1.0/{SCHOOL}/DCMD/{NODE}/plug", "spBv1.0/STATE/labkeeper", stop, own):
                await hub.publish(topic, b"x", qos=1)
        topics = await heard(node, own)
    assert set(topics) == {
        f"lab/{NODE}/zigbee2mqtt/plug", f"{NODE}/5/robot/$state",
        f"spBv1.0/{SCHOOL}/DCMD/{NODE}/plug", "spBv1.0/STATE/labkeeper", stop, own,
    }  # fmt: skip


async def test_devices_hear_what_is_said_to_them_and_no_command_reading_or_state(port: int, secrets: Path) -> None:
    own = f"lab/{NODE}/zigbee2mqtt/plug/set"
    async with (
        connected(port, secrets, f"{NODE}.devices") as devices,
        connected(port, secrets, NODE) as node,
        connected(port, secrets, "hub") as hub,
    ):
        await devices.subscribe(("#", 1), ("spBv1.0/#", 1), (f"spBv1.0/{SCHOOL}/NCMD/{NODE}", 1), ("labkeeper/#", 1))
        for topic in (f"spBv1.0/{SCHOOL}/NCMD/{NODE}", "spBv1.0/STATE/labkeeper", f"labkeeper/v1/{SCHOOL}/stop"):
            await hub.publish(topic, b"x", qos=1)
        await node.publish(f"spBv1.0/{SCHOOL}/NDATA/{NODE}", b"x", qos=1)
        await node.publish(own, b"x", qos=1)
        assert set(await heard(devices, own)) == {own}


async def test_the_hub_speaks_as_no_node_and_to_no_device(port: int, secrets: Path) -> None:
    passed = await heard_by_the_hub(port, secrets, "hub", [*OF_THE_NODE, f"lab/{NODE}/zigbee2mqtt/plug/set"])
    assert passed == []


async def test_a_new_node_gets_in_and_a_removed_one_is_thrown_out_without_a_restart(
    broker: Running, secrets: Path
) -> None:
    async with connected(broker.port, secrets, NODE) as node, connected(broker.port, secrets, "hub") as hub:
        assert init(secrets.parent, "--node", "biology-pi").returncode == 0
        broker.read_again()
        await let_in(broker.port, secrets, "biology-pi")
        stolen = address(broker.port, secrets, NODE)
        assert init(secrets.parent, "--remove", NODE).returncode == 0
        broker.read_again()
        with pytest.raises(mqtt.LinkLost):
            await heard(node, "")
        with pytest.raises(mqtt.ConnectRefused):
            async with mqtt.connect(stolen, "stolen"):
                pass
        await hub.subscribe(("spBv1.0/#", 1))
        async with connected(broker.port, secrets, "biology-pi") as new:
            await new.publish(f"spBv1.0/{SCHOOL}/NDATA/biology-pi", b"x", qos=1)
            assert await heard(hub, f"spBv1.0/{SCHOOL}/NDATA/biology-pi")


async def test_what_a_school_adds_by_hand_outlives_the_next_run(broker: Running, secrets: Path) -> None:
    (secrets / "acl.extra").write_text(f"user {NODE}\ntopic readwrite tasmota/discovery/#\n")
    assert init(secrets.parent, "--node", "biology-pi").returncode == 0
    broker.read_again()
    await let_in(broker.port, secrets, "biology-pi")
    async with connected(broker.port, secrets, NODE) as node:
        await node.subscribe(("tasmota/discovery/#", 1), (f"lab/{NODE}/#", 1))
        for topic in ("tasmota/discovery/1/config", f"lab/{NODE}/plug"):
            await node.publish(topic, b"x", qos=1)
        assert await heard(node, f"lab/{NODE}/plug") == ["tasmota/discovery/1/config", f"lab/{NODE}/plug"]


@pytest.fixture
async def debian(tmp_path: Path) -> AsyncIterator[Running]:
    """Debian's Mosquitto with what `init --debian --plain` made."""
    done = init(tmp_path, "--debian", "--plain", "--node", NODE, "--node", OTHER)
    assert done.returncode == 0, done.stderr
    secrets, number = tmp_path / "secrets", free_port()
    text = (secrets / "labkeeper.conf").read_text().replace("listener 1883", f"listener {number} 127.0.0.1")
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "labkeeper.conf").write_text(text.replace("/etc/mosquitto/labkeeper", str(secrets)))
    debians = DEBIANS_OWN.replace("/etc/mosquitto", str(tmp_path)).replace("/var/lib/mosquitto", str(tmp_path))
    async with running(debians, tmp_path, number) as broker:
        yield broker


def plain(broker: Running, folder: Path, user: str) -> str:
    return f"mqtt://{user}:{(folder / 'secrets' / f'{user}.password').read_text()}@127.0.0.1:{broker.port}"


async def test_debians_mosquitto_without_tls_lets_the_same_accounts_in_and_nobody_else(
    debian: Running, tmp_path: Path
) -> None:
    async with mqtt.connect(mqtt.Address.parse(plain(debian, tmp_path, NODE)), "node") as node:
        await node.subscribe(("#", 1))
        for topic in (f"spBv1.0/{SCHOOL}/NDATA/{OTHER}", "spBv1.0/STATE/labkeeper", f"lab/{NODE}/plug"):
            await node.publish(topic, b"x", qos=1)
        assert await heard(node, f"lab/{NODE}/plug") == [f"lab/{NODE}/plug"]
    for stranger in ("", f"{OTHER}:guess@"):
        with pytest.raises(mqtt.ConnectRefused):
            async with mqtt.connect(mqtt.Address.parse(f"mqtt://{stranger}127.0.0.1:{debian.port}"), "stranger"):
                pass


GUESSED = [
    f"labkeeper/{SCHOOL}/{NODE}", f"labkeeper-stop/{SCHOOL}/{NODE}",
    f"labkeeper/{SCHOOL}/{NODE}/zigbee", f"labkeeper/{SCHOOL}/{NODE}/homie",
    "labkeeper-host-labkeeper", "labkeeper-stop-labkeeper",
]  # fmt: skip
"""What anybody can think of as the client ids of node and hub."""
MIB = 1 << 20
THROWN_OUT = "already connected, closing old connection"


def connections(broker: Running, *users: str) -> set[str]:
    """Return the client ids with which these accounts have connected."""
    lines = broker.log.read_text().splitlines()
    found = (re.search(r" as (\S+) \(.*u'([^']*)'\)", line) for line in lines if "New client connected" in line)
    return {match[1] for match in found if match and match[2] in users}


async def test_who_names_a_client_id_throws_its_owner_out_and_nobody_else_can_name_a_nodes_or_the_hubs(
    debian: Running, tmp_path: Path
) -> None:
    node, other = (mqtt.Address.parse(plain(debian, tmp_path, user)) for user in (NODE, OTHER))
    name = f"labkeeper/{SCHOOL}/{NODE}"
    async with mqtt.connect(node, node.own(name)) as link:
        for tried in (name, other.own(name), replace(other, username=NODE).own(name), f"{name}/", f"{name}/+"):
            async with mqtt.connect(other, tried):
                pass
        await link.publish(f"lab/{NODE}/still-here", b"x", qos=1)
        async with mqtt.connect(other, node.own(name)):  # what the broker does, and why the name is a secret
            with pytest.raises(mqtt.LinkLost):
                await heard(link, "")
    assert debian.log.read_text().count(THROWN_OUT) == 1


def ncmd(word: bytes) -> bytes:
    """Return the hub's command to a node that releases a stop."""
    return encode(Payload((Metric(RELEASE, word.decode(), DataType.STRING),), 0))


async def test_a_whole_lab_lives_with_these_accounts_and_its_light_is_switched_from_the_page(
    debian: Running, tmp_path: Path
) -> None:
    node_toml, sim_toml = tmp_path / "secrets" / "nodes" / NODE / "node.toml", tmp_path / "sim.toml"
    sim_toml.write_text(f'homie_domain = "{NODE}"\n[zigbee]\nbase_topic = "lab/{NODE}/zigbee2mqtt"\n')
    hub_words = ["--data", str(tmp_path / "hub"), "--port", "0", "--broker", plain(debian, tmp_path, "hub")]
    node_words = ["--config", str(node_toml), "--data", str(tmp_path / "node")]
    node_words += ["--broker", plain(debian, tmp_path, NODE)]
    sim_words = ["--config", str(sim_toml), "--only", "light", "--only", "relay-board"]
    sim_words += ["--broker", plain(debian, tmp_path, f"{NODE}.devices")]
    async with (
        open_role("hub", "labkeeper_hub", hub_words, tmp_path / "hub.log") as hub,
        open_role("node", "labkeeper_edge", node_words, tmp_path / "node.log"),
        open_role("devices", "labkeeper_sdk.sim", sim_words, tmp_path / "sim.log") as sim,
        open_hub(str(hub.ready["url"]), str(hub.ready["owner_secret"])) as client,
        client.live() as live,
    ):
        wanted = {device["id"] for device in sim.ready["devices"]}
        assert len(wanted) == 2
        devices = await all_online(client, wanted, START_S)
        assert {device["device"] for device in devices if device["online"]} >= wanted
        light = next(device for device in devices if any(point["point"] == "state" for point in device["points"]))
        for name in GUESSED:
            async with mqtt.connect(mqtt.Address.parse(plain(debian, tmp_path, OTHER)), name):
                pass
        outcome = await live.command(Target(SCHOOL, NODE, light["device"], "state"), True, 20_000)
        assert (outcome.state, outcome.code) == ("done", "")
        (stop,) = (await client.post("stop", {}))["stops"]
        async with mqtt.connect(mqtt.Address.parse(plain(debian, tmp_path, OTHER)), "another-node") as other:
            await other.subscribe((topic(SCHOOL), 1))
            forged = StopWord(stop["latch"], active=False, by="hub", at_ms=stop["at_ms"]).to_payload()
            await other.publish(f"spBv1.0/{SCHOOL}/NCMD/{NODE}", ncmd(forged), qos=1)
            await other.publish(topic(SCHOOL), forged, qos=1, retain=True)
            async with asyncio.timeout(START_S):
                words = other.messages()
                while (await anext(words)).payload != forged:
                    pass
                assert StopWord.from_payload((await anext(words)).payload).active, "the hub says it again"
        wanted_light = Target(SCHOOL, NODE, light["device"], "state")
        assert (await live.command(wanted_light, False, 20_000)).code == "stopped"
        step = await client.post("stop/release", {"latch": stop["latch"]})
        assert (await client.post("stop/release", {"latch": stop["latch"], "release": step["release"]}))["stops"] == []
        async with asyncio.timeout(START_S):
            while (await live.command(wanted_light, False, 20_000)).code == "stopped":
                pass
        assert THROWN_OUT not in debian.log.read_text()
        assert {name.rpartition("/")[0] for name in connections(debian, "hub", NODE)} == set(GUESSED)


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


async def test_a_payload_that_is_too_large_is_dropped_and_who_sends_a_packet_twice_that_is_cut_off(
    port: int, secrets: Path
) -> None:
    own = f"spBv1.0/{SCHOOL}/NDATA/{NODE}"
    async with connected(port, secrets, "hub") as hub, connected(port, secrets, NODE) as node:
        await hub.subscribe((own, 1))
        for size in (MIB, MIB + 1, 1):
            await node.publish(own, bytes(size), qos=1)
        with pytest.raises(mqtt.LinkLost):
            await node.publish(own, bytes(2 * MIB), qos=1)
        async with connected(port, secrets, NODE) as again:
            await again.publish(own, b"last", qos=1)
        sizes = []
        async for message in hub.messages():
            sizes.append(len(message.payload))
            if message.payload == b"last":
                break
    assert sizes == [MIB, 1, 4]


async def test_the_broker_keeps_so_many_bytes_for_who_is_away_and_goes_on(secrets: Path, tmp_path: Path) -> None:
    few = {"max_queued_bytes 268435456": f"max_queued_bytes {MIB}"}
    topic = f"lab/{NODE}/plug"
    async with shipped(secrets, tmp_path, few) as broker:
        away = address(broker.port, secrets, NODE)
        async with mqtt.connect(away, "away", clean=False) as node:
            await node.subscribe((topic, 1))
        async with connected(broker.port, secrets, f"{NODE}.devices") as lab:
            for _ in range(20):
                await lab.publish(topic, bytes(MIB // 8), qos=1)
            async with mqtt.connect(away, "away", clean=False) as node:
                await lab.publish(topic, b"last", qos=1)
                assert 8 <= len(await heard(node, topic, b"last")) - 1 < 20


async def test_the_broker_holds_so_many_connections_and_no_more(secrets: Path, tmp_path: Path) -> None:
    """Mosquitto 2.0.11 counts whoever goes before the TLS handshake is over, as the look whether it is up does, as gone
    twice: then one more gets in.
    """
    few = {"max_connections 4000": "max_connections 2"}
    async with shipped(secrets, tmp_path, few) as broker:
        async with AsyncExitStack() as stack:
            for number in range(2):
                await stack.enter_async_context(connected(broker.port, secrets, "hub", name=f"n{number}"))
            with suppress(mqtt.LinkLost):
                await stack.enter_async_context(connected(broker.port, secrets, "hub", name="perhaps"))
            with pytest.raises(mqtt.LinkLost):
                await stack.enter_async_context(connected(broker.port, secrets, "hub", name="more"))
        async with connected(broker.port, secrets, OTHER):
            pass


def test_the_file_has_what_all_our_tests_have() -> None:
    ours = {line for line in MOSQUITTO_CONF.splitlines() if line.split()[0] not in IN_ITS_PLACE}
    assert ours <= set(CONF.read_text().splitlines())
    assert "allow_anonymous false" in CONF.read_text()
