"""Devices of other wires: each is reached by its own driver with the keys it names itself."""

import argparse
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from labkeeper_sdk.configuration import check_configuration
from labkeeper_sdk.plugins import load_drivers
from labkeeper_sdk.sim.__main__ import configure
from labkeeper_sdk.sim.neighbours import NEIGHBOURS, open_neighbours
from labkeeper_sdk.testing import free_port
from labkeeper_sdk.testing.services import TestServices
from labkeeper_sdk.testing.watching import open_driver


@pytest.mark.parametrize("kind", sorted(NEIGHBOURS))
async def test_a_neighbour_is_reached_by_the_keys_it_names(kind: str, tmp_path: Path) -> None:
    neighbour = NEIGHBOURS[kind]
    where = str(tmp_path / kind) if neighbour.place == "path" else str(free_port())
    driver = load_drivers().drivers[neighbour.driver]
    settings = dict(neighbour.settings(where))
    check_configuration(driver, settings)
    async with open_neighbours({kind: where}), open_driver(driver, settings, TestServices()) as watched:
        await watched.until(watched.readings)
        settable = {point.name for _, point in watched.points if point.writable}
        assert settable == set(neighbour.settable)


async def test_a_second_lab_on_a_machine_has_a_drone_of_its_own() -> None:
    wheres = [str(free_port()) for _ in range(2)]
    driver = load_drivers().drivers["tello"]
    async with AsyncExitStack() as labs:
        for where in wheres:
            await labs.enter_async_context(open_neighbours({"tello": where}))
            settings = dict(NEIGHBOURS["tello"].settings(where))
            watched = await labs.enter_async_context(open_driver(driver, settings, TestServices()))
            await watched.until(watched.readings)


def test_a_place_says_whose_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    configure(parser)
    assert parser.parse_args(["--listen", "modbus=5020"]).listen == [("modbus", "5020")]
    for wrong in ("teapot=1", "modbus"):
        with pytest.raises(SystemExit):
            parser.parse_args(["--listen", wrong])
    assert "kinds are modbus" in capsys.readouterr().err
