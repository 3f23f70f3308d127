"""The rehearsal: run, back up, run on, kill the hub, restore, start; the node fills what the backup did not have."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from labkeeper_cli.client import Json
from labkeeper_cli.stack import Stack, Wishes, open_stack
from labkeeper_sdk.testing import find_mosquitto

from .waiting import until

pytestmark = [
    pytest.mark.skipif(find_mosquitto() is None, reason="Mosquitto is not installed: apt install mosquitto"),
    pytest.mark.timeout(180),
]
SIM = ("--only", "counter", "--counter-rate", "200")


def labkeeper(*words: str) -> str:
    """Run a command as a person would."""
    done = subprocess.run(
        [sys.executable, "-m", "labkeeper_cli", *words], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


async def account(stack: Stack) -> Json:
    """The node's account, all zeros before its first word."""
    return next(iter(await stack.client.ledger()), {"stored": 0, "taken": 0, "missing": None, "backlog": 1})


async def test_a_hub_restored_from_a_backup_gets_back_what_its_nodes_still_hold(tmp_path: Path) -> None:
    data, backup = str(tmp_path / "hub"), str(tmp_path / "backup.tar")
    async with open_stack(Wishes(tmp_path, sim=SIM)) as stack:

        async def stored(more_than: int) -> Json:
            return await until(lambda: account(stack), lambda found: found["stored"] > more_than)

        first = await stored(300)
        labkeeper("backup", "--data", data, "--to", backup)
        last = await stored(first["stored"] + 600)
        await stack.hub.stop(signal.SIGKILL)
        assert f"labkeeper hub --data {data}" in labkeeper("restore", backup, "--data", data, "--replace")
        await stack.hub.start()
        assert stack.sim is not None
        await stack.sim.stop()
        ended = await until(
            lambda: account(stack), lambda found: found["backlog"] == 0 and found["stored"] == found["taken"]
        )
        log = stack.edge.log.read_text()
    assert ended["taken"] >= last["stored"] > first["stored"]
    assert (ended["missing"], ended["gaps"], ended["balanced"]) == (0, 0, True)
    assert "the hub lost what it had stored" in log
