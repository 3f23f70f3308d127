"""A page in Chinese says what its twin in English says: the same sections, links and kinds of code."""

import re
from pathlib import Path

import pytest

from .pages import ROOT, blocks, headings, links, prose, read

CHINESE = sorted(str(page.relative_to(ROOT)) for page in (ROOT / "docs").rglob("*.zh-CN.md"))
HAN = re.compile(r"[\u4e00-\u9fff]")
LONG = 120  # characters of a paragraph that can be no list of names


def both(page: str) -> tuple[str, str]:
    return read(page.replace(".zh-CN.md", ".md")), read(page)


def neutral(link: str) -> str:
    """Return a link without its language; headings are named in theirs."""
    return re.sub(r"-(en|zh)\.png$", ".png", link.partition("#")[0]).replace(".zh-CN.md", ".md")


@pytest.mark.parametrize("page", CHINESE)
def test_twins_have_the_same_sections_and_kinds_of_code(page: str) -> None:
    english, chinese = both(page)
    assert [line.count("#") for line in headings(english)] == [line.count("#") for line in headings(chinese)]
    assert [block.language for block in blocks(english)] == [block.language for block in blocks(chinese)]


@pytest.mark.parametrize("page", CHINESE)
def test_twins_lead_to_the_same_pages_and_to_each_other(page: str) -> None:
    english, chinese = both(page)
    assert {neutral(link) for link in links(english)} == {neutral(link) for link in links(chinese)}
    name = Path(page).name
    assert name in links(english)
    assert name.replace(".zh-CN.md", ".md") in links(chinese)


@pytest.mark.parametrize("page", CHINESE)
def test_a_chinese_page_is_chinese(page: str) -> None:
    paragraphs = [text for text in prose(read(page)).split("\n\n") if len(text) > LONG and not text.startswith(">")]
    assert all(HAN.search(text) for text in paragraphs)
