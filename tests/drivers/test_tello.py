"""A drone on real UDP ports: it takes off, tells its state, and lands."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkeeper_drivers.tello import sdk
from labkeeper_sdk import CommandFailed, CommandRejected, DeviceUnreachable, Driver
from labkeeper_sdk.configuration import check_configuration, claims
from labkeeper_sdk.plugins import load_drivers
from labkeeper_sdk.sim.neighbours.tello import DroneWire, SimulatedDrone, serve_drone
from labkeeper_sdk.testing import free_port
from labkeeper_sdk.testing.assertions import assert_reading
from labkeeper_sdk.testing.services import TestServices
from labkeeper_sdk.testing.watching import ALONE, Watched, open_driver
from tests.drivers.slow_drone import RISING_S, SlowDrone


def driver() -> Driver:
    return load_drivers().drivers["tello"]


@asynccontextmanager
async def flying_club(drone: SimulatedDrone, **more: object) -> AsyncIterator[tuple[DroneWire, Watched]]:
    async with serve_drone(drone) as wire:
        keys = {"host": wire.commands.host, "port": wire.commands.port, "state_port": free_port(), **more}
        async with open_driver(driver(), keys, TestServices()) as watched:
            yield wire, watched


def test_a_state_line_says_what_makes_sense_of_it() -> None:
    assert sdk.state(b"pitch:-2;bat:87;baro:21.37;mid:-1;junk\r\n") == {"pitch": -2, "battery": 87, "altitude": 21.37}
    assert sdk.state(b"bat:900;h:nan;tof:;yaw:inf") == {}


@given(st.binary(max_size=200))
def test_no_datagram_breaks_it(line: bytes) -> None:
    assert sdk.state(line) is not None


def test_two_drones_may_not_hear_on_one_port() -> None:
    checked = check_configuration(driver(), {})
    assert [it.resource.name for it in claims("one", driver(), checked)] == ["8890"]


async def test_the_state_is_heard_only_where_the_drone_can_be_reached() -> None:
    port = free_port()
    async with flying_club(SimulatedDrone(), state_port=port) as (_, watched):
        await assert_reading(watched, "height", 0)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
            elsewhere.bind(("127.0.0.2", port))  # taken, where the driver listened on every address


async def test_a_drone_takes_off_tells_its_state_and_lands() -> None:
    drone = SimulatedDrone()
    async with flying_club(drone) as (_, watched):
        await assert_reading(watched, "height", 0)
        await watched.write(ALONE, "flying", True)
        await watched.write(ALONE, "flying", True)
        assert drone.orders == ["flying"]
        await assert_reading(watched, "height", 80)
        await watched.write(ALONE, "stop", True)
        await watched.write(ALONE, "flying", False)
        assert not drone.flying


async def test_flying_about_is_offered_only_where_it_is_wanted_and_in_the_air() -> None:
    drone = SimulatedDrone()
    async with flying_club(drone) as (_, watched):
        await watched.until(lambda: watched.found)
        assert not {"up", "cw"} & {point.name for _, point in watched.points}
    async with flying_club(drone, moves=True) as (_, watched):
        with pytest.raises(CommandRejected, match="on the ground"):
            await watched.write(ALONE, "up", 30)
        await watched.write(ALONE, "flying", True)
        await watched.write(ALONE, "up", 30)
        assert drone.orders == ["flying", "up"]


async def test_a_drone_found_in_the_air_is_known_to_fly() -> None:
    async with flying_club(SimulatedDrone(flying=True)) as (_, watched):
        await assert_reading(watched, "flying", True)


async def test_a_drone_nobody_commands_is_kept_awake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labkeeper_drivers.tello.device.KEEP_ALIVE_S", 0.05)
    heard: list[bytes] = []

    class Listening(SimulatedDrone):
        def answer(self, data: bytes) -> list[bytes]:
            heard.append(data)
            return [*super().answer(data)]

    async with flying_club(Listening()) as (_, watched):
        await watched.until(lambda: heard.count(b"command") > 2)


async def test_a_drone_that_refuses_or_is_gone_has_not_taken_off() -> None:
    class Flat(SimulatedDrone):
        def answer(self, data: bytes) -> list[bytes]:
            return (
                [b"error Motor stop"]
                if data == b"takeoff"
                else [b"ok"]
                if data == b"command"
                else [*super().answer(data)]
            )

    async with flying_club(Flat()) as (wire, watched):
        with pytest.raises(CommandFailed, match="motor stop"):
            await watched.write(ALONE, "flying", True)
        await wire.cut()
        with pytest.raises(DeviceUnreachable):
            await watched.until(lambda: False)


async def test_a_late_answer_to_a_take_off_that_was_given_up_confirms_no_landing() -> None:
    drone = SlowDrone()
    async with flying_club(drone) as (drone.wire, watched):
        taking_off = asyncio.create_task(watched.write(ALONE, "flying", True))
        await asyncio.sleep(RISING_S / 2)
        taking_off.cancel()
        await asyncio.wait([taking_off])
        await watched.write(ALONE, "flying", False)
        assert not drone.flying
        assert drone.landed == ["while rising", "heard"]
        with pytest.raises(DeviceUnreachable, match="did not answer"):
            await watched.until(lambda: False)


async def test_a_drone_that_stands_already_and_refuses_to_land_has_landed() -> None:
    class Grounded(SimulatedDrone):
        def answer(self, data: bytes) -> list[bytes]:
            return [b"error Not flying"] if data == b"land" else [*super().answer(data)]

    drone = Grounded()
    async with flying_club(drone) as (_, watched):
        await watched.write(ALONE, "flying", False)
        drone.flying = True
        with pytest.raises(CommandFailed, match="not flying"):
            await watched.write(ALONE, "flying", False)
