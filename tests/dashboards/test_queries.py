"""Every question of every panel, and every variable's, put to a real InfluxDB that the simulated lab has filled."""

import asyncio
import re
import time

import pytest

from labkeeper_cli.__main__ import main
from labkeeper_dashboards.__main__ import TOKEN as VARIABLE
from labkeeper_dashboards.boards import BOARDS
from labkeeper_dashboards.influxql import OF_LABS, Query, point, used
from labkeeper_dashboards.model import Board, Panel
from labkeeper_dashboards.render import LANGUAGES
from labkeeper_hub.figures.catalogue import CLASS
from labkeeper_hub.model import PointKey

from .asking import Json, dashboards, escaped, panels, sent
from .conftest import HOURS
from .grafana import TOKEN, open_grafana
from .influx import Questions, Series
from .lines import lines_of_point

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]
ALL = {"school": ".*", "lab": ".*"}
ONE = {"school": "demo-school", "lab": "(lab-1|lab-2)"}
BOARDS_BY_NAME = {board.name: board for board in BOARDS}
CASES = [(board, panel, query) for board in BOARDS for panel in board.panels for query in panel.queries]


def named(case: object) -> str:
    if isinstance(case, Board):
        return case.name
    if isinstance(case, Panel):
        return case.title.en
    return ",".join(case.names) if isinstance(case, Query) else str(case)


@pytest.mark.parametrize(("board", "panel", "query"), CASES, ids=named)
async def test_a_question_is_answered_with_rows_of_its_shape(
    board: Board, panel: Panel, query: Query, influx: Questions
) -> None:
    chosen = ALL if board.name == "district" else ONE
    answer = await influx.ask(sent(query.text, {**chosen, "language": "en"}))
    assert answer, f"{board.name}: {panel.title.en} has no rows"
    for series in answer:
        assert series["columns"] == ["time", *query.names]
        assert sorted(series.get("tags", {})) == sorted(query.by)
        assert series["values"]
    assert any(filled(series) for series in answer)


def filled(series: Series) -> bool:
    return any(all(value is not None for value in row) for row in series["values"])


async def test_the_files_ask_exactly_these_questions() -> None:
    asked = [target["query"] for one in dashboards() for panel in panels(one) for target in panel["targets"]]
    assert sorted(asked) == sorted([query.text for _, _, query in CASES] * 2)


@pytest.mark.parametrize("dashboard", dashboards(), ids=lambda one: one["uid"])
async def test_every_variable_resolves(dashboard: dict[str, object], influx: Questions) -> None:
    templating = dashboard["templating"]
    assert isinstance(templating, dict)
    queries = {one["name"]: one["query"] for one in templating["list"] if one["type"] == "query"}
    schools = await values(influx, queries["school"])
    assert schools == ["demo-school", "second-school"]
    if "lab" in queries:
        assert await values(influx, queries["lab"].replace("$school", escaped("demo-school"))) == ["lab-1", "lab-2"]
        assert await values(influx, queries["lab"].replace("$school", "second-school")) == ["lab-1"]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_panel_is_said_to_be_filled_when_it_is_asked_for_through_grafana(
    language: str, influx: Questions, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def answered(query: Json) -> list[Series]:
        step = f"{query['intervalMs'] // 1000}s"
        asking = influx.ask(sent(query["query"], {}, HOURS, step))
        return asyncio.run_coroutine_threadsafe(asking, loop).result()

    loop = asyncio.get_running_loop()
    monkeypatch.setenv(VARIABLE, TOKEN)
    with open_grafana() as (url, kept):
        kept.source = answered
        for action in (["push"], ["check", "--hours", str(HOURS)]):
            told = ["dashboards", *action, "--url", url, "--language", language]
            assert await asyncio.to_thread(main, told) == 0
    said = [line for line in capsys.readouterr().out.splitlines() if " of " in line]
    assert said == [
        f"lk-{language}-{board.name}: {len(board.panels)} of {len(board.panels)} panels have data" for board in BOARDS
    ]


async def values(influx: Questions, query: str) -> list[str]:
    return [value for series in await influx.ask(query) for _, value in series["values"]]


async def test_a_choice_of_lab_leaves_the_others_out(influx: Questions) -> None:
    query = next(query for _, panel, query in CASES if panel.title.en == "CO2" and query.by == ("lab",))
    (only,) = await influx.ask(sent(query.text, {"school": "demo-school", "lab": escaped("lab-2")}))
    assert only["tags"] == {"lab": "lab-2"}


async def test_what_is_offline_is_listed_by_its_name(influx: Questions) -> None:
    board = next(board for board in BOARDS if board.name == "overview")
    absent = next(panel for panel in board.panels if panel.title.en == "Devices that are offline")
    offline, names = [await influx.ask(sent(query.text, {**ONE, "language": "zh"})) for query in absent.queries]
    ids = {series["tags"]["device"] for series in offline}
    called = {series["tags"]["device"]: series["values"][-1][1] for series in names}
    assert {called[one] for one in ids} == {"窗户"}


async def test_energy_is_what_the_meter_counted(influx: Questions) -> None:
    board = next(board for board in BOARDS if board.name == "electricity")
    total = next(panel for panel in board.panels if panel.title.en == "Energy in the window").queries[0]
    (answer,) = await influx.ask(sent(total.text, ONE))
    meter = """SELECT spread("value") FROM "readings" WHERE "school" = 'demo-school' AND "point" = 'energy'
               AND time > now() - 4h GROUP BY "lab" """
    counted = sum(series["values"][0][1] for series in await influx.ask(meter))
    assert answer["values"][0][1] == pytest.approx(counted, rel=0.1)


async def test_whole_numbers_are_shown_beside_others_and_added_to_them(influx: Questions) -> None:
    """Lab 2 says CO2, battery and power in whole numbers, lab 1 does not."""
    for name, shown in (("air", "co2"), ("devices", "battery"), ("electricity", "power")):
        panels_of = BOARDS_BY_NAME[name].panels
        for query in (
            query for panel in panels_of for query in panel.queries if re.search(rf"[(|]{shown}[)|]", query.text)
        ):
            answer = await influx.ask(sent(query.text, ONE))
            labs = {series["tags"]["lab"] for series in answer if "lab" in query.by}
            assert labs == ({"lab-1", "lab-2"} if "lab" in query.by else set())
    now = next(panel for panel in BOARDS_BY_NAME["electricity"].panels if panel.title.en == "Power now").queries[0]

    async def power(lab: str) -> float:
        (answer,) = await influx.ask(sent(now.text, {"school": "demo-school", "lab": lab}))
        value: float = answer["values"][0][1]
        return value

    assert await power("(lab-1|lab-2)") == pytest.approx(await power("lab-1") + await power("lab-2"))


async def test_a_meter_that_counts_in_whole_numbers_is_a_meter(influx: Questions) -> None:
    now_ms = time.time_ns() // 1_000_000
    turns = PointKey("demo-school", "lab-1-pi", "wheel", "turns")
    said = [(now_ms - 3_600_000 + at * 60_000, 1000 + 3 * at) for at in range(60)]
    await influx.write(lines_of_point(turns, "lab-1", said))
    query = used("10m", f"{OF_LABS} AND {point('turns')}", (), total=True)
    (answer,) = await influx.ask(sent(query.text, ONE))
    assert answer["values"][0][1] == pytest.approx(3 * 59, abs=3 * 10)


async def test_a_pe_class_is_asked_for_by_its_lab_and_as_the_hub_tells_it(influx: Questions) -> None:
    lesson = next(board for board in BOARDS if board.name == "lesson")
    for panel in lesson.panels:
        for query in panel.queries:
            assert query.by == ("lab",)
            assert f"= '{CLASS}'" in query.text
            answer = await influx.ask(sent(query.text, ONE))
            assert {series["tags"]["lab"] for series in answer} == {"lab-1", "lab-2"}
