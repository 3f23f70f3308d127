import json
from typing import Any

import pytest

from labkeeper_drivers.documents import DOCUMENT_LIMIT
from labkeeper_drivers.listening import Heard, Outgoing
from labkeeper_drivers.zigbee2mqtt import bridge as bridge_module
from labkeeper_drivers.zigbee2mqtt.bridge import Bridge
from labkeeper_sdk import (
    Availability,
    CommandRejected,
    Found,
    Gone,
    Nonsense,
    Reading,
    Report,
    Title,
)
from tests.drivers.conftest import fixture

Devices = list[dict[str, Any]]
AIR, PLUG = "0x00158d0000000001", "0x00158d0000000002"
DEVICES = "zigbee2mqtt/bridge/devices"


def heard(bridge: Bridge, topic: str, said: object, *, retain: bool = False) -> tuple[Heard, ...]:
    payload = said if isinstance(said, bytes) else json.dumps(said).encode()
    return bridge.hear(f"zigbee2mqtt/{topic}", payload, retain=retain)


@pytest.fixture
def inventory() -> Devices:
    document: Devices = json.loads(fixture("zigbee2mqtt_devices.json"))
    return document


@pytest.fixture
def bridge() -> Bridge:
    bridge = Bridge()
    bridge.hear(DEVICES, fixture("zigbee2mqtt_devices.json"), retain=True)
    return bridge


def test_devices_are_found_with_their_names_in_their_language() -> None:
    events = Bridge().hear(DEVICES, fixture("zigbee2mqtt_devices.json"), retain=True)
    assert [type(event) for event in events] == [Found, Availability, Found, Availability]
    first = events[0]
    assert isinstance(first, Found)
    assert (first.device.id, first.device.title) == (AIR, Title(zh="物理实验室/空气"))
    assert (first.device.make, first.device.model, first.device.firmware) == ("Sample", "AQ-1", "2.1.0")
    assert events[1] == Availability(AIR, online=True)


@pytest.mark.parametrize("nonsense", [{}, [1], [[]], [{"ieee_address": AIR, "friendly_name": 7}]])
def test_a_list_with_nonsense_in_it_takes_no_device_away(bridge: Bridge, nonsense: object) -> None:
    assert [type(event) for event in heard(bridge, "bridge/devices", nonsense)] == [Nonsense]
    assert set(bridge.devices) == {AIR, PLUG}


def test_the_same_list_again_is_no_news(bridge: Bridge, inventory: Devices) -> None:
    assert heard(bridge, "bridge/devices", inventory) == ()


def test_a_renamed_device_stays_itself(bridge: Bridge, inventory: Devices) -> None:
    inventory[2]["friendly_name"] = "后门/灯"
    found, available = heard(bridge, "bridge/devices", inventory)
    assert available == Availability(PLUG, online=True)
    assert isinstance(found, Found)
    assert (found.device.id, found.device.title) == (PLUG, Title(zh="后门/灯"))
    assert heard(bridge, "bench1/plug", {"power": 5}) == ()
    assert heard(bridge, "后门/灯", {"power": 5}) == (Report(PLUG, (Reading("power", 5.0),)),)


def test_a_removed_or_disabled_device_is_gone(bridge: Bridge, inventory: Devices) -> None:
    inventory[2]["disabled"] = True
    assert heard(bridge, "bridge/devices", inventory) == (Gone(PLUG),)
    assert heard(bridge, "bridge/devices", []) == (Gone(AIR),)


def test_new_skipped_exposes_do_not_make_a_device_new(bridge: Bridge, inventory: Devices) -> None:
    inventory[1]["definition"]["exposes"].append({"type": "hologram", "property": "h", "access": 1})
    assert heard(bridge, "bridge/devices", inventory) == ()


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"[", "not_json"),
        ({}, "bad_inventory"),
        ([1], "bad_inventory"),
        ([{"ieee_address": "0x1"}], "bad_inventory"),
        ([{"ieee_address": 1, "friendly_name": "a"}], "bad_inventory"),
    ],
)
def test_a_list_of_devices_that_is_none_is_named(document: object, reason: str) -> None:
    (nonsense,) = heard(Bridge(), "bridge/devices", document)
    assert isinstance(nonsense, Nonsense)
    assert (nonsense.device, nonsense.reason) == ("bridge", reason)


def test_a_definition_of_the_wrong_shape_leaves_a_device_without_points() -> None:
    entry = {"ieee_address": "0x1", "friendly_name": "a", "definition": {"vendor": 7}}
    found, _ = heard(Bridge(), "bridge/devices", [entry])
    assert isinstance(found, Found)
    assert (found.device.points, found.device.make) == ((), "")


def test_a_state_message_is_a_report_in_the_devices_time(bridge: Bridge) -> None:
    events = heard(bridge, "物理实验室/空气", {"temperature": 21.5, "co2": 640, "last_seen": 1700000000000, "x": {}})
    assert events == (Report(AIR, (Reading("temperature", 21.5, 1700000000000), Reading("co2", 640.0, 1700000000000))),)


def test_what_is_played_from_a_recording_was_so_then_and_needs_a_time_to_be_believed(bridge: Bridge) -> None:
    said = {"co2": 640, "historical": True}
    (past,) = heard(bridge, "物理实验室/空气", said | {"last_seen": 1_400_000_000_000})
    assert past == Report(AIR, (Reading("co2", 640.0, 1_400_000_000_000, historical=True),))
    assert heard(bridge, "物理实验室/空气", said) == (Report(AIR, (Reading("co2", 640.0),)),)


def test_good_values_are_kept_beside_bad_ones(bridge: Bridge) -> None:
    report, nonsense = heard(bridge, "物理实验室/空气", {"temperature": "NaN", "co2": 640})
    assert report == Report(AIR, (Reading("co2", 640.0),))
    assert nonsense == Nonsense(AIR, "wrong_type", "temperature: str where a number belongs")


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"\xff\xfe", "not_json"),
        (b'{"temperature": NaN}', "not_json"),
        (b"[" * 100_00, "not_json"),
        (b"7", "not_an_object"),
        (b"{" + b" " * DOCUMENT_LIMIT + b"}", "too_large"),
    ],
)
def test_garbage_is_counted_under_a_short_reason(bridge: Bridge, payload: bytes, reason: str) -> None:
    (nonsense,) = heard(bridge, "bench1/plug", payload)
    assert isinstance(nonsense, Nonsense)
    assert (nonsense.device, nonsense.reason) == (PLUG, reason)
    assert len(nonsense.detail) <= 320


def test_a_null_that_says_nothing_new_is_no_reading(bridge: Bridge) -> None:
    events = heard(bridge, "物理实验室/空气", {"temperature": None, "co2": 640})
    assert events == (Report(AIR, (Reading("co2", 640.0),)),)


def test_a_cleared_retained_message_means_nothing(bridge: Bridge) -> None:
    assert heard(bridge, "bench1/plug", b"") == ()


def test_a_retained_state_without_a_time_is_no_reading(bridge: Bridge) -> None:
    assert heard(bridge, "物理实验室/空气", {"temperature": 21.5}, retain=True) == ()
    assert heard(bridge, "物理实验室/空气", {"temperature": "x"}, retain=True) == ()


def test_a_retained_state_newer_than_all_seen_is_a_reading_of_its_own_time(bridge: Bridge) -> None:
    kept = {"temperature": 21.5, "co2": 640, "last_seen": 2000}
    both = (Reading("temperature", 21.5, 2000), Reading("co2", 640.0, 2000))
    assert heard(bridge, "物理实验室/空气", kept, retain=True) == (Report(AIR, both),)
    assert heard(bridge, "物理实验室/空气", kept, retain=True) == ()


def test_a_retained_state_older_than_a_live_one_is_no_reading(bridge: Bridge) -> None:
    heard(bridge, "物理实验室/空气", {"temperature": 22, "last_seen": 3000})
    assert heard(bridge, "物理实验室/空气", {"temperature": 21.5, "last_seen": 2000}, retain=True) == ()


def test_availability_comes_in_json_and_plain(bridge: Bridge) -> None:
    assert heard(bridge, "bench1/plug/availability", {"state": "offline"}) == (Availability(PLUG, online=False),)
    assert heard(bridge, "bench1/plug/availability", b"online") == (Availability(PLUG, online=True),)
    assert heard(bridge, "bench1/plug/availability", b"online") == ()


def test_availability_heard_before_the_device_counts() -> None:
    bridge = Bridge()
    assert heard(bridge, "bench1/plug/availability", b"offline", retain=True) == ()
    events = bridge.hear(DEVICES, fixture("zigbee2mqtt_devices.json"), retain=True)
    assert Availability(PLUG, online=False) in events
    assert Availability(AIR, online=True) in events


def test_availability_of_strangers_is_remembered_within_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge_module, "NAMES_LIMIT", 1)
    bridge = Bridge()
    for name in ("0", "bench1/plug"):
        heard(bridge, f"{name}/availability", b"offline")
    events = bridge.hear(DEVICES, fixture("zigbee2mqtt_devices.json"), retain=True)
    assert Availability(PLUG, online=True) in events


def test_a_cleared_availability_is_forgotten(bridge: Bridge, inventory: Devices) -> None:
    heard(bridge, "bench1/plug/availability", b"offline")
    assert heard(bridge, "bench1/plug/availability", b"") == ()
    inventory[2]["software_build_id"] = "2"
    assert Availability(PLUG, online=True) in heard(bridge, "bridge/devices", inventory)


@pytest.mark.parametrize("payload", [b"\xff", b'{"state": 1}', b"[]", b"maybe"])
def test_an_availability_nobody_understands_is_nonsense(bridge: Bridge, payload: bytes) -> None:
    (known,) = heard(bridge, "bench1/plug/availability", payload)
    (stranger,) = heard(bridge, "group/availability", payload)
    (state,) = heard(bridge, "bridge/state", payload)
    assert [(event.device, event.reason) for event in (known, stranger, state) if isinstance(event, Nonsense)] == [
        (PLUG, "bad_availability"),
        ("bridge", "bad_availability"),
        ("bridge", "bad_state"),
    ]


def test_with_the_bridge_all_devices_go_and_come_back(bridge: Bridge) -> None:
    heard(bridge, "bench1/plug/availability", b"offline")
    assert heard(bridge, "bridge/state", {"state": "offline"}) == (Availability(AIR, online=False),)
    assert heard(bridge, "bridge/state", b"online") == (Availability(AIR, online=True),)


@pytest.mark.parametrize(
    "topic", ["bridge/logging", "bridge/event", "a_group", "bench1/plug/set", "bench1/plug/get", "bench1/plug/power"]
)
def test_what_is_not_a_devices_own_is_ignored(bridge: Bridge, topic: str) -> None:
    assert heard(bridge, topic, {"state": "ON"}) == ()


def test_state_messages_wait_for_the_list_of_devices_and_nothing_else_does() -> None:
    bridge = Bridge()
    waiting = [
        topic
        for topic in ("a", "a/b", "bridge/state", "bridge/groups", "a/availability", "a/set", "a/get")
        if bridge.waits_for(f"zigbee2mqtt/{topic}")
    ]
    assert waiting == ["a", "a/b"]
    heard(bridge, "bridge/devices", [])
    assert not bridge.waits_for("zigbee2mqtt/a")


def test_a_command_names_the_value_in_the_devices_words(bridge: Bridge) -> None:
    order = bridge.command(PLUG, "state_l2", value=True)
    assert order.point.name == "state_l2"
    assert order.messages == (Outgoing("zigbee2mqtt/bench1/plug/set", b'{"state_l2":"ON"}', qos=1),)


def test_one_part_of_a_colour_is_set_with_the_other_as_it_is(bridge: Bridge) -> None:
    assert json.loads(bridge.command(PLUG, "color/x", 0.5).messages[0].payload) == {"color": {"x": 0.5}}
    heard(bridge, "bench1/plug", {"color": {"x": 0.1, "y": 0.2}})
    assert json.loads(bridge.command(PLUG, "color/x", 0.5).messages[0].payload) == {"color": {"x": 0.5, "y": 0.2}}


@pytest.mark.parametrize(
    ("device", "point", "code"),
    [
        ("0x0", "state", "unknown_device"),
        (PLUG, "state_l9", "unknown_point"),
        (PLUG, "power", "read_only"),
    ],
)
def test_a_command_for_nothing_is_refused(bridge: Bridge, device: str, point: str, code: str) -> None:
    with pytest.raises(CommandRejected) as error:
        bridge.command(device, point, value=True)
    assert error.value.code == code


def test_no_command_goes_to_a_bridge_that_is_offline(bridge: Bridge) -> None:
    heard(bridge, "bridge/state", b"offline")
    with pytest.raises(CommandRejected) as error:
        bridge.command(PLUG, "state", value=True)
    assert error.value.code == "offline"
