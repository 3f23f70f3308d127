"""Hardware is added at the hub: it appears, survives a killed node, and goes; a bad set is refused at its place."""

import asyncio
import json
import signal
from pathlib import Path

import pytest

from labkeeper_cli.client import Json
from labkeeper_cli.stack import Stack, Wishes, open_stack
from labkeeper_edge.__main__ import main
from labkeeper_edge.settings import parse_settings
from labkeeper_sdk.plugins import Broken, Loaded
from labkeeper_sdk.testing import find_mosquitto

from .waiting import until

pytestmark = [
    pytest.mark.skipif(find_mosquitto() is None, reason="Mosquitto is not installed: apt install mosquitto"),
    pytest.mark.timeout(180),
]
NODE = {"school": "demo-school", "node": "lab-1-pi"}
PLUGS = {"plugs": {"driver": "tasmota"}}
SECRET = "a secret that nobody finds"
BEAMER = {"beamer": {"driver": "pjlink", "configuration": {"host": "127.0.0.1", "port": 1, "password": SECRET}}}


def in_clear(folder: Path) -> list[Path]:
    """Return every file with the secret in it."""
    return [path for path in folder.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]


async def stands(stack: Stack) -> Json:
    """How the node stands, once it has said so."""
    nodes = (await stack.client.get("drivers"))["nodes"]
    return next((one for one in nodes if one["open"] and one["online"]), {"number": -1})


async def plug_is_there(stack: Stack) -> bool:
    return any(one["online"] for one in await stack.client.devices() if one["make"] == "Tasmota")


async def ask(stack: Stack, do: str, **more: object) -> Json:
    return await stack.client.post(f"drivers/{do}", {**NODE, **more})


async def open_node(stack: Stack, config: Path) -> None:
    """Have the node's own file let the hub add two drivers, as a person would."""
    await stack.edge.stop()
    config.write_text('drivers_from_hub = ["tasmota", "pjlink"]\n' + config.read_text("utf-8"), "utf-8")  # noqa: ASYNC240 -- a small file
    await stack.edge.start()


async def test_hardware_is_added_kept_and_taken_back_and_a_bad_set_is_refused_at_its_place(tmp_path: Path) -> None:
    config = tmp_path / "node.toml"
    async with open_stack(Wishes(tmp_path, sim=("--full", "--only", "tasmota-plug"))) as stack:
        await open_node(stack, config)
        written = config.read_bytes()
        await until(lambda: stands(stack), lambda found: found["number"] == 0)
        wrong = {"plugs": {"driver": "tasmota", "configuration": {"discovery_topic": "#"}}}
        refused = await ask(stack, "apply", instances=wrong, number=0)
        assert (refused["taken"], refused["mistakes"][0]["pointer"]) == (False, "/plugs/configuration/discovery_topic")
        tried = await ask(stack, "try", instances=PLUGS)
        assert (tried["taken"], (await stands(stack))["number"]) == (True, 0)
        applied = await ask(stack, "apply", instances=PLUGS, number=0)
        assert applied["taken"], applied
        await until(lambda: plug_is_there(stack), bool)
        await stack.edge.stop(signal.SIGKILL)
        await until(lambda: plug_is_there(stack), lambda found: not found)
        await stack.edge.start()
        await until(lambda: plug_is_there(stack), bool)
        number = (await until(lambda: stands(stack), lambda found: found["number"] > 0))["number"]
        more = await ask(stack, "apply", instances=PLUGS | BEAMER, number=number)
        assert more["taken"], more
        assert SECRET not in str(await stands(stack))
        gone = await ask(stack, "apply", instances=BEAMER, number=more["number"])
        assert gone["taken"], gone
        await until(lambda: plug_is_there(stack), lambda found: not found)
        assert (await ask(stack, "back", number=gone["number"]))["taken"]
        await until(lambda: plug_is_there(stack), bool)
    assert config.read_bytes() == written
    assert in_clear(tmp_path) == []


def in_record(folder: Path, what: str) -> list[Json]:
    """Return the entries of a hub's record that speak of something."""
    lines = [line for file in folder.rglob("audit.jsonl") for line in file.read_text("utf-8").splitlines()]
    return [said for line in lines if what in str(said := json.loads(line))]


async def test_a_driver_that_a_node_refuses_is_in_the_hubs_record(tmp_path: Path) -> None:
    changed, stop = "the files of acme are not the allowed ones: sha256:12", asyncio.Event()
    async with open_stack(Wishes(tmp_path, sim=None)) as stack:
        text = f'school = "demo-school"\nnode = "other"\nlab = "lab-1"\nbroker = "{stack.broker.url}"\n'
        settings = parse_settings(text + '[drivers.pump]\ndriver = "acme"\n')
        loaded = Loaded(broken=(Broken("acme", changed),))
        running = asyncio.create_task(main(settings, tmp_path / "other", drivers=loaded, stop=stop))

        async def recorded() -> list[Json]:
            return in_record(tmp_path, "refuse_driver")

        found = await until(recorded, bool)
        stop.set()
        await running
    assert len(found) == 1
    assert changed in str(found[0])
    assert "demo-school/other/pump" in str(found[0])
