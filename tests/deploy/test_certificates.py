"""Nodes that show a certificate instead of a password, at a real Mosquitto: who gets in by it, and who no more."""

import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from labkeeper_cli.processes import open_role
from labkeeper_sdk.testing import free_port
from labkeeper_wire import mqtt
from labkeeper_wire.state import HostState, publish_state

from .broker import Running, address, connected, heard, let_in, shipped
from .conftest import NODE, OTHER, SCHOOL, init

OWN = f"spBv1.0/{SCHOOL}/NDATA/{NODE}"


@pytest.fixture
def certified(secrets: Path) -> Path:
    """Return the files of a school of which one node has a certificate, and another has not."""
    done = init(secrets.parent, "--certify", NODE)
    assert done.returncode == 0, done.stderr
    assert f"~/{NODE}/node.crt ~/{NODE}/node.key" in done.stdout
    assert "restart broker" in done.stdout
    return secrets


@asynccontextmanager
async def open_door(secrets: Path, folder: Path) -> AsyncIterator[tuple[Running, int]]:
    """Start the broker with its second listener here; give it, and where that one is."""
    door = free_port()
    move(secrets, door)
    async with shipped(secrets, folder) as broker:
        yield broker, door


def move(secrets: Path, door: int) -> None:
    conf = secrets / "broker.d" / "certificates.conf"
    text = conf.read_text().replace("listener 8884", f"listener {door} 127.0.0.1")
    text = text.replace("/mosquitto/config/broker.d", str(secrets / "broker.d"))
    conf.write_text(text.replace("/mosquitto/config/secrets", str(secrets)))


def showing(door: int, secrets: Path, files: Path, name: str = "node") -> mqtt.Address:
    """Return the address of who shows the certificate `files`/`name`.crt."""
    told = mqtt.Address.parse(f"mqtts://127.0.0.1:{door}?certificate={files}/{name}.crt&key={files}/{name}.key")
    assert told.tls is not None
    told.tls.load_verify_locations(secrets / "ca.crt")
    return told


async def gets_in(address: mqtt.Address) -> bool:
    """Whether the broker takes us, and still does after a word (TLS 1.3 tells a client late that it is refused)."""
    try:
        async with mqtt.connect(address, address.own("who-tries")) as link:
            await link.publish(OWN, b"x", qos=1)
            return True
    except mqtt.MqttError:
        return False


async def test_a_certificate_is_an_account_with_the_same_rights_and_its_password_opens_nothing(
    certified: Path, tmp_path: Path
) -> None:
    files = certified / "nodes" / NODE
    async with open_door(certified, tmp_path) as (broker, door):
        node = showing(door, certified, files)
        async with connected(broker.port, certified, "hub") as hub, mqtt.connect(node, node.own("n")) as link:
            await hub.subscribe(("#", 1))
            for topic in (f"spBv1.0/{SCHOOL}/NDATA/{OTHER}", f"spBv1.0/{SCHOOL}/NCMD/{NODE}", OWN):
                await link.publish(topic, b"x", qos=1)
            assert await heard(hub, OWN) == [OWN]
        as_the_hub = replace(node, username="hub", password=(certified / "hub.password").read_text())
        async with connected(broker.port, certified, "hub") as hub, mqtt.connect(as_the_hub, "n") as link:
            await hub.subscribe(("#", 1))
            for topic in (f"spBv1.0/{SCHOOL}/NCMD/{OTHER}", OWN):
                await link.publish(topic, b"x", qos=1)
            assert await heard(hub, OWN) == [OWN], "the name in the certificate counts, whatever else is said"
        assert not (certified / f"{NODE}.password").exists()
        assert not await gets_in(address(broker.port, certified, NODE, "guess"))
        assert await gets_in(address(broker.port, certified, OTHER))


async def test_no_other_certificate_opens_the_door_and_no_password(certified: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    assert init(foreign, "--node", NODE, "--certify", NODE).returncode == 0
    async with open_door(certified, tmp_path) as (_, door):
        assert await gets_in(showing(door, certified, certified / "nodes" / NODE))
        assert not await gets_in(showing(door, certified, foreign / "secrets" / "nodes" / NODE)), "another authority's"
        assert not await gets_in(showing(door, certified, certified, "broker")), "a server's"
        assert not await gets_in(address(door, certified, "hub")), "none at all"


async def test_a_stolen_certificate_has_no_rights_and_gets_in_no_more_as_soon_as_the_broker_has_read_it(
    certified: Path, tmp_path: Path
) -> None:
    stolen = shutil.copytree(certified / "nodes" / NODE, tmp_path / "stolen")
    # what the thief has is not the newest, and goes as well
    assert init(tmp_path, "--renew", NODE, "--certify", OTHER).returncode == 0
    async with open_door(certified, tmp_path) as (broker, door):
        thief = showing(door, certified, stolen)
        neighbour = mqtt.connect(showing(door, certified, certified / "nodes" / OTHER), "neighbour")
        hub_link = connected(broker.port, certified, "hub")
        async with mqtt.connect(thief, "thief") as link, neighbour as other, hub_link as hub:
            await hub.subscribe(("#", 1))
            new = ("--node", "biology-pi", "--certify", "biology-pi", "--node", "music-pi")
            assert init(tmp_path, "--remove", NODE, *new).returncode == 0
            move(certified, door)
            broker.read_again()
            await let_in(broker.port, certified, "music-pi")
            assert await gets_in(showing(door, certified, certified / "nodes" / "biology-pi"))
            assert not await gets_in(thief)
            await link.publish(OWN, b"x", qos=1)
            kept = f"spBv1.0/{SCHOOL}/NDATA/{OTHER}"
            await other.publish(kept, b"x", qos=1)
            assert await heard(hub, kept) == [kept]


@pytest.mark.parametrize("again", [("--certify", NODE), ()], ids=["certificate", "password"])
async def test_a_name_that_is_given_again_does_not_let_in_who_stole_its_certificate(
    certified: Path, tmp_path: Path, again: tuple[str, ...]
) -> None:
    stolen = shutil.copytree(certified / "nodes" / NODE, tmp_path / "stolen")
    (certified / "ca.key").rename(tmp_path / "drawer")
    assert init(tmp_path, "--remove", NODE).returncode == 0, "a thief is not to wait for the key"
    done = init(tmp_path, "--node", NODE, *again)
    assert (done.returncode, "ca.key" in done.stderr) == (2, True)
    (tmp_path / "drawer").rename(certified / "ca.key")
    assert init(tmp_path, "--node", NODE, *again).returncode == 0
    async with open_door(certified, tmp_path) as (broker, door):
        new = showing(door, certified, certified / "nodes" / NODE) if again else address(broker.port, certified, NODE)
        assert await gets_in(new)
        assert not await gets_in(showing(door, certified, stolen))


async def test_a_certificate_is_renewed_for_the_same_key_and_keeps_the_node_s_names(
    certified: Path, tmp_path: Path
) -> None:
    files, before = certified / "nodes" / NODE, tmp_path / "before"
    shutil.copytree(files, before)
    assert init(tmp_path, "--renew", NODE).returncode == 0
    assert (files / "node.key").read_text() == (before / "node.key").read_text()
    assert (files / "node.crt").read_text() != (before / "node.crt").read_text()
    async with open_door(certified, tmp_path) as (_, door):
        renewed, old = showing(door, certified, files), showing(door, certified, before)
        assert renewed.own("n") == old.own("n") != "n"
        assert await gets_in(renewed)
        assert await gets_in(old), "until it ends: the node is not to stand still meanwhile"


async def test_a_node_lives_with_its_certificate(
    certified: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certified / "ca.crt"))
    node_toml = certified / "nodes" / NODE / "node.toml"
    async with open_door(certified, tmp_path) as (broker, door):
        text = node_toml.read_text().replace(":8884?", f":{door}?")
        node_toml.write_text(text.replace("/etc/labkeeper", str(node_toml.parent)))
        words = ["--config", str(node_toml), "--data", str(tmp_path / "node")]
        async with (
            connected(broker.port, certified, "hub") as hub,
            open_role("node", "labkeeper_edge", words, tmp_path / "node.log"),
        ):
            await hub.subscribe(("spBv1.0/+/NBIRTH/#", 1))
            state = publish_state("labkeeper", HostState(online=True, time_ms=1))
            await hub.publish(state.topic, state.payload, retain=True)
            assert await heard(hub, f"spBv1.0/{SCHOOL}/NBIRTH/{NODE}")


def test_what_cannot_be_certified_is_said_and_nothing_is_changed(secrets: Path, tmp_path: Path) -> None:
    (secrets / "ca.key").rename(tmp_path / "drawer")
    before = (secrets / "school.json").read_text()
    for words, why in (
        (("--certify", "unknown"), "no node here"),
        (("--renew", NODE), "--certify"),
        (("--certify", NODE), "ca.key"),
    ):
        done = init(tmp_path, *words)
        assert (done.returncode, why in done.stderr) == (2, True), done.stderr
    assert (secrets / "school.json").read_text() == before
    done = init(tmp_path / "plain", "--debian", "--plain", "--node", NODE, "--certify", NODE)
    assert (done.returncode, "TLS" in done.stderr) == (2, True)


def test_debians_broker_is_told_of_its_second_door(tmp_path: Path) -> None:
    done = init(tmp_path, "--debian", "--node", NODE, "--certify", NODE)
    assert done.returncode == 0, done.stderr
    for name in ("labkeeper-certificates.conf", "crl.pem", "ca.crt"):
        assert f"{tmp_path / 'secrets' / name}" in done.stdout
    conf = (tmp_path / "secrets" / "labkeeper-certificates.conf").read_text()
    assert "cafile /etc/mosquitto/labkeeper/ca.crt" in conf
    assert "include_dir" not in (tmp_path / "secrets" / "labkeeper.conf").read_text()
    assert "ends within" not in done.stdout


def test_a_certificate_that_ends_soon_is_named_at_each_run(certified: Path, tmp_path: Path) -> None:
    certificate = certified / "nodes" / NODE / "node.crt"
    signed = ("-CA", str(certified / "ca.crt"), "-CAkey", str(certified / "ca.key"), "-days", "80")
    request = tmp_path / "n.csr"
    key = ("-key", str(certificate.with_suffix(".key")), "-subj", f"/CN={NODE}")
    subprocess.run(("openssl", "req", "-new", *key, "-out", str(request)), check=True, capture_output=True)
    words = ("openssl", "x509", "-req", "-in", str(request), *signed, "-out", str(certificate))
    subprocess.run(words, check=True, capture_output=True)
    assert f"--renew {NODE}" in init(tmp_path).stdout
