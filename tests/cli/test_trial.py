"""The unattended demo's judgement: what it commands, what it counts, when it is content."""

from typing import Any

import pytest

from labkeeper_cli.client import Outcome, Target, percentile
from labkeeper_cli.comparison import Differences, Seen, Witnessed
from labkeeper_cli.trial import Verdict, choose, in_our_words, unheard, value_for

TARGET = Target("s", "n", "d", "p")


def point(**told: Any) -> dict[str, Any]:  # noqa: ANN401 -- any field of the API's point
    """A point as the API tells it."""
    usual = {"point": "p", "kind": "setpoint", "type": "float", "options": None, "minimum": None, "maximum": None}
    return {**usual, "step": None, "writable": True, **told}


@pytest.mark.parametrize(
    ("told", "values"),
    [
        ({"options": ["eco", "boost"], "type": "str"}, ["eco", "boost", "eco"]),
        ({"type": "bool", "kind": "switch"}, [True, False, True]),
        ({"type": "bool", "kind": "action"}, [True, True, True]),
        ({"type": "str"}, ["labkeeper 0", "labkeeper 1", "labkeeper 2"]),
        ({"minimum": 0.0, "maximum": 254.0, "step": 1.0}, [64.0, 190.0, 64.0]),
        ({"type": "int", "minimum": -100.0, "maximum": 100.0}, [-50, 50, -50]),
        ({}, [25.0, 75.0, 25.0]),
        ({"minimum": 1.0, "maximum": 1.0}, [1.0, 2.0, 1.0]),
    ],
)
def test_each_turn_asks_for_another_value_of_the_points_type(told: dict[str, Any], values: list[object]) -> None:
    found = [value_for(point(**told), turn) for turn in range(3)]
    assert found == values
    assert [type(one) for one in found] == [type(one) for one in values]


def test_every_writable_point_gets_its_turn_and_a_device_without_one_none() -> None:
    device = {
        "school": "s",
        "node": "n",
        "device": "d",
        "points": [point(point="a"), point(point="b"), point(writable=False)],
    }
    chosen = [choose(device, turn) for turn in range(4)]
    assert [one[0].point for one in chosen if one] == ["a", "b", "a", "b"]
    assert choose({**device, "points": [point(writable=False)]}, 0) is None


def test_a_device_without_a_stored_reading_is_named_unless_it_has_nothing_to_store() -> None:
    devices = [
        {"device": name, "points": [] if name == "bands" else [point()]} for name in ("a", "b", "bands", "other")
    ]
    assert unheard(devices, {"a", "b", "bands"}, [("a", "p")]) == ["b"]


def test_the_devices_words_become_ours() -> None:
    devices = [{"device": "d", "points": [point(point="state", type="bool"), point(point="color/x")]}]
    seen = {
        ("d", "state"): [Seen(1, "ON"), Seen(2, "OFF")],
        ("d", "color.x"): [Seen(1, 0.3)],
        ("d", "text"): [Seen(1, "ON")],
    }
    ours = in_our_words(Witnessed(seen, {}), devices)
    assert ours.seen == {
        ("d", "state"): [Seen(1, True), Seen(2, False)],
        ("d", "color/x"): [Seen(1, 0.3)],
        ("d", "text"): [Seen(1, "ON")],
    }


@pytest.mark.parametrize(
    "spoilt",
    [
        {"devices_online": 1},
        {"devices_total": 0, "devices_online": 0},
        {"outcomes": []},
        {"outcomes": [Outcome(TARGET, "failed", "not_confirmed", 5.0)]},
        {"differences": Differences(missing=1)},
        {"differences": Differences(invented=1)},
        {"differences": Differences(altered=1)},
        {"remarks": ["the ledger does not balance"]},
    ],
)
def test_only_a_whole_success_is_a_success(spoilt: dict[str, Any]) -> None:
    good: dict[str, Any] = {"devices_online": 2, "devices_total": 2, "outcomes": [Outcome(TARGET, "done", "", 5.0)]}
    assert Verdict("mosquitto", **good).exit == 0
    assert Verdict("mosquitto", **{**good, **spoilt}).exit == 1


def test_the_last_line_has_the_words_others_read() -> None:
    outcomes = [Outcome(TARGET, "done", "", float(wait)) for wait in range(1, 101)]
    told = Verdict("amqtt", 1, 1, 5, 5, outcomes=outcomes).as_json()
    assert (told["command_p50_ms"], told["command_p99_ms"], told["commands_done"]) == (51.0, 100.0, 100)
    assert set(told) == {
        *("devices_online", "devices_total", "readings_taken", "readings_stored", "readings_missing"),
        *("readings_invented", "readings_altered", "commands_sent", "commands_done", "command_p50_ms"),
        *("command_p99_ms", "broker", "exit"),
    }
    assert percentile([], 0.5) == 0.0
