"""Every driver that comes with Labkeeper is in the full demo: its instance at the node, and a device for it."""

import asyncio
import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from labkeeper_cli import stack
from labkeeper_cli.stack import Wishes
from labkeeper_edge.settings import parse_settings
from labkeeper_sdk.plugins import DRIVER_GROUP, load_drivers
from labkeeper_sdk.sim import LabSettings, open_lab
from labkeeper_sdk.sim.neighbours import NEIGHBOURS
from labkeeper_sdk.testing import Broker, open_broker

BUNDLED = {it.name for it in entry_points(group=DRIVER_GROUP) if it.dist is not None and it.dist.name == "labkeeper"}
USUAL = {"zigbee2mqtt", "homie"}


@pytest.fixture(scope="module")
def notes() -> dict[str, str]:
    """Return the devices that the simulated lab of the full demo has at its broker, and the driver of each."""

    async def look() -> dict[str, str]:
        async with open_broker() as broker, open_lab(broker.url, settings=LabSettings(full=True)) as lab:
            return {note.id: note.protocol for note in lab.devices}

    return asyncio.run(look())


@pytest.fixture(scope="module")
def at_the_broker(notes: dict[str, str]) -> set[str]:
    """Return their drivers."""
    return set(notes.values())


def node(folder: Path, *, full: bool, lab: str | None = None) -> str:
    wishes = Wishes(folder, full=full, lab=lab)
    broker = cast(Broker, SimpleNamespace(url="mqtt://127.0.0.1:1"))
    return stack._node_toml(wishes, broker, stack.places_of(wishes))


def instances(text: str) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(text)["drivers"]
    return found


def missing(drivers: set[str], at_the_broker: set[str], folder: Path) -> set[str]:
    """Return the drivers that the full demo's node does not run, or for which it has no device."""
    run = {keys["driver"] for keys in instances(node(folder, full=True)).values()}
    return drivers - (run & (at_the_broker | set(NEIGHBOURS)))


def test_the_full_demo_has_every_bundled_driver_and_a_device_for_it(at_the_broker: set[str], tmp_path: Path) -> None:
    assert missing(BUNDLED, at_the_broker, tmp_path) == set()


def test_a_driver_that_is_not_there_is_missed(at_the_broker: set[str], tmp_path: Path) -> None:
    assert missing(BUNDLED | {"teapot"}, at_the_broker, tmp_path) == {"teapot"}


@pytest.mark.parametrize("kind", sorted(NEIGHBOURS))
def test_a_driver_whose_device_is_taken_away_is_missed(
    kind: str, at_the_broker: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack, "NEIGHBOURS", {name: it for name, it in NEIGHBOURS.items() if name != kind})
    assert missing(BUNDLED, at_the_broker, tmp_path) == {kind}


def test_the_node_s_settings_are_taken_by_every_driver(tmp_path: Path) -> None:
    settings = parse_settings(node(tmp_path, full=True))
    assert {it.driver for it in settings.drivers.values()} <= set(load_drivers().drivers)


def test_the_usual_demo_has_fewer(tmp_path: Path) -> None:
    assert {keys["driver"] for keys in instances(node(tmp_path, full=False)).values()} == USUAL


@pytest.mark.parametrize("lab", [None, *stack.LABS])
def test_every_device_of_the_full_demo_has_a_name_in_both_languages(
    lab: str | None, notes: dict[str, str], tmp_path: Path
) -> None:
    devices = tomllib.loads(node(tmp_path, full=True, lab=lab))["devices"]
    assert (notes.keys() | {it.id for it in NEIGHBOURS.values()}) - devices.keys() == set()
    assert [name for name, told in devices.items() if not (told["title"].get("zh") and told["title"].get("en"))] == []
