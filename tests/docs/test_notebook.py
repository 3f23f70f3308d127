"""The notebook loads what the hub exports and draws it, cell after cell; and it carries nobody's data."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path
from typing import Any

import httpx
import pytest

from labkeeper_cli.stack import KEPT_BY_THE_DEMO, Stack, Wishes, open_stack
from labkeeper_sdk.testing import find_mosquitto

from .pages import ROOT

NOTEBOOK = ROOT / "docs" / "how-to" / "readings.ipynb"
AIR = ("--only", "air", "--rate", "50")
ENOUGH = 200
pytestmark = pytest.mark.timeout(180)


def cells() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    return found


def test_it_carries_no_outputs() -> None:
    assert all(
        not cell["outputs"] and cell["execution_count"] is None for cell in cells() if cell["cell_type"] == "code"
    )


async def run(folder: Path, *command: str, **environment: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, *command, cwd=folder, env={**os.environ, **environment}, stdout=PIPE, stderr=STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


async def begin(stack: Stack) -> str:
    """Record everything of the only lab."""
    async with hub(stack) as client:
        (lab,) = (await client.get("labs")).json()["labs"]
        begun = await client.post("recordings", json={"school": lab["school"], "lab": lab["lab"]})
    identity: str = begun.raise_for_status().json()["id"]
    return identity


async def ended(stack: Stack, identity: str) -> bytes:
    """End the recording and return it as Parquet."""
    async with hub(stack) as client:
        (await client.post(f"recordings/{identity}/stop")).raise_for_status()
        return (await client.get(f"recordings/{identity}/readings", params={"format": "parquet"})).content


def hub(stack: Stack) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {stack.secret}"}
    return httpx.AsyncClient(base_url=f"{stack.url}/api/v1/", headers=headers, timeout=60)


@pytest.mark.skipif(find_mosquitto() is None, reason="Mosquitto is not installed: apt install mosquitto")
async def test_its_cells_run_on_what_a_real_hub_exports(tmp_path: Path) -> None:
    async with open_stack(Wishes(tmp_path / "stack", sim=AIR)) as stack:
        identity = await begin(stack)
        async with asyncio.timeout(60):
            while sum(one["stored"] for one in await stack.client.ledger()) < ENOUGH:
                await asyncio.sleep(0.1)
        secret = str(tmp_path / "stack" / KEPT_BY_THE_DEMO)
        words = ["export", "--hub", stack.url, "--secret-file", secret, "--from", "2020-01-01", "--json"]
        told = json.loads(
            (await run(tmp_path, "-m", "labkeeper_cli", *words, "--out", "readings.parquet")).splitlines()[-1]
        )
        (tmp_path / "recording.parquet").write_bytes(await ended(stack, identity))
    assert told["rows"] >= ENOUGH
    code = ["".join(cell["source"]) for cell in cells() if cell["cell_type"] == "code"]
    script = "\n".join((*code, "print(len(readings), len(points), len(summary), steps.shape[1])"))
    (tmp_path / "cells.py").write_text(script, encoding="utf-8")
    said = await run(tmp_path, "cells.py", MPLBACKEND="Agg", MPLCONFIGDIR=str(tmp_path))
    readings, points, summarized, curves = map(int, said.splitlines()[-1].split())
    assert readings == told["rows"]
    assert points >= summarized >= curves >= 2
    for picture in ("readings.png", "recording.png"):
        assert (tmp_path / picture).stat().st_size > 10_000
