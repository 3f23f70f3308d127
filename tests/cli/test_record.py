"""Lesson records as files: whatever is changed in one shows, and what is in one can be played again."""

import asyncio
import hashlib
import json
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from labkeeper_cli.__main__ import main
from labkeeper_cli.record_file import open_record
from labkeeper_cli.replay import device_id
from labkeeper_sdk import BadConfiguration
from labkeeper_sdk.testing import HttpAnswer, find_mosquitto, open_broker, serve_http
from labkeeper_wire.mqtt import Address, Message, connect
from tests.terminal import at_terminal

IDENTITY = "7d3f6c1e-5c0e-4b7e-8d53-0d6b1f0f2a77"
HEADER = "time,school,lab,node,device,point,kind,unit,value,quality\r\n"
LINES = (
    "2026-01-01T00:00:00.000Z,demo,301,pi,air,temperature,measure,Cel,21.5,192\r\n"
    "2026-01-01T00:00:01.000Z,demo,301,pi,air,temperature,measure,Cel,,0\r\n"
    "2026-01-01T00:00:01.000Z,demo,301,pi,air,count,measure,{count},3,192\r\n"
    "2026-01-01T00:00:02.000Z,demo,301,pi,lamp,state,switch,,true,192\r\n"
    '2026-01-01T00:00:02.000Z,demo,301,pi,lamp,mode,state,,"a,b",192\r\n'
)
CSV = b"\xef\xbb\xbf" + (HEADER + LINES).encode()
POINTS = [
    {"device": "air", "point": "temperature", "type": "float", "unit": "Cel"},
    {"device": "air", "point": "count", "type": "int", "unit": "{count}"},
    {"device": "lamp", "point": "state", "type": "bool", "unit": ""},
    {"device": "lamp", "point": "mode", "type": "str", "unit": ""},
]


def written(path: Path, **changed: bytes) -> Path:
    """Write a record that holds, but for the parts that are changed."""
    readings = {"rows": LINES.count("\r\n"), "sha256": hashlib.sha256(CSV).hexdigest()}
    told = {"id": IDENTITY, "started_ms": 1_767_225_600_000, "points": POINTS, "readings": readings}
    record = json.dumps(told, sort_keys=True).encode()
    seal = json.dumps({"digest": hashlib.sha256(record).hexdigest()}).encode()
    parts = {"record.json": record, "seal.json": seal, "readings.csv": CSV, **changed}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def digest(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        found: str = json.loads(archive.read("seal.json"))["digest"]
    return found


def test_a_record_that_nobody_touched_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["record", "verify", str(written(tmp_path / "lesson.zip"))]) == 0
    assert capsys.readouterr().out.endswith("all as it was sealed\n")


def test_a_person_sees_that_a_record_is_being_checked(tmp_path: Path) -> None:
    file = written(tmp_path / "lesson.zip")
    with at_terminal() as screen:
        assert main(["record", "verify", str(file)]) == 0
    assert f"checking {file} …" in screen.getvalue()


async def test_a_person_sees_how_much_of_a_record_has_come(tmp_path: Path) -> None:
    record = written(tmp_path / "lesson.zip").read_bytes()
    async with serve_http(lambda _: HttpAnswer(record, 200, "application/zip")) as wire:
        words = ["record", "replay", "r-1", "--hub", f"http://127.0.0.1:{wire.port}", "--broker", "mqtt://127.0.0.1:1"]
        with at_terminal() as screen:
            assert await asyncio.to_thread(main, words) == 1  # there is no broker
    assert "fetching r-1: 0.0 MB …" in screen.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("readings.csv", CSV.replace(b"21.5", b"22.5"), "readings.csv was changed"),
        ("readings.csv", CSV.removesuffix(LINES.splitlines(keepends=True)[-1].encode()), "readings.csv was changed"),
        ("record.json", json.dumps({"readings": {"rows": 0, "sha256": ""}}).encode(), "record.json was changed"),
        ("seal.json", b'{"digest": "00"}', "record.json was changed"),
    ],
)
def test_whatever_is_changed_shows(
    name: str, content: bytes, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "lesson.zip", **{name: content})
    assert main(["record", "verify", str(path)]) == 1
    assert words in capsys.readouterr().err
    assert main(["record", "verify", str(path), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["holds"] is False


def test_the_seal_is_looked_for_in_the_record_of_acts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, acts = written(tmp_path / "lesson.zip"), tmp_path / "audit.jsonl"
    for result, status in ((digest(path), 0), ("another", 1)):
        acts.write_text(json.dumps({"subject": IDENTITY, "result": result}) + "\n")
        assert main(["record", "verify", str(path), "--audit", str(acts)]) == status
    assert "no entry with this seal" in capsys.readouterr().err


def test_what_is_no_record_is_said_by_name(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.zip"
    wrong.write_bytes(b"PK")
    with pytest.raises(BadConfiguration, match="no lesson record"):
        open_record(wrong)
    with zipfile.ZipFile(wrong, "w") as archive:
        archive.writestr("record.json", "{}")
    with pytest.raises(BadConfiguration, match=r"seal\.json"):
        open_record(wrong)


def test_its_devices_say_again_what_they_said(tmp_path: Path) -> None:
    record = open_record(written(tmp_path / "lesson.zip"))
    with record.archive:
        devices = record.devices()
    mapping, rows = devices["air"]
    assert mapping.points["temperature"].unit == "°C"
    assert [(row.time_ms % 10_000, row.values) for row in rows] == [(0, {"temperature": 21.5}), (1_000, {"count": 3})]
    assert [row.values for row in devices["lamp"][1]] == [{"state": True, "mode": "a,b"}]


def test_it_is_shown_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["record", "show", str(written(tmp_path / "lesson.zip")), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == IDENTITY


def test_without_saying_which_nothing_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["record", "verify"]) == 2
    assert "which one?" in capsys.readouterr().err


@asynccontextmanager
async def heard(url: str, count: int) -> AsyncIterator[list[Message]]:
    """Collect what devices say until there is so much of it."""
    found: list[Message] = []
    async with connect(Address.parse(url), "listener") as link:
        await link.subscribe(("replay/#", 1))

        async def listen() -> None:
            async for message in link.messages():
                link.acknowledge(message)
                found.append(message)
                if len(found) == count:
                    return

        listening = asyncio.create_task(listen())
        yield found
        async with asyncio.timeout(30):
            await listening


async def test_all_devices_of_a_record_are_played_at_once_on_one_bridge(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if find_mosquitto() is None:
        pytest.skip("Mosquitto is not installed")
    path = written(tmp_path / "lesson.zip")
    async with open_broker() as broker, heard(broker.url, 2 + 2 + 3) as messages:
        words = ["record", "replay", str(path), "--broker", broker.url, "--speed", "100"]
        assert await asyncio.to_thread(main, words) == 0
    said = [(one.topic, json.loads(one.payload)) for one in messages]
    (bridge,) = (what for topic, what in said if topic == "replay/bridge/devices")
    assert [one["friendly_name"] for one in bridge] == ["air", "lamp"]
    rows = [what for topic, what in said if topic in ("replay/air", "replay/lamp")]
    assert {"temperature": 21.5, "last_seen": 1_767_225_600_000, "historical": True} in rows
    assert {"state": True, "mode": "a,b", "last_seen": 1_767_225_602_000, "historical": True} in rows
    told = json.loads(capsys.readouterr().out)["devices"]
    assert [one["device"] for one in told] == [device_id("air"), device_id("lamp")]
