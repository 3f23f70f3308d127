"""What the page's form shows of a text, and what it leaves to the text."""

import pytest

from labkeeper_hub.automations.as_form import form_of
from labkeeper_hub.automations.loading import SUPPLIED, load, supplied

HEAD = """
id = "x"
title = { zh = "甲", en = "X" }
school = "s"
lab = "l"
"""
INPUTS = """
[inputs.seen]
node = "n"
device = "air"
point = "co2"
type = "number"
unit = "[ppm]"
max_age = "10 min"
[inputs.seen2]
node = "n"
device = "door"
point = "contact"
[inputs.seen3]
node = "n"
device = "hood"
point = "mode"
type = "text"
"""
LAMPS = "then = [{ lamps = false }]"
CO2 = {"what": "point", "node": "n", "device": "air", "point": "co2", "type": "number", "unit": "[ppm]"}
DOOR = {"what": "point", "node": "n", "device": "door", "point": "contact", "type": "bool", "unit": "", "limit": None}
MODE = {"what": "point", "node": "n", "device": "hood", "point": "mode", "type": "text", "unit": ""}


def form(body: str, inputs: str = INPUTS) -> dict[str, object] | None:
    text = f"{HEAD}{body}\n{LAMPS}\n{inputs}"
    load(text)  # nothing else is ever shown
    return form_of(text)


def test_any_of_several_triggers_and_all_of_several_conditions() -> None:
    found = form(
        'when = "seen > 1500 [ppm] for 5 min or (not lesson) for 30 s or seen3 == \\"cool\\""\n'
        'needs = "empty and not seen2 and not lit and seen2"\nbetween = "07:00-18:00"'
    )
    assert found == {
        "triggers": [
            {**CO2, "sign": ">", "limit": 1500, "minutes": 5},
            {"what": "lesson_over", "minutes": 0.5},
            {**MODE, "sign": "==", "limit": "cool", "minutes": 0},
        ],
        "at": None,
        "needs": [{"what": "empty"}, {**DOOR, "sign": "off"}, {"what": "dark"}, {**DOOR, "sign": "on"}],
        "between": "07:00-18:00",
        "then": [{"lamps": False}],
        "kept": {},
    }


def test_a_time_of_day_and_what_the_form_keeps_without_showing_it() -> None:
    kept = 'days = ["mon"]\nholidays = true\ncool_down = "20 min"\nhold = "5 min"\nmost_an_hour = 2'
    found = form(f'at = "18:30"\n{kept}')
    assert found is not None
    assert (found["triggers"], found["at"]) == ([], "18:30")
    assert found["kept"] == {
        "days": ["mon"],
        "holidays": True,
        "cool_down": "20 min",
        "most_an_hour": 2,
        "hold": "5 min",
    }


def test_every_deed_of_one_point_or_of_the_lab_is_shown_and_one_of_many_points_is_not() -> None:
    text = HEAD + 'when = "used"\nthen = [{ scene = "end" }, { node = "n", device = "d", point = "p", value = 3 }]'
    shown = form_of(text.replace("used", "empty"))
    assert shown is not None
    assert shown["then"] == [{"scene": "end"}, {"node": "n", "device": "d", "point": "p", "value": 3}]
    assert form_of(text.replace("used", "empty").replace('node = "n", ', "")) is None


@pytest.mark.parametrize(
    "body",
    [
        'when = "seen rising by 3 [ppm]/min"',
        'when = "not (empty and lit)"',
        'when = "not seen > 3 [ppm]"',
        'when = "empty and lit"',
        'when = "seen3 != \\"cool\\""',
        'when = "empty"\nneeds = "lit or empty"',
        'when = "empty"\nneeds = "lit for 3 min"',
    ],
)
def test_what_only_a_text_can_say_is_left_to_it(body: str) -> None:
    assert form(body) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [('max_age = "10 min"', 'max_age = "9 min"'), ('node = "n"\ndevice = "air"', ""), ("type", 'of = "lowest"\ntype')],
)
def test_an_input_that_the_form_would_write_otherwise_is_left_to_the_text(old: str, new: str) -> None:
    assert form('when = "seen > 1 [ppm]"', INPUTS.replace(old, new, 1)) is None


def test_what_comes_with_labkeeper_can_be_asked() -> None:
    assert [form_of(supplied(name)) is None for name in SUPPLIED] == [True, True, True]
