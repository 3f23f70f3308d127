"""Between a node and its broker: a link that breaks all the time, a certificate that has expired, lost accounts."""

import asyncio
import base64
import hashlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from random import Random, SystemRandom
from uuid import uuid4

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from labkeeper_edge.backoff import Backoff
from labkeeper_sdk.testing import Broker, find_mosquitto, free_port
from labkeeper_wire import mqtt
from labkeeper_wire.commands import CommandState
from labkeeper_wire.delivery import BACKLOG, GAPS, TAKEN
from tests.deploy.broker import running
from tests.edge.conftest import Keyboard, RunEdge
from tests.edge.lossy_link import open_lossy_link
from tests.edge.tiny_host import FINAL, open_host

CUTS, LIFE_S, EVERY_S = 200, 0.1, 0.02
LISTENER = "listener {port} 127.0.0.1\npersistence false\nlog_dest stderr\n"
needs_mosquitto = pytest.mark.skipif(
    find_mosquitto() is None, reason="Mosquitto is not installed: apt install mosquitto"
)


async def test_over_a_link_that_breaks_hundreds_of_times_nothing_is_lost_or_done_twice(
    broker: Broker, run_edge: RunEdge, keyboard: Keyboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hundreds in seconds: nobody waits long before trying again."""
    seed = SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 -- what a failure began with
    chance = Random(seed)
    monkeypatch.setattr(Backoff, "next_s", lambda *_: chance.uniform(0.005, 0.03))
    said, commands = 0, []
    async with (
        open_host(broker.url) as host,
        open_lossy_link(broker.host, broker.port, chance, LIFE_S) as link,
        run_edge(url=link.url),
        asyncio.timeout(60),
    ):
        await host.born("d1")
        link.spoil()
        while link.cuts < CUTS:
            await keyboard.says(count=said)
            said += 1
            if said % 10 == 0:
                commands.append(str(uuid4()))
                for _ in range(3):  # as the hub, which asks again until it is answered
                    host.command(commands[-1], "d1", "level", said / 100)
            await asyncio.sleep(EVERY_S)
        link.bad = False
        await host.until(lambda: set(host.values("count")) == set(range(said)) and host.node_metric(BACKLOG) == 0)
        assert sorted(host.values("count"), key=str) == sorted(range(said), key=str)
        await host.until(lambda: host.node_metric(TAKEN) == sum(len(said) for _, said in host.stored.values()))
        assert host.node_metric(GAPS) == 0
        print(f"{link.cuts} cuts, {said} readings")  # noqa: T201 -- how hard it was
        orders = Counter(str(wanted) for _, wanted in keyboard.asked)
        assert not orders or orders.most_common(1)[0][1] == 1, "at most once"
        ended = {it.id: it.state for it in host.results() if it.state in FINAL}
        assert set(ended.values()) <= {
            CommandState.DONE,
            CommandState.FAILED,
            CommandState.REJECTED,
            CommandState.EXPIRED,
        }


def certificate(folder: Path, name: str, until: datetime) -> tuple[Path, Path]:
    """Make a certificate that is its own authority, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder(who, who, key.public_key(), x509.random_serial_number())
        .not_valid_before(until - timedelta(days=9))
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / f"{name}.pem", folder / f"{name}.key"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    pkcs8, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    files[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, pkcs8, plain))
    return files


@needs_mosquitto
async def test_an_expired_certificate_is_named_and_a_new_one_lets_the_node_in(
    run_edge: RunEdge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now, port = datetime.now(UTC), free_port()
    old = certificate(tmp_path, "old", now - timedelta(days=1))
    new = certificate(tmp_path, "new", now + timedelta(days=1))
    both = tmp_path / "both.pem"
    both.write_bytes(old[0].read_bytes() + new[0].read_bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(both))
    monkeypatch.setattr(Backoff, "next_s", lambda *_: 0.05)
    url = f"mqtts://127.0.0.1:{port}"

    def served(files: tuple[Path, Path]) -> str:
        return LISTENER.format(port=port) + f"allow_anonymous true\ncertfile {files[0]}\nkeyfile {files[1]}\n"

    said = f"the certificate of the broker at 127.0.0.1:{port} is not accepted: certificate has expired"
    async with run_edge(url=url):
        async with running(served(old), tmp_path, port), asyncio.timeout(20):
            while f"uplink: no session: {said}" not in caplog.text or f"driver bench: {said}" not in caplog.text:
                await asyncio.sleep(0.02)
        async with running(served(new), tmp_path, port), open_host(url) as host:
            await host.born("d1")
    assert caplog.text.count(f"uplink: no session: {said}") == 1, "said once, tried again and again"


def account(name: str, password: str) -> str:
    """Return a line of Mosquitto's password file: PBKDF2 with SHA-512."""
    salt, turns = b"twelve bytes", 101
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, turns)
    return f"{name}:$7${turns}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}\n"


async def lets_in(address: mqtt.Address) -> None:
    """Wait until a broker has read its accounts again."""
    async with asyncio.timeout(20):
        while True:
            try:
                async with mqtt.connect(address, "who-tries"):
                    return
            except mqtt.MqttError:
                await asyncio.sleep(0.05)


@needs_mosquitto
async def test_accounts_that_the_broker_lost_are_named_and_when_they_are_back_so_is_the_node(
    run_edge: RunEdge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    port, accounts = free_port(), tmp_path / "accounts"
    accounts.write_text(kept := account("n", "secret"))
    monkeypatch.setattr(Backoff, "next_s", lambda *_: 0.05)
    text = LISTENER.format(port=port) + f"allow_anonymous false\npassword_file {accounts}\n"
    url = f"mqtt://n:secret@127.0.0.1:{port}"
    async with running(text, tmp_path, port) as broker, run_edge(url=url):
        async with open_host(url) as host:
            await host.born("d1")
            accounts.write_text("")
            broker.read_again()
            async with asyncio.timeout(20):
                while "uplink: no session: not authorized" not in caplog.text:
                    await asyncio.sleep(0.02)
        accounts.write_text(kept)
        broker.read_again()
        await lets_in(mqtt.Address.parse(url))
        async with open_host(url) as host:
            await host.born("d1")
