"""What the pages tell a reader to type is typed, against a whole lab of real processes, and does what they say."""

import asyncio
import json
import shutil
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from labkeeper_cli.client import Json
from labkeeper_cli.stack import KEPT_BY_THE_DEMO, Stack, Wishes, open_stack
from labkeeper_cli.trial import all_online

from .pages import blocks, read

LIGHT = "0x00158d00000a0005"
API_PAGE = "docs/how-to/script-the-api.md"
CASES = ("README.md", API_PAGE)  # the Chinese README has the same code, another test says
PATIENCE_S = 60

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    """The demo's lab with one light in it, and its secret where the pages look for it."""
    async with open_stack(Wishes(tmp_path / "var" / "demo", sim=("--only", "light"))) as stack:
        devices = await all_online(stack.client, [LIGHT], 30)
        assert [device["device"] for device in devices if device["online"]] == [LIGHT]
        yield stack


async def typed(stack: Stack, folder: Path, *command: str) -> str:
    """Run a command as a reader would, in the folder of the demo; return what it said, and fail where it fails."""
    secret = (folder / "var" / "demo" / KEPT_BY_THE_DEMO).read_text()
    environment = {
        "HUB": stack.url,
        "SECRET": secret,
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONWARNINGS": "error",
    }
    process = await asyncio.create_subprocess_exec(*command, cwd=folder, env=environment, stdout=PIPE, stderr=STDOUT)
    async with asyncio.timeout(PATIENCE_S):
        out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()
    return out.decode()


def shell(page: str, url: str) -> str:
    """Return the page's lines for the shell that speak to the hub, as one script."""
    parts = [text for language, text in blocks(read(page)) if language == "sh" and "HUB" in text]
    assert parts
    return "set -euo pipefail\n" + "\n".join(parts).replace("http://127.0.0.1:8080", url)


async def newest_commands(stack: Stack) -> list[Json]:
    found: list[Json] = (await stack.client.get("commands", limit=10))["commands"]
    return found


@pytest.mark.parametrize("page", CASES)
async def test_the_lines_for_the_shell_do_what_the_page_says(page: str, stack: Stack, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed: apt install curl")
    said = await typed(stack, tmp_path, "bash", "-c", shell(page, stack.url))
    assert '"latest":' in said
    assert LIGHT in said
    (command,) = await newest_commands(stack)
    assert (command["device"], command["holder"]) == (LIGHT, "owner")
    assert command["state"] in ("sent", "accepted", "done")
    if page == API_PAGE:
        assert '"state":"done"' in said
        assert "time,value" in said
        assert '"aggregate":"mean"' in said
        assert '"taken":' in said


async def test_the_python_of_the_page_switches_and_follows(stack: Stack, tmp_path: Path) -> None:
    for _, text in (block for block in blocks(read(API_PAGE)) if block.language == "python"):
        (tmp_path / text.split("\n", 1)[0].removeprefix("# ")).write_text(text, encoding="utf-8")
    follower = asyncio.create_task(typed(stack, tmp_path, sys.executable, "follow.py"))
    assert await typed(stack, tmp_path, sys.executable, "switch.py") == "done \n"
    lines = (await follower).splitlines()
    assert len(lines) >= 3
    assert all(line.startswith(LIGHT) for line in lines)


async def test_what_the_tutorial_has_typed_breaks_the_light_and_shows_its_readings(
    stack: Stack, tmp_path: Path
) -> None:
    tutorial = blocks(read("docs/tutorials/first-lab.md"))
    lines = [text.strip() for language, text in tutorial if language == "sh" and text.startswith(".venv/bin/labkeeper")]
    fault, tap = (line.replace(".venv/bin/labkeeper", f"{sys.executable} -m labkeeper_cli") for line in lines)
    heard = await typed(
        stack, tmp_path, "bash", "-c", f"{tap} --broker {stack.broker.url}".replace("*co2*", "*brightness*")
    )
    assert heard.count("brightness = ") == 3
    await typed(stack, tmp_path, "bash", "-c", f"{fault} --broker {stack.broker.url}")
    async with asyncio.timeout(PATIENCE_S):
        while (await stack.client.devices())[0]["online"]:
            await asyncio.sleep(0.2)


def test_what_the_pages_show_of_the_demo_is_json() -> None:
    for page in ("docs/how-to/run-a-hub-and-a-node.md", "docs/how-to/replay-a-recording.md"):
        shown = [json.loads(text) for language, text in blocks(read(page)) if language == "json"]
        assert shown
