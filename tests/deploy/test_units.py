"""The systemd units keep their process away from everything it does not need."""

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

from labkeeper_cli.commands import COMMANDS
from labkeeper_hub.__main__ import BAD_CONFIGURATION

from .conftest import DEPLOY

UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
HARDENED = {
    "NoNewPrivileges": "true", "ProtectSystem": "strict", "ProtectHome": "true", "PrivateTmp": "true",
    "CapabilityBoundingSet": "", "ProtectKernelTunables": "true", "ProtectKernelModules": "true",
    "ProtectControlGroups": "true", "RestrictNamespaces": "true", "LockPersonality": "true", "UMask": "0077",
    "RestrictAddressFamilies": "AF_INET AF_INET6 AF_UNIX", "SystemCallArchitectures": "native",
}  # fmt: skip
GREATEST_EXPOSURE = 20
"""Of 100, as `systemd-analyze security` counts; a unit without any of this has 92 to 96."""


def read(unit: Path) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment] # systemd's keys have capitals
    parser.read_string(unit.read_text())
    return parser


def test_there_is_one_for_each_role() -> None:
    assert [unit.stem for unit in UNITS] == ["labkeeper-hub", "labkeeper-node"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_is_hardened_restarts_and_runs_a_command_of_ours(unit: Path) -> None:
    service = read(unit)["Service"]
    assert {key: service.get(key) for key in HARDENED} == HARDENED
    program, command, *_ = service["ExecStart"].split()
    assert program.endswith("/labkeeper")
    assert command in {one.name for one in COMMANDS}
    assert service["Restart"] == "always"
    assert service["RestartPreventExitStatus"] == str(BAD_CONFIGURATION)
    assert service["User"] != "root"
    assert "password" not in unit.read_text().lower()


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_itself_finds_little_exposed(unit: Path) -> None:
    analyse = shutil.which("systemd-analyze")
    if analyse is None:  # the test above has read the same file
        return
    command = [analyse, "security", "--offline=true", "--no-pager", f"--threshold={GREATEST_EXPOSURE}", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
