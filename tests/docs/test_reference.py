"""The reference is whole: every setting, hook, error, option and refusal is described."""

import json
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import pytest
from pydantic import BaseModel

from labkeeper_cli.driver.checking import EVERY
from labkeeper_cli.recorded import DeviceMap, PointMap, TableMap
from labkeeper_edge.command_rules import RESTARTED
from labkeeper_edge.settings import parse_settings
from labkeeper_hub.influx.settings import InfluxSettings
from labkeeper_hub.oidc.settings import OidcSettings, RoleMapping
from labkeeper_hub.settings import HubSettings
from labkeeper_sdk import LabkeeperError, errors, hooks, testing
from labkeeper_sdk.conformance import BADGE, Level
from labkeeper_sdk.plugins import DRIVER_GROUP
from labkeeper_sdk.testing.brokers import MOSQUITTO_CONF

from . import supported
from .command_line import CHINESE, PAGE, PAGE_IN_CHINESE, page
from .pages import ROOT, blocks, read

HOOK_PAGE = "docs/reference/hooks.md"
HUB_PAGE = "docs/reference/hub-configuration.md"
WRONG_PAGE = "docs/how-to/when-something-is-wrong.md"
NODE_AND_HUB_PAGE = "docs/how-to/run-a-hub-and-a-node.md"
IN_ITS_PLACE = {"listener", "allow_anonymous", "persistence", "persistence_location", "log_dest", "log_type"}
HUB_REASONS = re.compile(r"""(?:refusals\.count|Refused|_refuse|BadTopic)\(\s*"([a-z_]+)\"""")
COMMAND_CODES = re.compile(r"""(?:CommandRejected|CommandFailed|Undeliverable)\(\s*"([a-z_]+)\"""")
ENDS = re.compile(r"""State\.(?:EXPIRED|UNKNOWN|REJECTED|FAILED), now_ms, "([a-z_]+)\"""")


def rows(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("|")]


def test_the_command_line_page_is_what_the_parsers_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.docs.command_line"
    assert PAGE_IN_CHINESE.read_text(encoding="utf-8") == page(CHINESE), "run: python -m tests.docs.command_line"


def test_the_list_of_supported_devices_is_what_the_recordings_say() -> None:
    assert supported.PAGE.read_text(encoding="utf-8") == supported.page(), "run: python -m tests.docs.supported"


def test_every_bundled_driver_has_a_kept_badge_silver_at_least_and_gold_where_it_moves_something() -> None:
    badges = supported.kept()
    bundled = {it.name for it in entry_points(group=DRIVER_GROUP) if it.dist and it.dist.name == "labkeeper"}
    assert badges.keys() == bundled
    levels = {name: Level[it.level.upper()] for name, it in badges.items()}
    assert not [name for name, level in levels.items() if level < Level.SILVER]
    assert not [name for name, it in badges.items() if it.actuators and levels[name] < Level.GOLD]


def test_badges_are_taken_over_as_an_examination_left_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supported, "BADGES", tmp_path / "badges.json")
    (tmp_path / "left" / "pump").mkdir(parents=True)
    checks = [{"name": "soak", "outcome": "untried"}, {"name": "docs", "outcome": "passed"}]
    badge = {"driver": "pump", "level": "gold", "actuators": True, "fixtures": "hardware", "checks": checks}
    (tmp_path / "left" / "pump" / BADGE).write_text(json.dumps(badge))
    supported.take_over(tmp_path / "left")
    found = supported.kept()["pump"]
    assert (found.level, found.actuators, found.fixtures, [*found.untried]) == ("gold", True, "hardware", ["soak"])


def test_every_check_of_the_conformance_kit_is_described_with_its_level() -> None:
    described = read("docs/reference/conformance.md")
    assert not [one.name for one in EVERY if f"| `{one.name}` | {one.level.word} |" not in described]
    assert described.count("\n| `") == len(EVERY)


@pytest.mark.parametrize("name", testing.__all__)
def test_everything_the_testing_kit_exports_is_described_somewhere(name: str) -> None:
    pages = ("reference/testing.md", "reference/conformance.md", "how-to/examine-a-driver.md")
    assert any(re.search(rf"\b{name}\b", read(f"docs/{page}")) for page in pages)


@pytest.mark.parametrize("name", [*HubSettings.model_fields])
def test_every_setting_of_the_hub_is_described(name: str) -> None:
    assert any(row.startswith(f"| `{name}` |") for row in rows(read(HUB_PAGE)))


@pytest.mark.parametrize("name", [*InfluxSettings.model_fields])
def test_every_setting_of_influxdb_is_described(name: str) -> None:
    assert any(row.startswith(f"| `influx.{name}` |") for row in rows(read(HUB_PAGE)))


@pytest.mark.parametrize("name", [*OidcSettings.model_fields])
def test_every_setting_of_the_schools_accounts_is_described(name: str) -> None:
    (row,) = (row for row in rows(read(HUB_PAGE)) if row.startswith(f"| `oidc.{name}` |"))
    if name == "roles":
        assert not [key for key in RoleMapping.model_fields if f"`{key}`" not in row]


def test_the_hub_page_describes_no_setting_that_does_not_exist() -> None:
    described = re.findall(r"^\| `(\w+)` \| (?:`--|\|)", read(HUB_PAGE), re.MULTILINE)
    assert set(described) <= set(HubSettings.model_fields)


def test_the_whole_files_in_the_pages_are_accepted() -> None:
    for name in (HUB_PAGE, NODE_AND_HUB_PAGE):
        for language, text in blocks(read(name)):
            if language == "toml" and text.startswith("data"):
                HubSettings(**tomllib.loads(text))
            if language == "toml" and text.startswith("school"):
                parse_settings(text)


def hooks_specified() -> Iterator[str]:
    for kind in vars(hooks).values():
        if isinstance(kind, type) and kind.__module__ == hooks.__name__:
            yield from (name for name, it in vars(kind).items() if hasattr(it, f"{hooks.PROJECT}_spec"))


def test_there_are_hooks() -> None:
    assert list(hooks_specified())


@pytest.mark.parametrize("name", [*hooks_specified()])
def test_every_hook_is_described(name: str) -> None:
    assert any(row.startswith(f"| `{name}` |") for row in rows(read(HOOK_PAGE)))
    assert f"## `{name}`" in read(HOOK_PAGE)


def test_every_error_of_the_tree_is_described_with_what_it_carries() -> None:
    table = {row.split("`")[1]: row for row in rows(read("docs/reference/errors.md")) if row.startswith("| `")}
    tree = {it.__name__ for it in vars(errors).values() if isinstance(it, type) and issubclass(it, LabkeeperError)}
    assert set(table) == tree


@pytest.mark.parametrize(("prefix", "model"), [("", TableMap), ("device.", DeviceMap), ("points.NAME.", PointMap)])
def test_every_key_of_a_mapping_file_is_described(prefix: str, model: type[BaseModel]) -> None:
    described = read("docs/how-to/replay-a-recording.md")
    for name in model.model_fields:
        assert f"`{prefix}{name}" in described or prefix + name in ("device", "points")


def test_the_broker_of_a_school_is_configured_as_the_one_we_test_with() -> None:
    written = next(text for language, text in blocks(read(NODE_AND_HUB_PAGE)) if language == "conf")
    ours = [line for line in MOSQUITTO_CONF.splitlines() if line.split()[0] not in IN_ITS_PLACE]
    assert ours
    assert set(ours) <= set(written.splitlines())


def sources(*folders: str) -> str:
    return "\n".join(path.read_text(encoding="utf-8") for folder in folders for path in ROOT.glob(f"{folder}/**/*.py"))


def found(pattern: re.Pattern[str], text: str) -> set[str]:
    return set(pattern.findall(text))


def test_every_reason_the_hub_refuses_for_is_explained() -> None:
    said = read(WRONG_PAGE)
    hub_side = sources("hub/labkeeper_hub/ingest", "hub/labkeeper_hub/commands") + "\n".join(
        (ROOT / "wire" / "labkeeper_wire" / name).read_text(encoding="utf-8")
        for name in ("host_session.py", "remote_node.py", "topics.py")
    )
    reasons = found(HUB_REASONS, hub_side)
    assert {"not_finite", "unknown_node", "bad_id"} <= reasons
    assert not [reason for reason in sorted(reasons) if f"`{reason}`" not in said]


def test_every_code_a_command_ends_with_is_explained() -> None:
    said = read(WRONG_PAGE)
    codes = found(COMMAND_CODES, sources("hub", "edge_agent", "plugins/labkeeper_sdk")) | {RESTARTED}
    codes |= found(ENDS, sources("hub/labkeeper_hub/commands"))
    assert {"busy", "not_sent", "node_lost", "unreachable"} <= codes
    assert not [code for code in sorted(codes) if f"`{code}`" not in said]
