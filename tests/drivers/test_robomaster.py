"""A robot over a real TCP connection: it tells how it is, drives where that is wanted, and stands still at the end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkeeper_drivers.robomaster import sdk
from labkeeper_sdk import CommandFailed, DeviceUnreachable, Driver
from labkeeper_sdk.plugins import load_drivers
from labkeeper_sdk.sim.neighbours.robomaster import SimulatedRobot
from labkeeper_sdk.testing import TcpWire, serve_tcp
from labkeeper_sdk.testing.assertions import assert_reading
from labkeeper_sdk.testing.services import TestServices
from labkeeper_sdk.testing.watching import ALONE, Watched, open_driver


def driver() -> Driver:
    return load_drivers().drivers["robomaster"]


@asynccontextmanager
async def garage(robot: SimulatedRobot, **more: object) -> AsyncIterator[tuple[TcpWire, Watched]]:
    async with serve_tcp(robot.talk) as wire:
        keys = {"host": wire.host, "port": wire.port, **more}
        async with open_driver(driver(), keys, TestServices()) as watched:
            yield wire, watched


def test_an_answer_says_what_makes_sense_of_it() -> None:
    assert sdk.understood("robot battery ?", "85") == {"battery": 85}
    assert sdk.understood("robot battery ?", "185") == {}
    assert sdk.understood("chassis attitude ?", "-2.5 nan 7 9") == {"pitch": -2.5, "yaw": 7.0}
    status = sdk.understood("chassis status ?", "1 0 0 0 1 0 0 0 0 x 0")
    assert status == {"standing": True, "lifted": True, "slipping": False}


@given(st.sampled_from(sorted(sdk.ASKED)), st.text(max_size=80))
def test_no_answer_breaks_it(question: str, answer: str) -> None:
    assert sdk.understood(question, answer) is not None


async def test_a_robot_tells_how_it_is_and_shows_its_lamps() -> None:
    robot = SimulatedRobot()
    async with garage(robot) as (_, watched):
        await assert_reading(watched, "battery", 87)
        await assert_reading(watched, "standing", True)
        await watched.write(ALONE, "lamps", "green")
        assert robot.lamps == "green"
        await assert_reading(watched, "lamps", "green")


async def test_driving_is_offered_only_where_it_is_wanted() -> None:
    async with garage(SimulatedRobot()) as (_, watched):
        await watched.until(watched.readings)
        assert {point.name for _, point in watched.points if point.writable} == {"stop", "lamps"}


async def test_a_robot_drives_one_way_more_at_each_order_and_a_stop_ends_all() -> None:
    robot = SimulatedRobot()
    async with garage(robot, drives=True) as (_, watched):
        await watched.write(ALONE, "forward", 0.3)
        await watched.write(ALONE, "turning", -45.0)
        assert robot.speeds == {"forward": 0.3, "sideways": 0.0, "turning": -45.0}
        await assert_reading(watched, "standing", False)
        await watched.write(ALONE, "stop", True)
        assert not any(robot.speeds.values())
        await assert_reading(watched, "forward", 0.0)


async def test_a_robot_that_is_left_stands_still() -> None:
    robot = SimulatedRobot()
    async with serve_tcp(robot.talk) as wire:
        keys = {"host": wire.host, "port": wire.port, "drives": True}
        async with open_driver(driver(), keys, TestServices()) as watched:
            await watched.write(ALONE, "sideways", 0.2)
        async with asyncio.timeout(10):
            while any(robot.speeds.values()):
                await asyncio.sleep(0.01)


async def test_what_the_robot_refuses_is_not_done() -> None:
    class Stubborn(SimulatedRobot):
        def answer(self, words: str) -> str:
            return "fail" if words.startswith("led") else SimulatedRobot.answer(self, words)

    async with garage(Stubborn()) as (_, watched):
        with pytest.raises(CommandFailed, match="the robot says: fail"):
            await watched.write(ALONE, "lamps", "red")


async def test_a_robot_without_the_sdk_is_unreachable() -> None:
    class Closed(SimulatedRobot):
        def answer(self, words: str) -> str:
            return f"error {words}"

    with pytest.raises(DeviceUnreachable, match="SDK mode"):
        async with garage(Closed()):
            pass


async def test_a_robot_that_holds_a_connection_that_broke_is_reached_all_the_same() -> None:
    class Held(SimulatedRobot):
        def answer(self, words: str) -> str:
            said = SimulatedRobot.answer(self, words)
            return "Already in SDK mode" if words == "command" else said

    async with garage(Held()) as (_, watched):
        await assert_reading(watched, "battery", 87)


async def test_an_answer_that_is_late_is_never_taken_for_the_next() -> None:
    robot = SimulatedRobot()
    async with garage(robot) as (wire, watched):
        await assert_reading(watched, "battery", 87)
        await wire.hush()
        with pytest.raises(CommandFailed, match="does not answer"):
            await watched.write(ALONE, "lamps", "red")
        with pytest.raises(DeviceUnreachable):
            await watched.until(lambda: False)
