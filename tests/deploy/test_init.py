"""Secrets are made once, are all different, and are nobody else's to read."""

import shutil
import tomllib
from pathlib import Path

import pytest

from labkeeper_edge.interlocks.loading import supplied
from labkeeper_edge.interlocks.offers import Signers
from labkeeper_edge.settings import parse_settings
from labkeeper_hub.interlocks.signing import open_signing
from labkeeper_hub.model import NodeKey
from labkeeper_hub.settings import HubSettings
from labkeeper_wire.interlocks import AgreedSet, BadSet

from .conftest import NODE, OTHER, SCHOOL, init

SECRETS = (
    "hub.password",
    f"{NODE}.password",
    f"{OTHER}.password",
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
    for name in (*SECRETS, "hub.toml", "passwd", "ca.key", "broker.key", f"nodes/{NODE}/node.toml"):
        assert (secrets / name).stat().st_mode & 0o077 == 0, name


def test_a_second_run_keeps_everything_and_adds_a_node(secrets: Path) -> None:
    before = texts(secrets)
    assert init(secrets.parent, "--node", "biology-pi").returncode == 0
    after = texts(secrets)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"passwd"}
    assert {line.split(":")[0] for line in after["passwd"].splitlines()} == {"hub", NODE, OTHER, "biology-pi"}


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


def test_a_node_cannot_be_called_hub_nor_anything_strange(tmp_path: Path) -> None:
    for name in ("hub", "a/b", "+", ""):
        done = init(tmp_path, "--node", name)
        assert done.returncode == 2
        assert repr(name) in done.stderr
    assert not (tmp_path / "secrets").exists()
