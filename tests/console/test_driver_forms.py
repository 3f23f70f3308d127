"""Every bundled driver can be configured with the form made of its schema: typed key by key, taken by its own model."""

import json
import shutil
import subprocess
import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from labkeeper_hub.console import STATIC
from labkeeper_sdk.configuration import check_configuration, schema
from labkeeper_sdk.plugins import DRIVER_GROUP, load_drivers
from tests.docs.pages import ROOT, blocks

from .conftest import unless_ci

MODEL = STATIC / "drivers/model.js"
WALK = Path(__file__).with_name("form_walk.mjs")
BEYOND_THE_PAGES: dict[str, dict[str, Any]] = {  # what no page of a driver shows: the keys that are seldom said
    "homie": {"domain": "homie", "more_domains": ["kit-1", "kit-2"]},
    "homeassistant": {"birth": False, "when_alone": "hold"},
    "frigate": {"images": "never"},
    "pjlink": {"host": "10.0.0.7", "password": "hunter2", "off_after_s": 60.5},
    "shelly": {"prefixes": ["shellyplus-1", "+"]},
    "tasmota": {"discovery_topic": "tasmota/discovery"},
    "tello": {"port": 8890, "moves": True},
    "zigbee2mqtt": {"base_topic": "zigbee2mqtt"},
    "robomaster": {"fastest_m_s": 0.4},
    "gpio": {
        "points": {
            "lamp": {
                "kind": "setpoint",
                "type": "str",
                "options": ["red", "off"],
                "pins": {"red": 4},
                "safe_value": "off",
            }
        }
    },
}


def wanted() -> list[tuple[str, dict[str, Any]]]:
    """Return configurations as the drivers' own pages show them, and some beyond."""
    found = list(BEYOND_THE_PAGES.items())
    for page in sorted((ROOT / "docs/reference/drivers").glob("*.md")):
        tables = [tomllib.loads(one.text) for one in blocks(page.read_text("utf-8")) if one.language == "toml"]
        own = [said for table in tables for said in table.get("drivers", {}).values()]
        found += [(said.pop("driver"), {key: one for key, one in said.items() if key != "isolation"}) for said in own]
    return found


def test_what_is_typed_into_the_form_of_any_bundled_driver_is_what_its_model_takes() -> None:
    node = shutil.which("node")
    if node is None:
        unless_ci("needs node on the PATH")
        return
    drivers = load_drivers(
        it for it in entry_points(group=DRIVER_GROUP) if it.dist and it.dist.name == "labkeeper"
    ).drivers
    examples = wanted()
    assert {name for name, _ in examples} == set(drivers)
    asked = [{"schema": schema(drivers[name]), "wanted": said} for name, said in examples]
    walked = subprocess.run(
        [node, WALK, MODEL.as_uri()], input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    for (name, said), came in zip(examples, json.loads(walked.stdout), strict=True):
        assert (name, came) == (name, {"strange": [], "configuration": said})
        check_configuration(drivers[name], came["configuration"])
