from collections.abc import Iterator
from pathlib import Path

import pytest

from labkeeper_hub.alarms.catalogue import load_site, parse, shipped, with_site
from labkeeper_hub.alarms.rules import AlarmClass, Gate, Kind, Rule
from labkeeper_hub.alarms.states import Priority
from labkeeper_sdk import BadConfiguration

RULE = """
[damp]
title = {{ zh = "湿", en = "Damp" }}
consequence = {{ zh = "霉", en = "Mould" }}
response = {{ zh = "通风", en = "Ventilate" }}
role = "facility"
class = "environment"
source = "a book"
unit = "%"
points = ["humidity"]
levels = [{levels}]
"""
PLAIN = '{ name = "warn", limit = 80, priority = "low" }'
OVERRIDE = """
[[override]]
rule = "co2"
school = "s"
{more}
who = "wang"
why = "small room"
"""


LOW, MEDIUM, HIGH, NOTE = Priority.LOW, Priority.MEDIUM, Priority.HIGH, Priority.NOTE
MEAN, VALUE, RATE = Kind.MEAN, Kind.VALUE, Kind.RATE
ENVIRONMENT, HEALTH, SAFETY = AlarmClass.ENVIRONMENT, AlarmClass.HEALTH, AlarmClass.SAFETY
S, MIN, H = 1_000, 60_000, 3_600_000
Decided = tuple[str, AlarmClass, str, float, str, Kind, int, int, int, float, bool, Priority]
DECIDED: list[Decided] = [
    # rule, class, level, limit, side, kind, window, on_delay, off_delay, deadband, latch, priority: by hand from what
    # was decided about limits and their sources, never from the file
    ("co2", ENVIRONMENT, "note", 1000, ">", MEAN, 10 * MIN, 5 * MIN, 0, 100, False, NOTE),
    ("co2", ENVIRONMENT, "warn", 1500, ">", MEAN, 10 * MIN, 5 * MIN, 0, 100, False, LOW),
    ("co2", ENVIRONMENT, "alarm", 2000, ">", MEAN, 10 * MIN, 5 * MIN, 0, 100, False, MEDIUM),
    ("pm25", ENVIRONMENT, "warn", 50, ">", MEAN, H, 0, 0, 5, False, LOW),
    ("pm25", ENVIRONMENT, "alarm", 75, ">", MEAN, H, 0, 0, 5, False, MEDIUM),
    ("pm10", ENVIRONMENT, "warn", 100, ">", MEAN, 24 * H, 0, 0, 10, False, LOW),
    ("hcho", ENVIRONMENT, "warn", 0.08, ">", MEAN, H, 0, 0, 0.01, False, LOW),
    ("tvoc", ENVIRONMENT, "warn", 0.60, ">", MEAN, 8 * H, 0, 0, 0.05, False, LOW),
    ("co", SAFETY, "low", 9, ">", MEAN, H, 0, 0, 1, False, LOW),
    ("co", SAFETY, "warn", 35, ">", MEAN, 15 * MIN, 0, 0, 3, False, MEDIUM),
    ("co", SAFETY, "alarm", 50, ">", MEAN, 5 * MIN, 0, 0, 5, False, HIGH),
    ("co", SAFETY, "ceiling", 200, ">", VALUE, 0, 30 * S, 0, 20, True, HIGH),
    ("temperature_low", ENVIRONMENT, "note", 18, "<", MEAN, 10 * MIN, 30 * MIN, 90 * MIN, 0.5, False, NOTE),
    ("temperature_low", ENVIRONMENT, "warn", 16, "<", MEAN, 10 * MIN, 30 * MIN, 90 * MIN, 0.5, False, LOW),
    ("temperature_high", ENVIRONMENT, "note", 28, ">", MEAN, 10 * MIN, 30 * MIN, 90 * MIN, 0.5, False, NOTE),
    ("temperature_high", ENVIRONMENT, "warn", 30, ">", MEAN, 10 * MIN, 30 * MIN, 90 * MIN, 0.5, False, LOW),
    ("humidity_low", ENVIRONMENT, "warn", 30, "<", VALUE, 0, 30 * MIN, 0, 2, False, LOW),
    ("humidity_high", ENVIRONMENT, "warn", 80, ">", VALUE, 0, 30 * MIN, 0, 2, False, LOW),
    ("light_desk", HEALTH, "warn", 300, "<", MEAN, 5 * MIN, 5 * MIN, 0, 20, False, LOW),
    ("light_board", HEALTH, "warn", 500, "<", MEAN, 5 * MIN, 5 * MIN, 0, 30, False, LOW),
    ("noise", ENVIRONMENT, "warn", 45, ">", MEAN, 5 * MIN, 10 * MIN, 0, 3, False, LOW),
    ("gas", SAFETY, "warn", 10, ">=", VALUE, 0, 3 * S, 0, 2, False, MEDIUM),
    ("gas", SAFETY, "alarm", 20, ">=", VALUE, 0, 3 * S, 0, 2, True, HIGH),
    ("gas", SAFETY, "danger", 40, ">=", VALUE, 0, 0, 0, 2, True, HIGH),
    ("heat", SAFETY, "alarm", 54, ">=", VALUE, 0, 0, 0, 4, False, HIGH),
    ("heat_rise", SAFETY, "alarm", 8, ">=", RATE, MIN, 0, 0, 2, False, HIGH),
    ("outdoor_air", HEALTH, "advisory", 200, ">", VALUE, 0, 10 * MIN, 0, 10, False, LOW),
]
GATED = {
    "temperature_low": {Gate.USED}, "temperature_high": {Gate.USED}, "noise": {Gate.EMPTY},
    "light_desk": {Gate.LESSON, Gate.LIGHTS}, "light_board": {Gate.LESSON, Gate.LIGHTS},
}  # fmt: skip


def as_shipped(rule: Rule) -> Iterator[Decided]:
    for one in rule.levels:
        how = one.side.value, one.kind, one.window_ms, one.on_delay_ms, one.off_delay_ms, one.deadband, one.latch
        yield rule.id, rule.alarm_class, one.name, one.limit, *how, one.priority


def test_every_default_is_what_was_decided() -> None:
    names = dict.fromkeys(name for name, *_ in DECIDED)
    assert [level for name in names for level in as_shipped(shipped().rules[name])] == DECIDED
    assert {name: set(rule.gates) for name, rule in shipped().rules.items() if rule.gates} == GATED


def test_what_can_kill_is_of_the_safety_class_and_gas_raises_within_three_seconds() -> None:
    rules = shipped().rules
    safety = {name for name, rule in rules.items() if rule.alarm_class is AlarmClass.SAFETY}
    detectors, interlocks = (
        {"smoke_detector", "gas_detector"},
        {"interlock", "interlocks_differ", "interlocks_unapproved"},
    )
    assert safety == {"co", "gas", "heat", "heat_rise", *detectors, *interlocks, "stopped"}
    assert all(level.on_delay_ms <= 3_000 for level in rules["gas"].levels)


def test_every_rule_speaks_both_languages_and_names_its_source() -> None:
    for rule in shipped().rules.values():
        for text in (rule.told.title, rule.told.consequence, rule.told.response):
            assert text.zh != text.en
        assert rule.source


@pytest.mark.parametrize(
    ("levels", "key"),
    [
        ('{ name = "warn", limit = 80, priority = "urgent" }', "damp.levels.0.priority"),
        ('{ name = "warn", limit = nan, priority = "low" }', "damp.levels.0.limit"),
        ('{ name = "warn", limit = 80, priority = "low", on_delay = "5" }', "damp.levels.0.on_delay"),
        ('{ name = "warn", limit = 80, priority = "low", kind = "mean" }', "damp.levels.0"),
        ('{ name = "warn", limit = 80, priority = "low", window = "1 h" }', "damp.levels.0"),
        ('{ name = "warn", limit = 80, priority = "low", colour = "red" }', "damp.levels.0.colour"),
        (f"{PLAIN}, {PLAIN}", "damp"),
        ('{ name = "a", limit = 1, priority = "high" }, { name = "b", limit = 2, priority = "low" }', "damp"),
        ("", "damp.levels"),
    ],
)
def test_a_mistake_is_named_by_its_place(levels: str, key: str) -> None:
    with pytest.raises(BadConfiguration) as wrong:
        parse(RULE.format(levels=levels), "mine.toml")
    assert (wrong.value.key, wrong.value.source) == (key, "mine.toml")


def test_what_is_not_toml_is_named() -> None:
    with pytest.raises(BadConfiguration, match="not TOML"):
        parse("[", "mine.toml")


def test_a_rule_is_read_as_it_is_written() -> None:
    (level,) = parse(RULE.format(levels=PLAIN), "mine.toml").rules["damp"].levels
    assert (level.limit, level.kind) == (80, Kind.VALUE)


def test_a_lab_overrides_its_school_and_a_school_the_catalogue() -> None:
    text = OVERRIDE.format(more='lab = "l"\nlimits = { warn = 1200 }') + OVERRIDE.format(
        more="limits = { warn = 1300, alarm = 1800 }"
    )
    catalogue = with_site(shipped(), text, "site.toml")
    got = {
        where: [level.limit for level in rule.levels]
        for where in (("s", "l"), ("s", "m"), ("t", "l"))
        if (rule := catalogue.rule_for("co2", *where))
    }
    assert got == {("s", "l"): [1000, 1200, 1800], ("s", "m"): [1000, 1300, 1800], ("t", "l"): [1000, 1500, 2000]}


def test_a_lab_has_delays_and_deadbands_of_its_own() -> None:
    more = 'lab = "l"\non_delay = { warn = "10 min" }\noff_delay = { warn = "2 min" }\ndeadband = { warn = 50 }'
    catalogue = with_site(shipped(), OVERRIDE.format(more=more), "site.toml")
    rule, other = catalogue.rule_for("co2", "s", "l"), catalogue.rule_for("co2", "s", "m")
    assert rule is not None
    assert other == shipped().rules["co2"]
    _, warn, alarm = rule.levels
    assert (warn.limit, warn.on_delay_ms, warn.off_delay_ms, warn.deadband) == (1500, 600_000, 120_000, 50)
    assert alarm == shipped().rules["co2"].levels[2]


def test_a_rule_can_be_off_in_a_lab_and_on_again_in_another() -> None:
    text = OVERRIDE.format(more="off = true") + OVERRIDE.format(more='lab = "l"\nlimits = { warn = 1200 }')
    catalogue = with_site(shipped(), text, "site.toml")
    assert catalogue.rule_for("co2", "s", "m") is None
    assert catalogue.rule_for("co2", "s", "l") is not None


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (OVERRIDE.format(more="").replace("co2", "no2"), "override.0.rule"),
        (OVERRIDE.format(more="off = true").replace("co2", "gas"), "override.0.off"),
        (OVERRIDE.format(more="limits = { worst = 1 }"), "override.0.limits.worst"),
        (OVERRIDE.format(more="limits = { alarm = 25 }").replace("co2", "gas"), "override.0.limits.alarm"),
        (OVERRIDE.format(more="").replace('why = "small room"', ""), "override.0.why"),
        (OVERRIDE.format(more='on_delay = { worst = "1 s" }'), "override.0.on_delay.worst"),
        (OVERRIDE.format(more='on_delay = { warn = "25 h" }'), "override.0.on_delay.warn"),
        (OVERRIDE.format(more='on_delay = { alarm = "4 s" }').replace("co2", "gas"), "override.0.on_delay.alarm"),
        (OVERRIDE.format(more="deadband = { alarm = 1 }").replace("co2", "gas"), "override.0.deadband.alarm"),
    ],
)
def test_an_override_that_makes_no_sense_is_named_by_its_place(text: str, key: str) -> None:
    with pytest.raises(BadConfiguration) as wrong:
        with_site(shipped(), text, "site.toml")
    assert wrong.value.key == key


def test_no_file_overrides_nothing(tmp_path: Path) -> None:
    catalogue = shipped()
    assert load_site(catalogue, tmp_path / "none.toml") is catalogue
    (tmp_path / "site.toml").write_text(OVERRIDE.format(more=""), encoding="utf-8")
    assert load_site(catalogue, tmp_path / "site.toml").overrides[0].who == "wang"


def test_a_school_adds_rules_and_overrides_them_too() -> None:
    mine = RULE.format(levels=PLAIN).replace("[damp]", "[rule.damp]")
    text = mine + OVERRIDE.format(more="limits = { warn = 90 }").replace("co2", "damp")
    catalogue = with_site(shipped(), text, "site.toml")
    assert {"damp", "co2"} <= catalogue.rules.keys()
    assert [rule.levels[0].limit for rule in (catalogue.rule_for("damp", of, "l") for of in "st") if rule] == [90, 80]


@pytest.mark.parametrize(
    ("name", "key"), [("rule.gas", "rule.gas"), ('rule."No such"', "rule.No such"), ("rule.a.b", "rule.a.title")]
)
def test_a_school_puts_no_rule_in_the_place_of_another(name: str, key: str) -> None:
    with pytest.raises(BadConfiguration) as wrong:
        with_site(shipped(), RULE.format(levels=PLAIN).replace("damp", name), "site.toml")
    assert wrong.value.key == key


def test_every_latch_of_a_node_is_watched_by_the_last_part_of_its_name() -> None:
    match = shipped().rules["interlock"].match
    assert match("gas/tripped", "")
    assert not match("gas/tripped/why", "")
    assert not match("stripped", "")


def test_a_silent_sensor_is_called_so_whatever_it_measures() -> None:
    rules = shipped().rules
    measured = [rule for rule in rules.values() if not any(point.startswith("#") for point in rule.match.points)]
    assert {point for rule in measured for point in rule.match.points} == rules["sensor_silent"].match.points
    assert rules["sensor_silent"].match("air/noise", "dB{A}")
    assert not rules["sensor_silent"].match("#node_offline", "")


def test_what_always_moves_is_told_by_the_rules_of_it() -> None:
    points = {point for name in ("co2", "pm25", "pm10") for point in shipped().rules[name].match.points}
    assert shipped().rules["sensor_stuck"].match.points == points


@pytest.mark.parametrize(
    ("watches", "key"),
    [
        ('of = ["no_such"]', "damp.of"),
        ('of = ["damp"]', "damp.of"),
        ('points = ["humidity"]\nof = ["*"]', "damp"),
        ("", "damp"),
    ],
)
def test_a_rule_watches_points_or_those_of_rules_that_are_there(watches: str, key: str) -> None:
    text = RULE.format(levels=PLAIN).replace('points = ["humidity"]', watches)
    with pytest.raises(BadConfiguration) as wrong:
        parse(text, "mine.toml")
    assert wrong.value.key == key


def test_what_an_old_line_called_with_is_the_priority_of_its_level_and_low_where_the_rule_is_gone() -> None:
    catalogue = shipped()
    assert [catalogue.priority_of("co2", level) for level in ("warn", "alarm", "gone")] == [LOW, MEDIUM, NOTE]
    assert catalogue.priority_of("gone", "warn") is LOW
