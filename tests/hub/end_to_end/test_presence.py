"""Who is there: births are hints, deaths are believed, and a silent broker makes everything stale."""

from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import DeviceDescription, NodeDescription, PointDescription
from labkeeper_wire.mqtt import LinkLost
from labkeeper_wire.payload import Metric

from .conftest import School, Start
from .scripted_node import double, joined, now_ms, outbox_metrics, until

AIR = {"air": [double("co2", 400.0)], "plug": [double("power", 3.0)]}


async def test_a_device_is_online_while_it_is_born_and_its_value_stale_when_it_is_not(school: School) -> None:
    async with joined(school.port, devices=AIR) as node:
        await until(lambda: school.online("air") and school.online("plug"), "both devices")
        node.lost("air")
        await until(lambda: not school.online("air"), "the death of air")
        latest = school.latest("air", "co2")
        assert latest is not None
        assert latest.stale
        assert school.online("plug")
        node.born("air", AIR["air"])
        await until(lambda: school.online("air"), "the birth of air")


async def test_a_node_that_falls_silent_takes_its_devices_with_it(school: School) -> None:
    async with joined(school.port, devices=AIR) as node:
        await until(lambda: school.online("air"), "the device")
        node.link._fail(LinkLost("the cable is pulled"))
        await until(lambda: not school.online("air"), "the will")
    assert [known.online for known in school.hub.parts.registry.nodes()] == [False]


async def test_a_device_absent_from_a_new_birth_is_offline_and_not_forgotten(school: School) -> None:
    async with joined(school.port, devices=AIR):
        await until(lambda: school.online("plug"), "the device")
    async with joined(school.port, devices={"air": AIR["air"]}, bd_seq=1):
        await until(lambda: school.online("air") and not school.online("plug"), "the device that stayed away")
        assert len(school.hub.parts.registry.devices()) == 2


async def test_everything_is_stale_while_the_broker_is_away_and_comes_back_with_it(school: School) -> None:
    async with joined(school.port, devices=AIR):
        await until(lambda: school.online("air"), "the device")
        await school.broker.stop()
        await until(lambda: not school.online("air"), "the loss of the broker")
        assert not school.hub.parts.health.status().broker_connected
    await school.broker.start()
    await until(lambda: school.hub.host.connected, "the broker")
    async with joined(school.port, devices=AIR, bd_seq=1) as node:
        node.send("air", [double("co2", 1.0)], batch=1)
        await node.acknowledged(1)
        assert school.online("air")


async def test_the_registry_and_the_live_values_survive_a_restart(start: Start) -> None:
    lamp = PointDescription("level", "setpoint", DataType.INT64, "%", 0, 100, 1, (), writable=True, title_zh="亮度")
    described = DeviceDescription("灯", "Lamp", "Acme", "L1", "2.0", "3", {"notes": [1, 2]})
    points = [
        *described.to_metrics(now_ms()),
        Metric("level", 5, DataType.INT64, now_ms(), properties=lamp.to_properties()),
    ]
    lab = NodeDescription("physics", "物理", "Physics").to_metrics(now_ms())
    async with start() as school:
        metrics = (*lab, *outbox_metrics("epoch-1"))
        async with joined(school.port, metrics=metrics, devices={"lamp": points}):
            await until(lambda: school.online("lamp"), "the lamp")
            before = school.hub.parts.registry.devices()[0]
            labs = school.hub.parts.registry.labs()
            await school.hub.registry_records.save()
    async with start() as school:
        after = school.hub.parts.registry.devices()[0]
        assert (after.description, after.points, after.lab, after.online) == (described, (lamp,), "physics", False)
        assert (before.description, before.points) == (after.description, after.points)
        again = school.hub.parts.registry.labs()[0]
        assert (again.title.zh, again.nodes, again.devices_total) == ("物理", ("lab",), 1)
        assert labs[0].devices_online == 1
