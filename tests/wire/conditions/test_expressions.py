"""The language: what is printed is parsed to the same tree, no text crashes the parser, mistakes have their place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkeeper_wire.conditions.checking import check
from labkeeper_wire.conditions.expression import (
    COMPARISONS,
    SECONDS,
    And,
    Compare,
    Expression,
    For,
    Is,
    Mistake,
    Moving,
    Not,
    Or,
    Quantity,
    Stale,
)
from labkeeper_wire.conditions.parser import DEEPEST, KEYWORDS, LONGEST, parse
from labkeeper_wire.interlock_rules import Input, Place

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True).filter(lambda name: name not in KEYWORDS)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
POSITIVE = st.floats(min_value=0.001, max_value=1e6)
UNITS = st.sampled_from(["", "Cel", "%{LEL}", "[ppm]", "ug/m3", "m/s2", "/min"])
QUANTITIES = st.one_of(
    st.builds(Quantity, NUMBERS, UNITS),
    st.builds(Quantity, st.booleans()),
    st.builds(Quantity, st.text(st.characters(codec="utf-8"), max_size=12)),
)
LEAVES: st.SearchStrategy[Expression] = st.one_of(
    st.builds(Is, NAMES),
    st.builds(Stale, NAMES),
    st.builds(Compare, NAMES, st.sampled_from(COMPARISONS), QUANTITIES),
    st.builds(Moving, NAMES, st.booleans(), POSITIVE, UNITS, st.sampled_from(["s", "min", "h"])),
)


def _grown(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    lasting = st.builds(For, inner, POSITIVE, st.sampled_from(list(SECONDS)))
    return st.one_of(st.builds(Not, inner), lasting, st.builds(And, several), st.builds(Or, several))


TREES = st.recursive(LEAVES, _grown, max_leaves=8)
INPUTS = {
    "gas": Input(Place("d", "gas"), float, "%{LEL}", 5.0),
    "fan": Input(Place("d", "fan"), bool),
    "mode": Input(Place("d", "mode"), str),
}


def parsed(text: str) -> Expression | Mistake:
    try:
        return parse(text)
    except Mistake as mistake:
        return mistake


@given(TREES)
def test_what_is_printed_is_parsed_to_the_same_tree(tree: Expression) -> None:
    assert parse(str(tree)) == tree


@given(
    st.text(max_size=60)
    | st.lists(st.sampled_from(["gas", "(", ")", "not", "and", "<", "3", '"', "for", "Cel"])).map(" ".join)
)
def test_no_text_crashes_the_parser_and_every_mistake_is_within_the_text(text: str) -> None:
    tree = parsed(text)
    assert 0 <= tree.at <= len(text)
    assert isinstance(tree, Mistake) or parse(str(tree)) == tree


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        ("", 0, "the name of an input is expected, and the text ends"),
        ("gas <", 5, "a value is expected, and the text ends"),
        ("gas < fan", 6, "a value is expected, not 'fan'"),
        ("gas < 1e999", 6, "a value is expected"),
        ("fan fan", 4, "'fan' is not expected here: perhaps 'and' or 'or' is missing"),
        ("(fan", 4, "')' is expected, and the text ends"),
        ("fan and and", 8, "the name of an input is expected, not 'and'"),
        ("fan for 3", 4, "'for' takes a time above zero"),
        ("fan for 0 s", 4, "'for' takes a time above zero"),
        ("gas rising 8", 11, "'by' is expected, not '8'"),
        ("gas rising by 8 Cel", 14, "a unit per s, min or h"),
        ("gas rising by -8 Cel/min", 14, "a number above zero"),
        ('mode == "\\x"', 8, "not written as JSON"),
        ('mode == "', 8, "'\"' means nothing here"),
        ("Fan", 0, "the name of an input is expected, not 'Fan'"),
        ("(" * (DEEPEST + 1) + "fan", DEEPEST, "deep"),
        ("not " * (DEEPEST + 1) + "fan", 4 * DEEPEST, "deep"),
        ("f" * (LONGEST + 1), LONGEST, "characters"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, at: int, words: str) -> None:
    with pytest.raises(Mistake) as raised:
        parse(text)
    assert (raised.value.at, words in raised.value.problem) == (at, True), raised.value.problem


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        ("fan and heater", 8, "there is no input 'heater'; there are fan, gas, mode"),
        ("gas", 0, "'gas' is not true or false: compare it with something"),
        ("fan or gas < 3 [ppm]", 7, "'gas' is in %{LEL}, not in [ppm]"),
        ("gas < 3", 0, "'gas' is in %{LEL}, not in no unit"),
        ("gas == true", 0, "'gas' is a number, and true is true or false"),
        ('fan == "on"', 0, "'fan' is true or false, and \"on\" is a text"),
        ('mode < "b"', 0, "a text can only be compared with == and !="),
        ("gas rising by 3 Cel/min", 0, "'gas' moves by %{LEL}/min, not by Cel/min"),
        ("fan falling by 3 /min", 0, "'fan' moves by no unit/min"),
        ("not (fan for 3 s and stale(nobody))", 21, "there is no input 'nobody'"),
    ],
)
def test_what_does_not_fit_its_input_is_named_with_its_place(text: str, at: int, words: str) -> None:
    with pytest.raises(Mistake) as raised:
        check(parse(text), INPUTS)
    assert (raised.value.at, words in raised.value.problem) == (at, True), raised.value.problem


def test_what_fits_passes() -> None:
    check(parse('fan and gas < 3 %{LEL} and mode != "off" or gas rising by 2 %{LEL}/min or stale(gas)'), INPUTS)
    check(parse("fan == true and not fan for 200 ms"), INPUTS)
