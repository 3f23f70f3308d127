"""The compose file names what exists, gives nothing a default secret, and opens no more than it says."""

import os
import re
import sys
from copy import deepcopy
from pathlib import Path
from subprocess import CompletedProcess, run
from typing import Any

import pytest
import yaml

from .conftest import DEPLOY, ROOT

FILE = DEPLOY / "compose.yaml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
MADE_BY_INIT = {
    "passwd", "acl", "broker.crt", "broker.key", "broker.d", "hub.toml", "ca.crt",
    "influx_password", "influx_token", "grafana_password",
}  # fmt: skip
SECRET = re.compile(r"PASSWORD|TOKEN|SECRET")


def against_the_specification(file: Path) -> CompletedProcess[str]:
    """Hold a file against the Compose specification's own JSON schema, which check-jsonschema brings along."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    return run(command, capture_output=True, text=True, check=False)


def test_it_is_valid_by_the_schema_of_the_compose_specification() -> None:
    found = against_the_specification(FILE)
    assert found.returncode == 0, found.stdout


def broken(*place: str, value: object) -> dict[str, Any]:
    """Return the file's content with another value at a place; its last name may be a new one."""
    copy: dict[str, Any] = deepcopy(COMPOSE)
    at = copy
    for name in place[:-1]:
        at = at[name]
    at[place[-1]] = value
    return copy


@pytest.mark.parametrize(
    "content",
    [
        broken("services", "hub", "comand", value="labkeeper hub"),
        broken("services", "hub", "ports", value=[{"published": "8080", "targets": 8080}]),
        broken("services", "hub", "volumes", value="./data:/data"),
        broken("services", "broker", "read_only", value=[True]),
        broken("services", "broker", "healthcheck", value={"test": ["CMD", "true"], "every": "10s"}),
        broken("services", "grafana", "depends_on", value={"influxdb": {"condition": "service_fine"}}),
        broken("secrets", "influx_token", value={"path": "./secrets/influx_token"}),
    ],
    ids=["a misspelt key", "long port", "volumes", "a list for a truth", "healthcheck", "a condition", "a secret"],
)
def test_a_broken_copy_is_not(content: dict[str, Any], tmp_path: Path) -> None:
    copy = tmp_path / "compose.yaml"
    copy.write_text(yaml.safe_dump(content), encoding="utf-8")
    assert against_the_specification(copy).returncode == 1


def test_it_has_the_four_services_and_they_wait_for_each_other() -> None:
    assert set(SERVICES) == {"broker", "hub", "influxdb", "grafana"}
    for service in SERVICES.values():
        assert set(service.get("depends_on", [])) <= set(SERVICES)


@pytest.mark.parametrize("name", list(SERVICES))
def test_a_service_is_of_a_fixed_version_restarts_and_gains_no_privileges(name: str) -> None:
    service = SERVICES[name]
    if "image" in service:
        assert re.search(r":\d+\.\d+\.\d+$", service["image"])
    assert service["restart"] == "unless-stopped"
    assert "no-new-privileges:true" in service["security_opt"]


def test_no_secret_has_a_value_in_the_file() -> None:
    for service in SERVICES.values():
        for key, value in service.get("environment", {}).items():
            if SECRET.search(key):
                assert key.endswith("_FILE")
                assert str(value).startswith("/run/secrets/")
        assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])


def test_every_file_it_mounts_is_in_the_repository_or_made_by_init(secrets: Path) -> None:
    made = {file.name for file in secrets.iterdir()}
    for source in (*mounted(), *(secret["file"] for secret in COMPOSE["secrets"].values())):
        if source.startswith("./secrets/"):
            assert source.removeprefix("./secrets/") in made & MADE_BY_INIT
        elif source.startswith("./data/"):
            assert (secrets.parent / source).is_dir()
        else:
            assert source.startswith(("../", "./mosquitto/"))
            assert (DEPLOY / source).exists(), source


def test_every_service_runs_as_whoever_may_read_the_secrets(secrets: Path) -> None:
    assert (secrets.parent / ".env").read_text() == f"LABKEEPER_UID={os.getuid()}\n"
    for service in SERVICES.values():
        assert service["user"] == "${LABKEEPER_UID:-1000}:${LABKEEPER_UID:-1000}"


def mounted() -> list[str]:
    return [volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])]


def test_only_the_broker_is_open_to_the_network() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    local = {"hub": ["127.0.0.1:8080:8080"], "grafana": ["127.0.0.1:3000:3000"]}
    assert published == {"broker": ["8883:8883", "8884:8884"], **local}


def test_grafana_reads_the_dashboards_that_are_checked_in_where_provisioning_looks() -> None:
    volumes = dict(volume.removesuffix(":ro").split(":") for volume in SERVICES["grafana"]["volumes"])
    dashboards = ROOT / "dashboards" / "labkeeper_dashboards"
    assert volumes["../dashboards/labkeeper_dashboards/json"] == "/etc/labkeeper/dashboards"
    providers = yaml.safe_load((dashboards / "provisioning" / "dashboards" / "labkeeper.yaml").read_text())["providers"]
    for provider in providers:
        path = provider["options"]["path"].replace("/etc/labkeeper/dashboards", str(dashboards / "json"))
        assert list(Path(path).glob("*.json"))
    home = SERVICES["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert (dashboards / "json" / home.removeprefix("/etc/labkeeper/dashboards/")).exists()


def test_the_dockerfile_copies_every_package_of_the_distribution() -> None:
    copied = re.findall(r"^COPY (\w+) \1$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE)
    project = (ROOT / "pyproject.toml").read_text()
    packages = re.findall(r'^    "(\w+)/labkeeper_\w+",$', project, re.MULTILINE)
    assert set(packages) <= set(copied)
    for source in re.findall(r"^COPY ([\w./ -]+) \./$", (DEPLOY / "Dockerfile").read_text(), re.MULTILINE):
        assert all((ROOT / name).exists() for name in source.split())
