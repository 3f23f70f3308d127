"""What is checked in is what the code makes, and it is a dashboard: whole, readable, in both languages."""

import json
import re
from collections.abc import Iterator
from itertools import combinations

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from labkeeper_dashboards import build, limits
from labkeeper_dashboards.__main__ import PROVISIONING
from labkeeper_dashboards.boards import BOARDS, known_lines
from labkeeper_dashboards.build import FOLDER, files
from labkeeper_dashboards.drawing import Limits
from labkeeper_dashboards.model import Board, Kind, Panel
from labkeeper_dashboards.push import FOLDERS, folder_of
from labkeeper_dashboards.query import SOURCE_TYPE, SOURCE_UID
from labkeeper_hub.alarms.rules import Role
from labkeeper_hub.figures.catalogue import COMMANDS, OF_HUB, alarms_of_role
from labkeeper_sdk import Title

from ..docs.pages import ROOT  # noqa: TID252 - tests are not packages, so nothing absolute leads there
from .asking import Json, dashboards, panels

HAN = re.compile(r"[\u4e00-\u9fff]")
SHIPPED = {"timeseries", "stat", "table", "state-timeline", "bargauge", "row"}
UNITS = {
    "none", "string", "bool", "ppm", "conμgm3", "conmgm3", "celsius", "percent", "percentunit", "lux", "dB",
    "watt", "kwatth", "volt", "amp", "dthms", "ms", "bytes", "locale", "suffix:/min", "suffix:/s", "suffix:s",
}  # fmt: skip
"""Of Grafana's list of units; `suffix:` is its way to name another."""
WALL_LINES = 26
"""A 1080-pixel wall in kiosk mode: 38 pixels a line, variables and margins off."""
PANELS = [(board, panel) for board in BOARDS for panel in board.panels]
same_name = {"PM2.5", "PM10"}


def named(case: object) -> str:
    return case.name if isinstance(case, Board) else case.title.en if isinstance(case, Panel) else str(case)


def test_the_files_are_what_the_code_makes() -> None:
    made = {f"{language}/{name}": text for language, name, text in files()}
    there = {str(file.relative_to(FOLDER)): file.read_text(encoding="utf-8") for file in FOLDER.glob("*/*.json")}
    assert there == made, f"run: python -m {build.__name__}"


@pytest.mark.parametrize("one", dashboards(), ids=lambda one: one["uid"])
def test_grafanas_own_model_reads_a_file_and_loses_nothing(one: Json) -> None:
    register_default_plugins()
    read = json.loads(json.dumps(Dashboard.from_json(without_queries(one)), cls=JSONEncoder))
    assert read == without_queries(one)


def without_queries(one: Json) -> Json:
    """The SDK knows no query of InfluxDB; every other part of a dashboard it does."""
    return {
        **one,
        "panels": [{key: value for key, value in panel.items() if key != "targets"} for panel in one["panels"]],
    }


def test_uids_are_fixed_unique_and_short_enough() -> None:
    uids = [one["uid"] for one in dashboards()]
    assert sorted(uids) == sorted(f"lk-{language}-{board.name}" for language in ("zh", "en") for board in BOARDS)
    assert all(len(uid) <= 40 for uid in uids)


@pytest.mark.parametrize("one", dashboards(), ids=lambda one: one["uid"])
def test_panels_have_ids_places_and_queries_of_their_own(one: Json) -> None:
    ids = [panel["id"] for panel in one["panels"]]
    assert len(set(ids)) == len(ids)
    for first, second in combinations(one["panels"], 2):
        assert not overlap(first["gridPos"], second["gridPos"]), (first["title"], second["title"])
    for panel in panels(one):
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        references = [target["refId"] for target in panel["targets"]]
        assert references == sorted(set(references))
        assert all(target["datasource"] == {"type": SOURCE_TYPE, "uid": SOURCE_UID} for target in panel["targets"])


def overlap(one: Json, other: Json) -> bool:
    across = one["x"] < other["x"] + other["w"] and other["x"] < one["x"] + one["w"]
    return bool(across and one["y"] < other["y"] + other["h"] and other["y"] < one["y"] + one["h"])


@pytest.mark.parametrize("one", dashboards(), ids=lambda one: one["uid"])
def test_every_panel_is_one_that_grafana_ships_with_unit_limits_and_description(one: Json) -> None:
    assert one["schemaVersion"] >= 36
    assert {panel["type"] for panel in one["panels"]} <= SHIPPED
    for panel in panels(one):
        defaults = panel["fieldConfig"]["defaults"]
        assert defaults["unit"] in UNITS
        assert defaults["thresholds"]["steps"][0]["value"] is None
        assert panel["title"]
        assert panel["description"]
        assert panel["targets"]
    for unit in overridden(one, "unit"):
        assert unit in UNITS


@pytest.mark.parametrize(("board", "panel"), PANELS, ids=named)
def test_a_panel_has_limits_or_says_why_there_are_none(board: Board, panel: Panel) -> None:
    look = panel.look
    assert look.limits.steps or look.limits in WITHOUT or says_it_itself(panel), board.name


WITHOUT = [limits.without(quantity) for quantity in limits.WITHOUT]


def says_it_itself(panel: Panel) -> bool:
    """A table by its columns, a band of states by what its values stand for; nothing else may leave limits out."""
    if panel.look.limits is not limits.NONE:
        return False
    of_columns = any(column.limits for column in panel.look.columns)
    return {Kind.TABLE: of_columns, Kind.STATES: panel.look.words is not None}.get(panel.kind, False)


@pytest.mark.parametrize(
    "panel",
    [panel for _, panel in PANELS if panel.look.limits.steps or panel.look.limits in WITHOUT],
    ids=lambda panel: panel.title.en,
)
def test_what_a_panel_says_of_its_limits_is_in_its_description(panel: Panel) -> None:
    for language in ("zh", "en"):
        said = [one["description"] for one in every_panel(language) if one["title"] == spoken(panel.title, language)]
        assert any(spoken(panel.look.limits.source, language) in text for text in said)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_table_says_the_limits_of_its_columns(language: str) -> None:
    said = {one["title"]: one["description"] for one in every_panel(language) if one["type"] == "table"}
    for panel in (panel for _, panel in PANELS if panel.kind is Kind.TABLE):
        for limit in filter(None, (column.limits for column in panel.look.columns)):
            assert spoken(limit.source, language)
            assert spoken(limit.source, language) in said[spoken(panel.title, language)]


def spoken(title: Title, language: str) -> str:
    return title.zh if language == "zh" else title.en


def every_panel(language: str) -> list[Json]:
    return [panel for one in dashboards() if one["uid"].startswith(f"lk-{language}-") for panel in panels(one)]


def test_the_files_have_the_steps_of_the_code_and_only_what_is_named_has_none() -> None:
    none = [p["title"] for p in every_panel("en") if len(p["fieldConfig"]["defaults"]["thresholds"]["steps"]) == 1]
    allowed = [p.title.en for _, p in PANELS if p.look.limits in WITHOUT or says_it_itself(p)]
    assert sorted(none) == sorted(allowed)


def test_every_quantity_without_a_limit_is_on_some_panel_and_has_its_reason_in_both_languages() -> None:
    used = [panel.look.limits for _, panel in PANELS if panel.look.limits in WITHOUT]
    assert {limit.source.en for limit in used} == {reason.en for reason in limits.WITHOUT.values()}
    assert all(reason.en.startswith("No ") and HAN.search(reason.zh) for reason in limits.WITHOUT.values())


def overridden(one: Json, name: str) -> list[object]:
    changes = [change for panel in panels(one) for change in panel["fieldConfig"].get("overrides", [])]
    return [item["value"] for change in changes for item in change["properties"] if item["id"] == name]


def titles() -> list[Title]:
    found: list[Title] = []
    for board in BOARDS:
        found += [board.title, board.text, *(row.title for row in board.rows)]
        found += [text for variable in board.variables for text in (variable.title, variable.text)]
        for panel in board.panels:
            found += [panel.title, panel.text, *(column.title for column in panel.look.columns)]
            found += [panel.look.limits.source] if panel.look.limits is not limits.NONE else []
    return found


def test_every_word_is_there_in_both_languages() -> None:
    for title in titles():
        assert title.zh
        assert title.en
        assert not HAN.search(title.en), title.en
        assert HAN.search(title.zh) or title.zh in same_name, title.zh


LATIN = re.compile(r"[A-Za-z]{2,}")
THE_SAME_IN_CHINESE = {"PM2.5", "PM10"}
"""Texts of the Chinese set that need no Chinese: units and abbreviations that are written so."""


def shown(one: Json) -> Iterator[tuple[str, str]]:
    """Yield what a dashboard shows, wherever it stands in the file, but for what the readings themselves say."""
    yield from (("dashboard", one[name]) for name in ("title", "description"))
    for variable in one["templating"]["list"]:
        yield from (("variable", variable[name]) for name in ("label", "description") if name in variable)
    for panel in one["panels"]:
        yield "title", panel["title"]
        if panel["type"] != "row":
            yield from ((panel["title"], text) for text in shown_by(panel))


def shown_by(panel: Json) -> Iterator[str]:
    yield panel["description"]
    yield from (re.sub(r"\$tag_\w+", "", target.get("alias", "")) for target in panel["targets"])
    config = panel["fieldConfig"]
    yield config["defaults"]["noValue"]
    yield from mapped(config["defaults"].get("mappings", []))
    for item in (item for change in config.get("overrides", []) for item in change["properties"]):
        yield from mapped(item["value"]) if item["id"] == "mappings" else ()
        yield from [item["value"]] if item["id"] == "displayName" else ()
    for step in panel.get("transformations", []):
        yield from step["options"].get("renameByName", {}).values()


def mapped(mappings: list[Json]) -> Iterator[str]:
    for mapping in mappings:
        options = mapping["options"]
        yield from (one["text"] for one in ([options["result"]] if "result" in options else options.values()))


def test_every_text_of_the_chinese_set_is_chinese_legends_and_states_too() -> None:
    found = [text for one in dashboards() if one["uid"].startswith("lk-zh-") for text in shown(one)]
    assert {"烟雾", "中位数", "离线", "已完成", "设备编号"} <= {text.strip() for _, text in found}
    foreign = [text for text in found if LATIN.search(text[1]) and not HAN.search(text[1])]
    assert [text for text in foreign if text[1] not in THE_SAME_IN_CHINESE] == []


def test_every_text_of_the_english_set_is_english() -> None:
    found = [text for one in dashboards() if one["uid"].startswith("lk-en-") for text in shown(one)]
    assert [text for text in found if HAN.search(text[1])] == []


@pytest.mark.parametrize(("board", "panel"), PANELS, ids=named)
def test_lines_named_after_words_of_the_wire_have_a_name_in_both_languages(board: Board, panel: Panel) -> None:
    """`$tag_point` shows the wire's own word: whoever shows it says what each is called."""
    if any("$tag_point" in query.legend.zh for query in panel.queries):
        assert panel.look.lines, board.name


def test_every_refusal_and_every_role_has_a_name() -> None:
    table = (ROOT / "docs" / "how-to" / "when-something-is-wrong.md").read_text(encoding="utf-8")
    rows = table.split("| reason at the hub | means |")[1].split("\n\n")[0].splitlines()
    reasons = {reason for row in rows[2:] for reason in re.findall(r"`([a-z_]+)`", row.split("|")[1])}
    assert len(reasons) > 30
    assert reasons <= {line.name for line in known_lines.REFUSALS}
    assert {line.name for line in known_lines.ROLES} == {alarms_of_role(role) for role in Role}
    assert {line.name for line in known_lines.OUTCOMES} == {figure.name for figure in OF_HUB[COMMANDS]}


LAPTOP = (1366, 768)
AROUND = (40, 250)
"""Pixels beside and above the panels: Grafana's margins; the browser's bars, Grafana's own, and the variables."""
LINE, GAP = 38, 8
LEAST = {"timeseries": 400, "state-timeline": 400, "bargauge": 400}
BESIDE_TITLE = 40
"""The heading's margins, and the sign that opens the description."""
GRAFANAS_LEAST = 150
"""Pixels that a column of a table has at least, where nobody sets that."""
BESIDE_CELL = 6
DEVICE_IDS = {"Device id", "设备编号"}
BY_NAME = {"Labs", "实验室", "Devices that are offline", "离线设备"}
"""Tables by lab: all labs are in sight, on a wall each in its place; and whatever is offline needs a look."""
COLUMN = {"string": 90, "percentunit": 60, "ppm": 75, "watt": 75, "celsius": 65, "dthms": 75, "kwatth": 80}


def pixels(text: str) -> float:
    """Return how wide a text is at most at 14 pixels: in a browser no title was wider, in fonts up to DejaVu Sans.

    Grafana's own components write Latin titles in 0.81 to 0.96 of it, and all signs 0.15 apart: Chinese in all of it.
    """
    return sum(map(sign_pixels, text))


def sign_pixels(sign: str) -> float:
    if not sign.isascii():
        return 14.2
    if sign in "iljtfr.,: ":
        return 6
    return 11 if sign.isupper() or sign.isdigit() or sign in "mw%" else 9


@pytest.mark.parametrize("one", dashboards(), ids=lambda one: one["uid"])
def test_panels_are_wide_enough_on_a_laptop(one: Json) -> None:
    """Reckoned, not seen: a table's headings fit side by side, a number stands beside its title, a chart has room."""
    for panel in panels(one):
        width = panel["gridPos"]["w"] * (LAPTOP[0] - AROUND[0]) / 24 - GAP
        needed = {**LEAST, "stat": pixels(panel["title"]) + BESIDE_TITLE}
        assert width >= needed.get(panel["type"], table_width(panel)), (panel["title"], width)
        assert panel["gridPos"]["h"] >= (4 if panel["type"] == "stat" else 6), panel["title"]


def table_width(panel: Json) -> float:
    """Return what a table needs: Grafana shares its width equally among the columns without a width of their own."""
    units, widths = of_columns(panel, "unit"), of_columns(panel, "custom.width")
    least: float = panel["fieldConfig"]["defaults"].get("custom", {}).get("minWidth", GRAFANAS_LEAST)
    shared = [name for name in headings(panel) if name not in widths]
    widest = max((max(pixels(name) + 20, COLUMN.get(str(units.get(name)), 50)) for name in shared), default=0)
    fixed: float = sum(widths.values())
    return fixed + len(shared) * max(least, widest)


def headings(panel: Json) -> list[str]:
    steps = panel.get("transformations", [])
    return [name for step in steps for name in step["options"].get("renameByName", {}).values()]


def of_columns(panel: Json, name: str) -> Json:
    """Return a property of each column that has it."""
    return {
        change["matcher"]["options"]: item["value"]
        for change in panel["fieldConfig"].get("overrides", [])
        for item in change["properties"]
        if item["id"] == name
    }


def test_a_zigbee_id_is_whole_in_its_column() -> None:
    tables = [panel for one in dashboards() for panel in panels(one) if is_table(panel)]
    widths = [of_columns(panel, "custom.width")[name] for panel in tables for name in DEVICE_IDS & set(headings(panel))]
    assert len(widths) == 6
    assert min(widths) >= 151 + 2 * BESIDE_CELL


def test_a_table_begins_with_the_rows_that_need_a_look() -> None:
    for panel in (panel for one in dashboards() for panel in panels(one) if is_table(panel)):
        order = [by["displayName"] for by in panel["options"].get("sortBy", [])]
        assert set(order) <= set(headings(panel))
        assert bool(order) != (panel["title"] in BY_NAME), panel["title"]


def test_numbers_that_can_be_several_are_not_made_small_by_a_unit() -> None:
    """On a laptop `167 /min` was written 42 pixels high, of two classes below 20; `167` is 90, and of two 41."""
    for board, panel in PANELS:
        if panel.kind is Kind.NUMBER and any(query.by for query in panel.queries):
            assert panel.look.unit in {"none", "percentunit"}, (board.name, panel.title.en)


def test_eight_labs_are_in_sight_in_the_overview_and_beside_each_others_power() -> None:
    """Drawn by Grafana's components: a row of a table is 36 pixels, its heading and the panel's 76; a bar 25."""
    for one in dashboards():
        for panel in panels(one):
            if one["uid"].endswith("overview") and is_table(panel):
                assert panel["gridPos"]["h"] * LINE - GAP >= 76 + 8 * 36
            if panel["type"] == "bargauge":
                assert panel["gridPos"]["h"] * LINE - GAP >= 50 + 8 * 25


@pytest.mark.parametrize("one", dashboards(), ids=lambda one: one["uid"])
def test_what_is_first_is_whole_on_a_laptops_first_screen(one: Json) -> None:
    lines = (LAPTOP[1] - AROUND[1]) // LINE
    first = [panel for panel in panels(one) if panel["gridPos"]["y"] == min(p["gridPos"]["y"] for p in panels(one))]
    assert max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in first) <= lines


def test_a_limit_that_is_drawn_names_its_source() -> None:
    drawn = [value for value in vars(limits).values() if isinstance(value, Limits) and value.drawn]
    assert drawn
    for limit in drawn:
        assert limit.source.zh
        assert limit.source.en
        assert list(limit.steps) == sorted(limit.steps)


def test_every_column_of_a_table_is_asked_for_and_every_answer_has_one() -> None:
    for board, panel in PANELS:
        if panel.kind is Kind.TABLE:
            asked = {name for query in panel.queries for name in (*query.by, *query.names)}
            shown = {column.name for column in panel.look.columns}
            assert shown <= asked, (board.name, panel.title.en)
            assert {name for query in panel.queries for name in query.names} <= shown
            assert all(query.table for query in panel.queries)


@pytest.mark.parametrize(("board", "panel"), PANELS, ids=named)
def test_lines_are_named_where_there_can_be_several(board: Board, panel: Panel) -> None:
    for query in panel.queries:
        if not query.table and query.by:
            for legend in (query.legend.zh, query.legend.en):
                assert all(f"$tag_{tag}" in legend for tag in query.by), board.name


def test_the_overview_fits_a_wall_without_scrolling() -> None:
    for one in dashboards():
        if one["uid"].endswith("overview"):
            assert max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in one["panels"]) <= WALL_LINES


def test_provisioning_names_the_same_data_source_folders_and_files() -> None:
    (source,) = yaml.safe_load((PROVISIONING / "datasources" / "labkeeper.yaml").read_text())["datasources"]
    assert (source["uid"], source["type"], source["jsonData"]["dbName"]) == (SOURCE_UID, SOURCE_TYPE, "labkeeper")
    assert not re.search(r"(?i)(password|token): *[\w-]{8,}$", str(source))
    providers = yaml.safe_load((PROVISIONING / "dashboards" / "labkeeper.yaml").read_text())["providers"]
    folders = {provider["folderUid"]: provider["folder"] for provider in providers}
    assert folders == {folder_of(language): title for language, title in FOLDERS.items()}
    assert [provider["options"]["path"].rsplit("/")[-1] for provider in providers] == ["zh", "en"]


def test_a_band_of_states_is_coloured_by_what_its_values_stand_for() -> None:
    found = [panel for one in dashboards() for panel in panels(one) if panel["type"] == "state-timeline"]
    assert found
    for panel in found:
        assert panel["fieldConfig"]["defaults"]["color"]["mode"] != "thresholds"
        assert panel["fieldConfig"]["defaults"]["mappings"]


@pytest.mark.parametrize("one", dashboards(), ids=lambda one: one["uid"])
def test_bands_beside_each_other_are_high_enough_for_their_names(one: Json) -> None:
    """Reckoned: Grafana writes names 12 pixels high and squeezes as many as a page has; 124 go to all else."""
    for panel in (panel for panel in panels(one) if panel["type"] == "state-timeline"):
        left = panel["gridPos"]["h"] * LINE - 124
        assert left / panel["options"]["perPage"] >= 13, panel["title"]
        assert panel["options"]["perPage"] >= 10, panel["title"]


def test_no_name_in_a_table_is_read_as_a_number() -> None:
    tags = {"lab", "device", "node", "school", "name", "bench"}
    columns = [column for board in BOARDS for panel in board.panels for column in panel.look.columns]
    assert {column.unit for column in columns if column.name in tags} == {"string"}


def test_a_line_with_a_colour_of_its_own_is_one_of_its_panels() -> None:
    (mix,) = [panel for board in BOARDS for panel in board.panels if any(line.colour for line in panel.look.lines)]
    assert all(line.name.removeprefix("raised_") in mix.queries[0].text for line in mix.look.lines)
    assert [line.colour for line in mix.look.lines] == ["blue", "orange", "red"]


def colours(panel: Json) -> Iterator[str]:
    """Yield every colour that a table's cells can have."""
    for item in (item for change in panel["fieldConfig"]["overrides"] for item in change["properties"]):
        if item["id"] == "thresholds":
            yield from (step["color"] for step in item["value"]["steps"])
        if item["id"] == "mappings":
            results = (one["options"] for one in item["value"])
            every = (result for one in results for result in ([one["result"]] if "result" in one else one.values()))
            yield from (result["color"] for result in every if "color" in result)


def test_colour_in_a_table_is_for_what_needs_a_look() -> None:
    found = {colour for one in dashboards() for panel in panels(one) if is_table(panel) for colour in colours(panel)}
    assert found == {"transparent", "yellow", "orange", "red", "blue"}


def is_table(panel: Json) -> bool:
    return bool(panel["type"] == "table")


def test_what_has_no_value_has_no_colour_in_a_coloured_column() -> None:
    """Without that a socket, which has no battery, would have a red one."""
    for panel in (panel for one in dashboards() for panel in panels(one) if is_table(panel)):
        for change in panel["fieldConfig"]["overrides"]:
            items = {item["id"]: item["value"] for item in change["properties"]}
            if "custom.cellOptions" in items:
                (nothing,) = [one["options"] for one in items["mappings"] if one["type"] == "special"]
                result = nothing["result"]
                assert (nothing["match"], result["text"], result["color"]) == ("null+nan", "—", "transparent")


def test_a_node_is_called_by_its_name_and_not_by_where_the_hub_keeps_its_account() -> None:
    made = {(one["uid"], panel["title"], panel["type"]): panel for one in dashboards() for panel in panels(one)}
    for board, panel in PANELS:
        if any("node" in query.by for query in panel.queries):
            found = made[f"lk-en-{board.name}", panel.title.en, panel.kind]
            assert any(re.match(pattern, "#hub/lab-1-pi") for pattern in renamed(found)), panel.title.en


def renamed(panel: Json) -> Iterator[str]:
    """Yield the patterns by which a panel changes its lines' names, or what stands in its cells."""
    yield from (step["options"]["regex"] for step in panel["transformations"] if step["id"] == "renameByRegex")
    for item in (item for change in panel["fieldConfig"]["overrides"] for item in change["properties"]):
        if item["id"] == "mappings":
            yield from (one["options"]["pattern"] for one in item["value"] if one["type"] == "regex")


@pytest.mark.parametrize(("board", "panel"), PANELS, ids=named)
def test_below_many_lines_there_is_no_colour_that_hides_the_others(board: Board, panel: Panel) -> None:
    if panel.kind is Kind.CHART and not panel.look.bars:
        made = next(one for one in every_panel("en") if one["title"] == panel.title.en and one["type"] == "timeseries")
        fill = made["fieldConfig"]["defaults"]["custom"]["fillOpacity"]
        assert (fill == 0) is any(query.by for query in panel.queries), board.name


def test_a_legend_of_many_devices_begins_with_those_that_need_a_look() -> None:
    legends = {one["title"]: one["options"]["legend"] for one in every_panel("zh") if one["type"] == "timeseries"}
    ranked = {
        title: (one["sortBy"], one["sortDesc"]) for title, one in legends.items() if one["displayMode"] == "table"
    }
    assert ranked == {"电量": ("Last *", False), "链路质量": ("Last *", False), "重新上线": ("Total", True)}
