"""The compose file names what exists, gives nothing a default secret, and opens no more than it says."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import DEPLOY, ROOT

FILE = DEPLOY / "compose.yaml"
COMPOSE: dict[str, Any] = yaml.safe_load(FILE.read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
# the keys of the Compose specification that are used; a misspelt one is not among them
TOP = {"name", "services", "secrets"}
KEYS = {
    "image", "build", "entrypoint", "restart", "user", "ports", "volumes", "environment", "secrets", "depends_on",
    "read_only", "tmpfs", "cap_drop", "security_opt", "healthcheck", "stop_grace_period",
}  # fmt: skip
MADE_BY_INIT = {
    "passwd", "acl", "broker.crt", "broker.key", "hub.toml", "ca.crt",
    "influx_password", "influx_token", "grafana_password",
}  # fmt: skip
SECRET = re.compile(r"PASSWORD|TOKEN|SECRET")


def test_it_has_the_four_services_and_only_keys_of_the_specification() -> None:
    assert set(COMPOSE) <= TOP
    assert set(SERVICES) == {"broker", "hub", "influxdb", "grafana"}
    for service in SERVICES.values():
        assert set(service) <= KEYS
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
    published = {name: port for name, service in SERVICES.items() for port in service.get("ports", [])}
    assert published == {"broker": "8883:8883", "hub": "127.0.0.1:8080:8080", "grafana": "127.0.0.1:3000:3000"}


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
