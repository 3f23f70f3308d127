"""Which points gold tries: what has a safe value and a time, one of each kind where that is enough."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from labkeeper_cli.driver.actuators import Kept, Pressed, guarded, one_of_each_kind, some_actions, to_be_tried
from labkeeper_sdk import Value
from labkeeper_sdk.conformance import Fault
from labkeeper_sdk.conformance.outcomes import Spared
from labkeeper_sdk.testing import Stand
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import PointDescription

TRUTH: Mapping[str, Value] = {"relay": False, "fan": False, "speed": 0.0}


class NoWire:
    """Nothing lies in between."""


def stand(orders: Callable[[str, str], int] | None = None) -> Stand:
    wire: Any = NoWire()
    return Stand(settings={}, wire=wire, truth=lambda _, point: TRUTH.get(point), orders=orders)


def point(name: str, kind: str = "switch", datatype: int = DataType.BOOLEAN, **said: Any) -> PointDescription:  # noqa: ANN401 -- a point's own fields
    return PointDescription(name, kind, datatype, writable=True, **said)


def at(*points: PointDescription) -> dict[tuple[str, str], PointDescription]:
    return {("pump", it.name): it for it in points}


RELAY = point("relay", safe_value=False, link_loss_s=1.0)
STOP = point("stop", "action", safe_value=True, link_loss_s=1.0)
IDENTIFY = point("identify", "action")


def test_what_has_a_safe_value_and_a_time_is_tried_actions_too() -> None:
    late = point("speed", "setpoint", DataType.DOUBLE, safe_value=0.0, link_loss_s=61.0)
    found = to_be_tried(stand(), at(point("fan", safe_value=False), RELAY, late, STOP, IDENTIFY))
    assert [(type(it), it.point.name) for it in found] == [(Kept, "relay"), (Pressed, "stop")]


def test_any_text_is_not_tried_for_nobody_knows_another() -> None:
    text = point("word", "setpoint", DataType.STRING, safe_value="", link_loss_s=1.0)
    assert [it.point.name for it in guarded(stand(), at(text, RELAY))] == ["relay"]


def test_an_actuator_the_bench_cannot_tell_is_a_fault_of_the_bench() -> None:
    with pytest.raises(Fault, match="valve has a safe value and a link_loss_s, and the bench's `truth`"):
        guarded(stand(), at(RELAY, point("valve", safe_value=False, link_loss_s=1.0)))


def test_a_driver_whose_switches_are_never_made_safe_is_told_so_and_one_of_actions_is_spared() -> None:
    with pytest.raises(Fault, match="no actuator has a safe value"):
        to_be_tried(stand(), at(point("fan")))
    with pytest.raises(Spared):
        to_be_tried(stand(), at(IDENTIFY))


def test_whether_an_action_was_pressed_is_asked_of_the_bench() -> None:
    counts = iter((1, 1))
    assert Pressed(stand(lambda _device, _point: next(counts)), "pump", STOP).is_safe()
    with pytest.raises(Fault, match="no `orders`"):
        Pressed(stand(), "pump", STOP).is_safe()


def test_one_of_each_kind_and_type_is_enough_for_a_repeated_id() -> None:
    speed = point("speed", "setpoint", DataType.DOUBLE, safe_value=0.0, link_loss_s=1.0)
    fan = point("fan", safe_value=False, link_loss_s=1.0)
    chosen = one_of_each_kind(guarded(stand(), at(STOP, RELAY, fan, speed)))
    assert [it.point.name for it in chosen] == ["relay", "speed"]


def test_of_each_datatype_an_action_is_told_something_it_may_be_told() -> None:
    move = point("move", "action", DataType.STRING, options=("open", "stop"))
    said = some_actions(
        at(
            point("say", "action", DataType.STRING),
            move,
            STOP,
            IDENTIFY,
            point("turn", "action", DataType.INT64, minimum=1),
            point("push", "action", DataType.DOUBLE),
        )
    )
    assert {key[1]: value for key, value in said.items()} == {"move": "open", "stop": True, "turn": 1, "push": 0.0}
    assert type(said["pump", "turn"]) is int
