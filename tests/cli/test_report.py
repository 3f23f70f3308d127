"""`labkeeper report` at the wire: what it asks for, under which name it is kept, and what it says of failures."""

import argparse
import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from labkeeper_cli import report
from labkeeper_sdk import BadConfiguration
from labkeeper_sdk.testing import HttpAnswer, HttpRequest, serve_http

LABS = json.dumps({"labs": [{"school": "demo", "lab": one} for one in ("lab-301", "lab-9", "")]}).encode()
NO_PDF = b'{"detail": "This hub makes no PDFs yet"}'
SATURDAY = date(2026, 11, 28)


@dataclass
class Hub:
    """What was asked; a lab of which there is no PDF is `lab-9`."""

    url: str = ""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)

    def answer(self, request: HttpRequest) -> HttpAnswer:
        asked = urlsplit(request.path)
        self.asked.append((asked.path, dict(parse_qsl(asked.query))))
        self.tokens.add(request.headers["authorization"])
        if asked.path == "/api/v1/labs":
            return HttpAnswer(LABS)
        if asked.path.endswith("lab-9/report.pdf"):
            return HttpAnswer(NO_PDF, 501)
        return HttpAnswer(b"%PDF" if asked.path.endswith(".pdf") else b"<!doctype", kind="application/octet-stream")


@pytest.fixture
async def hub(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Hub]:
    monkeypatch.setenv("LABKEEPER_TOKEN", "lkt_1")
    hub = Hub()
    async with serve_http(hub.answer) as wire:
        hub.url = f"http://{wire.host}:{wire.port}"
        yield hub


def asked(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    report.configure(parser)
    return parser.parse_args(words)


async def run(hub: Hub, *words: str) -> int:
    return await asyncio.to_thread(report.run, asked("--hub", hub.url, *words))


def names(folder: Path) -> Sequence[str]:
    return sorted(one.name for one in folder.iterdir())


async def test_a_labs_week_is_kept_under_the_name_it_is_given(hub: Hub, tmp_path: Path) -> None:
    out = tmp_path / "week.pdf"
    assert await run(hub, "--lab", "demo/lab 301", "--week", "2026-01-05", "--language", "en", "--out", str(out)) == 0
    assert out.read_bytes() == b"%PDF"
    ((path, query),) = hub.asked
    assert path == "/api/v1/labs/demo/lab%20301/report.pdf"
    assert re.fullmatch(r"-?\d+", query.pop("offset_min"))
    assert query == {"language": "en", "day": "2026-01-05", "span": "week"}
    assert hub.tokens == {"Bearer lkt_1"}
    assert names(tmp_path) == ["week.pdf"]


async def test_the_ending_or_a_word_makes_it_html(hub: Hub, tmp_path: Path) -> None:
    for name, more in (("day.html", ()), ("day", ("--format", "html"))):
        assert await run(hub, "--lab", "demo/lab-1", "--out", str(tmp_path / name), *more) == 0
        assert (tmp_path / name).read_bytes() == b"<!doctype"
    assert {path for path, _ in hub.asked} == {"/api/v1/labs/demo/lab-1/report"}


async def test_every_lab_goes_into_a_folder_and_one_that_fails_keeps_no_other_from_it(
    hub: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await run(hub, "--day", "2026-01-05", "--out", str(tmp_path)) == 1
    assert names(tmp_path) == ["labkeeper-lab-301-2026-01-05-day.pdf"]
    said = capsys.readouterr()
    assert "labkeeper-lab-9-2026-01-05-day.pdf: This hub makes no PDFs yet" in said.err
    assert said.out.endswith("labkeeper-lab-301-2026-01-05-day.pdf: 4 bytes\n")


async def test_a_recordings_report(hub: Hub, tmp_path: Path) -> None:
    assert await run(hub, "--recording", "7d3f6c1e-5c0e", "--out", str(tmp_path)) == 0
    assert hub.asked[0][0] == "/api/v1/recordings/7d3f6c1e-5c0e/report.pdf"
    assert names(tmp_path) == ["labkeeper-recording-7d3f6c1e.pdf"]


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (["--out", "one.pdf"], "--out"),
        (["--lab", "lab-301", "--out", "one.pdf"], "--lab"),
        (["--day", "monday", "--out", "one.pdf"], "--day"),
        (["--week", "next", "--out", "one.pdf"], "--week"),
    ],
)
async def test_wrong_use_is_named(hub: Hub, words: list[str], key: str) -> None:
    with pytest.raises(BadConfiguration, match=key):
        await run(hub, *words)


async def test_a_hub_that_is_not_there_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--hub", "http://127.0.0.1:1", "--out", str(tmp_path)]
    assert await asyncio.to_thread(report.run, asked(*words)) == 1
    assert "labkeeper report: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "span", "first"),
    [
        ([], "day", "2026-11-27"),
        (["--day", "yesterday"], "day", "2026-11-27"),
        (["--day", "today"], "day", "2026-11-28"),
        (["--week", "last"], "week", "2026-11-16"),
        (["--week", "2026-11-20"], "week", "2026-11-20"),
    ],
)
def test_days_have_names_for_timers(words: list[str], span: str, first: str) -> None:
    assert report.wanted(asked("--out", "x", *words), SATURDAY) == (span, date.fromisoformat(first))
