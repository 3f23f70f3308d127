import csv
import io
import math
import random
import struct
from typing import Any

import httpx
import pytest

from labkeeper_hub.api.routes.readings import CSV_PAGE, ENCODED_AT_ONCE, ReadingsAnswer
from labkeeper_hub.csv_rows import csv_rows, field, iso
from labkeeper_hub.model import Row
from labkeeper_hub.steps import DAY_MS as STEP_DAY_MS
from labkeeper_hub.steps import STEPS_MS, every_for

from .conftest import Served
from .doubles import MODE, START_MS, TARGET, TEMPERATURE

DAY_MS = 86_400_000
SEED = random.randrange(2**32)
ASK: dict[str, Any] = {**TEMPERATURE._asdict(), "from": START_MS, "to": START_MS + DAY_MS}


def _any_floats(count: int) -> list[float]:
    source = random.Random(SEED)
    drawn = (struct.unpack("<d", source.randbytes(8))[0] for _ in range(2 * count))
    return [value for value in drawn if math.isfinite(value)][:count]


def _fill(served: Served, values: list[Any]) -> list[Row]:
    rows = [Row(START_MS + number, value) for number, value in enumerate(values)]
    served.hub.journal.rows[TEMPERATURE] = rows
    return rows


async def _get(client: httpx.AsyncClient, **changed: Any) -> httpx.Response:  # noqa: ANN401 - any query
    return await client.get("/api/v1/readings", params={**ASK, **changed})


async def test_readings_have_the_documented_shape(served: Served, owner: httpx.AsyncClient) -> None:
    _fill(served, [21.5, 22, True, "text", None])
    told = (await _get(owner)).json()
    rows = told.pop("rows")
    assert [type(value) for _, value in rows] == [float, int, bool, str, type(None)]
    assert told == {
        **TEMPERATURE._asdict(),
        "unit": "Cel",
        "every": None,
        "aggregate": None,
        "next": None,
        "missing": [],
    }
    ReadingsAnswer.model_validate_json((await _get(owner)).content)


async def test_json_gives_floats_back_bit_for_bit(served: Served, owner: httpx.AsyncClient) -> None:
    rows = _fill(served, _any_floats(ENCODED_AT_ONCE + 1))
    told = (await _get(owner)).json()["rows"]
    assert [tuple(row) for row in told] == [tuple(row) for row in rows], f"seed {SEED}"
    assert [math.copysign(1, value) for _, value in told] == [math.copysign(1, row.value) for row in rows]  # type: ignore[arg-type] # numbers only here


async def test_csv_gives_floats_back_bit_for_bit(served: Served, owner: httpx.AsyncClient) -> None:
    rows = _fill(served, [*_any_floats(1000), -0.0, 5e-324, 1.7976931348623157e308, 0.1 + 0.2])
    answer = await _get(owner, format="csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert lines[0] == ["time", "value"]
    told = [struct.pack("<d", float(value)) for _, value in lines[1:]]
    assert told == [struct.pack("<d", row.value) for row in rows], f"seed {SEED}"
    assert [time for time, _ in lines[1:]] == [iso(row.time_ms) for row in rows]


async def test_csv_begins_with_a_byte_order_mark_so_that_spreadsheets_read_chinese(
    served: Served, owner: httpx.AsyncClient
) -> None:
    _fill(served, ["热", 'says "no", twice', "two\nlines", ""])
    answer = await _get(owner, format="csv")
    assert answer.content.startswith(b"\xef\xbb\xbftime,value\r\n2026-01-01T00:00:00.000Z,")
    values = [row[1] for row in csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))][1:]
    assert values == ["热", 'says "no", twice', "two\nlines", ""]
    assert "filename*=UTF-8''0x00158d0001a2b3c4-temperature.csv" in answer.headers["content-disposition"]


async def test_csv_streams_everything_with_few_rows_in_memory(served: Served, owner: httpx.AsyncClient) -> None:
    rows = _fill(served, list(range(3 * CSV_PAGE + 7)))
    answer = await _get(owner, format="csv")
    assert answer.content.count(b"\r\n") == len(rows) + 1
    assert served.hub.journal.most_rows == CSV_PAGE


async def test_csv_stops_at_a_limit_when_one_is_given(served: Served, owner: httpx.AsyncClient) -> None:
    _fill(served, list(range(3 * CSV_PAGE)))
    for limit in (1, CSV_PAGE, CSV_PAGE + 1):
        assert (await _get(owner, format="csv", limit=limit)).content.count(b"\r\n") == limit + 1


async def test_pages_join_without_a_gap(served: Served, owner: httpx.AsyncClient) -> None:
    rows = _fill(served, list(range(25)))
    found, after = [], None
    while True:
        told = (await _get(owner, limit=10, **({"after": after} if after else {}))).json()
        found += told["rows"]
        after = told["next"]
        if after is None:
            break
    assert [tuple(row) for row in found] == [tuple(row) for row in rows]


async def test_times_are_milliseconds_or_iso(served: Served, owner: httpx.AsyncClient) -> None:
    _fill(served, [1.0])
    for since, to in (
        ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00.500Z"),
        ("2026-01-01T08:00:00+08:00", "2026-01-02T00:00:00.500000+00:00"),
        (str(START_MS), START_MS + DAY_MS + 500),
    ):
        assert (await _get(owner, **{"from": since, "to": to})).status_code == 200
        query = served.hub.journal.queries[-1]
        assert (query.from_ms, query.to_ms) == (START_MS, START_MS + DAY_MS + 500)


async def test_buckets_are_means_unless_said_otherwise(served: Served, owner: httpx.AsyncClient) -> None:
    _fill(served, [1.0])
    assert (await _get(owner, every=300_000)).json()["aggregate"] == "mean"
    told = (await _get(owner, every=300_000, aggregate="max")).json()
    assert (told["every"], told["aggregate"]) == (300_000, "max")
    assert served.hub.journal.queries[-1].every_ms == 300_000


@pytest.mark.parametrize(
    ("changed", "field_name"),
    [
        ({"from": "yesterday"}, "query.from"),
        ({"from": "2026-01-01T00:00:00"}, "query.from"),
        ({"from": -1}, "query.from"),
        ({"to": 10**18}, "query.to"),
        ({"to": "9" * 5000}, "query.to"),
        ({"to": START_MS - 1}, "query"),
        ({"every": 0}, "query.every"),
        ({"every": 10**15}, "query.every"),
        ({"aggregate": "median", "every": 1}, "query.aggregate"),
        ({"aggregate": "max"}, "query"),
        ({"limit": 0}, "query.limit"),
        ({"limit": 100_001}, "query.limit"),
        ({"after": "somewhere"}, "query.after"),
        ({"after": "-1.0"}, "query.after"),
        ({"after": f"{10**30}.1"}, "query.after"),
        ({"format": "xml"}, "query.format"),
        ({"colour": "red"}, "query.colour"),
    ],
)
async def test_a_wrong_question_names_the_field(
    served: Served, owner: httpx.AsyncClient, changed: dict[str, Any], field_name: str
) -> None:
    _fill(served, [1.0])
    answer = await _get(owner, **changed)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field_name


async def test_a_missing_field_is_named(owner: httpx.AsyncClient) -> None:
    answer = await owner.get("/api/v1/readings", params={"school": "demo"})
    fields = [wrong["field"] for wrong in answer.json()["errors"]]
    assert fields == ["query.node", "query.device", "query.point", "query.from", "query.to"]


@pytest.mark.parametrize("form", ["json", "csv"])
async def test_an_unknown_point_is_not_found_in_either_form(owner: httpx.AsyncClient, form: str) -> None:
    answer = await _get(owner, format=form)
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_point")


async def test_text_has_no_mean(served: Served, owner: httpx.AsyncClient) -> None:
    served.hub.journal.rows[MODE] = [Row(START_MS, "heat")]
    answer = await _get(owner, point="mode", every=1000)
    assert (answer.status_code, answer.json()["code"]) == (422, "not_a_number")


async def test_a_point_that_was_recorded_but_is_no_longer_declared_has_no_unit(
    served: Served, owner: httpx.AsyncClient
) -> None:
    _fill(served, [1.0])
    served.hub.inventory.found = []
    assert (await _get(owner)).json()["unit"] == ""
    served.hub.journal.rows[TARGET] = []
    assert (await _get(owner, point="target")).json()["rows"] == []


def test_every_kind_of_value_has_a_field() -> None:
    fields = [field(value) for value in (None, True, False, 7, 0.1, "text", "a,b", "", "\r")]
    assert fields == ["", "true", "false", "7", "0.1", "text", '"a,b"', '""', '"\r"']
    assert csv_rows([]) == b""


def test_times_of_all_ages_are_iso() -> None:
    assert iso(0) == "1970-01-01T00:00:00.000Z"
    assert iso(1_767_225_600_001) == "2026-01-01T00:00:00.001Z"
    assert iso(253_402_300_799_999) == "9999-12-31T23:59:59.999Z"


@pytest.mark.parametrize(
    ("asked", "days", "every_ms"),
    [
        ({"points": 2000}, 1, 60_000),
        ({"points": 2000}, 30, 1_800_000),
        ({"every": "auto"}, 30, 1_800_000),
        ({"every": "auto", "points": 100}, 30, 43_200_000),
    ],
)
async def test_the_step_of_a_chart_is_chosen_when_asked(
    served: Served, owner: httpx.AsyncClient, asked: dict[str, Any], days: int, every_ms: int
) -> None:
    _fill(served, [21.5])
    answer = await _get(owner, to=START_MS + days * DAY_MS, aggregate="max", **asked)
    assert (answer.json()["every"], answer.json()["aggregate"]) == (every_ms, "max")
    assert served.hub.journal.queries[-1].every_ms == every_ms


async def test_a_step_and_a_number_of_points_are_not_asked_for_at_once(
    served: Served, owner: httpx.AsyncClient
) -> None:
    _fill(served, [21.5])
    for wrong in ({"every": 1000, "points": 10}, {"points": 2001}, {"points": 0}, {"every": "fine"}):
        assert (await _get(owner, **wrong)).status_code == 422


def test_a_chosen_step_is_the_finest_with_at_most_so_many_points() -> None:
    chance = random.Random(SEED)
    for _ in range(500):
        start = chance.randrange(2_000_000_000_000)
        end, points = start + chance.randrange(1, 2 ** chance.randrange(1, 44)), chance.randrange(1, 2001)
        every = every_for(start, end, points)
        assert len(range(start // every, -(-end // every))) <= points, f"seed {SEED}"
        finer = [step for step in STEPS_MS if step < every]
        assert all(len(range(start // step, -(-end // step))) > points for step in finer[-1:]), f"seed {SEED}"
        assert every in STEPS_MS or every % STEP_DAY_MS == 0
