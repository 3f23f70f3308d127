"""`labkeeper alarms` at the wire: what it asks, and what it says."""

import argparse
import asyncio
from collections.abc import AsyncIterator

import pytest

from labkeeper_cli import alarms
from tests.answering_hub import AnsweringHub, open_answering_hub
from tests.terminal import at_terminal

AIR = {"school": "demo", "node": "pi", "device": "air"}
STATE = {"core": "unack", "suppression": "shelved", "priority": "low", "raised_ms": 0}
TRIAL = {
    "readings": 1440,
    "every_ms": None,
    "gates": [],
    "spells": [{"level": "warn", "from_ms": 0, "to_ms": 1_800_000, "open_end": False}],
}
ANSWERS = {
    "GET /api/v1/alarms": {"alarms": [{"rule": "co2", **AIR, "point": "co2", **STATE}]},
    "GET /api/v1/alarms/rules/co2/points": {"points": [AIR | {"point": "co2", "lab": "lab-301"}]},
    "GET /api/v1/alarms/rules/frost/points": {"points": []},
    "POST /api/v1/alarms/try": TRIAL,
}


@pytest.fixture
async def hub() -> AsyncIterator[AnsweringHub]:
    async with open_answering_hub(ANSWERS) as hub:
        yield hub


async def run(hub: AnsweringHub, *words: str) -> int:
    parser = argparse.ArgumentParser()
    alarms.configure(parser)
    asked = parser.parse_args(["--hub", hub.url, *words])
    return await asyncio.to_thread(alarms.run, asked)


async def test_what_stands_is_a_line_each(hub: AnsweringHub, capsys: pytest.CaptureFixture[str]) -> None:
    assert await run(hub, "list") == 0
    assert "co2               demo/pi/air/co2  unack, shelved" in capsys.readouterr().out


async def test_a_rule_is_tried_on_every_point_it_watches(hub: AnsweringHub, capsys: pytest.CaptureFixture[str]) -> None:
    assert await run(hub, "try", "co2", "--last", "30d", "--limit", "warn=1200") == 0
    said = capsys.readouterr().out
    assert "demo/pi/air/co2: 1 times, 0.5 h in all, on 1440 readings" in said
    assert "30 min" in said
    (tried,) = hub.given
    assert (tried["alarm"], tried["limits"]) == ({"rule": "co2", **AIR, "point": "co2"}, {"warn": 1200.0})
    assert await run(hub, "try", "frost") == 0
    assert "watches no point" in capsys.readouterr().out
    assert await run(hub, "try", "no_such") == 1
    assert "There is no such thing" in capsys.readouterr().err


async def test_a_person_sees_which_point_is_being_tried(hub: AnsweringHub) -> None:
    with at_terminal() as screen:
        assert await run(hub, "try", "co2") == 0
    assert "trying co2: point 1 of 1 …" in screen.getvalue()


async def test_gates_and_steps_are_said(hub: AnsweringHub, capsys: pytest.CaptureFixture[str]) -> None:
    hub.answers["POST /api/v1/alarms/try"] = TRIAL | {"gates": ["lesson", "lights"], "every_ms": 10_368}
    assert await run(hub, "try", "co2") == 0
    said = capsys.readouterr().out
    assert "always so: lesson, lights" in said
    assert "on 1440 steps of 10.368 s" in said


async def test_a_point_that_is_refused_ends_no_other_trial(
    hub: AnsweringHub, capsys: pytest.CaptureFixture[str]
) -> None:
    del hub.answers["POST /api/v1/alarms/try"]
    assert await run(hub, "try", "co2") == 1
    assert "demo/pi/air/co2: There is no such thing" in capsys.readouterr().out


async def test_what_the_hub_refuses_is_said(hub: AnsweringHub, capsys: pytest.CaptureFixture[str]) -> None:
    hub.refuses = True
    assert await run(hub, "try", "co2", "--point", "demo/pi/air/co2") == 1
    assert "There is no such thing" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--last", "soon"], ["--point", "co2"], ["--limit", "warn=much"]])
async def test_what_cannot_be_meant_is_said_before_anything_is_asked(hub: AnsweringHub, words: list[str]) -> None:
    with pytest.raises(SystemExit):
        await run(hub, "try", "co2", *words)
    assert hub.asked == []
