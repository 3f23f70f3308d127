"""The tutorial is executed as it stands, on a free port."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from labkeeper_sdk.testing import free_port

TUTORIAL = Path(__file__).parents[2] / "docs" / "tutorials" / "your-first-driver.md"
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)
LONGEST_DRIVER = 60


@pytest.fixture
def blocks() -> list[tuple[str, str]]:
    return BLOCK.findall(TUTORIAL.read_text(encoding="utf-8"))


def files(blocks: list[tuple[str, str]]) -> dict[str, str]:
    return {text.split("\n", 1)[0].removeprefix("# "): text for language, text in blocks if language == "python"}


def test_the_tutorial_prints_what_it_says(blocks: list[tuple[str, str]], tmp_path: Path) -> None:
    port = str(free_port())
    for name, text in files(blocks).items():
        (tmp_path / name).write_text(text.replace("4001", port), encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-W", "error", "try_chamber.py"],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    said = next(text for language, text in blocks if language == "text")
    assert (ran.stderr, ran.stdout) == ("", said)


def test_the_driver_of_the_tutorial_stays_short(blocks: list[tuple[str, str]]) -> None:
    lines = [line for line in files(blocks)["acme_chamber.py"].splitlines() if line.strip()]
    assert len(lines) <= LONGEST_DRIVER
