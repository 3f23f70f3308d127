"""`labkeeper automations`, on files and in front of a socket that answers as a hub does."""

import argparse
import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from labkeeper_hub.automations.automations_command import WORDS, configure, run
from labkeeper_hub.automations.trace import Why
from tests.answering_hub import AnsweringHub, open_answering_hub
from tests.terminal import at_terminal

from .given import TEXT

PART = {"text": "co2 > 1000 [ppm]", "truth": True, "seen": [{"input": "co2", "value": 1500.0}]}
RUN = {"automation": "fan", "at_ms": 0, "outcome": "done", "why": None, "parts": [PART], "results": [{"state": "done"}]}
HELD = {**RUN, "why": "lesson", "parts": [{**PART, "truth": None, "seen": []}], "results": []}
PROBLEM = {"status": 422, "detail": "The request is wrong", "errors": [{"message": "not TOML"}]}
ONE = {"id": "fan", "on": False, "school": "s", "lab": "physics", "when": "co2 > 1000 [ppm]"}
ANSWERS: dict[str, Any] = {
    "GET /api/v1/automations": {"automations": [ONE]},
    "GET /api/v1/automations/runs?limit=1000": {"runs": [HELD, RUN, {**RUN, "automation": "other"}]},
    "POST /api/v1/automations/try": {"readings": 7, "known_ms": None, "runs": [{**RUN, "results": []}, HELD]},
    "PUT /api/v1/automations": ONE,
}


@pytest.fixture
async def hub() -> AsyncIterator[AnsweringHub]:
    async with open_answering_hub(ANSWERS) as hub:
        yield hub


async def command(hub: AnsweringHub, *words: str) -> int:
    return await asyncio.to_thread(alone, *words, url=hub.url)


def alone(*words: str, url: str = "http://127.0.0.1:1") -> int:
    parser = argparse.ArgumentParser()
    configure(parser)
    return run(parser.parse_args(["--hub", url, *words]))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "fan.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_a_file_is_checked_without_a_hub(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert alone("check", str(file)) == 0
    assert capsys.readouterr().out == (
        "fan in s/physics: when co2 > 1000 [ppm] for 10 s; 3 times an hour at most, 60 s apart\n"
    )
    file.write_text(TEXT.replace("co2 > 1000", "co2 >> 1000"), encoding="utf-8")
    assert alone("check", str(file)) == 2
    assert "line 6, column 14" in capsys.readouterr().err


def test_what_comes_with_labkeeper_is_shown_and_passes_the_check(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert alone("show", "shutters-at-heat") == 0
    file.write_text(capsys.readouterr().out, encoding="utf-8")
    assert alone("check", str(file)) == 0
    assert "if empty" in capsys.readouterr().out


async def test_what_a_hub_has_is_listed_with_what_it_did_and_why(
    hub: AnsweringHub, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await command(hub, "list") == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].split() == ["fan", "off", "s/physics", "co2", ">", "1000", "[ppm]"]
    assert said[1].endswith("held up: a lesson is on: not known: co2 > 1000 [ppm]")
    assert said[2].endswith("1 of 1 commands: co2 > 1000 [ppm] (co2 was 1500.0)")
    assert len(said) == 3


async def test_a_file_is_tried_on_what_was_recorded_and_kept(
    hub: AnsweringHub, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await command(hub, "try", str(file), "--last", "12h") == 0
    asked = hub.given[0]
    assert (asked["text"], asked["to"] - asked["from"]) == (TEXT, 12 * 3_600_000)
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "1 runs, held up 1 times, on 7 readings"
    assert said.pop(1).endswith("not on record for this time: lessons alone were counted")
    assert "  acted: co2 > 1000 [ppm]" in said[1]
    assert await command(hub, "put", str(file)) == 0
    assert capsys.readouterr().out == "fan: kept, off\n"


async def test_a_person_sees_that_a_trial_is_under_way(hub: AnsweringHub, file: Path) -> None:
    with at_terminal() as screen:
        assert await command(hub, "try", str(file)) == 0
    assert "trying it on what was recorded …" in screen.getvalue()


async def test_what_the_hub_refuses_is_said(hub: AnsweringHub, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hub.refuses, hub.problem = True, PROBLEM
    assert await command(hub, "put", str(file)) == 1
    assert capsys.readouterr().err == "labkeeper automations: The request is wrong; not TOML\n"
    assert alone("list") == 1
    with pytest.raises(SystemExit):
        await command(hub, "try", str(file), "--last", "soon")


def test_every_obstacle_has_words() -> None:
    assert set(WORDS) == set(Why)
