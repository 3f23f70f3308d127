"""What npm installs here is pinned by content, not by where it came from."""

import json
from pathlib import Path

LOCK = Path(__file__).with_name("package-lock.json")


def test_every_package_is_pinned_by_its_hash_and_none_by_an_address() -> None:
    text = LOCK.read_text(encoding="utf-8")
    packages = json.loads(text)["packages"]
    assert all(package.get("integrity") for path, package in packages.items() if path)
    assert "://" not in text
