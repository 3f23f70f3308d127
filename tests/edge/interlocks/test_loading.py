"""Sets out of TOML: the supplied ones load, and whatever is wrong is named with its key and its place."""

from pathlib import Path

import pytest

from labkeeper_edge.interlocks.command import summary
from labkeeper_edge.interlocks.loading import SUPPLIED, chosen, load, supplied
from labkeeper_sdk import BadConfiguration

GOOD = supplied("chemistry")


def problem(text: str) -> str:
    with pytest.raises(BadConfiguration) as raised:
        load(text, "i.toml")
    return str(raised.value)


@pytest.mark.parametrize("name", SUPPLIED)
def test_a_supplied_set_loads_has_both_languages_and_says_what_it_does(name: str) -> None:
    rules = chosen(name)
    assert rules.id == name
    assert all(rule.told.title.zh and rule.told.advice.en for rule in rules.all)
    assert all(name not in (one.title.zh, one.title.en) for name, one in rules.inputs.items())
    assert summary(rules).endswith(rules.hash)


def test_the_hash_is_of_the_content_and_not_of_its_layout() -> None:
    assert load(GOOD + "\n# a comment\n").hash == load(GOOD).hash
    assert load(GOOD.replace("gas >= 20", "gas >= 21")).hash != load(GOOD).hash


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('id = "chemistry"', "id = ", "not TOML"),
        ('id = "chemistry"', 'id = "Chemistry"', "id"),
        ('point = "gas_value"', 'spot = "gas_value"', "inputs.gas"),
        ('max_age = "5 s", title = { zh = "可', 'max_age = "5", title = { zh = "可', "max_age: a time such as '10 s'"),
        ('max_age = "5 s", title = { zh = "可', 'max_age = "0 s", title = { zh = "可', "inputs.gas.max_age"),
        ('point = "fan/power", max', 'point = "fan/power", unit = "V", max', "inputs.fan.unit: only a number"),
        ("heater = false, fan", "oven = false, fan", "force.gas.then: 'oven' is none of valve, heater, fan, lamp"),
        ("可燃气体", "气|体", "inputs.gas.title.zh"),
        ('lamp = "lamp"', 'lamp = "lamb"', "lamp: 'lamb' is none of"),
        ('output = "heater"', 'output = "oven"', "permit.heater-on.output"),
        ("[permit.heater-on]", "[permit.gas]", "'gas' is a force and a permit"),
        ('when = "gas >= 20 %{LEL}"', 'when = "gas >= 20"', "force.gas.when: line 25, column 9: 'gas' is in %{LEL}"),
        ('reset = "reset"', 'reset = "gas"', "force.gas.reset: a button is true"),
        ('reset = "reset"', 'reset = "no"', "force.gas.reset: 'no' is none of"),
        (
            "gas < 10 %{LEL}",
            "gas < 10 [ppm]",
            "character 9: 'gas' is in %{LEL}, not in [ppm]\n  fan and gas < 10 [ppm]\n          ^",
        ),
    ],
)
def test_a_mistake_is_named_with_its_key_and_its_place(old: str, new: str, words: str) -> None:
    assert old in GOOD
    assert words in problem(GOOD.replace(old, new)), problem(GOOD.replace(old, new))


def test_a_file_that_cannot_be_read_and_a_set_that_does_not_exist_are_said(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="No such file"):
        chosen(str(tmp_path / "none.toml"))
    (tmp_path / "latin.toml").write_bytes(b"\xff")
    with pytest.raises(BadConfiguration, match="not UTF-8"):
        chosen(str(tmp_path / "latin.toml"))
    with pytest.raises(BadConfiguration, match="there is no set"):
        supplied("kitchen")
