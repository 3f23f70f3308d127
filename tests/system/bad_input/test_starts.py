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
HUBS = {
    "host_name": 'host_name = "x"\n',
    "port": "port = 123456\n",
}
NODES = {
    "colour": 'colour = "red"\n' + NODE,
    "outbox.max_bytes": NODE + "[outbox]\nmax_bytes = -1\n",
    "drivers.z.warp": NODE + '[drivers.z]\ndriver = "zigbee2mqtt"\nwarp = 9\n',
}


async def started(module: str, *options: str) -> tuple[int | None, str]:
    """Start a role; return its exit status and what it said."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", module, *options, stdout=PIPE, stderr=PIPE)
    async with asyncio.timeout(30):
        out, err = await process.communicate()
    assert b"ready" not in out
    return process.returncode, err.decode()


@pytest.mark.parametrize("key", HUBS)
async def test_a_hub_with_wrong_settings_names_file_and_key(key: str, tmp_path: Path) -> None:
    file = tmp_path / "hub.toml"
    file.write_text(HUBS[key])
    status, said = await started("labkeeper_hub", "--config", str(file), "--data", str(tmp_path / "data"))
    assert status == 2
    assert str(file) in said
    assert key in said
    assert "Traceback" not in said


@pytest.mark.parametrize("key", NODES)
async def test_a_node_with_wrong_settings_names_file_and_key(key: str, tmp_path: Path) -> None:
    file = tmp_path / "node.toml"
    file.write_text(NODES[key])
    status, said = await started("labkeeper_edge", "--config", str(file), "--data", str(tmp_path / "data"))
    assert status == 2
    assert str(file) in said
    assert key in said
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
