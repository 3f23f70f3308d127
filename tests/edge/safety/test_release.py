"""Who may release a stop, with either broker: the hub, and nobody who may only write the school's word."""

import logging
from collections.abc import AsyncIterator

import pytest

from labkeeper_edge.uplink.births import REFUSED
from labkeeper_sdk.testing import Broker, find_mosquitto, open_broker
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.payload import Metric
from labkeeper_wire.stop import LATCH, RELEASE
from tests.edge.conftest import RunEdge
from tests.edge.safety.test_stopping import RELEASED, SAFE, STOP, confirmed, refusal, release, say, started
from tests.edge.tiny_host import open_host


@pytest.fixture(params=["mosquitto", "amqtt"])
async def broker(request: pytest.FixtureRequest) -> AsyncIterator[Broker]:
    if request.param == "mosquitto" and find_mosquitto() is None:
        pytest.skip("Mosquitto is not installed")
    async with open_broker(kind=request.param) as broker:
        yield broker


@pytest.mark.usefixtures("keyboard")
async def test_a_release_that_any_node_may_have_written_releases_nobody(
    broker: Broker, run_edge: RunEdge, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "labkeeper_edge.safety.stopping")
    async with open_host(broker.url) as host, run_edge(SAFE):
        await started(host)
        await say(host, STOP)
        await host.until(lambda: confirmed(host))
        for word in (RELEASED, RELEASED._replace(latch="another"), RELEASED):
            await say(host, word)
        await say(host, STOP._replace(latch="latch-2"))  # who has heard this has heard all before it
        await host.until(lambda: confirmed(host, "latch-2"))
        assert caplog.text.count("latch latch-1: a release where any node may write") == 1
        assert "released by" not in caplog.text
        release(host)
        assert await refusal(host) == "stopped"
        release(host, RELEASED._replace(latch="latch-2"))
        await host.until(lambda: host.node_metric(LATCH) == "")
        await say(host, STOP)
        release(host, STOP._replace(latch="latch-3"))
        host.write_node(Metric(RELEASE, "", DataType.STRING))
        await host.until(lambda: host.node_metric(REFUSED + "bad_stop") == 2)
        await host.until(lambda: host.node_metric(LATCH) == "latch-1")
