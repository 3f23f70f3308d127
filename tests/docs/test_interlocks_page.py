"""The page of the language: its set loads, its conditions parse, print and check, its keys are the program's."""

from labkeeper_edge.interlocks.loading import SUPPLIED, load
from labkeeper_wire import interlock_loading as loading
from labkeeper_wire.conditions.checking import check
from labkeeper_wire.conditions.parser import parse
from labkeeper_wire.interlock_rules import Input, Place

from .pages import blocks, read

PAGE = "docs/reference/interlocks.md"
INPUTS = {
    "fan": Input(Place("d", "fan"), bool),
    "lid": Input(Place("d", "lid"), bool),
    "gas": Input(Place("d", "gas"), float, "%{LEL}"),
    "temperature": Input(Place("d", "temperature"), float, "Cel"),
    "mode": Input(Place("d", "mode"), str),
}


def fenced(language: str) -> list[str]:
    return [block.text for block in blocks(read(PAGE)) if block.language == language]


def test_the_set_on_the_page_loads() -> None:
    (text,) = fenced("toml")
    assert load(text, PAGE).id == "example"


def test_every_condition_on_the_page_is_one_and_is_printed_as_it_is_written() -> None:
    conditions = fenced("text")[2].splitlines()
    assert len(conditions) == 6
    for text in conditions:
        check(parse(text), INPUTS)
        assert str(parse(text)) == text or "(fan for" in text


def test_every_key_of_a_set_and_every_supplied_set_is_described() -> None:
    said = read(PAGE)
    models = (loading._File, loading._Input, loading._Output, loading._Force, loading._Permit)
    keys = {key for model in models for key in model.model_fields}
    assert not [key for key in sorted(keys) if key not in said]
    assert not [name for name in SUPPLIED if f"`{name}`" not in said]
