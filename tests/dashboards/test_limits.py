"""What is drawn is what raises an alarm: limits in the files against the hub's catalogue, rule by rule."""

import re
from collections.abc import Iterator

import pytest

from labkeeper_dashboards.boards.parts import ROOM_TEMPERATURE
from labkeeper_dashboards.rules import inside, watched
from labkeeper_hub.alarms.catalogue import shipped
from labkeeper_hub.alarms.names import names_of
from labkeeper_hub.alarms.rules import Kind, Level, Rule
from labkeeper_hub.alarms.states import Priority

from .asking import Json, dashboards, panels

COLOUR = {Priority.NOTE: "yellow", Priority.LOW: "orange", Priority.MEDIUM: "red", Priority.HIGH: "dark-red"}
ASKED = re.compile(r'"point" (=|!)~ /((?:[^/\\]|\\.)+)/')
CANNOT_BE_DRAWN = {"heat_rise"}  # a rise, and no value
BY_UNIT = {"voc"}  # of the rule `tvoc` in mg/m³ only; of most sensors an index, and a chart does not know the unit
RULES = {
    name: rule
    for name, rule in shipped().rules.items()
    if rule.levels[0].limit > 1 and rule.levels[0].kind in {Kind.VALUE, Kind.MEAN, Kind.RATE}
}
"""Of quantities: detectors and what the hub says of itself are 0 or 1, silence is no value."""
CHARTS = [panel for one in dashboards() for panel in panels(one) if panel["type"] == "timeseries"]


def asks(panel: Json, point: str) -> bool:
    """Whether a panel's questions are for this point."""
    return any(lets_in(target["query"], point) for target in panel["targets"])


def lets_in(query: str, point: str) -> bool:
    """Whether a question's conditions on the point hold for it."""
    said = [(sign == "=", re.search(words.replace("\\/", "/"), point)) for sign, words in ASKED.findall(query)]
    return bool(said) and all(wanted is (found is not None) for wanted, found in said)


def charts_of(rule: Rule) -> list[Json]:
    return [panel for panel in CHARTS if any(asks(panel, point) for point in rule.match.points)]


def steps(panel: Json) -> list[tuple[float | None, str]]:
    return [(step["value"], step["color"]) for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"]]


def is_drawn(panel: Json) -> bool:
    return bool(panel["fieldConfig"]["defaults"]["custom"]["thresholdsStyle"]["mode"] == "dashed")


def coloured(panel: Json, level: Level) -> bool:
    """Whether the side that is wrong has the colour of the level's priority, from the limit on."""
    found = steps(panel)
    at = [place for place, (value, _) in enumerate(found) if value == level.limit]
    if not at:
        return False
    wrong = at[0] - 1 if level.side.startswith("<") else at[0]
    return found[wrong][1] == COLOUR[level.priority]


@pytest.mark.parametrize("name", sorted(set(RULES) - CANNOT_BE_DRAWN))
def test_a_rules_limits_are_drawn_in_the_colour_of_their_priority(name: str) -> None:
    charts = charts_of(RULES[name])
    assert charts, "no chart asks for what this rule watches"
    drawn = [panel for panel in charts if is_drawn(panel) and all(coloured(panel, one) for one in RULES[name].levels)]
    assert {panel["description"] for panel in drawn} != set()
    assert len(drawn) % 2 == 0, "in both languages"


@pytest.mark.parametrize("panel", CHARTS, ids=lambda panel: panel["title"])
def test_a_chart_of_what_a_rule_watches_draws_nothing_that_no_rule_says(panel: Json) -> None:
    watching = [rule for rule in RULES.values() if any(asks(panel, point) for point in rule.match.points)]
    declared = {level.limit for rule in watching for level in rule.levels}
    if watching:
        assert is_drawn(panel)
        assert {value for value, _ in steps(panel) if value is not None} <= declared


def test_a_chart_asks_for_all_names_by_which_its_rules_know_the_quantity() -> None:
    for rule in RULES.values():
        assert [point for point in rule.match.points - BY_UNIT if not any(asks(one, point) for one in CHARTS)] == []


@pytest.mark.parametrize("name", ["light_desk", "light_board"])
def test_of_what_may_only_be_too_low_the_lowest_is_drawn(name: str) -> None:
    """A dark desk is not hidden by a bright one."""
    asked = [target["query"] for panel in charts_of(RULES[name]) for target in panel["targets"]]
    assert len(asked) == 2, "in both languages"
    assert all(query.startswith("SELECT min(") for query in asked)


def numbers(text: str) -> Iterator[float]:
    yield from (float(found) for found in re.findall(r"(?<![\d.])\d+(?:\.\d+)?", text))


@pytest.mark.parametrize("name", sorted(set(RULES) - CANNOT_BE_DRAWN))
def test_the_description_gives_the_limits_in_numbers(name: str) -> None:
    limits = {level.limit for level in RULES[name].levels}
    drawn = [panel for panel in charts_of(RULES[name]) if limits <= {value for value, _ in steps(panel)}]
    assert drawn
    assert all(limits <= set(numbers(panel["description"])) for panel in drawn)


HEADS = (
    "", "air", "SCD40", "room-1", "board", "Board_1", "ESP32", "motor-2", "outdoor", "settings", "board2x",
    "temperature100", "humidity:0", "smoke0", "gas0", "flood1", "light0", "switch0/temperature", "a/b",
)  # fmt: skip
LASTS = ("tC", "rh", "lux", "alarm", "Temperature", "CarbonDioxide", "PM2.5", "pm2-5", "carbon-monoxide", "co", "CO2")


@pytest.mark.parametrize("name", sorted({*RULES, "smoke_detector", "gas_detector", "water_leak"}))
def test_dashboards_and_alarms_know_a_quantity_by_the_same_names(name: str) -> None:
    known = shipped().rules[name].match.points
    condition = watched(*sorted(known))
    for head in HEADS:
        for last in (*LASTS, *known, *(point.upper() for point in known), "other"):
            point = f"{head}/{last}" if head else last
            assert lets_in(condition, point) is not known.isdisjoint(names_of(point)), point


def test_what_speaks_of_a_machines_inside_is_in_no_rooms_chart() -> None:
    for point in ("board/temperature", "ESP32/Temperature", "x/motor2/temperature"):
        assert lets_in(inside("temperature"), point)
        assert not lets_in(ROOM_TEMPERATURE, point)
    assert not lets_in(inside("temperature"), "air/temperature")
