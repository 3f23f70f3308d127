"""Whatever a server answers or fails to, the readings come through in the end, and why they waited is told."""

import asyncio
import logging
from pathlib import Path

import pytest

from labkeeper_hub.influx.settings import InfluxSettings
from labkeeper_sdk.testing import find_influxd, free_port, open_influx
from tests.authorities import authority, believed

from .conftest import KEY, START_MS, Database, Stored, forwarding, through, until
from .scripted_server import Act, Request, answer, drip, half, hang_up, nonsense, open_server, silence, trickle

SHORT_S = 1.0  # for a whole answer, on a busy machine too


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labkeeper_hub.influx.http.WRITE_S", SHORT_S)
    monkeypatch.setattr("labkeeper_hub.influx.version2.WRITE_S", SHORT_S)


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize(
    ("act", "code"),
    [
        (answer("429 Too Many Requests", Retry_After="0"), "too_many"),
        (answer("503 Service Unavailable", '{"error":"starting"}', Retry_After="0"), "unavailable"),
        (answer("500 Internal Server Error", '{"error":"engine is busy"}'), "server_error"),
        (answer("401 Unauthorized", '{"error":"authorization failed"}'), "unauthorized"),
        (answer("403 Forbidden", '{"error":"not yours"}'), "unauthorized"),
        (answer("404 Not Found", '{"error":"database not found"}'), "absent"),
        (answer("400 Bad Request", "<html>a proxy</html>"), "not_influx"),
        (answer("301 Moved", Location="http://127.0.0.1:1/"), "not_influx"),
        (silence, "timeout"),
        (drip, "timeout"),
        (trickle, "timeout"),
        (half, "unreachable"),
        (hang_up, "unreachable"),
        (nonsense, "unreachable"),
    ],
)
async def test_a_failure_costs_a_wait_and_no_reading(
    stored: Stored, act: Act, code: str, version: int, request: pytest.FixtureRequest
) -> None:
    if code == "timeout":
        request.getfixturevalue("impatient")
    async with open_server([act]) as server:
        settings = InfluxSettings(url=server.url, version=version, org="o", create=False)  # type: ignore[arg-type] # 1 or 2, from the parameters
        await stored.put((KEY, START_MS, 1.5))
        async with forwarding(settings, stored.journal) as forwarder:
            await through(forwarder)
            status = forwarder.progress.status()
    assert {reason: count for reason, count in status.retries.items() if count} == {code: 1}
    assert (status.failing, status.forwarded, status.quarantined) == ("", 1, 0)
    bodies = [request.body for request in server.seen]
    assert bodies[0] == bodies[-1]
    assert b"value=1.5 1767225600000000000" in bodies[0]


@pytest.mark.parametrize("version", [1, 2, 3])
async def test_an_influxdb_may_be_signed_for_by_the_system_or_by_the_school(
    stored: Stored, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    signers = believed(tmp_path, monkeypatch)
    for at, signer in enumerate(signers):
        async with open_server(tls=signer.server()) as server:
            settings = InfluxSettings(url=server.url, version=version, org="o", create=version == 1)  # type: ignore[arg-type] # 1 or 2, from the parameters
            await stored.put((KEY, START_MS + at, 1.5))
            async with forwarding(settings, stored.journal) as forwarder:
                await through(forwarder)
                assert forwarder.progress.failing == ""
    async with open_server(tls=authority(tmp_path, "stranger").server()) as server:
        settings = InfluxSettings(url=server.url, version=version, org="o", create=False)  # type: ignore[arg-type] # 1 or 2, from the parameters
        async with forwarding(settings, stored.journal) as forwarder:
            await until(lambda: forwarder.progress.failing == "unreachable")
    assert server.seen == []


async def test_what_the_server_asks_to_wait_is_waited(stored: Stored) -> None:
    async with open_server([answer("503 Busy", Retry_After="1")]) as server:
        await stored.put((KEY, START_MS, 1.5))
        clock = asyncio.get_running_loop().time
        async with forwarding(InfluxSettings(url=server.url, create=False), stored.journal) as forwarder:
            await until(lambda: len(server.seen) == 1)
            first_s = clock()
            await until(lambda: len(server.seen) == 2)
            assert clock() - first_s >= 0.95
            await through(forwarder)


@pytest.mark.parametrize("version", [1, 2, 3])
async def test_an_answer_that_is_slow_and_whole_is_taken_once_and_holds_up_no_reading(
    stored: Stored, version: int
) -> None:
    said = asyncio.Event()

    async def late(request: Request, writer: asyncio.StreamWriter) -> None:
        await said.wait()
        await answer("204 No Content")(request, writer)

    async with open_server([late]) as server:
        settings = InfluxSettings(url=server.url, version=version, org="o", create=False)  # type: ignore[arg-type] # 1 or 2, from the parameters
        await stored.put((KEY, START_MS, 1.5))
        async with forwarding(settings, stored.journal) as forwarder:
            await until(lambda: len(server.seen) == 1)
            await stored.put((KEY, START_MS + 1, 2.5))  # comes back once it is on disk
            assert forwarder.progress.status().forwarded == 0
            said.set()
            await through(forwarder)
            status = forwarder.progress.status()
    assert (status.forwarded, sum(status.retries.values())) == (2, 0)
    assert [request.body.count(b"value=") for request in server.seen] == [1, 1]


async def test_a_body_the_server_calls_too_large_goes_in_halves(stored: Stored, tmp_path: Path) -> None:
    if find_influxd() is None:
        pytest.skip("influxd is not installed: apt install influxdb")
    async with open_influx(folder=tmp_path / "influx", max_body_size=700) as influx:
        settings = InfluxSettings(url=influx.url)
        async with forwarding(settings, stored.journal) as forwarder:
            await stored.put(*((KEY, START_MS + i, float(i)) for i in range(40)))
            await stored.put((KEY._replace(point="text"), START_MS, "x" * 1000))
            await through(forwarder)
            assert forwarder.progress.status().quarantined == 1
            (refused,) = await forwarder.forwarding.quarantined(5)
        assert refused.reason == "too large for the server, alone"
        assert await Database(settings).count() == 40


async def test_wrong_and_missing_credentials_are_retried_until_the_file_is_right_and_are_never_told(
    stored: Stored, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    if find_influxd() is None:
        pytest.skip("influxd is not installed: apt install influxdb")
    caplog.set_level(logging.DEBUG)
    secret = tmp_path / "password"
    secret.write_text("wrong-secret-one\n")
    async with open_influx(folder=tmp_path / "influx", auth=True) as influx:
        await Database(InfluxSettings(url=influx.url)).ask(
            "CREATE USER hub WITH PASSWORD 's3cret-two' WITH ALL PRIVILEGES"
        )
        settings = InfluxSettings(url=influx.url, user="hub", password_file=secret)
        await stored.put((KEY, START_MS, 1.5))
        async with forwarding(settings, stored.journal) as forwarder:
            await until(lambda: forwarder.progress.failing == "unauthorized")
            secret.unlink()
            await until(lambda: forwarder.progress.failing == "configuration")
            secret.write_text("s3cret-two\n")
            await through(forwarder)
            said = f"{forwarder.progress.status()} {settings!r} {caplog.text}"
    assert forwarder.progress.forwarded == 1
    assert "secret-one" not in said
    assert "s3cret-two" not in said
    assert len([record for record in caplog.records if "unauthorized" in record.message]) == 1


async def test_a_database_that_is_dropped_is_made_again_where_that_is_allowed(
    stored: Stored, database: Database
) -> None:
    async with forwarding(database.settings, stored.journal) as forwarder:
        await stored.put((KEY, START_MS, 1.5))
        await through(forwarder)
        await database.ask(f'DROP DATABASE "{database.settings.database}"')
        await stored.put((KEY, START_MS + 1, 2.5))
        await through(forwarder)
        assert forwarder.progress.status().retries["absent"] == 1
    assert [row["value"] for row in await database.everything()] == [2.5]


async def test_a_database_that_may_not_be_made_is_waited_for(stored: Stored, database: Database) -> None:
    settings = database.settings.model_copy(update={"create": False})
    async with forwarding(settings, stored.journal) as forwarder:
        await stored.put((KEY, START_MS, 1.5))
        await until(lambda: forwarder.progress.failing == "absent")
        await database.ask(f'CREATE DATABASE "{database.settings.database}"')
        await through(forwarder)
    assert await database.count() == 1


async def test_a_server_that_is_not_there_is_said_once_and_the_lag_is_told(
    stored: Stored, caplog: pytest.LogCaptureFixture
) -> None:
    await stored.put((KEY, START_MS, 1.5), (KEY, START_MS + 1, 1.5))
    settings = InfluxSettings(url=f"http://127.0.0.1:{free_port()}")
    async with forwarding(settings, stored.journal) as forwarder:
        await until(lambda: forwarder.progress.retries["unreachable"] >= 2)
        status = forwarder.progress.status()
    assert (status.waiting, status.late, status.attention, status.failing) == (2, True, True, "unreachable")
    assert status.lag_s > 3600
    assert len([record for record in caplog.records if "unreachable" in record.message]) == 1
