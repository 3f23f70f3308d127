"""constraints.txt: whatever pyproject.toml names is pinned there, at a version that it takes; no addresses."""

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FOLDER = Path(__file__).parents[1]
PROJECT = tomllib.loads((FOLDER / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PINS = (FOLDER / "constraints.txt").read_text(encoding="utf-8")


def pins() -> dict[str, str]:
    """Return each package's version, by its name as indexes compare it."""
    lines = [line.split("#")[0].strip() for line in PINS.splitlines()]
    found = [line.partition("==") for line in lines if line]
    return {canonicalize_name(name): version for name, _, version in found}


def wanted() -> list[tuple[str, Requirement]]:
    extras = {"itself": PROJECT["dependencies"], **PROJECT["optional-dependencies"]}
    found = [(extra, Requirement(line)) for extra, lines in extras.items() for line in lines]
    return [(extra, one) for extra, one in found if one.name != PROJECT["name"]]


@pytest.mark.parametrize(("extra", "one"), wanted(), ids=[f"{extra} {one.name}" for extra, one in wanted()])
def test_what_an_extra_needs_is_pinned_at_a_version_it_takes(extra: str, one: Requirement) -> None:
    version = pins().get(canonicalize_name(one.name))
    assert version, f"{one.name} of {extra} is not in constraints.txt"
    assert one.specifier.contains(version), f"{one} of {extra} does not take {version}"


def test_no_line_of_the_pins_has_an_address() -> None:
    assert not any(mark in PINS for mark in ("://", " @ ", "--index", "-i "))
