"""A driver's life at a real node: settings of an older version, and a circuit that opens, tries once, and closes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

import pytest
from pydantic import BaseModel

from labkeeper_edge import node
from labkeeper_edge.refusals import Refusals
from labkeeper_edge.supervision.breaker import Breaker
from labkeeper_edge.supervision.services import NodeServices
from labkeeper_edge.supervision.supervisor import Supervisor
from labkeeper_edge.uplink.births import DRIVER as DRIVER_STATE
from labkeeper_sdk import Driver, Services
from labkeeper_sdk.plugins import Loaded
from labkeeper_sdk.testing import Broker
from labkeeper_wire import mqtt
from tests.edge import bench_driver, older_driver
from tests.edge.bench_driver import Bench, Configuration
from tests.edge.conftest import Keyboard, RunEdge
from tests.edge.tiny_host import open_host

OLD = '[drivers.bench]\ndriver = "bench"\nversion = 1\ntopic = "moved"\ndevices = ["m1"]\n'
BENCH = DRIVER_STATE + "bench"
REST_S = 1.2  # longer than a node may take to report a state


@pytest.mark.parametrize("more", ["", 'isolation = "process"\n'], ids=["in the node", "in a process"])
async def test_settings_of_an_older_version_are_brought_up_to_date(
    more: str, broker: Broker, run_edge: RunEdge, keyboard: Keyboard
) -> None:
    async with open_host(broker.url) as host, run_edge(OLD + more, drivers=older_driver.LOADED):
        await host.born("m1")
        await keyboard.link.publish("moved/m1/state", b'{"temperature": 21.5}')
        await host.until(lambda: host.values("temperature", "m1") == [21.5])


async def test_a_driver_that_keeps_breaking_rests_is_tried_once_and_goes_on(
    broker: Broker, run_edge: RunEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries, mended = [0], asyncio.Event()

    @asynccontextmanager
    async def connect(configuration: BaseModel, services: Services) -> AsyncIterator[Bench]:
        tries[0] += 1
        if tries[0] <= 2:
            raise RuntimeError("no such hardware")
        await mended.wait()
        async with bench_driver.connect(configuration, services) as bench:
            yield bench

    breaker = Breaker(trip_after=2, first_rest_s=REST_S)
    monkeypatch.setattr(node, "Supervisor", partial(Supervisor, breaker=breaker))
    loaded = Loaded({"bench": Driver("bench", Configuration, connect)})
    async with open_host(broker.url) as host, run_edge(drivers=loaded):
        said = f"open: RuntimeError: no such hardware (tried again after {REST_S:g} s)"
        await host.until(lambda: host.node_metric(BENCH) == said)
        await host.until(lambda: host.node_metric(BENCH) == "half-open: RuntimeError: no such hardware")
        assert tries == [3]
        mended.set()
        await host.until(lambda: host.node_metric(BENCH) == "connected")


async def test_a_session_is_kept_under_a_name_of_the_accounts_own_and_the_one_without_it_is_ended(
    broker: Broker,
) -> None:
    address = replace(mqtt.Address.parse(broker.url), username="n", password="long")
    earlier = "labkeeper/s/n/bench"

    async def present(name: str) -> bool:
        async with mqtt.connect(address, name, clean=False) as link:
            await link.subscribe(("lab/#", 1))
            return link.session_present

    assert not await present(earlier)
    services = [NodeServices(address, "s", "n", "bench", Refusals()) for _ in range(2)]
    async with services[0].mqtt() as first:
        assert not first.session_present
    assert not await present(earlier), "ended with what it held"
    async with services[1].mqtt() as second:
        assert second.session_present
    assert await present(earlier), "a session that is there asks for no other to be ended"
