"""Robots behind a real WebSocket: topics as points, feedback as confirmation, a stop."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets import State
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from labkeeper_drivers.rosbridge.messages import Topics
from labkeeper_drivers.rosbridge.settings import RosbridgeConfiguration
from labkeeper_sdk import BadConfiguration, BadReading, CommandFailed, DeviceUnreachable, Driver, Value
from labkeeper_sdk.configuration import check_configuration
from labkeeper_sdk.plugins import load_drivers
from labkeeper_sdk.sim.neighbours.rosbridge import POINTS, SimulatedRobot, serve_robot
from labkeeper_sdk.testing.assertions import assert_reading
from labkeeper_sdk.testing.services import TestServices
from labkeeper_sdk.testing.watching import ALONE, Watched, open_driver

LIMITED: dict[str, Any] = {
    "kind": "state",
    "type": "str",
    "options": ["idle", "busy"],
    "topic": "/mode",
    "message": "s",
}


def driver() -> Driver:
    return load_drivers().drivers["rosbridge"]


def topics(**points: dict[str, Any]) -> Topics:
    said = {"host": "robot", "points": {**POINTS, **points}, "stop_topic": "/cmd_vel"}
    return Topics(RosbridgeConfiguration.model_validate(said))


def says(known: Topics, topic: str, message: object) -> dict[str, Value | None]:
    raw = json.dumps({"op": "publish", "topic": topic, "msg": message})
    return {reading.point: reading.value for reading in known.readings(raw)}


@asynccontextmanager
async def watching(port: int, **more: object) -> AsyncIterator[Watched]:
    keys = {"host": "127.0.0.1", "port": port, "points": POINTS, "stop_topic": "/cmd_vel", **more}
    async with open_driver(driver(), keys, TestServices()) as watched:
        yield watched


def port_of(server: Any) -> int:  # noqa: ANN401 -- websockets' and its sockets
    return int(next(iter(server.sockets)).getsockname()[1])


def opening(known: Topics) -> Iterator[tuple[str, str]]:
    return ((said["op"], said["topic"]) for said in map(json.loads, known.opening()))


def test_topics_are_subscribed_once_and_what_is_published_is_advertised() -> None:
    subscribed = [("subscribe", "/battery"), ("subscribe", "/odom"), ("subscribe", "/cmd_vel")]
    assert [*opening(topics())] == [*subscribed, ("advertise", "/cmd_vel")]


def test_fields_are_found_however_deep_and_what_is_no_number_is_unknown() -> None:
    scan = {"kind": "measure", "unit": "m", "topic": "/scan", "message": "m", "field": "ranges.1"}
    known = topics(near=scan, mode=LIMITED)
    assert says(known, "/scan", {"ranges": [1, 2.5]}) == {"near": 2.5}
    nothings: list[object] = [{}, {"ranges": []}, {"ranges": [1, None]}, {"ranges": [1, float("nan")]}, [], None, 3]
    for nothing in nothings:
        assert says(known, "/scan", nothing) == {"near": None}
    assert says(known, "/mode", {"data": "idle"}) == {"mode": "idle"}
    assert says(known, "/battery", {"percentage": 7.0}) == {"battery": None}
    assert says(known, "/elsewhere", {}) == {}


@pytest.mark.parametrize(
    "raw", ["", "[]", "{", "[" * 100_000, '{"op": "publish", "topic": "/mode", "msg": {"data": 3}}']
)
def test_nonsense_is_named(raw: str) -> None:
    with pytest.raises(BadReading):
        topics(mode=LIMITED).readings(raw)


LEAVES = st.none() | st.booleans() | st.floats() | st.text(max_size=5)


@settings(max_examples=60, deadline=None)
@given(st.recursive(LEAVES, lambda it: st.lists(it) | st.dictionaries(st.text(max_size=5), it), max_leaves=8))
def test_no_message_breaks_it(message: object) -> None:
    known = topics(mode=LIMITED)
    for topic in ("/battery", "/odom", "/mode"):
        try:
            says(known, topic, message)
        except BadReading:
            continue


def test_points_of_one_topic_share_its_message_and_a_stop_forgets_it() -> None:
    known = topics()
    assert known.repeated("/cmd_vel") is None
    known.publication("speed", 0.5)
    message = {"linear": {"x": 0.5}, "angular": {"z": 1.0}}
    assert json.loads(known.publication("turn", 1.0))["msg"] == message
    assert json.loads(known.repeated("/cmd_vel") or "")["msg"] == message
    assert json.loads(known.publication("stop", True)) == {"op": "publish", "topic": "/cmd_vel", "msg": {}}
    assert known.repeated("/cmd_vel") is None
    assert known.rhythms() == {"/cmd_vel": 0.2}


ZERO = {"x": 0.0, "y": 0.0, "z": 0.0}


@pytest.mark.parametrize(
    ("content", "message", "is_one"),
    [
        ({}, {"linear": ZERO, "angular": ZERO}, True),
        ({}, {"linear": {**ZERO, "x": 0.1}, "angular": ZERO}, False),
        ({}, {"header": {"seq": 4, "frame_id": "base"}, "twist": {"linear": ZERO}, "covariance": [0.0, 0.0]}, True),
        ({}, {"covariance": [0.0, 1.0]}, False),
        ({"data": 0.1, "why": "stop"}, {"data": 0.10000000149011612, "why": "stop"}, True),
        ({"data": 0.1, "why": "stop"}, {"data": 0.1, "why": "go"}, False),
        ({"data": True}, {"data": False}, False),
    ],
)
def test_a_stop_that_ros_has_carried_is_told_from_other_messages(
    content: dict[str, Any], message: dict[str, Any], *, is_one: bool
) -> None:
    said = {"host": "robot", "points": {"battery": POINTS["battery"]}, "stop_topic": "/halt", "stop_content": content}
    known = Topics(RosbridgeConfiguration.model_validate(said))
    assert says(known, "/halt", message) == ({"stop": True} if is_one else {})


def test_a_point_may_not_take_the_name_of_the_stop() -> None:
    with pytest.raises(BadConfiguration, match="stop"):
        check_configuration(driver(), {"host": "x", "points": {"stop": POINTS["battery"]}, "stop_topic": "/cmd_vel"})


async def test_a_robot_is_driven_and_stopped() -> None:
    robot = SimulatedRobot()
    async with serve_robot(robot) as server, watching(port_of(server)) as watched:
        await assert_reading(watched, "speed", 0.0)
        await watched.write(ALONE, "speed", 0.5)
        await watched.write(ALONE, "turn", -1.0)
        assert (robot.speed, robot.turn, robot.orders) == (0.5, -1.0, ["speed", "turn"])
        await watched.write(ALONE, "stop", True)
        await assert_reading(watched, "speed", 0.0)
        assert (robot.speed, robot.turn) == (0.0, 0.0)


async def test_what_was_set_is_published_again_until_the_connection_ends() -> None:
    robot = SimulatedRobot()
    async with serve_robot(robot) as server, watching(port_of(server)) as watched:
        await watched.write(ALONE, "speed", 0.5)
        robot.speed = 0.0
        async with asyncio.timeout(10):
            while robot.speed == 0.0:
                await asyncio.sleep(0.02)


async def test_a_robot_that_says_nothing_confirms_nothing_and_one_that_leaves_is_unreachable() -> None:
    leave = asyncio.Event()

    async def handle(_connection: ServerConnection) -> None:
        await leave.wait()

    points = {"speed": {**POINTS["speed"], "confirm_s": 0.2}}
    async with (
        serve(handle, "127.0.0.1", 0, close_timeout=0.1) as server,
        watching(port_of(server), points=points) as watched,
    ):
        with pytest.raises(CommandFailed, match="did not say"):
            await watched.write(ALONE, "speed", 0.5)
        leave.set()
        with pytest.raises(DeviceUnreachable):
            await watched.until(lambda: False)


async def test_a_stop_that_ros_does_not_carry_is_not_done() -> None:
    async def handle(
        connection: ServerConnection,
    ) -> None:  # as rosbridge, which says nothing of a type it does not know
        async for raw in connection:
            if json.loads(raw)["op"] == "publish":
                return

    async with serve(handle, "127.0.0.1", 0, close_timeout=0.1) as server, watching(port_of(server)) as watched:
        with pytest.raises(CommandFailed, match="the connection to rosbridge ended"):
            await watched.write(ALONE, "stop", True)


async def test_who_talks_only_nonsense_is_unreachable() -> None:
    async def handle(connection: ServerConnection) -> None:
        while connection.state is State.OPEN:
            with suppress(ConnectionClosed):
                await connection.send("{")
            await asyncio.sleep(0)  # sending alone lets nobody else run

    async with serve(handle, "127.0.0.1", 0, close_timeout=0.1) as server, watching(port_of(server)) as watched:
        with pytest.raises(DeviceUnreachable, match="not_json"):
            await watched.until(lambda: False)
