"""What npm installs for tests is pinned by content, not by where it came from."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("folder", ["tests/interop", "benchmarks/zigbee"])
def test_every_package_is_pinned_by_its_hash_and_none_by_an_address(folder: str) -> None:
    text = (ROOT / folder / "package-lock.json").read_text(encoding="utf-8")
    packages = json.loads(text)["packages"]
    assert all(package.get("integrity") for path, package in packages.items() if path)
    assert "://" not in text
