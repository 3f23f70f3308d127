"""What changed while nobody was heard: what is true afterwards is what alarms, however it was cut off."""

import signal
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest

from labkeeper_hub.alarms.streams import Stream
from labkeeper_hub.model import AlarmKey, PointKey
from labkeeper_sdk.testing import Broker
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.mqtt import LinkLost
from labkeeper_wire.payload import STALE, Metric, Property

from .conftest import School, Start
from .scripted_node import DEADLINE_S, ScriptedNode, joined, now_ms, until
from .test_alarms import until_shown
from .test_killed import hub_process

INTERLOCK = AlarmKey("interlock", PointKey("school", "lab", "interlocks", "fire/tripped"))
SMOKE = AlarmKey("smoke_detector", PointKey("school", "lab", "air", "smoke"))
HOUR_AGO_MS = 3_600_000


def says(*, on: bool) -> dict[str, list[Metric]]:
    """What a node bears: values that it took an hour ago and that have not changed since."""
    time_ms = now_ms() - HOUR_AGO_MS
    return {
        "interlocks": [Metric("fire/tripped", on, DataType.BOOLEAN, time_ms)],
        "air": [Metric("smoke", on, DataType.BOOLEAN, time_ms)],
    }


def stream_of(school: School, key: AlarmKey) -> Stream | None:
    found = (one for one in school.hub.alarms.streams.values() if one.point.key == key.source)
    return next(found, None)


async def judged(school: School, *, on: bool) -> None:
    """Wait until both points are known to be so."""
    for key in (INTERLOCK, SMOKE):

        def known(key: AlarmKey = key) -> bool:
            stream = stream_of(school, key)
            return stream is not None and stream.waiting is None and stream.judges[0].value == float(on)

        await until(known, f"{key.rule} to be judged")


async def away(school: School, node: ScriptedNode, way: str) -> None:
    """Lose the node, or the broker, and wait until that is known."""
    if way == "broker":
        await school.broker.stop(signal.SIGKILL)
    else:
        node.link._fail(LinkLost("the cable is pulled"))
    await until(lambda: not school.online("air"), "the loss")
    await until(lambda: _unknown(school), "the values to be unknown")
    if way == "broker":
        await school.broker.start()
        await until(lambda: school.hub.host.connected, "the broker")


def _unknown(school: School) -> bool:
    stream = stream_of(school, SMOKE)
    return stream is not None and stream.judges[0].value is None


def active(school: School, key: AlarmKey) -> bool:
    now = school.hub.alarms.desk.known(key)
    return now is not None and now.state.active


@pytest.mark.parametrize("foreign", [False, True], ids=["ours", "foreign"])
@pytest.mark.parametrize("way", ["node", "broker", "hub"])
@pytest.mark.parametrize(
    ("before", "after"), [(False, True), (True, False), (False, False), (True, True)], ids=["trip", "clear", "0", "1"]
)
async def test_what_is_true_after_an_outage_is_what_alarms(
    start: Start,
    way: str,
    before: bool,  # noqa: FBT001 -- a column of the table
    after: bool,  # noqa: FBT001 -- as above
    foreign: bool,  # noqa: FBT001 -- as above
) -> None:
    own = () if foreign else None
    async with AsyncExitStack() as stack:
        school = await stack.enter_async_context(start())
        async with joined(school.port, metrics=own, devices=says(on=before)) as node:
            await judged(school, on=before)
            assert active(school, INTERLOCK) is before
            await school.hub.alarms.desk.save()
            if way != "hub":
                await away(school, node, way)
        if way == "hub":
            await stack.aclose()
            school = await stack.enter_async_context(start())
        async with joined(school.port, metrics=own, devices=says(on=after), bd_seq=1):
            await judged(school, on=after)
            watch = school.hub.alarms
            ahead_ms = now_ms() + 400_000
            watch.now_ms = watch.desk.now_ms = lambda: ahead_ms
            watch.tick()
            assert (active(school, INTERLOCK), active(school, SMOKE)) == (after, after)
            lines = await watch.desk.history(limit=50)
    kinds = ["raised"] * before + ["raised"] * (after and not before) + ["cleared"] * (before and not after)
    for key in (INTERLOCK, SMOKE):
        assert [line.kind for line in reversed(lines) if line.key == key and not line.late] == kinds
    assert [line for line in lines if line.key.rule == "sensor_silent"] == []


async def test_a_value_that_the_node_does_not_know_any_more_raises_and_clears_nothing(start: Start) -> None:
    async with start() as school:
        async with joined(school.port, devices=says(on=True)) as node:
            await judged(school, on=True)
            await away(school, node, "node")
        stale = {"Quality": Property(STALE, DataType.INT32)}
        unknown = {
            "interlocks": [Metric("fire/tripped", False, DataType.BOOLEAN, now_ms(), properties=stale)],
            "air": [Metric("smoke", None, DataType.BOOLEAN, now_ms())],
        }
        async with joined(school.port, devices=unknown, bd_seq=1):
            await until(lambda: school.online("air"), "the device")
            school.hub.alarms.bind()
            school.hub.alarms.tick()
            assert active(school, INTERLOCK)
            assert active(school, SMOKE)
            latest = school.latest("air", "smoke")
            assert latest is not None
            assert latest.stale


async def test_what_trips_while_the_hub_is_killed_alarms_when_it_is_back(broker: Broker, tmp_path: Path) -> None:
    async with (
        hub_process(tmp_path, broker) as (process, ready),
        joined(broker.port, devices=says(on=False)),
    ):
        process.kill()
        await process.wait()
    headers = {"Authorization": f"Bearer {ready['owner_secret']}"}
    async with (
        hub_process(tmp_path, broker) as (_, ready),
        joined(broker.port, devices=says(on=True), bd_seq=1),
        httpx.AsyncClient(base_url=ready["url"], headers=headers, timeout=DEADLINE_S) as client,
    ):
        assert (await until_shown(client, "unack", "interlock"))["point"] == "fire/tripped"
