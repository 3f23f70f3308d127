"""What a condition is: true, false or not known; nothing that is missing makes it true."""

from hypothesis import given
from hypothesis import strategies as st

from labkeeper_sdk import Value
from labkeeper_wire.conditions.evaluate import Look, Memory, Truth, missing
from labkeeper_wire.conditions.expression import And, Compare, Expression, Is, Not, Or, Quantity
from labkeeper_wire.conditions.parser import parse

NAMES = ("a", "b", "n")
LEAVES: st.SearchStrategy[Expression] = st.one_of(
    st.sampled_from([Is("a"), Is("b"), Compare("n", "<", Quantity(5.0)), Compare("n", "!=", Quantity(2.0))])
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.tuples(inner, inner)),
        st.builds(Or, st.tuples(inner, inner)),
    ),
    max_leaves=8,
)
VALUES = st.fixed_dictionaries({"a": st.booleans(), "b": st.booleans(), "n": st.floats(0, 10)})


class Clock:
    """One condition, looked at again and again."""

    def __init__(self, text: str) -> None:
        self.tree, self.memory, self.due_s = parse(text), Memory(), 0.0

    def at(self, now_s: float, **values: Value) -> Truth:
        look = Look(values, now_s, self.memory)
        truth = look.at(self.tree)
        self.memory, self.due_s = look.memory, look.due_s
        return truth


@given(TREES, VALUES, st.sets(st.sampled_from(NAMES)))
def test_an_input_that_is_lost_never_turns_a_condition_it_only_makes_it_unknown(
    tree: Expression, values: dict[str, Value], lost: set[str]
) -> None:
    whole = Look(values, 0.0, Memory()).at(tree)
    left = {name: value for name, value in values.items() if name not in lost}
    assert Look(left, 0.0, Memory()).at(tree) in (whole, None)
    assert whole is not None


def test_every_comparison_means_what_it_says() -> None:
    for text, wanted in {
        "n < 2": False,
        "n <= 2": True,
        "n > 2": False,
        "n >= 2": True,
        "n == 2": True,
        "n != 2": False,
    }.items():
        assert Clock(text).at(0, n=2.0) is wanted, text
    assert Clock('mode == "off"').at(0, mode="off") is True


def test_stale_is_never_unknown() -> None:
    assert Clock("stale(n)").at(0) is True
    assert Clock("stale(n)").at(0, n=1.0) is False
    assert Clock("n < 3 or stale(n)").at(0) is True


def test_for_needs_it_without_a_break_and_says_when_to_look_again() -> None:
    clock = Clock("a for 3 s")
    assert clock.at(10, a=True) is False
    assert clock.due_s == 13
    assert clock.at(12.9, a=True) is False
    assert clock.at(13, a=True) is True
    assert clock.at(14, a=False) is False
    assert clock.at(15, a=True) is False
    assert clock.at(17) is None, "what is not known breaks it"
    assert clock.at(18, a=True) is False


def test_a_rise_is_judged_within_its_window_from_the_lowest_value() -> None:
    clock = Clock("n rising by 8 Cel/min")
    assert clock.at(0, n=20.0) is False
    assert clock.at(10, n=18.0) is False
    assert clock.at(50, n=25.9) is False
    assert clock.at(60, n=26.0) is True
    assert clock.at(70, n=26.0) is True
    assert clock.due_s < 72
    assert clock.at(72, n=26.0) is False, "the lowest value is more than a minute ago"
    assert clock.at(73) is None
    assert clock.at(74, n=40.0) is False, "after a gap it begins anew"


def test_a_fall_is_a_rise_downwards_and_steps_are_what_people_read() -> None:
    assert 8.2 - 0.2 < 8
    clock = Clock("n rising by 8 Cel/min or n falling by 5 Cel/s")
    assert clock.at(0, n=0.2) is False
    assert clock.at(0.5, n=8.2) is True
    assert clock.at(1.0, n=8.2 - 5.5) is True


def test_what_is_missing_is_named_part_by_part() -> None:
    tree = parse("a and n < 5 Cel and not b")
    assert missing(tree, Look({"a": True, "n": 7.0}, 0, Memory())) == "n < 5 Cel; not b"
    assert missing(parse("a"), Look({}, 0, Memory())) == "a"
