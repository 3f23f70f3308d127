"""`labkeeper timetable` at the wire: what it sends of a file, and what it says of the answer."""

import argparse
import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from labkeeper_cli import timetable
from tests.answering_hub import AnsweringHub, open_answering_hub
from tests.terminal import at_terminal

TAKEN: dict[str, Any] = {"taken": True, "weekly": 2, "dated": 0, "labs": ["lab-1"], "faults": [], "conflicts": []}
IMPORT, YEAR = "POST /api/v1/timetables/demo/import", "PUT /api/v1/timetables/demo"
FAULT = {"row": 2, "column": "lab", "zh": "没有", "en": "no"}


@pytest.fixture
async def hub() -> AsyncIterator[AnsweringHub]:
    async with open_answering_hub({IMPORT: TAKEN}) as hub:
        yield hub


async def run(hub: AnsweringHub, *words: str) -> int:
    parser = argparse.ArgumentParser()
    timetable.configure(parser)
    options = parser.parse_args([*words, "--school", "demo", "--hub", hub.url])
    return await asyncio.to_thread(timetable.run, options)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_a_table_is_sent_in_whichever_encoding_a_spreadsheet_wrote_it(
    hub: AnsweringHub, tmp_path: Path, encoding: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "autumn.csv"
    file.write_text("实验室,星期\n", encoding=encoding)
    assert await run(hub, "import", str(file)) == 0
    body = {"format": "csv", "text": "实验室,星期\n", "check": False}
    assert hub.asked == [(IMPORT, body)]
    assert capsys.readouterr().out == "taken in: 2 weekly and 0 dated slots of lab-1\n"


async def test_a_person_sees_that_a_file_is_being_read(hub: AnsweringHub, tmp_path: Path) -> None:
    file = tmp_path / "autumn.ics"
    file.write_text("BEGIN:VCALENDAR")
    with at_terminal() as screen:
        assert await run(hub, "import", str(file)) == 0
    assert f"having {file} read …" in screen.getvalue()


async def test_what_is_wrong_is_told_in_both_languages_and_fails(
    hub: AnsweringHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "autumn.ics"
    file.write_text("BEGIN:VCALENDAR")
    refused = {"taken": False, "faults": [FAULT, FAULT | {"column": ""}], "conflicts": [FAULT]}
    hub.answers[IMPORT] = TAKEN | refused
    assert await run(hub, "check", str(file)) == 1
    assert hub.asked[0][1] == {"format": "ics", "text": "BEGIN:VCALENDAR", "check": True}
    lines = capsys.readouterr().out.splitlines()
    assert lines == ["row 2, lab: 没有 / no", "row 2: 没有 / no", "没有 / no", "nothing was changed"]


async def test_a_year_is_put_in_the_place_of_the_one_before(
    hub: AnsweringHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "year.json"
    file.write_text('{"zone": "Asia/Shanghai"}')
    hub.answers[YEAR] = {"year": {"terms": [1, 2], "classes": []}, "weekly": 0, "dated": 0}
    assert await run(hub, "import", str(file)) == 0
    assert await run(hub, "import", str(file), "--json") == 0
    assert hub.asked[0] == (YEAR, {"zone": "Asia/Shanghai"})
    assert "2 terms" in capsys.readouterr().out
    assert await run(hub, "check", str(file)) == 1


async def test_what_is_no_text_is_refused_before_the_hub_is_asked(
    hub: AnsweringHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "picture.csv"
    file.write_bytes(b"\x89PNG\xff\xff")
    assert await run(hub, "check", str(file)) == 1
    assert "neither UTF-8 nor GB18030" in capsys.readouterr().err
    assert hub.asked == []
