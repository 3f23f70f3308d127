import pytest

from labkeeper_drivers.zigbee2mqtt.codecs import Number, Text
from labkeeper_drivers.zigbee2mqtt.exposes import Binding
from labkeeper_drivers.zigbee2mqtt.state import LATEST_MS, Memory, Problem, device_time_ms, values_in
from labkeeper_sdk import Event, Measure, Reading, Setpoint

TEMPERATURE = Binding(Measure("temperature"), ("temperature",), Number())
HUE = Binding(Setpoint("color/hue"), ("color", "hue"), Number())
X = Binding(Setpoint("color/x"), ("color", "x"), Number())
BUTTON = Binding(Event("action"), ("action",), Text())
BINDINGS = {"temperature": (TEMPERATURE,), "color": (HUE, X), "action": (BUTTON,)}


@pytest.mark.parametrize(
    ("said", "time_ms"),
    [
        (1551454365941, 1551454365941),
        (1551454365941.0, 1551454365941),
        ("2019-03-01T15:32:45.941Z", 1551454365941),
        ("2019-03-01T16:32:45+01:00", 1551454365000),
        ("1969-12-31T23:59:59Z", None),
        ("2019-03-01T15:32:45", None),
        ("3 minutes ago", None),
        ("9999-12-31T23:59:59-23:59", 253402387139000),
        (-1, None),
        (LATEST_MS, None),
        (True, None),
        (None, None),
        ([], None),
    ],
)
def test_the_devices_time_is_read_in_each_of_the_bridges_formats(said: object, time_ms: int | None) -> None:
    assert device_time_ms(said) == time_ms


def test_known_properties_are_read_and_others_left_alone() -> None:
    document: dict[str, object] = {"temperature": 21.5, "new_thing": 1, "color": {"x": 0.3, "z": 1}}
    assert list(values_in(document, BINDINGS)) == [(TEMPERATURE, 21.5), (X, 0.3)]


def test_null_says_the_device_does_not_know() -> None:
    assert list(values_in({"temperature": None, "color": None, "action": None}, BINDINGS)) == [(TEMPERATURE, None)]


def test_a_button_that_is_let_go_says_nothing() -> None:
    assert list(values_in({"action": ""}, BINDINGS)) == []


def test_a_value_of_the_wrong_shape_is_a_problem_of_its_point_alone() -> None:
    found = list(values_in({"color": [1], "temperature": 20}, {"color": (X,), "temperature": (TEMPERATURE,)}))
    assert found == [Problem("color/x", "wrong_type", "list where an object belongs"), (TEMPERATURE, 20.0)]
    assert list(values_in({"temperature": "20"}, BINDINGS)) == [
        Problem("temperature", "wrong_type", "str where a number belongs")
    ]


def test_a_reading_has_the_devices_time() -> None:
    assert Memory().take(TEMPERATURE, 20.0, 1000) == Reading("temperature", 20.0, 1000)
    assert Memory().take(TEMPERATURE, 20.0, None) == Reading("temperature", 20.0, None)


def test_two_values_never_share_one_time() -> None:
    memory = Memory()
    readings = [memory.take(TEMPERATURE, value, 1000) for value in (20.0, 20.0, 21.0, 21.0, 20.0)]
    assert [reading.time_ms for reading in readings if reading] == [1000, 1000, None, None, 1000]


def test_a_button_pressed_twice_within_the_clocks_step_is_two_events() -> None:
    memory = Memory()
    readings = [memory.take(BUTTON, "single", 1000) for _ in range(2)]
    assert [reading.time_ms for reading in readings if reading] == [1000, None]


def test_null_is_news_only_after_a_value() -> None:
    memory = Memory()
    assert memory.take(TEMPERATURE, None, 1) is None
    assert memory.take(TEMPERATURE, 20.0, 2) == Reading("temperature", 20.0, 2)
    assert memory.take(TEMPERATURE, None, 3) == Reading("temperature", None, 3)
    assert memory.take(TEMPERATURE, None, 4) is None


def test_what_the_broker_kept_never_covers_what_was_just_said() -> None:
    memory = Memory()
    memory.keep(TEMPERATURE, 18.0)
    assert memory.values == {"temperature": 18.0}
    memory.take(TEMPERATURE, 20.0, None)
    memory.keep(TEMPERATURE, 18.0)
    assert memory.values == {"temperature": 20.0}
