"""The page of alarms is the catalogue, and the reference names everything an alarm can refuse."""

import re

from labkeeper_hub.alarms.reference import COMMAND, page

from .pages import ROOT, read


def test_the_page_of_alarms_is_what_the_catalogue_says() -> None:
    assert read("docs/reference/alarms.md") == page(), f"run: {COMMAND}"


def test_everything_that_can_be_refused_of_an_alarm_is_described() -> None:
    source = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "hub/labkeeper_hub/alarms").glob("*.py"))
    codes = set(re.findall(r"AlarmRefused\(\s*\"([a-z_]+)\"", source))
    assert "second_person" in codes
    assert not [code for code in sorted(codes) if f"`{code}`" not in read("docs/how-to/when-something-is-wrong.md")]
