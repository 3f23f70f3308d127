"""The Homie devices against the convention (https://homieiot.github.io/specification/), through a real broker."""

import itertools
import re
from collections.abc import Callable
from typing import Any

import pytest

from labkeeper_sdk.sim import LabSettings, homie, open_lab
from labkeeper_sdk.sim.devices import robot
from labkeeper_sdk.sim.messages import Refused, Scalar
from labkeeper_sdk.testing import Broker
from tests.sim.conftest import Heard, Listener, open_listener

Quick = Callable[..., LabSettings]
TOPIC_ID = re.compile("[a-z0-9-]+")
DATATYPES = {"integer", "float", "boolean", "string", "enum", "color", "datetime", "duration", "json"}
PAYLOADS = {
    "integer": re.compile("-?[0-9]+"),
    "float": re.compile(r"-?[0-9]+(\.[0-9]+)?([eE]-?[0-9]+)?"),
    "boolean": re.compile("true|false"),
}
IDS = ("robot-kit", "robot-kit-gripper", "relay-board", "people-camera")


async def descriptions(listener: Listener) -> dict[str, dict[str, Any]]:
    topics = {f"homie/5/{name}/$description": name for name in IDS}
    await listener.until(lambda heard: topics.keys() <= {one.topic for one in heard})
    return {name: listener.on(topic)[-1].json for topic, name in topics.items()}


async def test_every_description_keeps_the_convention(broker: Broker) -> None:
    async with open_lab(broker.url), open_listener(broker) as listener:
        found = await descriptions(listener)
        for name, document in found.items():
            assert TOPIC_ID.fullmatch(name)
            assert document["homie"] == "5.0"
            assert isinstance(document["version"], int)
            assert document["nodes"]
            for node_id, node in document["nodes"].items():
                assert TOPIC_ID.fullmatch(node_id)
                for property_id, prop in node["properties"].items():
                    assert TOPIC_ID.fullmatch(property_id)
                    assert prop["datatype"] in DATATYPES
                    assert prop.keys() <= {"name", "datatype", "format", "unit", "settable", "retained"}
                    assert prop["datatype"] != "enum" or prop["format"]


async def test_root_and_child_know_each_other(broker: Broker) -> None:
    async with open_lab(broker.url), open_listener(broker) as listener:
        found = await descriptions(listener)
        assert found["robot-kit"]["children"] == ["robot-kit-gripper"]
        assert found["robot-kit-gripper"]["root"] == "robot-kit"
        assert "root" not in found["robot-kit"]
        assert not {"root", "children"} & found["relay-board"].keys()


async def test_every_retained_property_has_a_valid_retained_value(broker: Broker) -> None:
    async with open_lab(broker.url), open_listener(broker) as listener:
        found = await descriptions(listener)
        await listener.catch_up()
        for name, document in found.items():
            for node_id, node in document["nodes"].items():
                for property_id, prop in node["properties"].items():
                    values = listener.on(f"homie/5/{name}/{node_id}/{property_id}")
                    if prop.get("retained", True):
                        assert values[0].retain
                        assert PAYLOADS[prop["datatype"]].fullmatch(values[0].payload.decode())
                    else:
                        assert not values


async def test_a_device_is_init_then_described_then_ready_then_disconnected(broker: Broker, quick: Quick) -> None:
    async with open_listener(broker) as listener:
        async with open_lab(broker.url, settings=quick("relays")):
            pass
        state, description = "homie/5/relay-board/$state", "homie/5/relay-board/$description"
        await listener.until(lambda _: len(listener.on(state)) == 3)
        assert [one.payload for one in listener.on(state)] == [b"init", b"ready", b"disconnected"]
        order = [one.topic for one in listener.heard if one.topic in (state, description)]
        assert order == [state, description, state, state]


async def test_a_relay_clicks_at_once(broker: Broker, quick: Quick) -> None:
    async with open_listener(broker) as listener, open_lab(broker.url, settings=quick("relays")):
        await listener.say("homie/5/relay-board/relay-3/power/set", "true")
        assert (await listener.next_on("homie/5/relay-board/relay-3/power")).payload == b"true"


MOST_IN_A_TICK = 0.13 * robot.SLEW_PER_S  # a tenth of a second, and what a busy machine adds


@pytest.mark.parametrize(
    ("device", "name", "target"),
    [
        ("robot-kit", "motors/left", "-60"),
        ("robot-kit", "motors/right", "+0"),
        ("robot-kit-gripper", "servo/angle", "45"),
    ],
)
async def test_a_target_is_repeated_byte_by_byte_and_the_value_moves_there(
    broker: Broker, quick: Quick, device: str, name: str, target: str
) -> None:
    topic = f"homie/5/{device}/{name}"
    async with open_listener(broker) as listener, open_lab(broker.url, settings=quick("robot")):
        await listener.say(f"{topic}/set", target.replace("+0", "007"))
        goal = int(target) or 7
        await listener.next_on(topic, lambda one: int(one.payload) == goal)
        raw = target.replace("+0", "007").encode()
        assert listener.on(f"{topic}/$target")[-1].payload == raw
        values = [int(one.payload) for one in listener.on(topic)]
        assert all(abs(after - before) <= MOST_IN_A_TICK for before, after in itertools.pairwise(values))
        announced = next(
            i for i, one in enumerate(listener.heard) if one.topic == f"{topic}/$target" and one.payload == raw
        )
        arrived = next(i for i, one in enumerate(listener.heard) if one.topic == topic and int(one.payload) == goal)
        assert announced < arrived


async def test_an_event_is_not_retained(broker: Broker, quick: Quick) -> None:
    async with open_listener(broker) as listener, open_lab(broker.url, settings=quick("robot")):
        await listener.say("homie/5/robot-kit/kit/identify/set", "identify")
        await listener.next_on("homie/5/robot-kit/kit/identify")
        async with open_listener(broker) as later:
            await descriptions_of_robot(later)
            assert not later.on("homie/5/robot-kit/kit/identify")


async def descriptions_of_robot(listener: Listener) -> None:
    await listener.until(lambda heard: any(one.payload == b"ready" for one in heard))


async def test_a_camera_that_does_not_count_raises_an_alert_and_takes_it_back(broker: Broker, quick: Quick) -> None:
    alert = "homie/5/people-camera/$alert/counting"
    async with open_listener(broker) as listener, open_lab(broker.url, settings=quick("camera")):
        await listener.say("homie/5/people-camera/camera/counting/set", "false")
        assert (await listener.next_on(alert)).payload == b"Counting is paused"
        counts = {one.payload for one in listener.on("homie/5/people-camera/people/ingoing")[-1:]}
        await listener.next_on("homie/5/people-camera/people/ingoing", lambda one: one.payload in counts, count=3)
        await listener.say("homie/5/people-camera/camera/counting/set", "true")
        assert (await listener.next_on(alert)).payload == b""


@pytest.mark.parametrize("payload", ["101", "12.5", "", "fast", "-", b"\xff"])
async def test_what_is_no_value_goes_to_the_log_and_changes_nothing(
    broker: Broker, quick: Quick, payload: str | bytes
) -> None:
    topic = "homie/5/robot-kit/motors/left"
    async with open_listener(broker) as listener, open_lab(broker.url, settings=quick("robot")):
        await listener.say(f"{topic}/set", payload)
        assert b"motors/left" in (await listener.next_on("homie/5/robot-kit/$log/warn")).payload
        assert {one.payload for one in listener.on(topic)} == {b"0"}


async def test_a_retained_command_is_not_obeyed(broker: Broker, quick: Quick) -> None:
    async with open_listener(broker) as listener:
        await listener.client.publish("homie/5/relay-board/relay-1/power/set", "true", qos=1, retain=True)
        async with open_lab(broker.url, settings=quick("relays")):
            await listener.say("homie/5/relay-board/relay-2/power/set", "true")
            await listener.next_on("homie/5/relay-board/relay-2/power", lambda one: one.payload == b"true")
            values: list[Heard] = listener.on("homie/5/relay-board/relay-1/power")
            assert {one.payload for one in values} == {b"false"}


@pytest.mark.parametrize(
    ("kind", "raw", "value"),
    [
        (homie.Property("", "integer"), b"-12", -12),
        (homie.Property("", "integer", "0:"), b"9", 9),
        (homie.Property("", "float", ":5"), b"1e-3", 0.001),
        (homie.Property("", "boolean", "off,on"), b"true", True),
        (homie.Property("", "enum", "a,b"), b"b", "b"),
        (homie.Property("", "string"), b"\x00", ""),
        (homie.Property("", "string"), "灯".encode(), "灯"),
    ],
)
def test_a_payload_is_read_as_the_convention_has_it(kind: homie.Property, raw: bytes, value: Scalar) -> None:
    assert homie.parse(kind, raw) == value
    assert type(homie.parse(kind, raw)) is type(value)


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        (homie.Property("", "integer"), b"1.0"),
        (homie.Property("", "integer"), b" 1"),
        (homie.Property("", "integer", ":5"), b"6"),
        (homie.Property("", "float"), b"NaN"),
        (homie.Property("", "float"), b"Infinity"),
        (homie.Property("", "float", "1:"), b"0.5"),
        (homie.Property("", "boolean"), b"TRUE"),
        (homie.Property("", "enum", "a,b"), b"c"),
        (homie.Property("", "string"), b"\xff"),
    ],
)
def test_a_payload_that_is_none_is_refused(kind: homie.Property, raw: bytes) -> None:
    with pytest.raises(Refused):
        homie.parse(kind, raw)


def test_an_empty_string_is_one_zero_byte() -> None:
    assert homie.payload("") == b"\x00"
    assert homie.payload(1.5) == b"1.5"
