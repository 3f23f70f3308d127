"""What is written holds together: links lead somewhere, twins are twins, nothing names a machine of ours."""

import re
import tomllib
from pathlib import Path

import pytest

from .pages import ROOT, anchor, blocks, headings, links, pages, prose, read

MACHINE = re.compile(r"/(?:work|root|home)/|\bpypi\.org/simple|registry\.npmjs\.org|files\.pythonhosted\.org|index-url")
TWINS = ("README.md", "README.zh-CN.md")
HAN = re.compile(r"[\u4e00-\u9fff]")
LONGEST_README = 200


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", pages(), ids=named)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    dead = [link for link in links(page.read_text(encoding="utf-8")) if not leads_somewhere(page, link)]
    assert not dead


def leads_somewhere(page: Path, link: str) -> bool:
    if re.match(r"[a-z]+:", link):
        return link.startswith(("https://", "http://127.0.0.1"))
    path, _, fragment = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists() or not target.is_relative_to(ROOT):
        return False
    return not fragment or fragment in map(anchor, headings(target.read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", pages(), ids=named)
def test_no_page_names_a_machine_or_a_registry(page: Path) -> None:
    assert not MACHINE.findall(page.read_text(encoding="utf-8"))


def test_both_readmes_have_the_same_structure() -> None:
    english, chinese = (headings(read(name)) for name in TWINS)
    assert [depth(line) for line in english] == [depth(line) for line in chinese]


def depth(heading: str) -> int:
    return len(heading) - len(heading.lstrip("#"))


def test_both_readmes_have_the_same_code_and_as_many_diagrams() -> None:
    english, chinese = (blocks(read(name)) for name in TWINS)
    assert [block.language for block in english] == [block.language for block in chinese]
    code = [[block for block in each if block.language != "text"] for each in (english, chinese)]
    assert code[0] == code[1]


def test_both_readmes_lead_to_the_same_pages() -> None:
    english, chinese = (set(links(read(name))) - {*TWINS} for name in TWINS)
    assert {neutral(link) for link in english} == {neutral(link) for link in chinese}


def neutral(link: str) -> str:
    return re.sub(r"-(en|zh)\.png$", ".png", link).replace(".zh-CN.md", ".md")


def test_the_readmes_stay_short_and_the_chinese_one_is_chinese() -> None:
    assert all(len(read(name).splitlines()) <= LONGEST_README for name in TWINS)
    paragraphs = [text for text in prose(read(TWINS[1])).split("\n\n") if len(text) > 120]
    assert all(HAN.search(text) for text in paragraphs)


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = links(read("docs/decisions/README.md"))
    assert sorted(listed) == sorted(page.name for page in folder.glob("[0-9]*.md"))


def test_every_page_of_the_documentation_is_reached_from_its_index() -> None:
    index = ROOT / "docs" / "README.md"
    reached = {(index.parent / link.partition("#")[0]).resolve() for link in links(read("docs/README.md"))}
    missing = [named(page) for page in pages() if is_a_chapter(page) and page not in reached]
    assert not missing


def is_a_chapter(page: Path) -> bool:
    return page.is_relative_to(ROOT / "docs") and page.name != "README.md" and page.parent.name != "decisions"


@pytest.mark.parametrize("page", pages(), ids=named)
def test_every_piece_of_toml_is_toml_and_of_python_python(page: Path) -> None:
    for language, text in blocks(page.read_text(encoding="utf-8")):
        if language == "toml":
            tomllib.loads(text)
        if language == "python":
            compile(text, str(page), "exec")
