"""What the API tells of InfluxDB: how forwarding is, what was refused, what could not be asked."""

import httpx
import pytest

from labkeeper_hub.model import Missing, Page, ReadingsQuery, Row
from labkeeper_hub.status import InfluxStatus, Quarantined

from .conftest import Served
from .doubles import START_MS, TEMPERATURE

INFLUX = InfluxStatus(
    waiting=250,
    lag_s=400.5,
    late=True,
    history=3,
    forwarded=1000,
    beyond_retention=4,
    quarantined=2,
    missed=0,
    retries={"timeout": 0, "unreachable": 7},
    failing="unreachable",
    detail="connection refused",
)
WINDOW = {**TEMPERATURE._asdict(), "from": START_MS - 10, "to": START_MS + 10}
GONE = Missing(START_MS - 10, START_MS, "influx_unreachable")


async def test_the_status_tells_how_forwarding_is(served: Served, owner: httpx.AsyncClient) -> None:
    assert (await owner.get("/api/v1/status")).json()["influx"] is None
    served.hub.pulse.influx = INFLUX
    told = (await owner.get("/api/v1/status")).json()["influx"]
    assert (told["waiting"], told["lag_s"], told["late"], told["attention"]) == (250, 400.5, True, True)
    assert (told["failing"], told["detail"], told["retries"]["unreachable"]) == ("unreachable", "connection refused", 7)


async def test_the_metrics_tell_it_in_numbers_and_nothing_where_nothing_is_forwarded(
    served: Served, owner: httpx.AsyncClient
) -> None:
    assert "labkeeper_influx" not in (await owner.get("/metrics")).text
    served.hub.pulse.influx = INFLUX
    lines = (await owner.get("/metrics")).text.splitlines()
    for line in (
        "labkeeper_influx_lag_seconds 400.5",
        "labkeeper_influx_waiting_readings 250.0",
        "labkeeper_influx_late 1.0",
        "labkeeper_influx_forwarded_readings_total 1000.0",
        "labkeeper_influx_beyond_retention_readings_total 4.0",
        "labkeeper_influx_quarantined_readings_total 2.0",
        'labkeeper_influx_retries_total{reason="unreachable"} 7.0',
        'labkeeper_influx_failing{reason="unreachable"} 1.0',
        'labkeeper_influx_failing{reason="timeout"} 0.0',
    ):
        assert line in lines


async def test_what_was_refused_is_shown_the_newest_first(served: Served, owner: httpx.AsyncClient) -> None:
    assert (await owner.get("/api/v1/influx/quarantine")).json() == {"quarantined": []}
    served.hub.quarantine.refused = [Quarantined(i, START_MS, "a conflict", f"line {i}") for i in range(3)]
    found = (await owner.get("/api/v1/influx/quarantine", params={"limit": 2})).json()["quarantined"]
    assert [one["line"] for one in found] == ["line 2", "line 1"]
    assert found[0]["reason"] == "a conflict"
    assert (await owner.get("/api/v1/influx/quarantine", params={"limit": 0})).status_code == 422


async def test_readings_that_could_not_be_asked_for_are_named(served: Served, owner: httpx.AsyncClient) -> None:
    served.hub.journal.rows[TEMPERATURE] = [Row(START_MS, 21.5)]
    assert (await owner.get("/api/v1/readings", params=WINDOW)).json()["missing"] == []
    served.hub.journal.missing = (GONE,)
    told = (await owner.get("/api/v1/readings", params=WINDOW)).json()
    assert told["missing"] == [{"from_ms": START_MS - 10, "to_ms": START_MS, "reason": "influx_unreachable"}]
    assert told["rows"] == [[START_MS, 21.5]]


async def test_a_csv_says_so_in_a_header(served: Served, owner: httpx.AsyncClient) -> None:
    served.hub.journal.rows[TEMPERATURE] = [Row(START_MS, 21.5)]
    served.hub.journal.missing = (GONE,)
    answer = await owner.get("/api/v1/readings", params={**WINDOW, "format": "csv"})
    assert answer.headers["labkeeper-missing"] == f"{START_MS - 10}-{START_MS} influx_unreachable"
    assert "21.5" in answer.text


async def test_a_csv_breaks_off_where_the_rest_cannot_be_had(
    served: Served, owner: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labkeeper_hub.api.routes.readings.CSV_PAGE", 1)
    served.hub.journal.rows[TEMPERATURE] = [Row(START_MS, 1.0), Row(START_MS + 1, 2.0)]
    page = served.hub.journal.page

    async def second_is_missing(query: ReadingsQuery) -> Page:
        served.hub.journal.missing = (GONE,) if query.after else ()
        return await page(query)

    monkeypatch.setattr(served.hub.journal, "page", second_is_missing)
    with pytest.raises(httpx.RemoteProtocolError):
        await owner.get("/api/v1/readings", params={**WINDOW, "format": "csv"})
