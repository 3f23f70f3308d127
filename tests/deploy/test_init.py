"""Secrets are made once, are all different, and are nobody else's to read."""

import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from labkeeper_edge.interlocks.loading import supplied
from labkeeper_edge.interlocks.offers import Signers
from labkeeper_edge.settings import parse_settings
from labkeeper_hub.interlocks.signing import open_signing
from labkeeper_hub.model import NodeKey
from labkeeper_hub.settings import HubSettings
from labkeeper_wire.interlocks import AgreedSet, BadSet

from .conftest import NODE, OTHER, ROOT, SCHOOL, init, script

SECRETS = (
    "hub.password",
    f"{NODE}.password",
    f"{OTHER}.password",
    f"{NODE}.devices.password",
    f"{OTHER}.devices.password",
    "influx_password",
    "influx_token",
    "grafana_password",
)


def texts(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


def test_every_secret_is_new_and_long(secrets: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    init(other, "--node", NODE, "--node", OTHER)
    every = [(folder / name).read_text() for folder in (secrets, other / "secrets") for name in SECRETS]
    assert len(set(every)) == len(every)
    assert all(len(text) >= 32 for text in every)


def test_nobody_else_can_read_them(secrets: Path) -> None:
    assert secrets.stat().st_mode & 0o077 == 0
    for name in (
        *SECRETS,
        "hub.toml",
        "passwd",
        "acl",
        "school.json",
        "ca.key",
        "broker.key",
        f"nodes/{NODE}/node.toml",
        f"nodes/{NODE}/zigbee2mqtt.yaml",
    ):
        assert (secrets / name).stat().st_mode & 0o077 == 0, name


def test_adding_a_node_needs_its_name_alone_keeps_everything_and_says_what_goes_where(secrets: Path) -> None:
    before, mounted = texts(secrets), (secrets / "passwd").stat().st_ino
    done = script("--to", str(secrets), "--node", "biology-pi")
    assert done.returncode == 0, done.stderr
    after = texts(secrets)
    assert {name for name in before if before[name] != after[name]} == {"passwd", "acl", "school.json"}
    accounts = ["hub", *(name for node in (NODE, OTHER, "biology-pi") for name in (node, f"{node}.devices"))]
    assert sorted(line.split(":")[0] for line in after["passwd"].splitlines()) == sorted(accounts)
    assert (secrets / "passwd").stat().st_ino == mounted, "a container has mounted the file, not its name"
    for line in (f"scp -r {secrets}/nodes/biology-pi", "/etc/labkeeper/", "biology-pi.devices", "kill -s HUP broker"):
        assert line in done.stdout
    assert NODE not in done.stdout
    assert not [name for name in after if name.endswith("password") and after[name] in done.stdout]


def test_the_settings_it_writes_are_accepted(secrets: Path) -> None:
    hub = tomllib.loads((secrets / "hub.toml").read_text())
    assert hub["influx"]["token_file"] == "/run/secrets/influx_token"
    HubSettings(**{name: value for name, value in hub.items() if name in HubSettings.model_fields})
    assert set(hub) - set(HubSettings.model_fields) <= {"influx"}
    node = parse_settings((secrets / "nodes" / NODE / "node.toml").read_text())
    assert (node.school, node.node) == (SCHOOL, NODE)


def test_a_node_takes_interlocks_from_this_hub_and_from_no_other(secrets: Path, tmp_path: Path) -> None:
    settings = parse_settings((secrets / "nodes" / NODE / "node.toml").read_text())
    signers = Signers(settings.school, settings.node, settings.interlock_keys)
    key = secrets.parent / "data" / "hub" / "interlocks.key"
    assert key.stat().st_mode & 0o077 == 0
    agreed = AgreedSet(1, supplied("chemistry"), "li", "wang")
    for_node = NodeKey(settings.school, settings.node)
    signers.check(open_signing(key.parent).signed(agreed, for_node))
    for wrong in (agreed, open_signing(tmp_path / "another").signed(agreed, for_node)):
        with pytest.raises(BadSet, match="signed by none"):
            signers.check(wrong)


def test_a_key_that_the_hub_made_already_is_the_one_its_nodes_are_told(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    signing = open_signing(tmp_path / "data" / "hub")
    init(tmp_path, "--node", NODE)
    node = parse_settings((tmp_path / "secrets" / "nodes" / NODE / "node.toml").read_text())
    assert node.interlock_keys == (signing.public,)


def test_the_devices_are_given_an_account_of_their_own(secrets: Path) -> None:
    mqtt = yaml.safe_load((secrets / "nodes" / NODE / "zigbee2mqtt.yaml").read_text())["mqtt"]
    assert mqtt["user"] == f"{NODE}.devices"
    assert mqtt["password"] == (secrets / f"{NODE}.devices.password").read_text()
    driver = tomllib.loads((secrets / "nodes" / NODE / "node.toml").read_text())["drivers"]["zigbee"]
    assert mqtt["base_topic"] == driver["base_topic"]
    assert mqtt["server"] == "mqtts://127.0.0.1:8883"


def test_for_debian_everything_is_where_debian_has_it(tmp_path: Path) -> None:
    assert init(tmp_path, "--debian", "--node", NODE).returncode == 0
    folder = tmp_path / "secrets"
    conf = (folder / "labkeeper.conf").read_text().splitlines()
    assert {"listener 8883", "keyfile /etc/mosquitto/labkeeper/broker.key"} <= set(conf)
    assert not [line for line in conf if line.startswith(("persistence", "log_"))]
    assert tomllib.loads((folder / "hub.toml").read_text())["broker"].endswith("@127.0.0.1:8883")
    assert not (tmp_path / "data").exists()
    page = (ROOT / "docs" / "how-to" / "run-a-hub-and-a-node.md").read_text()
    shown = page.split("```conf\n")[1].split("```")[0].splitlines()
    assert [line for line in conf if line and not line.startswith("#")] == shown


def test_without_tls_there_is_no_certificate_and_nothing_names_one(tmp_path: Path) -> None:
    assert init(tmp_path, "--debian", "--plain", "--node", NODE).returncode == 0
    made = texts(tmp_path / "secrets")
    assert not [name for name in made if name.endswith((".crt", ".key"))]
    assert not [name for name, text in made.items() if "mqtts" in text or "certfile" in text or "ca.crt" in text]
    assert 'broker = "mqtt://' in made[f"nodes/{NODE}/node.toml"]


def test_an_authority_that_is_brought_signs_the_brokers_certificate(secrets: Path, tmp_path: Path) -> None:
    ours = tmp_path / "ours" / "secrets"
    ours.mkdir(parents=True)
    for name in ("ca.crt", "ca.key"):
        shutil.copy(secrets / name, ours / name)
    assert init(ours.parent, "--node", NODE).returncode == 0
    assert (ours / "nodes" / NODE / "ca.crt").read_text() == (secrets / "ca.crt").read_text()
    checked = subprocess.run(
        ["openssl", "verify", "-CAfile", str(secrets / "ca.crt"), str(ours / "broker.crt")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stderr


def test_an_authority_without_its_key_is_no_authority_unless_it_has_signed_already(secrets: Path) -> None:
    (secrets / "ca.key").unlink()
    assert init(secrets.parent, "--node", "biology-pi").returncode == 0
    (secrets / "broker.crt").unlink()
    done = init(secrets.parent, "--node", "music-pi")
    assert done.returncode == 2
    assert "ca.key" in done.stderr
    assert not (secrets / "music-pi.password").exists()


def test_without_openssl_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = init(tmp_path, "--node", NODE)
    assert (done.returncode, "apt install openssl" in done.stderr, done.stdout) == (2, True, "")


def test_an_authority_that_is_none_is_named_with_what_openssl_says(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    for name in ("ca.crt", "ca.key"):
        (folder / name).write_text("not this")
    done = init(tmp_path, "--node", NODE)
    assert done.returncode == 2
    assert "init: openssl: " in done.stderr
    assert not (folder / "hub.password").exists()


def test_a_removed_node_has_no_account_and_no_password_left(secrets: Path) -> None:
    assert init(secrets.parent, "--remove", NODE).returncode == 0
    assert not [name for name, text in texts(secrets).items() if NODE in name or NODE in text]
    done = init(secrets.parent, "--remove", NODE)
    assert done.returncode == 2
    assert OTHER in done.stderr


def test_accounts_of_a_version_that_wrote_nothing_down_are_kept(secrets: Path) -> None:
    (secrets / "school.json").unlink()
    before = (secrets / f"{NODE}.password").read_text()
    for file in secrets.glob("*.devices.password"):
        file.unlink()
    assert init(secrets.parent).returncode == 0
    assert (secrets / f"{NODE}.password").read_text() == before
    assert f"user {NODE}.devices" in (secrets / "acl").read_text()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--address", "10.0.0.9"], "127.0.0.1"),
        (["--debian"], "--debian"),
        (["--school", "xuhui-1", "--node", NODE], SCHOOL),
        (["--node", f"{NODE}.devices"], f"{NODE}.devices"),
    ],
)
def test_what_contradicts_what_is_there_is_refused_and_changes_nothing(
    secrets: Path, words: list[str], why: str
) -> None:
    before = texts(secrets)
    done = script("--to", str(secrets), *words)
    assert done.returncode == 2
    assert why in done.stderr
    assert texts(secrets) == before


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--node", NODE], "--school"),
        (["--school", SCHOOL, "--address", "10.0.0.2", "--plain"], "--debian"),
        (["--school", SCHOOL, "--address", 'x"; y'], "address"),
    ],
)
def test_the_first_time_everything_is_said_and_sensible(tmp_path: Path, words: list[str], why: str) -> None:
    done = script("--to", str(tmp_path / "secrets"), *words)
    assert done.returncode == 2
    assert why in done.stderr
    assert not (tmp_path / "secrets").exists()


def test_a_node_cannot_be_called_hub_nor_anything_strange(tmp_path: Path) -> None:
    for name in ("hub", "lab", "a/b", "+", ""):
        done = init(tmp_path, "--node", name)
        assert done.returncode == 2
        assert repr(name) in done.stderr
    assert not (tmp_path / "secrets").exists()
