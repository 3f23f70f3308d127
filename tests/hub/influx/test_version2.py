"""InfluxDB 2.x and 3.x: the requests they document; the answers that a real 2.7 gave (`recording`), and those that 3.x
documents. A real one is in `test_real_one`.
"""

import gzip
import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from labkeeper_hub.influx.settings import InfluxSettings
from labkeeper_hub.influx.version2 import connect

from .conftest import KEY, START_MS, Stored, forwarding, through, until
from .recording import recorded
from .scripted_server import Act, Request, answer, open_server

TOKEN = "a-token-of-the-test"
ORGS, MADE = answer(*recorded("orgs")), answer(*recorded("made"))
ORG_ID = json.loads(recorded("orgs")[1])["orgs"][0]["id"]
CONFLICT_3 = json.dumps(
    {
        "error": "partial write of line protocol occurred",
        "data": [
            {
                "original_line": "readings,school=demo value_int=7i 1",
                "line_number": 1,
                "error_message": "invalid column type for column 'value_int', expected f64, got i64",
            }
        ],
    }
)


def settings(url: str, tmp_path: Path, **more: object) -> InfluxSettings:
    token = tmp_path / "token"
    token.write_text(f"{TOKEN}\n")
    return InfluxSettings.model_validate({"url": url, "version": 2, "org": "school", "token_file": token, **more})


def query_of(request: Request) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(request.target).query).items()}


@pytest.mark.parametrize("zipped", [False, True])
async def test_a_bucket_is_made_and_written_to_as_documented(stored: Stored, tmp_path: Path, *, zipped: bool) -> None:
    async with open_server([ORGS, MADE]) as server:
        asked = settings(server.url, tmp_path, retention_days=30, gzip=zipped)
        async with forwarding(asked, stored.journal) as forwarder:
            await stored.put((KEY, START_MS, 1.5), (KEY, START_MS + 1, 2.5))
            await through(forwarder)
    orgs, bucket, write = server.seen[:3]
    assert all(request.headers["authorization"] == f"Token {TOKEN}" for request in server.seen)
    assert (orgs.method, orgs.target) == ("GET", "/api/v2/orgs?org=school")
    assert json.loads(bucket.body) == {
        "orgID": ORG_ID,
        "name": "labkeeper",
        "retentionRules": [{"type": "expire", "everySeconds": 30 * 86_400}],
    }
    assert (write.method, urlsplit(write.target).path) == ("POST", "/api/v2/write")
    assert query_of(write) == {"org": "school", "bucket": "labkeeper", "precision": "ns"}
    assert TOKEN not in write.target
    body = gzip.decompress(write.body) if zipped else write.body
    assert write.headers.get("content-encoding", "identity") == ("gzip" if zipped else "identity")
    assert body.decode().split("\n")[0].endswith(f"value=1.5 {START_MS}000000")


async def test_a_database_of_version_3_is_made_as_documented(stored: Stored, tmp_path: Path) -> None:
    async with open_server([answer("409 Conflict", '{"error":"exists"}')]) as server:
        asked = settings(server.url, tmp_path, version=3, retention_days=7, org="")
        async with forwarding(asked, stored.journal) as forwarder:
            await stored.put((KEY, START_MS, 1.5))
            await through(forwarder)
    made, write = server.seen[:2]
    assert (made.method, made.target) == ("POST", "/api/v3/configure/database")
    assert json.loads(made.body) == {"db": "labkeeper", "retention_period": "7d"}
    assert made.headers["authorization"] == f"Bearer {TOKEN}"
    assert query_of(write)["bucket"] == "labkeeper"


@pytest.mark.parametrize(
    ("script", "status"),
    [
        ([ORGS, answer(*recorded("made_again"))], 200),
        ([answer("200 OK", '{"orgs":[]}')], 404),
        ([answer("200 OK", "nonsense")], 404),
        ([answer(*recorded("no_org"))], 404),
        ([answer(*recorded("wrong_token"))], 401),
    ],
)
async def test_making_a_bucket_ends_in_an_answer(tmp_path: Path, script: list[Act], status: int) -> None:
    async with open_server(script) as server, connect(settings(server.url, tmp_path)) as sink:
        assert (await sink.create()).status == status


@pytest.mark.parametrize(
    ("version", "status", "body", "why"),
    [
        (2, *recorded("type_conflict"), "is type integer, already exists as type float"),
        (2, *recorded("no_line"), "unable to parse"),
        (3, "400 Bad Request", CONFLICT_3, "invalid column type"),
    ],
)
async def test_a_refusal_quarantines_the_line_at_fault_only(
    stored: Stored, tmp_path: Path, version: int, status: str, body: str, why: str
) -> None:
    refusal, taken = answer(status, body, Content_Type="application/json"), answer("204 No Content")

    async def judge(request: Request, writer: object) -> None:
        await (refusal if b"value_int" in request.body else taken)(request, writer)  # type: ignore[arg-type] # both answer in the same way

    async with open_server(afterwards=judge) as server:
        asked = settings(server.url, tmp_path, version=version, create=False)
        async with forwarding(asked, stored.journal) as forwarder:
            await stored.put(*((KEY, START_MS + i, 7 if i == 5 else float(i)) for i in range(20)))
            await through(forwarder)
            (refused,) = await forwarder.forwarding.quarantined(10)
    assert "value_int=7i" in refused.line
    assert why in refused.reason
    assert forwarder.progress.status().forwarded == 19


@pytest.mark.parametrize(("exchange", "code"), [("wrong_token", "unauthorized"), ("no_bucket", "absent")])
async def test_what_a_person_has_to_mend_is_waited_for_and_costs_no_reading(
    stored: Stored, tmp_path: Path, exchange: str, code: str
) -> None:
    async with open_server([answer(*recorded(exchange))]) as server:
        await stored.put((KEY, START_MS, 1.5))
        async with forwarding(settings(server.url, tmp_path, create=False), stored.journal) as forwarder:
            await until(lambda: forwarder.progress.status().retries[code] == 1)
            await through(forwarder)
            status = forwarder.progress.status()
    assert (status.forwarded, status.quarantined, status.failing) == (1, 0, "")


async def test_what_is_older_than_a_bucket_keeps_is_counted_and_no_mistake(stored: Stored, tmp_path: Path) -> None:
    async with open_server([answer(*recorded("too_old"))]) as server:
        await stored.put((KEY, START_MS, 1.5))
        async with forwarding(settings(server.url, tmp_path, create=False), stored.journal) as forwarder:
            await through(forwarder)
            status = forwarder.progress.status()
    assert (status.beyond_retention, status.quarantined, status.failing) == (1, 0, "")
