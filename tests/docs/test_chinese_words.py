"""In Chinese one thing has one name, on pages of the documentation, on the page, in catalogues and in the code."""

from pathlib import Path

import pytest

from .pages import ROOT

ONE_NAME = {"中枢": "主机", "点位": "测点", "所有者密钥": "管理密钥"}  # the hub; a point; the owner's secret
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
