"""What is drawn is what raises an alarm: limits in the files against the hub's catalogue, rule by rule."""

import re
from collections.abc import Iterator

import pytest

from labkeeper_hub.alarms.catalogue import shipped
from labkeeper_hub.alarms.rules import Kind, Level, Rule
from labkeeper_hub.alarms.states import Priority

from .asking import Json, dashboards, panels

COLOUR = {Priority.NOTE: "yellow", Priority.LOW: "orange", Priority.MEDIUM: "red", Priority.HIGH: "dark-red"}
ASKED = re.compile(r'"point" =~ /((?:[^/\\]|\\.)+)/')
CANNOT_BE_DRAWN = {"heat_rise"}  # a rise, and no value
NOT_CHARTED = {"light_board", "outdoor_air"}  # no chart asks for the board's light or the air outside
BY_UNIT = {"voc"}  # of the rule `tvoc` in mg/m³ only; of most sensors an index, and a chart does not know the unit
RULES = {
    name: rule
    for name, rule in shipped().rules.items()
    if rule.unit and rule.levels[0].kind in {Kind.VALUE, Kind.MEAN, Kind.RATE} and name not in NOT_CHARTED
}
"""Of quantities: detectors and what the hub says of itself have no unit, silence is no value."""
CHARTS = [panel for one in dashboards() for panel in panels(one) if panel["type"] == "timeseries"]


def asks(panel: Json, point: str) -> bool:
    """Whether a panel's questions are for this point."""
    found = [name for target in panel["targets"] for name in ASKED.findall(target["query"])]
    return any(re.search(name.replace("\\/", "/"), point) for name in found)


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


def test_what_is_said_to_be_in_no_chart_is_in_none() -> None:
    assert [name for name in NOT_CHARTED if charts_of(shipped().rules[name])] == []


def numbers(text: str) -> Iterator[float]:
    yield from (float(found) for found in re.findall(r"(?<![\d.])\d+(?:\.\d+)?", text))


@pytest.mark.parametrize("name", sorted(set(RULES) - CANNOT_BE_DRAWN))
def test_the_description_gives_the_limits_in_numbers(name: str) -> None:
    limits = {level.limit for level in RULES[name].levels}
    drawn = [panel for panel in charts_of(RULES[name]) if limits <= {value for value, _ in steps(panel)}]
    assert drawn
    assert all(limits <= set(numbers(panel["description"])) for panel in drawn)
