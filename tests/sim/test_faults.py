import asyncio
import json
from collections.abc import Callable

import pytest

from labkeeper_sdk.sim import Fault, LabSettings, open_lab
from labkeeper_sdk.sim.faults import HOMIE_RUBBISH, Health, zigbee_rubbish
from labkeeper_sdk.testing import Broker
from tests.sim.conftest import Heard, open_listener

Quick = Callable[..., LabSettings]
PLUG = "zigbee2mqtt/bench1/plug"
RELAY = "homie/5/relay-board/relay-1/power"
WARMTH = "homie/5/relay-board/board/temperature"


def says_off(one: Heard) -> bool:
    return bool(one.json["state"] == "OFF")


async def test_a_silent_zigbee_device_goes_offline_and_comes_back(broker: Broker, quick: Quick) -> None:
    async with open_listener(broker) as listener, open_lab(broker.url, settings=quick("plug")) as lab:
        await listener.next_on(PLUG)
        lab.strike("bench1/plug", Fault.SILENT)
        await listener.say(f"{PLUG}/set", '{"state": "OFF"}')
        await listener.next_on(f"{PLUG}/availability", lambda one: one.json == {"state": "offline"})
        told = len(listener.on(PLUG))
        await listener.next_on(
            "zigbee2mqtt/bridge/logging", lambda one: "failed: 'Error: Timeout'" in one.payload.decode()
        )
        assert len(listener.on(PLUG)) == told
        lab.strike("bench1/plug", Fault.NONE)
        await listener.next_on(f"{PLUG}/availability", lambda one: one.json == {"state": "online"})
        assert listener.on(PLUG)[-1].json["state"] == "ON"


async def test_a_silent_homie_device_says_nothing_and_stays_ready(broker: Broker, quick: Quick) -> None:
    async with open_listener(broker) as listener, open_lab(broker.url, settings=quick("relays", "camera")) as lab:
        lab.strike("Relay board", Fault.SILENT)
        told = len(listener.on(WARMTH))
        await listener.say(f"{RELAY}/set", "true")
        await listener.next_on("homie/5/people-camera/people/count", count=5)
        assert len(listener.on(WARMTH)) <= told + 1
        assert {one.payload for one in listener.on(RELAY)} == {b"false"}
        assert listener.on("homie/5/relay-board/$state")[-1].payload == b"ready"


async def test_a_stuck_zigbee_device_repeats_itself_and_does_not_move(broker: Broker, quick: Quick) -> None:
    async with open_listener(broker) as listener, open_lab(broker.url, settings=quick("plug")) as lab:
        await listener.next_on(PLUG)
        lab.strike("0x00158d00000a0002", Fault.STUCK)
        first = (await listener.next_on(PLUG, count=2)).json
        await listener.say(f"{PLUG}/set", '{"state": "OFF"}')
        last = (await listener.next_on(PLUG, count=4)).json
        assert last["last_seen"] > first["last_seen"]
        assert {**last, "last_seen": 0} == {**first, "last_seen": 0}


async def test_a_stuck_homie_device_takes_the_target_and_does_not_move(broker: Broker, quick: Quick) -> None:
    motor = "homie/5/robot-kit/motors/left"
    async with open_listener(broker) as listener, open_lab(broker.url, settings=quick("robot")) as lab:
        lab.strike("robot-kit", Fault.STUCK)
        await listener.say(f"{motor}/set", "80")
        await listener.next_on(f"{motor}/$target", lambda one: one.payload == b"80")
        seen = await listener.next_on("homie/5/robot-kit/sensors/distance", count=5)
        assert {one.payload for one in listener.on(motor)} == {b"0"}
        assert seen.payload == listener.on("homie/5/robot-kit/sensors/distance")[-2].payload


async def test_a_stuck_relay_says_that_it_did_not_move(broker: Broker, quick: Quick) -> None:
    async with open_listener(broker) as listener, open_lab(broker.url, settings=quick("relays")) as lab:
        lab.strike("relay-board", Fault.STUCK)
        await listener.say(f"{RELAY}/set", "true")
        assert (await listener.next_on(RELAY)).payload == b"false"


def refused_by_json(payload: bytes) -> bool:
    try:
        json.loads(payload)
    except (ValueError, RecursionError):
        return True
    return False


async def test_garbage_is_of_every_kind_and_ends(broker: Broker, quick: Quick) -> None:
    kinds = len(zigbee_rubbish(("a",)))
    settings = quick("plug", devices={"plug": {"interval_s": 0.03}})
    async with open_listener(broker) as listener, open_lab(broker.url, settings=settings) as lab:
        lab.strike("bench1/plug", Fault.GARBAGE)
        await listener.next_on(PLUG, count=kinds + 2)
        rubbish = {one.payload for one in listener.on(PLUG)[-kinds:]}
        assert len(rubbish) == kinds
        assert any(map(refused_by_json, rubbish))
        assert max(map(len, rubbish)) > 100_000
        lab.strike("bench1/plug", Fault.NONE)
        assert (await listener.next_on(PLUG, lambda one: b'"energy"' in one.payload)).json["voltage"] > 200


async def test_a_homie_device_sends_garbage_too(broker: Broker, quick: Quick) -> None:
    settings = quick("relays", devices={"relays": {"interval_s": 0.03}})
    async with open_listener(broker) as listener, open_lab(broker.url, settings=settings) as lab:
        lab.strike("relay-board", Fault.GARBAGE, 1.0)
        await listener.next_on(WARMTH, count=len(HOMIE_RUBBISH))
        assert {one.payload for one in listener.on(WARMTH)} >= set(HOMIE_RUBBISH)
        await listener.next_on(WARMTH, lambda one: one.payload.startswith(b"2") and len(one.payload) < 8)


async def test_a_rebooting_zigbee_device_is_announced(broker: Broker, quick: Quick) -> None:
    async with open_listener(broker) as listener, open_lab(broker.url, settings=quick("plug")) as lab:
        await listener.next_on(PLUG)
        lab.strike("bench1/plug", Fault.REBOOT)
        event = await listener.next_on("zigbee2mqtt/bridge/event")
        assert event.json == {
            "type": "device_announce",
            "data": {"friendly_name": "bench1/plug", "ieee_address": "0x00158d00000a0002"},
        }
        await listener.next_on(PLUG)


async def test_a_rebooting_homie_device_is_lost_by_its_will_and_introduces_itself_again(
    broker: Broker, quick: Quick
) -> None:
    state = "homie/5/relay-board/$state"
    async with open_listener(broker) as listener, open_lab(broker.url, settings=quick("relays")) as lab:
        await listener.say(f"{RELAY}/set", "true")
        await listener.next_on(RELAY, lambda one: one.payload == b"true")
        before = len(listener.heard)
        lab.strike("relay-board", Fault.REBOOT)
        await listener.next_on(state, lambda one: one.payload == b"ready")
        after = [one for one in listener.heard[before:] if one.topic.startswith("homie/5/relay-board/")]
        assert [one.payload for one in after if one.topic == state] == [b"lost", b"init", b"ready"]
        assert "homie/5/relay-board/$description" in [one.topic for one in after]
        assert [one.payload for one in after if one.topic == RELAY] == [b"false"]


async def test_a_child_reboots_alone(broker: Broker, quick: Quick) -> None:
    state = "homie/5/robot-kit-gripper/$state"
    async with open_listener(broker) as listener, open_lab(broker.url, settings=quick("robot")) as lab:
        await listener.until(lambda _: bool(listener.on(state)) and listener.on(state)[-1].payload == b"ready")
        before = len(listener.on(state))
        lab.strike("机器人夹爪", Fault.REBOOT)
        await listener.next_on(state, lambda one: one.payload == b"ready")
        assert [one.payload for one in listener.on(state)[before:]] == [b"lost", b"init", b"ready"]
        assert listener.on("homie/5/robot-kit/$state")[-1].payload == b"ready"


@pytest.mark.parametrize(
    ("device", "command", "topic", "payload", "answer"),
    [
        ("plug", f"{PLUG}/set/state", PLUG, "OFF", b'"state":"OFF"'),
        ("relays", f"{RELAY}/set", RELAY, "true", b"true"),
    ],
)
async def test_a_slow_device_answers_late(
    broker: Broker, quick: Quick, device: str, command: str, topic: str, payload: str, answer: bytes
) -> None:
    async with open_listener(broker) as listener, open_lab(broker.url, settings=quick(device)) as lab:
        lab.strike(lab.devices[0].id, Fault.SLOW)
        began = asyncio.get_running_loop().time()
        await listener.say(command, payload)
        await listener.next_on(topic, lambda one: answer in one.payload)
        assert asyncio.get_running_loop().time() - began >= 0.8


async def test_a_fault_ends_by_itself() -> None:
    health = Health()
    health.strike(Fault.STUCK, 0.01)
    assert health.now() is Fault.STUCK
    await asyncio.sleep(0.02)
    assert health.now() is Fault.NONE


async def test_an_unknown_device_is_named_with_those_there_are(broker: Broker, quick: Quick) -> None:
    async with open_lab(broker.url, settings=quick("plug")) as lab:
        with pytest.raises(KeyError, match="bench1/plug"):
            lab.strike("toaster", Fault.SILENT)
