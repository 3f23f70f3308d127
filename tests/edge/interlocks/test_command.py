"""`labkeeper interlocks`: what it prints, and how it says what is wrong."""

import argparse
from pathlib import Path

import pytest

from labkeeper_edge.interlocks.command import configure, run
from labkeeper_edge.interlocks.loading import SUPPLIED, load, supplied


def called(*words: str) -> int:
    parser = argparse.ArgumentParser()
    configure(parser)
    return run(parser.parse_args(words))


def test_a_set_is_listed_shown_and_found_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert called("list") == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(SUPPLIED)
    assert called("show", "maker") == 0
    file = tmp_path / "mine.toml"
    file.write_text(capsys.readouterr().out, encoding="utf-8")
    assert called("check", str(file)) == 0
    said = capsys.readouterr().out.splitlines()
    assert "permit laser-on: laser needs lid and dust for 3 s; otherwise false" in said
    assert said[-1] == f"hash {load(supplied('maker')).hash}"


def test_a_mistake_ends_with_status_2_and_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(supplied("maker").replace("lid and dust for 3 s", "lid and dust fro 3 s"), encoding="utf-8")
    assert called("check", str(file)) == 2
    said = capsys.readouterr().err
    assert "permit.laser-on.needs: line 38, column 23: 'fro' is not expected here" in said
    assert said.splitlines()[-1].index("^") - said.splitlines()[-2].index("lid") == len("lid and dust ")
