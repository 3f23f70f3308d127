"""Wherever a check is switched off for a line, the line says why."""

import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = (
    "benchmarks", "cli", "dashboards", "deploy", "device_drivers", "edge_agent", "firmware_tests", "hub", "plugins",
    "tests", "wire",
)  # fmt: skip
OFF = re.compile(r"#\s*(?:noqa|type:\s*ignore)(?P<more>.*)")
WITH_A_REASON = re.compile(r"(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*|\[[a-z, -]+\])\s*(?:--|-|#)\s+\S")


def unexplained(text: str) -> list[str]:
    """Return the comments that switch a check off and do not say both which and why."""
    if not OFF.search(text):
        return []
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    comments = [(token.string, OFF.search(token.string)) for token in tokens if token.type == tokenize.COMMENT]
    return [comment for comment, off in comments if off and not WITH_A_REASON.match(off["more"])]


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_check_that_is_switched_off_names_its_reason(folder: str) -> None:
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files
    found = {str(file.relative_to(ROOT)): unexplained(file.read_text(encoding="utf-8")) for file in files}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa: S603, S607 -- of this system",
        "# type: ignore[arg-type] # numbers only here",
        "# nothing is switched off",
    ],
)
def test_which_and_why_are_enough(comment: str) -> None:
    assert unexplained(f"x = y  {comment}") == []


@pytest.mark.parametrize(
    "comment", ["# noqa: S603", "# noqa -- any of them", "# type: ignore[arg-type]", "# type: ignore", "#noqa"]
)
def test_one_without_the_other_is_not(comment: str) -> None:
    assert unexplained(f"x = y  {comment}") == [comment]
