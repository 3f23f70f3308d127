"""Exports over HTTP: whole or an error, known how far, and ended when nobody wants them any more."""

import asyncio
import csv
import io
import json
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import httpx
import psutil
import pyarrow.parquet as pq
import pytest

from labkeeper_hub.export import exports
from labkeeper_hub.export.exports import Export, ExportState
from labkeeper_hub.influx.settings import InfluxSettings
from labkeeper_hub.model import PointKey
from labkeeper_hub.timeseries.catalogue import Inventory, Stock
from labkeeper_hub.timeseries.digest import Picture, Span
from labkeeper_sdk.testing import free_port

from ..export.stored import START_MS, Stored, fill  # noqa: TID252 - tests are not packages, so nothing absolute leads there
from ..influx.scripted_server import answer, hang_up, open_server  # noqa: TID252 - as above
from .conftest import DEADLINE_S, Served, open_served
from .doubles import MODE, TEMPERATURE

MANY = 150_000
WINDOW = {"from": "2026-01-01T00:00:00Z", "to": "2030-01-01T00:00:00Z"}
CHAMBER = "demo/lab-301/0x00158d0001a2b3c4"


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    stored = Stored(tmp_path / "journal.sqlite")
    stored.take(TEMPERATURE, [(START_MS + at, 0, 20.0 + at) for at in range(3)])
    stored.compact()
    stored.take(MODE, [(START_MS, 0, "加热")])
    stored.close()
    return stored.file


@pytest.fixture
def large(tmp_path: Path) -> Path:
    fill(tmp_path / "journal.sqlite", TEMPERATURE, MANY)
    return tmp_path / "journal.sqlite"


def rows(answer: httpx.Response) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


@pytest.mark.usefixtures("journal")
async def test_a_device_is_exported_point_by_point_with_what_the_registry_says(owner: httpx.AsyncClient) -> None:
    answer = await owner.get("/api/v1/export", params={**WINDOW, "point": CHAMBER})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.headers["x-labkeeper-readings"] == "4"
    assert [(row["point"], row["value"], row["unit"]) for row in rows(answer)] == [
        ("temperature", "20.0", "Cel"),
        ("temperature", "21.0", "Cel"),
        ("temperature", "22.0", "Cel"),
        ("mode", "加热", ""),
    ]


Lacking = tuple[str | None, str | None, int | None, str | None]


async def lacking(client: httpx.AsyncClient, **more: str) -> Lacking:
    """Return what headers and progress say that a file lacks, and why."""
    identity = str(uuid4())
    answer = await client.get("/api/v1/export", params={**WINDOW, "id": identity, **more})
    assert answer.status_code == 200
    how_far = (await client.get(f"/api/v1/exports/{identity}")).json()
    told = (answer.headers.get(f"x-labkeeper-incomplete-{word}") for word in ("before", "reason"))
    return *told, how_far["incomplete_before_ms"], how_far["reason"]


def retire(journal: Path) -> None:
    with closing(sqlite3.connect(journal)) as connection, connection:
        connection.execute("UPDATE series SET retired_ms = ? WHERE point = 'mode'", (START_MS + 9,))


async def test_it_says_before_when_retention_has_removed_readings(journal: Path, owner: httpx.AsyncClient) -> None:
    assert await lacking(owner) == (None, None, None, None)
    retire(journal)
    assert await lacking(owner) == (str(START_MS + 10), "retired", START_MS + 10, "retired")


async def test_it_says_before_when_influxdb_would_have_had_to_be_asked(journal: Path, tmp_path: Path) -> None:
    away = InfluxSettings(url=f"http://127.0.0.1:{free_port()}")
    retire(journal)
    async with open_served(tmp_path, influx=away) as served, served.owner() as owner:
        found = await lacking(owner, point=f"{CHAMBER}/mode")
    assert found == (str(START_MS + 10), "influx_unreachable", START_MS + 10, "influx_unreachable")


async def test_a_download_that_influxdb_ends_is_broken_off_and_says_why(journal: Path, tmp_path: Path) -> None:
    page = {"columns": ["time", "value"], "values": [[START_MS * 1_000_000, 2]]}
    body = json.dumps({"results": [{"series": [page]}]})
    identity = str(uuid4())
    retire(journal)
    async with (
        open_server([answer("200 OK", body), answer("200 OK", body)], hang_up) as influx,
        open_served(tmp_path, influx=InfluxSettings(url=influx.url)) as served,
        served.owner() as owner,
    ):
        with pytest.raises(httpx.RemoteProtocolError):
            await owner.get("/api/v1/export", params={**WINDOW, "id": identity, "point": f"{CHAMBER}/mode"})
        told = (await owner.get(f"/api/v1/exports/{identity}")).json()
    assert (told["state"], told["reason"]) == ("failed", "influx_unreachable")


async def test_what_nobody_describes_any_more_is_exported_behind_the_rest_and_figures_by_name(
    served: Served, journal: Path, owner: httpx.AsyncClient
) -> None:
    gone = TEMPERATURE._replace(point="old")
    figure = PointKey("demo", "#hub/lab-301", "#node", "online")
    body = TEMPERATURE._replace(point="heart_rate")
    stored = Stored(journal)
    for key in (gone, figure, body):
        stored.take(key, [(START_MS, 0, 1.5)])
    stored.close()
    one = Stock(START_MS, START_MS, 1, Picture.empty(Span(0, 1, 0)))
    served.hub.stockroom.found = Inventory(dict.fromkeys((gone, figure, body), one), (), 0)

    async def found(*points: str) -> list[tuple[str, str]]:
        answer = await owner.get("/api/v1/export", params={**WINDOW, "point": list(points)})
        return [(row["point"], row["kind"]) for row in rows(answer)]

    described = [("temperature", "measure")] * 3 + [("mode", "state")]
    assert await found() == await found("demo") == [*described, ("old", "")]
    assert await found(f"{CHAMBER}/old") == [("old", "")]
    assert await found("demo/#hub/lab-301") == await found("demo/#hub/lab-301/#node/online") == [("online", "")]
    assert (await owner.get("/api/v1/export", params={**WINDOW, "point": "/".join(body)})).status_code == 404


@pytest.mark.usefixtures("journal")
async def test_points_are_selected_by_address_or_its_beginning_each_once(owner: httpx.AsyncClient) -> None:
    async def found(*points: str) -> list[str]:
        answer = await owner.get("/api/v1/export", params={**WINDOW, "point": list(points)})
        return [row["point"] for row in rows(answer)]

    assert await found(f"{CHAMBER}/mode") == ["mode"]
    assert await found(f"{CHAMBER}/mode", "demo") == await found("demo") == ["temperature"] * 3 + ["mode"]
    assert await found() == await found("demo/lab-301")


@pytest.mark.usefixtures("journal")
async def test_parquet_comes_whole_and_the_hub_never_loads_arrow(owner: httpx.AsyncClient) -> None:
    loaded = "pyarrow" in sys.modules  # by this test file itself; the hub's own modules are asked below
    sys.modules.pop("labkeeper_hub.export.parquet_file", None)  # another test of this process may have had it
    answer = await owner.get("/api/v1/export", params={**WINDOW, "format": "parquet"})
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    assert pq.read_table(io.BytesIO(answer.content)).num_rows == 4
    assert loaded
    assert not [name for name in sys.modules if name == "labkeeper_hub.export.parquet_file"]


@pytest.mark.usefixtures("journal")
@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"point": "nowhere"}, 404, "unknown_point"),
        ({"point": "/x"}, 422, "invalid"),
        ({"format": "xlsx"}, 422, "invalid"),
        ({"from": "2031-01-01T00:00:00Z"}, 422, "invalid"),
        ({"point": ["demo"] * 201}, 422, "invalid"),
        ({"id": "mine"}, 422, "invalid"),
    ],
)
async def test_what_cannot_be_exported_is_refused_by_name(
    query: dict[str, str], status: int, code: str, owner: httpx.AsyncClient
) -> None:
    answer = await owner.get("/api/v1/export", params={**WINDOW, **query})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_hub_without_a_journal_to_read_says_so(owner: httpx.AsyncClient) -> None:
    answer = await owner.get("/api/v1/export", params=WINDOW)
    assert (answer.status_code, answer.json()["code"]) == (503, "export_failed")


async def test_nobody_without_credentials_gets_anything(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get("/api/v1/export", params=WINDOW)).status_code == 401
    assert (await stranger.get(f"/api/v1/exports/{uuid4()}")).status_code == 401


async def until_ended(export: Export) -> None:
    async with asyncio.timeout(DEADLINE_S * 12):
        while export.state is ExportState.RUNNING:
            await asyncio.sleep(0.01)


@pytest.mark.usefixtures("large")
async def test_who_hangs_up_ends_the_work(served: Served) -> None:
    identity = str(uuid4())
    async with (
        served.owner() as client,
        client.stream("GET", "/api/v1/export", params={**WINDOW, "id": identity}) as answer,
    ):
        await anext(answer.aiter_bytes())
        export = served.app.state.api.exports.known[identity]
        assert (await client.get(f"/api/v1/exports/{identity}")).json()["state"] == "running"
    await until_ended(export)
    assert export.state is ExportState.ENDED
    assert not psutil.pid_exists(export.process.pid)


async def _rest(answer: httpx.Response) -> None:
    async for _ in answer.stream:  # type: ignore[union-attr] # an asynchronous answer's
        pass


@pytest.mark.usefixtures("large")
async def test_a_process_that_dies_leaves_a_broken_download_and_never_a_short_file(served: Served) -> None:
    identity = str(uuid4())
    async with (
        served.owner() as client,
        client.stream("GET", "/api/v1/export", params={**WINDOW, "id": identity}) as answer,
    ):
        served.app.state.api.exports.known[identity].process.kill()
        with pytest.raises(httpx.RemoteProtocolError):
            await _rest(answer)
    assert served.app.state.api.exports.known[identity].state is ExportState.FAILED


@pytest.mark.usefixtures("large")
async def test_two_at_a_time_and_one_id_once(served: Served) -> None:
    first, second = str(uuid4()), str(uuid4())
    async with served.owner() as client:
        async with client.stream("GET", "/api/v1/export", params={**WINDOW, "id": first}):
            again = await client.get("/api/v1/export", params={**WINDOW, "id": first})
            assert (again.status_code, again.json()["code"]) == (409, "id_taken")
            async with client.stream("GET", "/api/v1/export", params={**WINDOW, "id": second}):
                third = await client.get("/api/v1/export", params=WINDOW)
                assert (third.status_code, third.json()["code"]) == (429, "too_many_exports")
                assert third.headers["retry-after"] == "10"
        for identity in (first, second):
            await until_ended(served.app.state.api.exports.known[identity])
        assert (await client.get("/api/v1/export", params={**WINDOW, "to": START_MS + 1})).status_code == 200


@pytest.mark.usefixtures("journal")
async def test_what_ended_is_remembered_for_a_while(owner: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "REMEMBERED", 1)
    ids = [str(uuid4()) for _ in range(3)]
    for identity in ids:
        assert (await owner.get("/api/v1/export", params={**WINDOW, "id": identity})).status_code == 200
    known = [(await owner.get(f"/api/v1/exports/{identity}")).status_code for identity in ids]
    assert known == [404, 200, 200]
    told = (await owner.get(f"/api/v1/exports/{ids[-1]}")).json()
    assert (told["state"], told["done"], told["total"], told["rows"]) == ("done", 4, 4, 4)
    assert told["size"] > 0


@pytest.mark.usefixtures("large")
async def test_between_two_pieces_of_an_export_everybody_else_gets_a_turn(served: Served) -> None:
    """The hub only hands 64 kB on at a time; on counts, because times say little on a busy machine."""
    turns, pieces = [0], list[tuple[int, int]]()

    async def others() -> None:
        while True:
            turns[0] += 1
            await asyncio.sleep(0)

    original = Export.content

    async def counted(self: Export) -> AsyncIterator[bytes]:
        async for block in original(self):
            pieces.append((len(block), turns[0]))
            yield block

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Export, "content", counted)
        beside = asyncio.create_task(others())
        async with served.owner() as client:
            answer = await client.get("/api/v1/export", params=WINDOW, timeout=60)
        beside.cancel()
    assert answer.content.count(b"\r\n") == MANY + 1
    assert max(size for size, _ in pieces) <= exports.BLOCK
    assert all(one < two for (_, one), (_, two) in pairwise(pieces))
