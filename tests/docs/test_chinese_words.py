"""In Chinese one thing has one name, on pages of the documentation, on the page, in catalogues and in the code."""

import json
from pathlib import Path

import pytest

from .pages import ROOT

ONE_NAME = {"中枢": "主机", "点位": "测点", "所有者密钥": "管理密钥"}  # the hub; a point; the owner's secret
ALARMS_OWN = "未确认"  # nobody has acknowledged it (ISA-18.2); what a device has not answered is 未回应
OF_ALARMS = {
    "alarms.zh.json", "alarms.json", "alarms.py", "catalogue.py", "words.py", "metrics.zh.toml", "metrics.zh-CN.md",
}  # fmt: skip
FOLDERS = (
    "cli",
    "dashboards",
    "deploy",
    "device_drivers",
    "docs",
    "edge_agent",
    "firmware_tests",
    "hub",
    "plugins",
    "wire",
)
KINDS = {".md", ".json", ".toml", ".py", ".js", ".html"}


def texts(folder: str) -> list[Path]:
    found = (file for file in (ROOT / folder).rglob("*") if file.suffix in KINDS)
    return [file for file in found if not {"vendor", "node_modules", "fixtures"}.intersection(file.parts)]


@pytest.mark.parametrize("folder", FOLDERS)
def test_one_thing_has_one_name(folder: str) -> None:
    files = texts(folder)
    assert files
    said = {file: file.read_text(encoding="utf-8") for file in files}
    assert {(str(file), word) for file, text in said.items() for word in ONE_NAME if word in text} == set()


@pytest.mark.parametrize("folder", FOLDERS)
def test_only_alarms_are_acknowledged(folder: str) -> None:
    said = {file for file in texts(folder) if ALARMS_OWN in file.read_text(encoding="utf-8")}
    assert {str(file) for file in said if file.name not in OF_ALARMS} == set()


def test_the_page_waits_for_answers_of_devices_and_for_people_to_acknowledge() -> None:
    folder = ROOT / "hub/labkeeper_hub/console/static/i18n"
    words = {key: text for file in folder.glob("*zh.json") for key, text in json.loads(file.read_text("utf-8")).items()}
    acknowledged = {key for key, text in words.items() if "未确认" in text or "已确认" in text}
    assert {key for key in acknowledged if not key.startswith("alarm")} == {"school.code"}  # an account, by the school
    answered = {words[key] for key in ("outcome.not_confirmed", "stop.missing", "held.open")}
    assert {text for text in answered if "未回应" not in text} == set()
