"""Groups are devices with what their members have in common."""

import json

import pytest

from labkeeper_drivers.listening import Heard, Outgoing
from labkeeper_drivers.zigbee2mqtt.bridge import Bridge
from labkeeper_sdk import Availability, Found, Gone, Nonsense, Reading, Report, Risk
from tests.drivers.conftest import fixture

PLUG = "0x00158d0000000002"
GROUP = "zigbee2mqtt-group-7"
LAMPS = {"id": 7, "friendly_name": "全部灯", "scenes": [], "members": [{"ieee_address": PLUG, "endpoint": 1}]}


def heard(bridge: Bridge, rest: str, payload: object, *, retain: bool = False) -> tuple[Heard, ...]:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return bridge.hear(f"zigbee2mqtt/{rest}", raw, retain=retain)


@pytest.fixture
def bridge() -> Bridge:
    bridge = Bridge()
    heard(bridge, "bridge/devices", fixture("zigbee2mqtt_devices.json"))
    return bridge


def test_a_group_has_what_its_members_can_be_told(bridge: Bridge) -> None:
    found, available = heard(bridge, "bridge/groups", [LAMPS])
    assert isinstance(found, Found)
    points = {point.name: point for point in found.device.points}
    assert (found.device.id, found.device.title.zh) == (GROUP, "全部灯")
    assert {"state", "brightness", "color/x", "occupied_heating_setpoint"} == points.keys() - {"color/y"}
    assert points["state"].risk is Risk.MAINS
    assert available == Availability(GROUP, online=True)


def test_a_group_is_read_and_commanded_by_its_name(bridge: Bridge) -> None:
    heard(bridge, "bridge/groups", [LAMPS])
    assert heard(bridge, "全部灯", {"state": "ON"}) == (Report(GROUP, (Reading("state", value=True),)),)
    order = bridge.command(GROUP, "state", value=False)
    assert order.messages == (Outgoing("zigbee2mqtt/全部灯/set", b'{"state":"OFF"}', qos=1),)


def test_groups_heard_before_the_devices_are_found_with_them() -> None:
    bridge = Bridge()
    assert heard(bridge, "bridge/groups", [LAMPS]) == ()
    events = heard(bridge, "bridge/devices", fixture("zigbee2mqtt_devices.json"))
    assert [event.device.id for event in events if isinstance(event, Found)][-1] == GROUP


def test_a_group_goes_when_it_is_removed_or_empty(bridge: Bridge) -> None:
    heard(bridge, "bridge/groups", [LAMPS])
    assert heard(bridge, "bridge/groups", [{**LAMPS, "members": []}]) == (Gone(GROUP),)
    heard(bridge, "bridge/groups", [LAMPS])
    assert heard(bridge, "bridge/groups", []) == (Gone(GROUP),)


@pytest.mark.parametrize("groups", [{}, 3, [3], [{"id": 1}], [{"id": True, "friendly_name": "a"}]])
def test_groups_that_are_none_are_counted(bridge: Bridge, groups: object) -> None:
    assert [type(event) for event in heard(bridge, "bridge/groups", groups)] == [Nonsense]
    assert heard(bridge, "bridge/groups", b"{")[0] == Nonsense(
        "bridge", "not_json", "unexpected end of data: line 1 column 2 (char 1)"
    )


@pytest.mark.parametrize("members", [None, 3, [3], [{"ieee_address": 3}], [{"ieee_address": "0xnobody"}]])
def test_members_nobody_knows_make_no_device(bridge: Bridge, members: object) -> None:
    assert heard(bridge, "bridge/groups", [{**LAMPS, "members": members}]) == ()
