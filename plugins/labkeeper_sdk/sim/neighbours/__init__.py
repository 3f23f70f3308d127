"""Devices of other wires than MQTT, by the name of their driver."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from labkeeper_sdk.sim.neighbours import (
    ble_heart_rate,
    gpio,
    modbus,
    pjlink,
    robomaster,
    rosbridge,
    serial_line,
    snmp,
    tello,
)
from labkeeper_sdk.sim.neighbours.neighbour import Neighbour

_ALL = (
    modbus.NEIGHBOUR,
    serial_line.NEIGHBOUR,
    pjlink.NEIGHBOUR,
    rosbridge.NEIGHBOUR,
    tello.NEIGHBOUR,
    gpio.NEIGHBOUR,
    robomaster.NEIGHBOUR,
    snmp.NEIGHBOUR,
    ble_heart_rate.NEIGHBOUR,
)
NEIGHBOURS: Mapping[str, Neighbour] = {it.driver: it for it in _ALL}


@asynccontextmanager
async def open_neighbours(places: Mapping[str, str]) -> AsyncIterator[None]:
    """Run these devices, each where it is told."""
    async with AsyncExitStack() as stack:
        for kind, where in places.items():
            await stack.enter_async_context(NEIGHBOURS[kind].open(where))
        yield


__all__ = ["NEIGHBOURS", "Neighbour", "open_neighbours"]
