"""Points say what a device can, and refuse what it cannot."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkeeper_sdk import Action, CommandRejected, Event, Measure, Point, Risk, Setpoint, State, Switch, Title, accept

TARGET = Setpoint("target", unit="Cel", minimum=-20, maximum=80, safe_value=20.0, link_loss_s=30)


@pytest.mark.parametrize("name", ["", "/a", "a/", "a//b", "a b", "#", "温度", "-a", "a/+"])
def test_a_name_that_cannot_travel_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="point name"):
        Measure(name)


@pytest.mark.parametrize("name", ["co2", "color/x", "state_l1", "motors/left-speed", "a.b"])
def test_ordinary_names_are_welcome(name: str) -> None:
    assert Measure(name).name == name


def test_a_link_loss_time_needs_somewhere_to_go() -> None:
    with pytest.raises(ValueError, match="safe_value"):
        Switch("on", link_loss_s=5)


def test_only_what_is_observed_can_be_a_stop_button() -> None:
    assert State("button", stops=True).stops
    for wrong in (Switch, Measure, Action):
        with pytest.raises(ValueError, match="stop button"):
            wrong("button", stops=True)


def test_limits_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(ValueError, match="above maximum"):
        Setpoint("x", minimum=2, maximum=1)


def test_a_safe_value_must_itself_be_allowed() -> None:
    with pytest.raises(CommandRejected, match="takes -20 to 80 Cel"):
        Setpoint("target", unit="Cel", minimum=-20, maximum=80, safe_value=90.0)


def test_each_kind_says_its_word_and_whether_it_obeys() -> None:
    kinds: list[Point] = [Measure("a"), State("a"), Event("a"), Setpoint("a"), Switch("a"), Action("a")]
    assert [(point.kind, point.writable) for point in kinds] == [
        ("measure", False),
        ("state", False),
        ("event", False),
        ("setpoint", True),
        ("switch", True),
        ("action", True),
    ]
    assert Switch("a", risk=Risk.MOTION).risk == "motion"


def test_a_title_is_there_if_either_language_is() -> None:
    assert Title(zh="灯")
    assert Title(en="light")
    assert not Title()


@given(st.floats(-20, 80))
def test_what_is_within_limits_is_taken_as_it_is(value: float) -> None:
    assert accept(TARGET, value) == value


def test_an_integer_is_welcome_where_a_float_is_asked_for() -> None:
    taken = accept(TARGET, 21)
    assert (taken, type(taken)) == (21.0, float)


@pytest.mark.parametrize(
    ("point", "value", "code"),
    [
        (Measure("a"), 1.0, "read_only"),
        (TARGET, "21", "wrong_type"),
        (TARGET, True, "wrong_type"),
        (TARGET, None, "wrong_type"),
        (TARGET, [1], "wrong_type"),
        (TARGET, -20.1, "out_of_range"),
        (TARGET, 80.1, "out_of_range"),
        (TARGET, math.nan, "not_finite"),
        (TARGET, math.inf, "not_finite"),
        (Setpoint("n", type=int), 1.0, "wrong_type"),
        (Switch("s"), 1, "wrong_type"),
        (Setpoint("mode", type=str, options=("eco", "boost")), "turbo", "not_an_option"),
    ],
)
def test_a_command_nobody_could_execute_is_rejected_by_its_reason(point: Point, value: object, code: str) -> None:
    with pytest.raises(CommandRejected) as rejected:
        accept(point, value)
    assert rejected.value.code == code


def test_text_without_options_and_numbers_without_limits_are_free() -> None:
    assert accept(Setpoint("t", type=str), "anything") == "anything"
    assert accept(Setpoint("n", type=int, minimum=0), 10**12) == 10**12
    assert accept(Setpoint("n", type=int, maximum=0), -5) == -5
    assert accept(Setpoint("m", type=str, options=("a",)), "a") == "a"
    assert accept(Switch("s"), False) is False
