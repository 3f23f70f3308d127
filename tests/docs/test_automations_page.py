"""The page of automations: its text loads, its conditions parse, its keys and reasons are the program's."""

from labkeeper_hub.automations import border
from labkeeper_hub.automations.loading import SUPPLIED, load
from labkeeper_hub.automations.rules import GIVEN, GIVEN_INPUTS, Input, Places
from labkeeper_hub.automations.trace import Why
from labkeeper_wire.conditions.checking import check
from labkeeper_wire.conditions.parser import parse

from .pages import blocks, read

PAGE = "docs/reference/automations.md"
INPUTS = {
    **GIVEN_INPUTS,
    "co2": Input(Places("co2"), float, "[ppm]"),
    "temperature": Input(Places("temperature"), float, "Cel"),
}


def fenced(language: str) -> list[str]:
    return [block.text for block in blocks(read(PAGE)) if block.language == language]


def test_the_text_on_the_page_loads() -> None:
    (text,) = fenced("toml")
    assert load(text, PAGE).id == "example"


def test_every_condition_on_the_page_is_one_and_is_printed_as_it_is_written() -> None:
    conditions = fenced("text")[1].splitlines()
    assert len(conditions) == 4
    for text in conditions:
        check(parse(text), INPUTS)
        assert str(parse(text)) == text


def test_every_key_every_reason_and_every_supplied_automation_is_described() -> None:
    said = read(PAGE)
    keys = {key for model in (border.File, border.InputBody, border.DeedBody) for key in model.model_fields}
    assert not [key for key in sorted({*keys, *GIVEN} - {"inputs"}) if f"`{key}`" not in said]
    assert not [why for why in Why if f"| `{why}` |" not in said]
    assert not [name for name in SUPPLIED if f"| `{name}` |" not in said]
