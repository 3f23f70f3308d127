"""The guide to a school: its lines are shell and YAML, both languages have the same, and every file named exists."""

import re
import subprocess

import pytest
import yaml

from .pages import ROOT, blocks, headings, read

PAGES = ("docs/how-to/a-school-in-30-minutes.md", "docs/how-to/a-school-in-30-minutes.zh-CN.md")


@pytest.mark.parametrize("page", PAGES)
def test_its_lines_for_the_shell_are_shell_and_its_yaml_is_yaml(page: str) -> None:
    found = blocks(read(page))
    for script in (text for language, text in found if language == "sh"):
        done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    assert [yaml.safe_load(text) for language, text in found if language == "yaml"]


def test_both_languages_have_the_same_lines_and_as_many_chapters() -> None:
    english, chinese = (read(page) for page in PAGES)
    assert blocks(english) == blocks(chinese)
    assert len(headings(english)) == len(headings(chinese))


@pytest.mark.parametrize("page", PAGES)
def test_every_file_of_ours_it_names_is_there(page: str) -> None:
    named = set(re.findall(r"deploy/(?!secrets|data)[\w./-]+\w", read(page)))
    assert {"deploy/init.py", "deploy/compose.yaml"} <= named
    assert not [name for name in named if not (ROOT / name).exists()]


@pytest.mark.parametrize("page", PAGES)
def test_its_grafana_is_the_compose_files_and_reads_what_export_writes(page: str) -> None:
    lines = next(text for language, text in blocks(read(page)) if "docker run" in text)
    services = yaml.safe_load(read("deploy/compose.yaml"))["services"]
    assert services["grafana"]["image"] in lines
    places = {volume.split(":")[1] for volume in services["grafana"]["volumes"] if volume.startswith("../")}
    assert places == set(re.findall(r'-v "[^:"]+:([^:"]+):ro"', lines))
