"""Texts that are automations, and where those that are none are wrong."""

from pathlib import Path

import pytest

from labkeeper_hub.automations.loading import SUPPLIED, load, read, supplied
from labkeeper_hub.automations.rules import Command, Lamps, Limits, Of, Places, RunScene
from labkeeper_hub.telling.hours import ALWAYS, EVERY_DAY, Hours
from labkeeper_sdk import BadConfiguration

from .given import TEXT, automation


def wrong(text: str) -> BadConfiguration:
    with pytest.raises(BadConfiguration) as caught:
        load(text, "a.toml")
    return caught.value


def changed(before: str, after: str) -> str:
    assert before in TEXT
    return TEXT.replace(before, after)


def test_a_text_says_when_what_how_often_and_of_which_points() -> None:
    one = load(TEXT)
    assert (one.id, tuple(one.room), one.then) == ("fan", ("s", "physics"), (Command(Places("fan"), True),))
    assert str(one.occasion.trigger) == "co2 > 1000 [ppm] for 10 s"
    assert (one.occasion.hours, one.occasion.needs, one.limits) == (ALWAYS, None, Limits(60_000, 3, 0))
    assert one.occasion.inputs["co2"].max_age_s is None


def test_deeds_are_points_scenes_and_lamps() -> None:
    one = automation(then='[{ scene = "end" }, { lamps = true }, { node = "n", device = "d", point = "p", value = 3 }]')
    assert one.then == (RunScene("end"), Lamps(True), Command(Places("p", "n", "d"), 3))


def test_hours_and_a_time_of_day_have_holidays_off_where_days_are_named() -> None:
    named = automation(days='["mon", "fri"]', between='"08:00-17:30"', hold='"2 min"')
    assert named.occasion.hours.days == {1, 5}
    assert named.occasion.hours.holidays is False
    assert (str(named.occasion.hours.start), str(named.occasion.hours.end)) == ("08:00:00", "17:30:00")
    assert named.limits.hold_ms == 120_000
    late = automation(when="", at='"23:55"', holidays="false").occasion.trigger
    assert isinstance(late, Hours)
    assert (late.days, str(late.start), str(late.end), late.holidays) == (EVERY_DAY, "23:55:00", "00:05:00", False)


@pytest.mark.parametrize(
    ("text", "key", "problem"),
    [
        ("id = ", "(whole file)", "not TOML"),
        (changed('id = "fan"', ""), "id", "Field required"),
        (changed('when = "co2 > 1000 [ppm] for 10 s"', ""), "when", "either 'when' or 'at'"),
        (changed("cool_down", 'at = "12:00"\ncool_down'), "when", "either 'when' or 'at'"),
        (changed("co2 > 1000", "co2 >> 1000"), "when", "line 6, column 14: "),
        (
            changed("co2 > 1000", "air > 1000"),
            "when",
            "there is no input 'air'; there are co2, door, empty,",
        ),
        (changed("co2 > 1000 [ppm]", "co2 > 1000 ppm"), "when", "'co2' is in [ppm], not in ppm"),
        (changed("cool_down", 'needs = "door > 1"\ncool_down'), "needs", "is true or false"),
        (changed('"1 min"', '"soon"'), "cool_down", "a time such as '10 s'"),
        (changed("cool_down", 'hold = "1"\ncool_down'), "hold", "a time such as '10 s'"),
        (changed("most_an_hour = 3", "most_an_hour = 60"), "most_an_hour", "less than or equal to 12"),
        (changed("[inputs.door]", "[inputs.lesson]"), "inputs.lesson", "every lab has empty, lesson, lit already"),
        (changed('type = "number"', 'type = "text"'), "inputs.co2.unit", "only a number has a unit"),
        (TEXT + 'max_age = "old"', "inputs.door.max_age", "a time such as '10 s'"),
        (changed("value = true", "scene = 'end'"), "then.0", "is one of: a point with its value, a scene, lamps"),
        (changed(", value = true", ""), "then.0", "is one of: a point with its value, a scene, lamps"),
        (changed("cool_down", 'cooldown = "1 s"\ncool_down'), "cooldown", "Extra inputs"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, key: str, problem: str) -> None:
    found = wrong(text)
    assert (found.key, found.source) == (key, "a.toml")
    assert problem in found.problem


def test_a_file_is_read_and_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    file = tmp_path / "fan.toml"
    file.write_text(TEXT, encoding="utf-8")
    assert read(file) == (load(TEXT), TEXT)
    for content, problem in ((None, "No such file"), (b"\xff", "not UTF-8")):
        file.unlink() if content is None else file.write_bytes(content)
        with pytest.raises(BadConfiguration, match=problem):
            read(file)


def test_what_comes_with_labkeeper_loads_under_its_name_and_lets_the_number_be_the_highest() -> None:
    assert [load(supplied(name), name).id for name in SUPPLIED] == list(SUPPLIED)
    assert load(supplied("fresh-air")).occasion.inputs["co2"].of is Of.HIGHEST
    with pytest.raises(BadConfiguration, match="there is no 'nothing'; there are lights-off"):
        supplied("nothing")
