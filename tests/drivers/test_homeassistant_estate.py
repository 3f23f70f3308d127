"""What announces itself, becomes points, says values, and is asked."""
# ruff: noqa: E501 -- tables of announcements

import asyncio
import json
from typing import Any

import pytest

from labkeeper_drivers.firsts import Firsts
from labkeeper_drivers.homeassistant import estate as estate_module
from labkeeper_drivers.homeassistant.estate import Estate
from labkeeper_drivers.lapsing import Later
from labkeeper_drivers.listening import Heard, Listen, Outgoing
from labkeeper_sdk import (
    Action,
    Availability,
    CommandRejected,
    Event,
    Found,
    Gone,
    Measure,
    Nonsense,
    Point,
    Reading,
    Report,
    Risk,
    Setpoint,
    State,
    Switch,
    Title,
    Value,
)
from labkeeper_sdk.testing import Broker
from tests.drivers.conftest import Lab, open_driver, open_firmware

DEVICE = {"ids": ["esp-1"], "name": "气象站", "mf": "Sample", "mdl": "E1", "sw": "1.0"}


def heard(estate: Estate, topic: str, said: object, *, retain: bool = False) -> tuple[Heard, ...]:
    payload = said if isinstance(said, bytes) else said.encode() if isinstance(said, str) else json.dumps(said).encode()
    return estate.hear(topic, payload, retain=retain)


def announce(estate: Estate, component: str, config: dict[str, Any], name: str = "it") -> tuple[Heard, ...]:
    document = {"dev": DEVICE, "uniq_id": f"u_{name}", **config}
    return heard(estate, f"homeassistant/{component}/{name}/config", document)


def points(estate: Estate) -> dict[str, Point]:
    info = estate._announced.get("esp-1")
    return {point.name: point for point in info.points} if info is not None else {}


def read(estate: Estate, topic: str, said: object) -> list[tuple[str, Value | None]]:
    events = heard(estate, topic, said)
    return [(one.point, one.value) for event in events if isinstance(event, Report) for one in event.readings]


def sent(estate: Estate, point: str, value: Value) -> tuple[str, bytes]:
    (message,) = estate.command("esp-1", point, value).messages
    assert message.qos == 0
    return message.topic, message.payload


def test_a_device_grows_with_every_entity_it_announces() -> None:
    estate = Estate()
    found, available, listen = announce(estate, "sensor", {"stat_t": "a", "unit_of_meas": "°C"}, "t")
    assert isinstance(found, Found)
    assert (found.device.id, found.device.title, found.device.make) == ("esp-1", Title(zh="气象站"), "Sample")
    assert available == Availability("esp-1", online=True)
    assert listen == Listen((("a", 1),))
    again = announce(estate, "binary_sensor", {"stat_t": "a"}, "b")
    assert isinstance(again[0], Found)
    assert [type(point) for point in again[0].device.points] == [State, Measure]
    assert not any(isinstance(event, Listen) for event in again)


def test_an_entity_without_a_device_is_one() -> None:
    estate = Estate()
    for topic, config, device in (
        ("homeassistant/sensor/room 1/config", {"stat_t": "x"}, "room_1"),
        ("homeassistant/sensor/node/obj/config", {"stat_t": "x", "unique_id": "u/1"}, "u_1"),
        ("homeassistant/sensor/c/config", {"stat_t": "x", "device": {"connections": [["mac", "AA:BB"]]}}, "AA:BB"),
        ("homeassistant/sensor/d/config", {"stat_t": "x", "device": {"identifiers": "one"}}, "one"),
    ):
        found = heard(estate, topic, config)[0]
        assert isinstance(found, Found)
        assert found.device.id == device


def test_a_device_may_announce_everything_at_once() -> None:
    estate = Estate()
    topic = "homeassistant/device/esp/config"
    components = {
        "t": {"p": "sensor", "stat_t": "~/t", "unit_of_meas": "°C"},
        "s": {"p": "switch", "cmd_t": "~/s/set", "stat_t": "s/~"},
    }
    document = {"dev": DEVICE, "o": {"name": "fw"}, "~": "base", "avty_t": "~/there", "cmps": components}
    assert [type(event) for event in heard(estate, topic, document)] == [Found, Availability, Listen]
    assert set(points(estate)) == {"t", "s"}
    assert heard(estate, "base/there", "online") == (Availability("esp-1", online=True),)
    assert read(estate, "s/base", "ON") == [("s", True)]
    assert sent(estate, "s", value=True) == ("base/s/set", b"ON")
    less = {**document, "cmps": {**components, "s": {"p": "switch"}, "odd": 7, "none": {}}}
    heard(estate, topic, less)
    assert set(points(estate)) == {"t"}
    assert heard(estate, topic, b"") == (Gone("esp-1"),)
    assert heard(estate, topic, {"cmps": components})[0] == Nonsense(
        "device_esp", "bad_description", "a device that does not say which it is"
    )


CASES: list[tuple[str, dict[str, Any], list[type[Point]], list[tuple[str, object, list[tuple[str, Value | None]]]]]] = [
    ("sensor", {"stat_t": "a", "dev_cla": "power"}, [Measure], [("a", "5.5", [("it", 5.5)]), ("a", "None", [("it", None)]), ("a", " ", [])]),
    ("sensor", {"stat_t": "a"}, [State], [("a", "fine", [("it", "fine")]), ("a", "unknown", [("it", None)])]),
    ("sensor", {"stat_t": "a", "dev_cla": "enum", "ops": ["x", "y"]}, [State], [("a", "x", [("it", "x")]), ("a", "z", [])]),
    ("binary_sensor", {"stat_t": "a", "pl_on": 1, "pl_off": 0}, [State], [("a", "1", [("it", True)]), ("a", "2", [])]),
    ("switch", {"cmd_t": "s", "stat_t": "a", "stat_on": "yes", "stat_off": "no"}, [Switch], [("a", "yes", [("it", True)])]),
    ("number", {"cmd_t": "s", "stat_t": "a", "min": 0, "max": 9}, [Setpoint], [("a", "4", [("it", 4.0)]), ("a", "nan", [])]),
    ("select", {"cmd_t": "s", "stat_t": "a", "ops": ["x", "y"]}, [Setpoint], [("a", "y", [("it", "y")])]),
    ("text", {"cmd_t": "s", "stat_t": "a"}, [Setpoint], [("a", "hello", [("it", "hello")])]),
    ("button", {"cmd_t": "s"}, [Action], []),
    ("scene", {"cmd_t": "s"}, [Action], []),
    ("event", {"stat_t": "a", "evt_typ": ["press"]}, [Event], [
        ("a", {"event_type": "press"}, [("it", "press")]), ("a", {"event_type": "hold"}, []), ("a", b"x", []),
    ]),
    ("device_automation", {"atype": "trigger", "t": "a", "pl": "short", "type": "button_short_press", "stype": "b1"}, [Event], [
        ("a", "short", [("it", "b1 button_short_press")]), ("a", "long", []),
    ]),
    ("light", {"cmd_t": "s", "stat_t": "a", "bri_cmd_t": "b", "bri_stat_t": "c", "fx_list": ["rain"], "fx_cmd_t": "f",
               "rgb_cmd_t": "r", "rgb_stat_t": "q"}, [Switch, Setpoint, Action, Setpoint], [
        ("a", "ON", [("it", True)]), ("c", "128", [("it/brightness", 128.0)]), ("q", "1,2,3", [("it/rgb", "1,2,3")]),
        ("q", "1,2", []), ("q", "", []),
    ]),
    ("light", {"schema": "json", "cmd_t": "s", "stat_t": "a", "sup_clrm": ["color_temp", "hs"], "fx_list": ["rain"]},
     [Switch, Setpoint, Setpoint, Setpoint, Setpoint], [
        ("a", {"state": "ON", "brightness": 9, "color_temp": 200, "color": {"h": 1.5, "s": 2}, "effect": None}, [
            ("it", True), ("it/brightness", 9.0), ("it/color_temp", 200.0), ("it/hs", "1.5,2"), ("it/effect", None),
        ]),
        ("a", {"color": {"h": 1}}, []), ("a", {"state": "DIM"}, []), ("a", {"state": 1}, []),
    ]),
    ("light", {"schema": "template", "cmd_t": "s", "stat_t": "a", "cmd_on_tpl": "on,{{ brightness|d(0) }}", "cmd_off_tpl": "off",
               "stat_tpl": "{{ value.split(',')[0] }}", "bri_tpl": "{{ value.split(',')[1] }}"}, [Switch, Setpoint], [
        ("a", "on,7", [("it", True), ("it/brightness", 7.0)]),
    ]),
    ("light", {"schema": "template", "cmd_t": "s", "stat_t": "a", "cmd_on_tpl": "on", "cmd_off_tpl": "off", "fx_list": ["rain", "sun"],
               "fx_tpl": "{{ value_json.fx }}", "r_tpl": "{{ value_json.c[0] }}", "g_tpl": "{{ value_json.c[1] }}",
               "b_tpl": "{{ value_json.c[2] }}"}, [Action, Setpoint, Setpoint], [
        ("a", {"fx": "rain", "c": [255, 0, 1.5]}, [("it/effect", "rain"), ("it/rgb", "255,0,1.5")]),
        ("a", {"fx": "None", "c": ["None", 0, 0]}, [("it/effect", None), ("it/rgb", None)]),
        ("a", {"fx": "snow", "c": [1, 2]}, []),
    ]),
    ("light", {"schema": "template", "cmd_t": "s", "stat_t": "a", "cmd_on_tpl": "on", "cmd_off_tpl": "off", "fx_list": ["rain"],
               "r_tpl": "1"}, [Action, Action], [("a", "on", [])]),
    ("cover", {"cmd_t": "s", "stat_t": "a", "pos_t": "p", "set_pos_t": "sp", "pos_open": 0, "pos_clsd": 255,
               "tilt_cmd_t": "t"}, [Action, Setpoint, State, Action], [
        ("a", "opening", [("it/state", "opening")]), ("p", "255", [("it/position", 0.0)]), ("p", "None", [("it/position", None)]),
    ]),
    ("valve", {"cmd_t": "s", "stat_t": "a", "reports_position": True, "pl_stop": None}, [Action, Setpoint], [
        ("a", "30", [("it/position", 30.0)]),
    ]),
    ("valve", {"cmd_t": "s", "stat_t": "a"}, [Action, State], [("a", "closed", [("it/state", "closed")])]),
    ("lock", {"cmd_t": "s", "stat_t": "a"}, [Switch], [("a", "LOCKED", [("it", True)]), ("a", "JAMMED", [("it", False)])]),
    ("fan", {"cmd_t": "s", "stat_t": "a", "pct_cmd_t": "p", "pct_stat_t": "q", "spd_rng_max": 4, "pr_modes": ["eco"],
             "pr_mode_cmd_t": "m", "osc_cmd_t": "o", "osc_stat_t": "os", "dir_cmd_t": "d"},
     [Switch, Action, Switch, Action, Setpoint], [
        ("q", "1", [("it/speed", 25.0)]), ("q", "None", [("it/speed", None)]), ("os", "oscillate_on", [("it/oscillation", True)]),
    ]),
    ("climate", {"mode_cmd_t": "m", "mode_stat_t": "ms", "temp_cmd_t": "t", "temp_stat_t": "ts", "curr_temp_t": "c",
                 "act_t": "a", "fan_mode_stat_t": "f", "temp_unit": "F"},
     [State, Measure, State, Setpoint, Setpoint], [
        ("ms", "heat", [("it/mode", "heat")]), ("ts", "70", [("it/temperature", 70.0)]), ("c", "69", [("it/current_temperature", 69.0)]),
        ("a", "heating", [("it/action", "heating")]), ("f", "low", [("it/fan_mode", "low")]),
    ]),
    ("climate", {"pow_cmd_t": "p", "pr_mode_cmd_t": "x", "pr_mode_stat_t": "y", "pr_modes": ["eco"], "swing_h_mode_cmd_t": "h",
                 "swing_h_mode_stat_t": "k", "swing_h_modes": ["left", "right"], "hum_cmd_t": "w", "hum_stat_t": "v"},
     [Action, Setpoint, Setpoint, Setpoint], [
        ("y", "none", [("it/preset_mode", "none")]), ("k", "left", [("it/swing_horizontal_mode", "left")]),
        ("v", "45", [("it/target_humidity", 45.0)]),
    ]),
    ("light", {"schema": "json", "cmd_t": "s", "stat_t": "a", "sup_clrm": ["rgbww", "color_temp"], "clr_temp_k": True},
     [Switch, Setpoint, Setpoint, Setpoint], [
        ("a", {"color": {"r": 1, "g": 2, "b": 3, "c": 4, "w": 5}}, [("it/rgbww", "1,2,3,4,5")]),
        ("a", {"color_temp": 2700}, [("it/color_temp", 2700.0)]),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("component", "config", "kinds", "said"), CASES)
def test_every_kind_of_entity_is_points_that_are_read(
    component: str, config: dict[str, Any], kinds: list[type[Point]], said: list[tuple[str, object, Any]]
) -> None:
    estate = Estate()
    announce(estate, component, config)
    assert [type(point) for point in points(estate).values()] == kinds
    for topic, payload, readings in said:
        assert read(estate, topic, payload) == readings


@pytest.mark.parametrize(
    ("component", "config", "point", "value", "message"),
    [
        ("switch", {"cmd_t": "s", "stat_t": "a", "cmd_tpl": '{"on": "{{ value }}"}'}, "it", True, ("s", b'{"on": "ON"}')),
        ("number", {"cmd_t": "s", "stat_t": "a"}, "it", 4.0, ("s", b"4")),
        ("select", {"cmd_t": "s", "stat_t": "a", "ops": ["x", "y"]}, "it", "y", ("s", b"y")),
        ("button", {"cmd_t": "s", "pl_prs": "GO"}, "it", True, ("s", b"GO")),
        ("scene", {"cmd_t": "s"}, "it", True, ("s", b"ON")),
        ("switch", {"cmd_t": "s"}, "it", "OFF", ("s", b"OFF")),
        ("light", {"cmd_t": "s", "stat_t": "a", "bri_cmd_t": "b", "bri_stat_t": "c"}, "it/brightness", 9.0, ("b", b"9")),
        ("light", {"schema": "json", "cmd_t": "s", "stat_t": "a"}, "it", False, ("s", b'{"state":"OFF"}')),
        ("light", {"schema": "json", "cmd_t": "s", "brightness": True}, "it/brightness", 9.0, ("s", b'{"state":"ON","brightness":9}')),
        ("light", {"schema": "json", "cmd_t": "s", "stat_t": "a", "sup_clrm": ["xy"]}, "it/xy", "0.3,0.4",
         ("s", b'{"state":"ON","color":{"x":0.3,"y":0.4}}')),
        ("light", {"schema": "template", "cmd_t": "s", "cmd_on_tpl": "on", "cmd_off_tpl": "off"}, "it", "ON", ("s", b"on")),
        ("light", {"schema": "template", "cmd_t": "s", "cmd_on_tpl": "on,{{ brightness }}", "cmd_off_tpl": "off", "bri_tpl": "x"},
         "it/brightness", 5.0, ("s", b"on,5")),
        ("light", {"schema": "template", "cmd_t": "s", "cmd_on_tpl": "on{% if effect is defined %},{{ effect }}{% endif %}",
                   "cmd_off_tpl": "off", "fx_list": ["rain"]}, "it/effect", "rain", ("s", b"on,rain")),
        ("light", {"schema": "template", "cmd_t": "s", "stat_t": "a", "cmd_on_tpl": "{{ red }} {{ green }} {{ blue }} {{ hue }} {{ sat }}",
                   "cmd_off_tpl": "off", "r_tpl": "1", "g_tpl": "1", "b_tpl": "1"}, "it/rgb", "255,0,255", ("s", b"255 0 255 300 100")),
        ("cover", {"cmd_t": "s"}, "it/move", "stop", ("s", b"STOP")),
        ("cover", {"cmd_t": "s", "set_pos_t": "p", "pos_t": "q", "pos_open": 0, "pos_clsd": 255}, "it/position", 100.0, ("p", b"0")),
        ("lock", {"cmd_t": "s", "stat_t": "a"}, "it", False, ("s", b"UNLOCK")),
        ("fan", {"cmd_t": "s", "pct_cmd_t": "p", "pct_stat_t": "q", "spd_rng_max": 4}, "it/speed", 50.0, ("p", b"2")),
        ("fan", {"cmd_t": "s", "pct_cmd_t": "p", "pct_stat_t": "q", "spd_rng_max": 4}, "it/speed", 0.0, ("p", b"0")),
        ("climate", {"temp_cmd_t": "t", "temp_stat_t": "ts"}, "it/temperature", 21.5, ("t", b"21.5")),
        ("climate", {"pow_cmd_t": "p", "payload_off": "halt"}, "it/power", "OFF", ("p", b"halt")),
    ],
)  # fmt: skip
def test_every_kind_of_entity_is_asked_in_its_own_words(
    component: str, config: dict[str, Any], point: str, value: Value, message: tuple[str, bytes]
) -> None:
    estate = Estate()
    announce(estate, component, config)
    assert sent(estate, point, value) == message


def test_a_colour_that_is_none_is_refused() -> None:
    estate = Estate()
    parts = {f"{letter}_tpl": "1" for letter in "rgb"}
    announce(
        estate,
        "light",
        {"schema": "template", "cmd_t": "s", "stat_t": "a", "cmd_on_tpl": "on", "cmd_off_tpl": "off", **parts},
    )
    for colour, why in (
        ("red", "r,g,b"),
        ("1,2", "r,g,b"),
        ("1,2,3,4", "r,g,b"),
        ("256,0,0", "0 to 255"),
        ("nan,0,0", "255"),
    ):
        with pytest.raises(CommandRejected, match=why):
            sent(estate, "it/rgb", colour)


def test_what_never_tells_its_state_is_two_buttons_and_no_value() -> None:
    estate = Estate()
    announce(estate, "switch", {"cmd_t": "s", "optimistic": True})
    point = points(estate)["it"]
    assert (type(point), point.options, point.safe_value, point.risk) == (Action, ("ON", "OFF"), "OFF", Risk.MAINS)


def test_safe_values_are_declared_where_they_are_clear() -> None:
    estate, holding = Estate(), Estate(when_alone="hold")
    for each in (estate, holding):
        announce(each, "switch", {"cmd_t": "s", "stat_t": "a"}, "relay")
        announce(each, "cover", {"cmd_t": "s"}, "blind")
        announce(each, "climate", {"mode_cmd_t": "s", "mode_stat_t": "a"}, "heater")
        announce(each, "light", {"cmd_t": "s", "stat_t": "a"}, "lamp")
    safe = {name: point.safe_value for name, point in points(estate).items() if point.writable}
    assert safe == {"relay": False, "blind/move": "stop", "heater/mode": "off", "lamp": None}
    assert not any(point.safe_value is not None for point in points(holding).values())


@pytest.mark.parametrize(
    ("component", "config"),
    [
        ("camera", {"topic": "x"}), ("image", {"image_topic": "x"}), ("device_tracker", {"stat_t": "x"}), ("sensor", {}),
        ("sensor", {"stat_t": "a/#"}), ("sensor", {"stat_t": "spBv1.0/s/NDATA/n"}), ("switch", {"cmd_t": "labkeeper/v1/s/stop"}),
        ("sensor", {"stat_t": "x", "val_tpl": "{{ "}), ("select", {"cmd_t": "s"}), ("number", {"cmd_t": "s", "min": 5, "max": 1}),
        ("cover", {"cmd_t": "s", "pos_t": "p", "pos_open": 0}), ("fan", {"cmd_t": "s", "spd_rng_min": 0}),
        ("climate", {"min_temp": 9, "max_temp": 1}), ("light", {"schema": "template", "stat_t": "x"}),
        ("sensor", {"stat_t": "x", "avty_t": "a/+"}), ("sensor", {"stat_t": "x", "avty": [{"t": ""}]}),
        ("light", {"schema": "template", "cmd_t": "s", "cmd_on_tpl": "{{"}), ("device_automation", {"t": "a"}),
    ],
)  # fmt: skip
def test_what_cannot_be_is_left_out(component: str, config: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    estate = Estate()
    assert announce(estate, component, config) == ()
    assert "left out" in caplog.text


def test_a_colour_in_other_words_is_refused() -> None:
    estate = Estate()
    announce(estate, "light", {"schema": "json", "cmd_t": "s", "stat_t": "a", "sup_clrm": ["xy"]})
    for wrong in ("red", "1", "1,2,3"):
        with pytest.raises(CommandRejected, match="a colour is asked for as x,y"):
            estate.command("esp-1", "it/xy", wrong)


@pytest.mark.parametrize(
    ("mode", "after"),
    [
        ("all", [False, True, False]),
        ("any", [True, True, True]),
        ("latest", [True, True, False]),
        ("odd", [True, True, False]),
    ],
)
def test_availability_of_several_topics(mode: str, after: list[bool]) -> None:
    estate = Estate()
    signs = [{"t": "a", "pl_avail": "up", "pl_not_avail": "down"}, {"topic": "b", "val_tpl": "{{ value_json.s }}"}]
    announce(estate, "switch", {"cmd_t": "s", "stat_t": "x", "avty": signs, "avty_mode": mode})
    seen = []
    for topic, said in (("a", "up"), ("b", '{"s": "online"}'), ("a", "down")):
        heard(estate, topic, said)
        seen.append(estate._online["esp-1"])
    assert seen == after
    if not after[-1]:
        with pytest.raises(CommandRejected, match="offline"):
            estate.command("esp-1", "it", value=True)


def test_availability_that_is_none_is_counted_and_silence_is_none() -> None:
    estate = Estate()
    announce(estate, "sensor", {"stat_t": "x", "avty": {"t": "a", "val_tpl": "{{ value_json.s | is_defined }}"}})
    assert heard(estate, "a", "{}") == ()
    assert heard(estate, "a", b"") == ()
    assert heard(estate, "a", '{"s": "perhaps"}') == (Nonsense("esp-1", "bad_availability", 'b\'{"s": "perhaps"}\''),)
    assert estate._online["esp-1"] is False


def test_a_retained_state_counts_once_in_a_new_session_or_for_a_newcomer() -> None:
    kept, fresh = Estate(firsts=Firsts(session_present=True)), Estate(firsts=Firsts(session_present=False))
    document = {"dev": DEVICE, "stat_t": "a"}
    for estate in (kept, fresh):
        heard(estate, "homeassistant/sensor/it/config", document, retain=True)
    assert heard(kept, "a", "1", retain=True) == ()
    assert heard(fresh, "a", "1", retain=True) == (Report("esp-1", (Reading("it", "1"),)),)
    assert heard(fresh, "a", "1", retain=True) == ()
    newcomer = {"dev": {"ids": "new"}, "stat_t": "b"}
    heard(kept, "homeassistant/sensor/new/config", newcomer, retain=False)
    assert heard(kept, "b", "1", retain=True) == (Report("new", (Reading("new", "1"),)),)


def test_an_event_the_broker_kept_is_none() -> None:
    estate = Estate()
    announce(estate, "event", {"stat_t": "a", "evt_typ": ["press"]})
    assert heard(estate, "a", {"event_type": "press"}, retain=True) == ()


def test_one_message_says_values_of_many_entities() -> None:
    estate = Estate()
    for name in ("t", "h"):
        announce(
            estate, "sensor", {"stat_t": "a", "unit_of_meas": "%", "val_tpl": f"{{{{ value_json.{name} }}}}"}, name
        )
    assert heard(estate, "a", {"t": 1, "h": 2}) == (Report("esp-1", (Reading("t", 1.0), Reading("h", 2.0))),)
    (nonsense,) = heard(estate, "a", {"t": "x"})
    assert nonsense == Nonsense("esp-1", "not_a_number", 't: b\'{"t": "x"}\'')


def test_messages_wait_for_the_announcement_that_explains_them() -> None:
    estate = Estate()
    assert (estate.waits_for("a"), estate.waits_for("homeassistant/sensor/it/config")) == ("a", None)
    assert list(estate.explained("a")) == []
    announce(estate, "sensor", {"stat_t": "a", "avty_t": "b"})
    assert (estate.waits_for("a"), estate.waits_for("b")) == (None, None)
    assert list(estate.explained("homeassistant/sensor/it/config")) == ["a", "b"]


def test_an_empty_announcement_takes_the_entity_and_at_last_the_device() -> None:
    estate = Estate()
    announce(estate, "sensor", {"stat_t": "a"}, "one")
    announce(estate, "sensor", {"stat_t": "a"}, "two")
    (found, available) = heard(estate, "homeassistant/sensor/one/config", b"")
    assert isinstance(found, Found)
    assert ([point.name for point in found.device.points], available) == (["two"], Availability("esp-1", online=True))
    assert heard(estate, "homeassistant/sensor/two/config", b"") == (Gone("esp-1"),)
    assert heard(estate, "homeassistant/sensor/two/config", b"") == ()
    assert heard(estate, "a", "1") == ()


def test_the_same_announcement_again_says_nothing() -> None:
    estate = Estate()
    announce(estate, "sensor", {"stat_t": "a"})
    assert announce(estate, "sensor", {"stat_t": "a"}) == ()


def test_an_entity_that_moves_to_another_device_leaves_the_first() -> None:
    estate = Estate()
    announce(estate, "sensor", {"stat_t": "a"})
    events = announce(estate, "sensor", {"stat_t": "a", "dev": {"ids": ["esp-2"]}})
    assert Gone("esp-1") in events
    assert any(isinstance(event, Found) and event.device.id == "esp-2" for event in events)


@pytest.mark.parametrize(
    ("device", "point", "code"),
    [("nobody", "it", "unknown_device"), ("esp-1", "other", "unknown_point"), ("esp-1", "seen", "unknown_point")],
)
def test_a_command_for_nothing_is_refused(device: str, point: str, code: str) -> None:
    estate = Estate()
    announce(estate, "switch", {"cmd_t": "s", "stat_t": "a"})
    announce(estate, "sensor", {"stat_t": "a"}, "seen")
    with pytest.raises(CommandRejected) as error:
        estate.command(device, point, value=True)
    assert error.value.code == code


def test_strangers_are_remembered_within_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estate_module, "ENTITIES_LIMIT", 1)
    estate = Estate()
    announce(estate, "sensor", {"stat_t": "a"}, "one")
    announce(estate, "sensor", {"stat_t": "a"}, "two")
    assert set(points(estate)) == {"one"}
    assert heard(estate, "homeassistant/sensor/x/config", b"[") == (
        Nonsense("sensor_x", "not_json", "unexpected end of data: line 1 column 2 (char 1)"),
    )


def test_titles_are_the_devices_words_with_ours_in_the_other_language() -> None:
    estate = Estate()
    announce(estate, "sensor", {"stat_t": "a", "unit_of_meas": "%", "dev_cla": "humidity"}, "h")
    announce(estate, "light", {"cmd_t": "s", "stat_t": "a", "bri_cmd_t": "b", "bri_stat_t": "c", "name": "吊灯"}, "l")
    found = points(estate)
    assert found["h"].title == Title(zh="湿度", en="Humidity")
    assert found["l"].title == Title(zh="吊灯")
    assert found["l/brightness"].title == Title(zh="吊灯 亮度", en="吊灯 brightness")
    assert Outgoing("s", b"ON") in estate.command("esp-1", "l", value=True).messages


def lapsing(events: tuple[Heard, ...]) -> list[tuple[str, Value | None, float]]:
    return [(one.point, one.value, one.after_s) for one in events if isinstance(one, Later)]


def test_what_was_on_will_be_off_and_what_was_said_will_be_too_old() -> None:
    estate = Estate()
    motion = {"stat_t": "m", "off_dly": 30, "exp_aft": 600}
    both = [("motion", False, 30.0), ("motion", None, 600.0)]
    assert lapsing(announce(estate, "binary_sensor", motion, "motion")) == both  # it may have been on before
    assert lapsing(announce(estate, "binary_sensor", motion, "motion")) == []
    assert lapsing(heard(estate, "m", "ON")) == both
    assert lapsing(heard(estate, "m", "OFF")) == [("motion", None, 600.0)]
    assert lapsing(heard(estate, "m", "nonsense")) == []
    assert lapsing(announce(estate, "sensor", {"stat_t": "t", "exp_aft": 60, "off_dly": 5}, "t")) == [("t", None, 60.0)]
    heard(estate, "homeassistant/binary_sensor/motion/config", b"")
    heard(estate, "homeassistant/sensor/t/config", b"")
    assert lapsing(announce(estate, "binary_sensor", motion, "motion")) == both


async def test_a_sensor_that_only_says_motion_is_off_again_and_one_that_falls_silent_is_not_known(
    broker: Broker,
) -> None:
    async with open_driver("homeassistant", Lab(broker)) as platform, open_firmware(broker) as sensors:
        about = {"dev": DEVICE, "uniq_id": "u_m", "stat_t": "m", "off_dly": 0.3, "exp_aft": 0.9}
        await sensors.say("homeassistant/binary_sensor/motion/config", about)
        await platform.hears(Availability("esp-1", online=True))
        await sensors.say("m", b"ON")
        values: list[Value | None] = [True, False, None]
        await platform.until(lambda _: [it.value for it in platform.readings("esp-1", "motion")][-3:] == values)
        await sensors.say("m", b"ON")
        await platform.reads("esp-1", "motion", value=True)
        await sensors.say("homeassistant/binary_sensor/motion/config", b"")
        await platform.hears(Gone("esp-1"))
        seen = len(platform.events)
        await asyncio.sleep(0.5)
        assert len(platform.events) == seen
