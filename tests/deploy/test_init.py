"""Secrets are made once, are all different, and are nobody else's to read."""

import tomllib
from pathlib import Path

from labkeeper_edge.settings import parse_settings
from labkeeper_hub.settings import HubSettings

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


def test_a_node_cannot_be_called_hub_nor_anything_strange(tmp_path: Path) -> None:
    for name in ("hub", "a/b", "+", ""):
        done = init(tmp_path, "--node", name)
        assert done.returncode == 2
        assert repr(name) in done.stderr
    assert not (tmp_path / "secrets").exists()
