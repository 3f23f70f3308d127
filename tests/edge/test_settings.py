"""A node's settings: what is accepted, and what is said about what is not."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from labkeeper_edge.node import assign
from labkeeper_edge.refusals import Refusals
from labkeeper_edge.settings import Settings, parse_settings, read_settings
from labkeeper_sdk import BadConfiguration, Title
from labkeeper_sdk.plugins import Broken, Loaded

from .bench_driver import LOADED, Configuration

GOOD = 'school = "s"\nnode = "n"\nlab = "physics-1"\n'
FULL = """
school = "s"
node = "n"
broker = "mqtt://user:pa%20ss@broker.example:1884"
primary_host = "labkeeper"
aliases = true
allow_foreign_commands = true
rejoin_spread_s = 5
poll_every_s = 0.5

[lab]
id = "physics-1"
title = { zh = "物理一", en = "Physics 1" }

[outbox]
max_bytes = 1_000_000
max_age_s = 3600
commit_every_ms = 100

[drivers.bench]
driver = "bench"
devices = ["d1", "d2"]

[devices.d1]
bench = "4"
title = { en = "Heater" }
[devices.d1.points.heater]
safe_value = false
link_loss_s = 5
"""


def test_a_short_file_is_enough() -> None:
    settings = parse_settings(GOOD)
    assert (settings.lab.id, settings.primary_host, settings.outbox.commit_every_ms) == ("physics-1", "labkeeper", 250)


def test_every_key_is_understood() -> None:
    settings = parse_settings(FULL)
    assert settings.lab.title.title() == Title("物理一", "Physics 1")
    assert settings.devices["d1"].points["heater"].safe_value is False
    (assignment,), states = assign(settings, LOADED, Refusals())
    assert assignment.configuration == Configuration(devices=["d1", "d2"])
    assert states == {"bench": "starting"}


def test_the_command_line_replaces_the_broker(tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_text(GOOD)
    assert read_settings(tmp_path / "node.toml", broker="mqtt://b:1").broker == "mqtt://b:1"


@pytest.mark.parametrize(
    ("text", "key", "problem"),
    [
        ("school = 1", "school", "valid string"),
        (GOOD.replace('"s"', '"a/b"'), "school", "cannot be part of a Sparkplug topic"),
        ('node = "n"\nlab = "l"', "school", "must be given"),
        (GOOD + 'colour = "red"', "colour", "no such key"),
        (GOOD + 'broker = "http://x"', "broker", "mqtt://host:port"),
        (GOOD + "[outbox]\nmax_bytes = 1", "outbox.max_bytes", "greater than or equal"),
        (GOOD + "[outbox]\nmax_mb = 1", "outbox.max_mb", "no such key"),
        (GOOD + "[drivers.x]\nport = 1", "drivers.x.driver", "must be given"),
        (GOOD + "[devices.d.points.p]\nsafe = 1", "devices.d.points.p.safe", "no such key"),
        ("school = ", "(whole file)", "not TOML"),
    ],
)
def test_a_wrong_file_is_refused_with_the_file_and_the_key(text: str, key: str, problem: str, tmp_path: Path) -> None:
    path = tmp_path / "node.toml"
    path.write_text(text)
    with pytest.raises(BadConfiguration, match=problem) as refused:
        read_settings(path)
    assert (refused.value.key, refused.value.source) == (key, str(path))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="No such file"):
        read_settings(tmp_path / "nowhere.toml")
    (tmp_path / "latin.toml").write_bytes(b'school = "\xe9"')
    with pytest.raises(BadConfiguration, match="not UTF-8"):
        read_settings(tmp_path / "latin.toml")


@pytest.mark.parametrize(
    ("table", "key", "problem"),
    [
        ('driver = "nobody"', "drivers.x.driver", "no driver 'nobody' is installed; there are bench"),
        ('driver = "bench"\nprefixx = "b"', "drivers.x.prefixx", "has no such key"),
        ('driver = "bench"\ndevices = 3', "drivers.x.devices", "valid list"),
    ],
)
def test_a_drivers_wrong_key_is_refused_with_its_path(table: str, key: str, problem: str) -> None:
    settings = parse_settings(f"{GOOD}[drivers.x]\n{table}\n")
    with pytest.raises(BadConfiguration, match=problem) as refused:
        assign(settings, LOADED, Refusals(), "node.toml")
    assert (refused.value.key, refused.value.source) == (key, "node.toml")


def test_a_driver_package_that_does_not_load_costs_its_own_instances_only() -> None:
    settings = parse_settings(f'{GOOD}[drivers.x]\ndriver = "torn"\n[drivers.y]\ndriver = "bench"\n')
    loaded = Loaded(LOADED.drivers, (Broken("torn", "ImportError: no libtorn"),))
    assignments, states = assign(settings, loaded, Refusals())
    assert [assignment.instance for assignment in assignments] == ["y"]
    assert states == {"x": "broken: ImportError: no libtorn", "y": "starting"}


def test_the_process_says_what_is_wrong_and_ends_with_status_2(tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_text(GOOD + "colour = 1")
    command = [sys.executable, "-m", "labkeeper_edge", "--config", str(tmp_path / "node.toml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr == f"labkeeper edge: {tmp_path / 'node.toml'}: colour: no such key\n"


def test_every_setting_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/node-configuration.md").read_text()
    missing = [key for key in keys(Settings.model_json_schema()) if f"`{key}`" not in page]
    assert not missing


def keys(schema: dict[str, object]) -> set[str]:
    """Return every key name of a JSON schema and its definitions."""
    text = json.loads(json.dumps(schema))
    models = [text, *text.get("$defs", {}).values()]
    return {key for model in models for key in model.get("properties", {})}


def test_the_schema_is_made_of_models() -> None:
    assert issubclass(Settings, BaseModel)
    assert {"school", "max_bytes", "safe_value"} <= keys(Settings.model_json_schema())
