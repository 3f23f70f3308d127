"""Declarations: what a file may say, and what its version depends on."""

from dataclasses import replace
from pathlib import Path

import pytest

from labkeeper_hub.derived.catalogue import load, parse, shipped
from labkeeper_hub.derived.declarations import FormulaKind, Where
from labkeeper_sdk import BadConfiguration, Title

GOOD = """
[noise_mean]
title = { zh = "噪声均值", en = "Noise mean" }
formula = "mean"
point = "{point}_mean"
unit = "dB"
every = "1 min"
window = "5 min"
source = "ours"
inputs = [{ role = "value", points = ["noise"] }]
"""


def test_every_formula_is_shipped_in_both_languages_with_its_source() -> None:
    found = shipped().values()
    assert {one.formula for one in found} == set(FormulaKind)
    assert all(one.title.zh and one.title.en and one.source for one in found)


def test_a_school_adds_its_own_and_switches_shipped_ones_off(tmp_path: Path) -> None:
    assert load(tmp_path / "none.toml") == shipped()
    file = tmp_path / "derived.toml"
    file.write_text(GOOD + "[co2_mean]\noff = true\n", encoding="utf-8")
    found = load(file)
    assert found.keys() ^ shipped().keys() == {"co2_mean", "noise_mean"}
    assert found["noise_mean"].described("noise").name == "noise_mean"


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ('window = "5 min"', "", "noise_mean"),
        ('every = "1 min"', 'every = "0.5 s"', "noise_mean"),
        ('role = "value"', 'role = "other"', "noise_mean"),
        ('role = "value"', 'role = "value", where = "lab"', "noise_mean"),
        ('"mean"', '"median"', "noise_mean.formula"),
        ('unit = "dB"', "unit = 7", "noise_mean.unit"),
        ("[noise_mean]", "[noise_mean", "derived"),
    ],
)
def test_a_mistake_is_named_by_its_place(before: str, after: str, place: str) -> None:
    with pytest.raises(BadConfiguration) as caught:
        parse(GOOD.replace(before, after, 1), "derived.toml")
    assert caught.value.key == place


def test_the_version_is_another_when_other_values_would_be_computed_and_only_then() -> None:
    one = shipped()["co2_mean"]
    assert one.version == replace(one, title=Title("别的", "Other"), source="elsewhere").version
    assert len({one.version, replace(one, window_ms=1).version, replace(one, every_ms=1).version}) == 3
    (read,) = one.inputs
    others = [replace(read, hold_ms=1), replace(read, beside="x"), replace(read, where=Where.LAB)]
    assert len({one.version, *(replace(one, inputs=(other,)).version for other in others)}) == 4
