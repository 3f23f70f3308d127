"""The bridge against Zigbee2MQTT's documented format, through a real broker and a plain client."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from labkeeper_sdk.sim import LabSettings, open_lab
from labkeeper_sdk.sim.settings import BridgeSettings
from labkeeper_sdk.testing import Broker
from tests.sim.conftest import Listener, open_listener

Quick = Callable[..., LabSettings]

EXPOSE_KEYS = {
    "numeric": {"name", "label", "access", "type", "property"},
    "binary": {"name", "label", "access", "type", "property", "value_on", "value_off"},
    "enum": {"name", "label", "access", "type", "property", "values"},
    "composite": {"name", "label", "access", "type", "property", "features"},
    "switch": {"type", "features"},
    "light": {"type", "features"},
}
DEVICE_KEYS = {
    "ieee_address",
    "type",
    "network_address",
    "supported",
    "friendly_name",
    "disabled",
    "definition",
    "power_source",
    "software_build_id",
    "date_code",
    "model_id",
    "interviewing",
    "interview_completed",
    "interview_state",
    "manufacturer",
    "endpoints",
}
DEFINITION_KEYS = {"source", "model", "vendor", "description", "exposes", "supports_ota", "options"}


def check_expose(expose: dict[str, Any]) -> None:
    assert EXPOSE_KEYS[expose["type"]] <= expose.keys()
    if "access" in expose:
        assert 1 <= expose["access"] <= 7
    for feature in expose.get("features", []):
        check_expose(feature)


async def devices(listener: Listener) -> list[dict[str, Any]]:
    await listener.until(lambda heard: any(one.topic == "zigbee2mqtt/bridge/devices" for one in heard))
    found: list[dict[str, Any]] = listener.on("zigbee2mqtt/bridge/devices")[-1].json
    return found


async def test_bridge_devices_is_retained_and_whole(broker: Broker) -> None:
    async with open_lab(broker.url), open_listener(broker) as listener:
        entries = await devices(listener)
        assert listener.on("zigbee2mqtt/bridge/devices")[0].retain
        coordinator, *others = entries
        assert coordinator["type"] == "Coordinator"
        assert "definition" not in coordinator
        assert len({one["ieee_address"] for one in entries}) == len(entries) == 6
        for entry in others:
            assert entry.keys() >= DEVICE_KEYS
            assert entry["definition"].keys() >= DEFINITION_KEYS
            assert re.fullmatch("0x[0-9a-f]{16}", entry["ieee_address"])
            assert entry["interview_state"] == "SUCCESSFUL"
            assert (entry["type"], entry["power_source"]) in {
                ("Router", "Mains (single phase)"),
                ("EndDevice", "Battery"),
            }
            for expose in entry["definition"]["exposes"]:
                check_expose(expose)


async def test_bridge_state_and_info_are_retained(broker: Broker) -> None:
    async with open_lab(broker.url), open_listener(broker) as listener:
        await devices(listener)
        assert listener.on("zigbee2mqtt/bridge/state")[0].json == {"state": "online"}
        info = listener.on("zigbee2mqtt/bridge/info")[0].json
        assert info["version"].startswith("2.")
        assert info["config"]["mqtt"]["base_topic"] == "zigbee2mqtt"
        assert info["config"]["advanced"]["last_seen"] == "epoch"


async def test_every_device_is_available_and_reports_what_it_exposes(broker: Broker, quick: Quick) -> None:
    async with open_listener(broker) as listener, open_lab(broker.url, settings=quick()):
        for entry in (await devices(listener))[1:]:
            name = entry["friendly_name"]
            state = (await listener.next_on(f"zigbee2mqtt/{name}")).json
            assert listener.on(f"zigbee2mqtt/{name}/availability")[-1].json == {"state": "online"}
            readable = set()
            for expose in entry["definition"]["exposes"]:
                for one in expose["features"] if "property" not in expose else [expose]:
                    if one["access"] & 1:
                        readable.add(one["property"])
            assert readable <= state.keys()
            assert isinstance(state["last_seen"], int)
            assert 0 <= state["linkquality"] <= 255


async def test_names_may_be_chinese_or_have_a_slash(broker: Broker) -> None:
    async with open_lab(broker.url), open_listener(broker) as listener:
        names = {one["friendly_name"] for one in await devices(listener)}
        assert {"空气质量", "窗户", "bench1/plug"} <= names


async def test_last_seen_can_be_iso_8601_with_milliseconds(broker: Broker, quick: Quick) -> None:
    settings = quick("air", zigbee=BridgeSettings(last_seen="ISO_8601"))
    async with open_listener(broker) as listener, open_lab(broker.url, settings=settings):
        said = (await listener.next_on("zigbee2mqtt/空气质量")).json["last_seen"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", said)
        assert abs((datetime.now(UTC) - datetime.fromisoformat(said)).total_seconds()) < 60


async def test_the_bridge_says_offline_when_it_stops(broker: Broker, quick: Quick) -> None:
    async with open_listener(broker) as listener:
        async with open_lab(broker.url, settings=quick("plug")):
            pass
        await listener.until(lambda _: len(listener.on("zigbee2mqtt/bridge/state")) >= 2)
        assert [one.json["state"] for one in listener.on("zigbee2mqtt/bridge/state")] == ["online", "offline"]


async def test_a_device_can_be_renamed_and_answers_to_its_new_name(broker: Broker, quick: Quick) -> None:
    async with open_listener(broker) as listener, open_lab(broker.url, settings=quick("plug")):
        request = '{"from": "bench1/plug", "to": "插座", "transaction": "t1"}'
        await listener.say("zigbee2mqtt/bridge/request/device/rename", request)
        answer = await listener.next_on("zigbee2mqtt/bridge/response/device/rename")
        assert answer.json == {
            "data": {"from": "bench1/plug", "to": "插座", "homeassistant_rename": False},
            "status": "ok",
            "transaction": "t1",
        }
        assert listener.on("zigbee2mqtt/bridge/devices")[-1].json[1]["friendly_name"] == "插座"
        assert listener.on("zigbee2mqtt/bench1/plug/availability")[-1].payload == b""
        await listener.say("zigbee2mqtt/插座/set", '{"state": "OFF"}')
        await listener.next_on("zigbee2mqtt/插座", lambda one: one.json["state"] == "OFF")


@pytest.mark.parametrize(
    ("name", "request_", "problem"),
    [
        ("device/rename", '{"from": "nobody", "to": "x"}', "Device 'nobody' does not exist"),
        ("device/rename", '{"from": "bench1/plug", "to": "空气质量"}', "friendly_name '空气质量' is already in use"),
        ("device/rename", '{"from": "bench1/plug"}', "Invalid payload"),
        ("device/rename", "rubbish", "Invalid payload"),
        ("networkmap", "raw", "the simulated bridge does not know 'networkmap'"),
    ],
)
async def test_a_wrong_request_is_answered_with_an_error(
    broker: Broker, quick: Quick, name: str, request_: str, problem: str
) -> None:
    async with open_listener(broker) as listener, open_lab(broker.url, settings=quick("plug", "air")):
        await listener.say(f"zigbee2mqtt/bridge/request/{name}", request_)
        answer = (await listener.next_on(f"zigbee2mqtt/bridge/response/{name}")).json
        assert answer == {"data": {}, "status": "error", "error": problem}


async def test_the_bridge_is_healthy(broker: Broker, quick: Quick) -> None:
    async with open_listener(broker) as listener, open_lab(broker.url, settings=quick("plug")):
        await listener.say("zigbee2mqtt/bridge/request/health_check", "")
        answer = (await listener.next_on("zigbee2mqtt/bridge/response/health_check")).json
        assert answer == {"data": {"healthy": True}, "status": "ok"}
