"""The Chinese pages of drivers and machines say what the English ones say: the same settings, tables and sections."""

import re
from pathlib import Path

import pytest

from .pages import ROOT, blocks, headings, prose, read

DRIVERS = "docs/reference/drivers"
TWINS = [
    *sorted(f"{DRIVERS}/{page.name.removesuffix('.zh-CN.md')}" for page in (ROOT / DRIVERS).glob("*.zh-CN.md")),
    "docs/reference/conformance",
    "docs/reference/errors",
    "docs/reference/hooks",
    "docs/tutorials/your-first-driver",
    "docs/how-to/run-a-hub-and-a-node",
    "docs/how-to/when-something-is-wrong",
    "docs/how-to/forward-to-influxdb",
    "docs/how-to/keep-and-move-data",
    "docs/how-to/take-readings-away",
    "docs/reference/dashboards",
    "docs/reference/influxdb",
    "docs/reference/hub-configuration",
    "docs/reference/node-configuration",
    "docs/reference/metrics",
    "docs/reference/simulated-lab",
    "docs/reference/firmware-checks",
    "docs/reference/wire-format",
]
SAME_NUMBERS = (
    "docs/reference/simulated-lab",
    "docs/reference/firmware-checks",
    "docs/reference/wire-format",
    "docs/reference/hub-configuration",
    "docs/reference/node-configuration",
    "docs/reference/metrics",
)
NEEDED = (
    "zigbee2mqtt", "homeassistant", "homie", "tasmota", "shelly", "serial_line", "tello", "robomaster", "gpio",
    "modbus",
    "pjlink", "declared-points",
)  # fmt: skip
HAN = re.compile(r"[\u4e00-\u9fff]")
CODE = re.compile(r"`[^`]+`")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def both(page: str) -> tuple[str, str]:
    return read(f"{page}.md"), read(f"{page}.zh-CN.md")


def keys(text: str) -> list[list[str]]:
    """Return what stands in code letters in the first cell of each row of the tables."""
    rows = [line for line in prose(text).splitlines() if line.startswith("|")]
    return [CODE.findall(row.split("|")[1]) for row in rows]


@pytest.mark.parametrize("name", NEEDED)
def test_the_pages_that_are_needed_most_are_there_in_chinese(name: str) -> None:
    assert f"{DRIVERS}/{name}" in TWINS


@pytest.mark.parametrize("page", TWINS)
def test_twins_have_the_same_sections_tables_and_code(page: str) -> None:
    english, chinese = both(page)
    assert [line.count("#") for line in headings(english)] == [line.count("#") for line in headings(chinese)]
    assert keys(english) == keys(chinese)
    assert blocks(english) == blocks(chinese)


@pytest.mark.parametrize("page", TWINS)
def test_a_chinese_page_names_every_point_word_and_setting_of_its_twin(page: str) -> None:
    english, chinese = (set(CODE.findall(prose(text))) for text in both(page))
    template = re.compile(r"<[^>]*>|\s")  # what stands for a name is written in Chinese
    missing = {word for word in english - chinese if not template.search(word)}
    assert not missing


def numbers(text: str) -> list[list[str]]:
    """Return the numbers of each row of the tables, the targets of links left out."""
    rows = [re.sub(r"\]\([^)]*\)", "]", line) for line in prose(text).splitlines() if line.startswith("| `")]
    return [sorted(NUMBER.findall(row)) for row in rows]


@pytest.mark.parametrize("page", SAME_NUMBERS)
def test_every_row_of_a_chinese_page_has_the_numbers_of_its_twin(page: str) -> None:
    english, chinese = map(numbers, both(page))
    assert english == chinese


@pytest.mark.parametrize("page", TWINS)
def test_twins_lead_to_each_other_and_the_chinese_one_is_chinese(page: str) -> None:
    english, chinese = both(page)
    name = Path(page).name
    assert f"[中文]({name}.zh-CN.md)" in english
    assert f"[English]({name}.md)" in chinese
    paragraphs = [text for text in prose(chinese).split("\n\n") if len(text) > 120 and not text.startswith("|")]
    assert all(HAN.search(text) for text in paragraphs)
