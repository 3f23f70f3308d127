"""The tutorial is executed as it stands: its files go into the package it makes, which then gets silver."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorials" / "your-first-driver.md"
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
LONGEST_DRIVER = 60
pytestmark = pytest.mark.timeout(300)  # a whole examination inside a test
DRIVER = "acme_chamber/__init__.py"


@pytest.fixture
def blocks() -> list[tuple[str, str]]:
    return BLOCK.findall(TUTORIAL.read_text(encoding="utf-8"))


def files(blocks: list[tuple[str, str]]) -> dict[str, str]:
    return {text.split("\n", 1)[0].removeprefix("# "): text for language, text in blocks if language == "python"}


def typed(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=280, check=False)


@pytest.fixture
def package(blocks: list[tuple[str, str]], tmp_path: Path) -> Path:
    """The package that `labkeeper driver new` makes, with the tutorial's files in it."""
    made = typed(tmp_path, "labkeeper_cli", "driver", "new", "acme-chamber")
    assert made.returncode == 0, made.stderr
    for name, text in files(blocks).items():
        path = tmp_path / "acme-chamber" / name
        assert path.exists(), f"the tutorial replaces {name}, which `driver new` no longer makes"
        path.write_text(text, encoding="utf-8")
    return tmp_path / "acme-chamber"


def test_a_driver_written_by_the_tutorial_alone_gets_silver_at_the_first_check(
    blocks: list[tuple[str, str]], package: Path
) -> None:
    checked = typed(package, "labkeeper_cli", "driver", "check", ".", "--level", "silver")
    said = next(text for language, text in blocks if language == "text")
    assert checked.stdout.strip() == said.strip()
    assert checked.returncode == 0
    assert '"level": "silver"' in (package / "labkeeper-badge.json").read_text(encoding="utf-8")
    ignored = (package / ".gitignore").read_text(encoding="utf-8").split()
    assert {path.name for path in package.glob("labkeeper-*")} <= set(ignored)


def test_the_test_of_the_tutorial_passes(package: Path) -> None:
    ran = typed(package, "pytest", "-q", "-k", "temperature", "-p", "no:cacheprovider")
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_driver_of_the_tutorial_stays_short(blocks: list[tuple[str, str]]) -> None:
    lines = [line for line in files(blocks)[DRIVER].splitlines() if line.strip()]
    assert len(lines) <= LONGEST_DRIVER
