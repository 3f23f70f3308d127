"""Wrong settings stop the start with the file and the key, and status 2; so does a folder that is taken.

A process for a few of each kind; every key is tried beside the settings' own code.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from .lab import Lab

pytestmark = pytest.mark.asyncio(loop_scope="session")
NODE = 'school = "s"\nnode = "n"\nlab = "l"\n'
NOWHERE = "/nonexistent/here"
INFLUX = '[influx]\nurl = "http://127.0.0.1:1"\n'
OIDC = '[oidc]\nissuer = "https://id.example"\nclient_id = "hub"\nhub_url = "https://hub.example"\n'
# What is wrong, the key that must be named, and a word of what is wrong with it.
HUBS = {
    "a key nobody knows": ('host_name = "x"\n', "host_name", ""),
    "no port": ("port = 123456\n", "port", "65535"),
    "a host nobody knows": ('host = "no.such.host.invalid"\nport = 0\n', "host", "no.such.host.invalid"),
    "a host of another machine": ('host = "192.0.2.1"\nport = 0\n', "host", "192.0.2.1"),
    "a host that is no name": ('host = "a..b"\nport = 0\n', "host", "a..b"),
    "no database": ('database = "nonsense"\n', "database", "URL"),
    "a database of no such kind": ('database = "cabinet+drawer://x"\n', "database", "cabinet"),
    "a database that blocks": ('database = "sqlite:///x"\n', "database", "sqlite+aiosqlite"),
    "a database without its driver": ('database = "postgresql+asyncpg://u:hush@db/lab"\n', "database", "asyncpg"),
    "a database in no folder": (f'database = "sqlite+aiosqlite:///{NOWHERE}/x"\n', "database", NOWHERE),
    "no password's file": (f'{INFLUX}password_file = "{NOWHERE}"\n', "influx.password_file", NOWHERE),
    "no secret's file": (f'{OIDC}client_secret_file = "{NOWHERE}"\n', "oidc.client_secret_file", NOWHERE),
    "no authority's file": (
        f'{OIDC}client_secret_file = "/etc/hostname"\nca_file = "{NOWHERE}"\n',
        "oidc.ca_file",
        NOWHERE,
    ),
}
NODES = {
    "a key nobody knows": ('colour = "red"\n' + NODE, "colour", ""),
    "no size": (NODE + "[outbox]\nmax_bytes = -1\n", "outbox.max_bytes", ""),
    "a key the driver does not know": (
        NODE + '[drivers.z]\ndriver = "zigbee2mqtt"\nwarp = 9\n',
        "drivers.z.warp",
        "",
    ),
    "interlocks of no such name": ('interlocks = "nosuch"\n' + NODE, "interlocks", "nosuch"),
    "interlocks in no file": (f'interlocks = "{NOWHERE}"\n' + NODE, "interlocks", NOWHERE),
}


async def started(module: str, *options: str) -> tuple[int | None, str]:
    """Start a role; return its exit status and what it said."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", module, *options, stdout=PIPE, stderr=PIPE)
    async with asyncio.timeout(30):
        out, err = await process.communicate()
    assert b"ready" not in out
    return process.returncode, err.decode()


@pytest.mark.parametrize("wrong", HUBS)
async def test_a_hub_with_wrong_settings_names_file_and_key(wrong: str, tmp_path: Path) -> None:
    file = tmp_path / "hub.toml"
    text, key, word = HUBS[wrong]
    file.write_text(text)
    status, said = await started("labkeeper_hub", "--config", str(file), "--data", str(tmp_path / "data"))
    assert status == 2
    assert f"{file}: {key}: " in said
    assert word in said
    assert "hush" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize("wrong", NODES)
async def test_a_node_with_wrong_settings_names_file_and_key(wrong: str, tmp_path: Path) -> None:
    file = tmp_path / "node.toml"
    text, key, word = NODES[wrong]
    file.write_text(text)
    status, said = await started("labkeeper_edge", "--config", str(file), "--data", str(tmp_path / "data"))
    assert status == 2
    assert f"{file}: {key}: " in said
    assert word in said
    assert "hush" not in said
    assert "Traceback" not in said


@pytest.mark.parametrize("module", ["labkeeper_hub", "labkeeper_edge"])
@pytest.mark.parametrize("kind", ["missing", "not UTF-8"])
async def test_a_settings_file_that_cannot_be_read(module: str, kind: str, tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    if kind == "not UTF-8":
        file.write_bytes(b'school = "\xff\xfe"')
    status, said = await started(module, "--config", str(file), "--data", str(tmp_path / "data"))
    assert status == 2
    assert str(file) in said
    assert "Traceback" not in said


@pytest.mark.parametrize("module", ["labkeeper_hub", "labkeeper_edge"])
async def test_a_data_folder_that_is_a_file(lab: Lab, module: str, tmp_path: Path) -> None:
    blocked = tmp_path / "data"
    blocked.write_text("")
    options = ["--config", str(lab.witness.parent / "node.toml")] if module == "labkeeper_edge" else []
    status, said = await started(module, *options, "--data", str(blocked))
    assert status == 2
    assert str(blocked) in said
    assert "Traceback" not in said


async def test_a_second_hub_in_the_same_folder_does_not_start(lab: Lab) -> None:
    folder = lab.witness.parent / "hub"
    async with lab.undisturbed():
        status, said = await started(
            "labkeeper_hub", "--data", str(folder), "--port", "0", "--broker", lab.stack.broker.url
        )
    assert status == 2
    assert f"{folder}" in said
    assert "another hub" in said


async def test_a_second_node_in_the_same_folder_does_not_start(lab: Lab) -> None:
    folder = lab.witness.parent
    async with lab.undisturbed():
        options = ("--config", str(folder / "node.toml"), "--data", str(folder / "node"))
        status, said = await started("labkeeper_edge", *options)
    assert status == 2
    assert str(folder / "node") in said
