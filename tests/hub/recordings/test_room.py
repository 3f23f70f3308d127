"""Recordings over HTTP, with a real journal behind."""

import asyncio
import csv
import hashlib
import io
import json
import sqlite3
import zipfile
from collections.abc import AsyncIterator, MutableMapping
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest

from labkeeper_hub.accounts import Grant, Role, Scope
from labkeeper_hub.api.routes.recordings import RecordingShape
from labkeeper_hub.api.routes.reports import ReportForms
from labkeeper_hub.lessons.lesson import Lesson
from labkeeper_hub.lessons.record import HANDED, LessonRecord, record_name
from labkeeper_hub.recordings.recorder import LabKey, Recorder
from labkeeper_hub.recordings.recording import OPEN_END_MS, SETTLE_MS, Delivered, RecordingRefused
from labkeeper_hub.reports.press import MOST_ASKED, Lack, Press
from labkeeper_hub.timeseries.forwarding import open_forwarding
from labkeeper_hub.timeseries.pins import DiskRefuses, Pins
from labkeeper_wire.leases.book import Room as Wing
from tests.hub.reports.pdfs import a_maker, makers, needs_pango, pdf_of

from ..api.doubles import MODE, NODE, START_MS, TARGET, TEMPERATURE  # noqa: TID252 - tests are not packages
from .conftest import Room, room_in

LAB = {"school": "demo", "lab": "lab-301"}
ADDRESS = "/".join(TEMPERATURE)
ROOM_PDF = "/api/v1/labs/demo/lab-301/report.pdf?day=2026-01-01"


@pytest.fixture
async def owner(room: Room) -> AsyncIterator[httpx.AsyncClient]:
    async with room.client() as client:
        yield client


async def begin(client: httpx.AsyncClient, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    answer = await client.post("/api/v1/recordings", json={**LAB, "points": [ADDRESS], **more})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    RecordingShape.model_validate(found)
    return found


async def recorded(room: Room, client: httpx.AsyncClient, count: int = 5, **more: Any) -> str:  # noqa: ANN401 - any JSON
    """Record so many readings, a second apart, and stop."""
    identity: str = (await begin(client, **more))["id"]
    start_ms = room.clock[0]
    await room.store(TEMPERATURE, [(start_ms + at * 1_000, 20.0 + at) for at in range(count)])
    room.clock[0] = start_ms + count * 1_000
    assert (await client.post(f"/api/v1/recordings/{identity}/stop")).status_code == 200
    return identity


async def sealed(room: Room, client: httpx.AsyncClient, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    identity = await recorded(room, client, **more)
    answer = await client.post(f"/api/v1/recordings/{identity}/seal")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def lines(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


async def test_what_comes_between_start_and_stop_is_recorded_and_counted(room: Room, owner: httpx.AsyncClient) -> None:
    await room.store(TEMPERATURE, [(START_MS - 1, 1.0)])
    begun = await begin(owner, title=" cooling ")
    assert (begun["stage"], begun["title"], begun["samples"], begun["by"]) == ("running", "cooling", 0, "owner")
    assert begun["points"][0]["title"] == {"zh": "温度", "en": "Temperature"}
    await room.store(TEMPERATURE, [(START_MS, 2.0), (START_MS + 10, 3.0)])
    room.clock[0] = START_MS + 10
    marked = await owner.post(f"/api/v1/recordings/{begun['id']}/marks", json={"text": "灯开了"})
    assert marked.json()["marks"] == [{"time_ms": START_MS + 10, "by": "owner", "text": "灯开了"}]
    room.clock[0] = START_MS + 20
    stopped = (await owner.post(f"/api/v1/recordings/{begun['id']}/stop")).json()
    assert (stopped["stage"], stopped["stopped_ms"], stopped["samples"]) == ("stopped", START_MS + 20, 2)
    await room.store(TEMPERATURE, [(START_MS + 5, 2.5), (START_MS + 20, 9.0)])
    assert (await owner.get(f"/api/v1/recordings/{begun['id']}")).json()["samples"] == 3  # a late one, and one after
    content = (await owner.get(f"/api/v1/recordings/{begun['id']}/readings")).content
    assert [row["value"] for row in lines(content)] == ["2.0", "2.5", "3.0"]


async def test_the_count_is_right_across_chunks_and_log(room: Room, owner: httpx.AsyncClient) -> None:
    identity = (await begin(owner))["id"]
    await room.store(TEMPERATURE, [(START_MS - 500 + at, float(at)) for at in range(1_000)])
    await room.journal.compact()
    await room.store(TEMPERATURE, [(START_MS + 200, 0.0), (START_MS + 600, 0.0)])
    room.clock[0] = START_MS + 600
    assert (await owner.get(f"/api/v1/recordings/{identity}")).json()["samples"] == 502


async def test_a_rate_gives_one_sample_a_step_in_count_and_files(room: Room, owner: httpx.AsyncClient) -> None:
    identity = (await begin(owner, every_ms=1_000))["id"]
    await room.store(TEMPERATURE, [(START_MS + at * 250, float(at)) for at in range(12)])
    room.clock[0] = START_MS + 3_000
    await owner.post(f"/api/v1/recordings/{identity}/stop")
    assert (await owner.get(f"/api/v1/recordings/{identity}")).json()["samples"] == 3
    content = (await owner.get(f"/api/v1/recordings/{identity}/readings")).content
    assert [(row["time"][17:23], row["value"]) for row in lines(content)] == [
        ("00.000", "1.5"),
        ("01.000", "5.5"),
        ("02.000", "9.5"),
    ]
    table = pq.read_table(
        io.BytesIO((await owner.get(f"/api/v1/recordings/{identity}/readings?format=parquet")).content)
    )
    assert table["value"].to_pylist() == [1.5, 5.5, 9.5]


async def test_the_seal_holds_record_readings_and_the_record_of_acts_together(
    room: Room, owner: httpx.AsyncClient
) -> None:
    found = await sealed(room, owner, title="冷却")
    content = (await owner.get(f"/api/v1/recordings/{found['id']}/readings")).content
    assert found["seal"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert found["samples"] == found["seal"]["rows"] == 5
    answer = await owner.get(f"/api/v1/recordings/{found['id']}/record")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        record = archive.read("record.json")
        assert archive.read("readings.csv") == content
        assert json.loads(archive.read("seal.json")) == found["seal"]
    assert hashlib.sha256(record).hexdigest() == found["seal"]["digest"]
    verdict = (await owner.get(f"/api/v1/recordings/{found['id']}/verify")).json()
    assert verdict == {"holds": True, "record": True, "readings": True, "audit": True, "rows": 5, "rows_now": 5}


async def verdict_of(owner: httpx.AsyncClient, identity: str) -> dict[str, bool]:
    found: dict[str, bool] = (await owner.get(f"/api/v1/recordings/{identity}/verify")).json()
    return found


async def test_a_changed_record_shows(room: Room, owner: httpx.AsyncClient) -> None:
    identity = (await sealed(room, owner, title="first"))["id"]
    with sqlite3.connect(room.folder / "registry.sqlite") as registry:
        registry.execute("UPDATE recordings SET record = replace(record, 'first', 'other')")
    registry.close()
    verdict = await verdict_of(owner, identity)
    assert (verdict["holds"], verdict["record"], verdict["readings"]) == (False, False, True)


async def test_readings_that_come_after_the_seal_show(room: Room, owner: httpx.AsyncClient) -> None:
    identity = (await sealed(room, owner))["id"]
    await room.store(TEMPERATURE, [(START_MS + 1, 99.0)])
    verdict = await verdict_of(owner, identity)
    assert (verdict["holds"], verdict["record"], verdict["readings"]) == (False, True, False)
    assert (verdict["rows"], verdict["rows_now"]) == (5, 6)


async def test_a_seal_that_is_not_in_the_record_of_acts_shows(room: Room, owner: httpx.AsyncClient) -> None:
    identity = (await sealed(room, owner))["id"]
    acts = room.folder / "audit.jsonl"
    acts.write_bytes(acts.read_bytes().replace(b"seal_recording", b"seal_recorded!"))
    assert (await verdict_of(owner, identity))["audit"] is False


async def test_a_seal_made_while_influxdb_is_behind_is_the_one_that_holds_when_it_has_caught_up(
    room: Room, owner: httpx.AsyncClient
) -> None:
    async with open_forwarding(room.journal, "influx") as way:
        identity = await recorded(room, owner)
        await room.journal.compact()
        seal = (await owner.post(f"/api/v1/recordings/{identity}/seal")).json()["seal"]
        assert seal["rows"] == 5
        await way.passed(await way.next(1_000))
        assert way.waiting == 0
    assert (await verdict_of(owner, identity))["holds"]


async def test_it_is_sealed_by_itself_once_the_nodes_have_delivered(room: Room, owner: httpx.AsyncClient) -> None:
    room.world.nodes = {NODE: Delivered(online=True, empty=False)}
    identity = await recorded(room, owner)
    room.clock[0] += SETTLE_MS
    await room.desk.look()
    assert room.desk.get(identity).seal is None
    room.world.nodes = {NODE: Delivered(online=True, empty=True)}
    await room.desk.look()
    seal = room.desk.get(identity).seal
    assert seal is not None
    assert (seal.by, seal.rows) == ("hub", 5)


async def test_everything_is_as_it_was_after_a_restart(tmp_path: Path) -> None:
    async with room_in(tmp_path) as room, room.client() as owner:
        first = await sealed(room, owner)
        second = await begin(owner)
        await owner.post(f"/api/v1/recordings/{second['id']}/marks", json={"text": "a", "time_ms": 5})
    async with room_in(tmp_path) as room, room.client() as owner:
        found = (await owner.get("/api/v1/recordings", params=LAB)).json()["recordings"]
        assert [(one["id"], one["stage"]) for one in found] == [(second["id"], "running"), (first["id"], "sealed")]
        assert found[0]["marks"] == [{"time_ms": second["started_ms"], "by": "owner", "text": "a"}]
        assert found[1]["seal"] == first["seal"]
        assert (await verdict_of(owner, first["id"]))["holds"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"lab": "lab-302"}, 404, "unknown_lab"),
        ({"points": []}, 409, "no_points"),
        ({"points": ["demo/lab-301/0x0/temperature"]}, 404, "unknown_point"),
        ({"points": ["demo/lab-301"]}, 422, "invalid"),
        ({"every_ms": 1}, 422, "invalid"),
        ({"extra": 1}, 422, "invalid"),
    ],
)
async def test_what_cannot_be_recorded_is_refused_by_name(
    owner: httpx.AsyncClient, body: dict[str, Any], status: int, code: str
) -> None:
    answer = await owner.post("/api/v1/recordings", json={**LAB, "points": [ADDRESS], **body})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_each_thing_in_its_time(room: Room, owner: httpx.AsyncClient) -> None:
    identity = (await begin(owner))["id"]

    async def code(method: str, what: str) -> tuple[int, str]:
        answer = await owner.request(
            method, f"/api/v1/recordings/{identity}{what}", json={} if method == "POST" else None
        )
        return answer.status_code, answer.json()["code"]

    assert await code("POST", "/seal") == await code("DELETE", "") == (409, "still_running")
    assert await code("GET", "/record") == await code("GET", "/verify") == (409, "not_sealed")
    room.clock[0] += 10
    await owner.post(f"/api/v1/recordings/{identity}/stop")
    assert await code("POST", "/stop") == await code("POST", "/marks") == (409, "not_running")
    await owner.post(f"/api/v1/recordings/{identity}/seal")
    assert await code("POST", "/seal") == (409, "sealed")
    assert (await owner.delete(f"/api/v1/recordings/{identity}")).status_code == 204
    assert await code("GET", "") == (404, "unknown_recording")


async def test_who_may_see_the_whole_lab_sees_its_recordings_and_who_leads_it_records(
    room: Room, owner: httpx.AsyncClient
) -> None:
    identity = await recorded(room, owner)
    here, bench, elsewhere = Scope("demo", "lab-301"), Scope("demo", "lab-301", "3"), Scope("demo", "lab-302")
    address = f"/api/v1/recordings/{identity}"
    async with room.client(Grant(Role.READER, here)) as reader:
        assert (await reader.get(f"{address}/readings")).status_code == 200
        assert (await reader.post(f"{address}/seal")).status_code == 403
        assert (await reader.post("/api/v1/recordings", json=LAB)).status_code == 403
    async with room.client(Grant(Role.PUPILS, here)) as pupils:
        assert (await pupils.get(address)).status_code == 200
        assert (await pupils.get(f"{address}/report")).status_code == 403
    for place in (bench, elsewhere):
        async with room.client(Grant(Role.TEACHER, place)) as teacher:
            assert (await teacher.get(address)).json()["code"] == "unknown_recording"
            assert (await teacher.get("/api/v1/recordings")).json()["recordings"] == []
            assert (await teacher.post("/api/v1/recordings", json=LAB)).json()["code"] == "other_place"
    async with room.client(Grant(Role.MANAGER, here)) as manager:
        assert (await manager.post(f"{address}/seal")).status_code == 200


HERE = Scope("demo", "lab-301")
ROOM = Wing("demo", "lab-301")


async def test_what_a_colleague_recorded_is_read_and_not_changed_unless_it_runs_in_ones_own_lesson(room: Room) -> None:
    async with room.client(Grant(Role.TEACHER, HERE)) as li, room.client(Grant(Role.TEACHER, HERE)) as wang:
        begun = await begin(li)
        address = f"/api/v1/recordings/{begun['id']}"
        assert begun["mine"] is True
        assert (await wang.get(address)).json()["mine"] is False
        assert (await wang.get(f"{address}/readings")).status_code == 200
        for path in ("/marks", "/stop", "/seal"):
            refused = await wang.post(f"{address}{path}", json={"text": "!"} if path == "/marks" else None)
            assert (refused.status_code, refused.json()["code"]) == (403, "not_yours")
        assert (await wang.delete(address)).json()["code"] == "not_yours"
        await room.hub.lessons.start("p-2", ROOM, 600_000)
        assert (await wang.get(address)).json()["mine"] is True
        room.clock[0] += 10
        assert (await wang.post(f"{address}/stop")).status_code == 200
        await room.hub.lessons.end("p-2", ROOM)
        assert (await li.post(f"{address}/seal")).status_code == 200
        assert (await wang.delete(address)).status_code == 204, "she has ended it"


async def test_the_record_of_a_lesson_is_its_teachers_and_whoevers_who_looks_after_the_lab(room: Room) -> None:
    lesson = Lesson("0f-1", ROOM, "p-1", 1, START_MS, START_MS + 1)
    records = LessonRecord(Recorder(room.desk, room.hub.inventory))
    await records.start(lesson)
    address = f"/api/v1/recordings/{record_name(lesson)}"
    teacher = Grant(Role.TEACHER, HERE)
    async with AsyncExitStack() as stack:
        grants = (teacher, teacher, Grant(Role.READER, HERE), Grant(Role.MANAGER, HERE))
        li, wang, reader, manager = [await stack.enter_async_context(room.client(one)) for one in grants]
        assert [(await one.get(address)).status_code for one in (li, wang, reader, manager)] == [200, 404, 404, 200]
        for path in ("", "/readings", "/record", "/verify", "/report", f"/compare/{record_name(lesson)}"):
            assert (await wang.get(f"{address}{path}")).json()["code"] == "unknown_recording"
        assert (await wang.get("/api/v1/recordings")).json()["recordings"] == []
        assert len((await li.get("/api/v1/recordings")).json()["recordings"]) == 1
        assert room.desk.get(record_name(lesson)).is_of("p-1:t-3"), "a program of hers"
        await records.hand(replace(lesson, teacher="p-2"))
        assert (await wang.get(address)).json()["marks"][0]["text"] == HANDED
        room.clock[0] += 10
        await records.seal(replace(lesson, teacher="p-2", ended_by="p-2"))
        await records.hand(replace(lesson, teacher="p-3"))
        assert [(await one.get(address)).status_code for one in (li, wang, reader)] == [200, 200, 404]


async def test_every_act_is_written_down(room: Room, owner: httpx.AsyncClient) -> None:
    found = await sealed(room, owner)
    await owner.get(f"/api/v1/recordings/{found['id']}/readings")
    await room.audit.save()
    told = [json.loads(line) for line in (room.folder / "audit.jsonl").read_text().splitlines()]
    assert [one["what"] for one in told if one["subject"] == found["id"]] == [
        "start_recording",
        "stop_recording",
        "seal_recording",
        "export_recording",
    ]


async def test_two_runs_are_laid_beside_each_other_from_start_or_mark(room: Room, owner: httpx.AsyncClient) -> None:
    one = await recorded(room, owner)
    room.clock[0] += 60_000
    other = (await begin(owner))["id"]
    start_ms = room.clock[0]
    room.clock[0] = start_ms + 2_000
    await owner.post(f"/api/v1/recordings/{other}/marks", json={"text": "lamp on"})
    await room.store(TEMPERATURE, [(start_ms + at * 1_000, 30.0 + at) for at in range(5)])
    room.clock[0] = start_ms + 5_000
    await owner.post(f"/api/v1/recordings/{other}/stop")
    answer = await owner.get(f"/api/v1/recordings/{one}/compare/{other}", params={"other_mark": 1, "steps": 10})
    (point,) = answer.json()["points"]
    assert point["one"]["times"] == [0, 1_000, 2_000, 3_000, 4_000]
    assert point["other"]["times"] == [-2_000, -1_000, 0, 1_000, 2_000]
    assert point["other"]["mean"][2] == 32.0
    wrong = await owner.get(f"/api/v1/recordings/{one}/compare/{other}", params={"mark": 1})
    assert (wrong.status_code, wrong.json()["code"]) == (404, "unknown_mark")


@pytest.mark.parametrize(
    ("language", "words"),
    [("zh", ("曲线", "标记", "没有报警。", "所有者")), ("en", ("Curves", "Markers", "owner"))],
)
async def test_a_report_is_one_page_that_loads_nothing(
    room: Room, owner: httpx.AsyncClient, language: str, words: tuple[str, ...]
) -> None:
    found = await sealed(
        room, owner, title="<b>cooling</b>", points=["/".join(key) for key in (TEMPERATURE, MODE, TARGET)]
    )
    answer = await owner.get(f"/api/v1/recordings/{found['id']}/report", params={"language": language})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"  # our page shows it, and nobody else's
    assert "<b>" not in answer.text
    assert all(word in answer.text for word in words)
    assert found["seal"]["digest"] in answer.text
    assert answer.text.count("<svg") == 1  # words have no curve, and neither has what said nothing
    assert "http" not in answer.text


async def test_a_room_report_is_drawn_for_a_day_and_a_week(room: Room, owner: httpx.AsyncClient) -> None:
    await room.store(TEMPERATURE, [(START_MS + at * 600_000, 20.0 + at % 5) for at in range(144)])
    for span, words in (("day", "日报"), ("week", "起一周报告")):
        answer = await owner.get("/api/v1/labs/demo/lab-301/report", params={"day": "2026-01-01", "span": span})
        assert answer.status_code == 200, answer.text
        assert "301 实验室" in answer.text
        assert words in answer.text
        assert answer.text.count("<svg") == 1
    assert (await owner.get("/api/v1/labs/demo/nowhere/report", params={"day": "2026-01-01"})).status_code == 404


@needs_pango
async def test_both_reports_are_pdfs_too(room: Room, owner: httpx.AsyncClient) -> None:
    found = await sealed(room, owner, title="冷却")
    forms = (await owner.get("/api/v1/reports")).json()
    assert ReportForms.model_validate(forms) == ReportForms(forms=["html", "pdf"], lack=None)
    asked = {"day": "2026-01-01", "span": "week", "language": "zh"}
    answers = {
        "301 实验室 · 2026-01-01 起一周报告": await owner.get("/api/v1/labs/demo/lab-301/report.pdf", params=asked),
        "冷却": await owner.get(f"/api/v1/recordings/{found['id']}/report.pdf", params={"language": "zh"}),
    }
    names = []
    for title, answer in answers.items():
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/pdf"
        pdf = pdf_of(answer.content)
        assert pdf.metadata is not None
        assert pdf.metadata.title == title
        assert pdf.pages[0].extract_text().startswith(title)
        names.append(answer.headers["content-disposition"].partition("''")[2])
    assert names == ["labkeeper-lab-301-2026-01-01-week.pdf", f"labkeeper-recording-{found['id'][:8]}.pdf"]
    await room.audit.save()
    told = [json.loads(line) for line in (room.folder / "audit.jsonl").read_text().splitlines()]
    noted = [(one["what"], one["result"]) for one in told if "pdf" in one["result"]]
    assert noted == [("room_report", "2026-01-01 7 days pdf"), ("export_recording", "report pdf")]


@pytest.mark.parametrize(("lack", "words"), [(Lack.LIBRARY, "libpango-1.0-0"), (Lack.FONT, "fonts-wqy-microhei")])
async def test_where_no_pdf_can_be_made_it_is_said_what_to_install_and_what_else_to_do(
    room: Room, owner: httpx.AsyncClient, lack: Lack, words: str
) -> None:
    press: Press = room.app.state.api.press
    press.tried, press.lack = True, lack
    assert (await owner.get("/api/v1/reports")).json() == {"forms": ["html"], "lack": lack.value}
    answer = await owner.get(ROOM_PDF)
    assert (answer.status_code, answer.json()["code"]) == (501, "no_pdf")
    assert words in answer.json()["detail"]
    assert "browser" in answer.json()["detail"]


async def test_a_pdf_that_must_wait_too_long_or_fails_is_refused(room: Room, owner: httpx.AsyncClient) -> None:
    press: Press = room.app.state.api.press
    press.tried, press.asked = True, MOST_ASKED
    answer = await owner.get(ROOM_PDF)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_reports")
    assert answer.headers["retry-after"]
    press.asked, press.longest_s = 0, 0.01
    answer = await owner.get(ROOM_PDF)
    assert (answer.status_code, answer.json()["code"]) == (503, "report_failed")
    assert press.asked == 0


@needs_pango
async def test_the_press_stops_for_an_asker_who_has_left(room: Room, owner: httpx.AsyncClient) -> None:
    """As a server tells the app: the request, and a moment later that the browser is gone."""
    path, _, query = ROOM_PDF.partition("?")
    head = [(name.lower(), value) for name, value in owner.build_request("GET", path).headers.raw]
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query.encode(),
        "headers": head,
    }

    async def receive() -> dict[str, Any]:
        await a_maker()
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        assert message

    press: Press = room.app.state.api.press
    press.tried = True
    await room.app(scope | {"scheme": "http", "server": ("hub", 80), "client": ("127.0.0.1", 1)}, receive, send)
    assert makers() == []
    assert press.asked == 0


async def test_a_lesson_records_its_lab_and_ends_without_a_word_twice(room: Room) -> None:
    recorder = Recorder(room.desk, room.hub.inventory)
    identity = await recorder.start(LabKey("demo", "lab-301"), None, "p-7", title="lesson")
    assert [key.point for key in room.desk.get(identity).plan.keys] == ["temperature", "target", "mode"]
    room.clock[0] += 5
    await recorder.stop(identity, "p-7")
    await recorder.stop(identity, "p-7")
    assert room.desk.get(identity).end_ms == START_MS + 5


async def test_a_lesson_is_told_when_there_is_no_such_recording(room: Room) -> None:
    with pytest.raises(RecordingRefused, match="no such recording"):
        await Recorder(room.desk, room.hub.inventory).stop("r-0", "p-7")


async def test_the_worker_pins_what_was_recorded_before_and_seals_what_has_settled(
    room: Room, owner: httpx.AsyncClient
) -> None:
    identity = await recorded(room, owner)
    await room.journal.write(lambda link: link.execute("DELETE FROM pins"))
    room.clock[0] += SETTLE_MS
    working = asyncio.create_task(room.desk.run())
    async with asyncio.timeout(30):
        while room.desk.get(identity).seal is None:
            await asyncio.sleep(0.01)
    working.cancel()
    assert await pins(room) == [(START_MS, START_MS + 5_000)]


async def test_an_end_is_an_end_even_if_the_journal_cannot_write_down_what_it_keeps(
    room: Room, owner: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = (await begin(owner))["id"]

    async def refuse(*_: object) -> None:
        raise DiskRefuses

    monkeypatch.setattr(Pins, "put", refuse)
    room.clock[0] += 5
    assert (await owner.post(f"/api/v1/recordings/{identity}/stop")).json()["stage"] == "stopped"
    assert await pins(room) == [(START_MS, OPEN_END_MS)]  # rather too much than too little
    answer = await owner.post("/api/v1/recordings", json={**LAB, "points": [ADDRESS]})
    assert (answer.status_code, answer.json()["code"]) == (503, "hub_disk")
    assert [one.id for one in room.desk.all()] == [identity]


async def pins(room: Room) -> list[tuple[int, int]]:
    return await room.journal.write(lambda link: link.execute("SELECT from_ms, to_ms FROM pins").fetchall())


async def test_what_is_recorded_stays_pinned_until_it_is_forgotten(room: Room, owner: httpx.AsyncClient) -> None:
    identity = await recorded(room, owner)
    assert await pins(room) == [(START_MS, START_MS + 5_000)]
    await owner.delete(f"/api/v1/recordings/{identity}")
    assert await pins(room) == []
