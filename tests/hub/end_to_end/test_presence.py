"""Who is there: births are hints, deaths are believed, and a silent broker makes everything stale."""

from labkeeper_hub.ingest.twins import CLEAR_MS
from labkeeper_hub.model import Node, Outbox
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import DeviceDescription, NodeDescription, PointDescription
from labkeeper_wire.mqtt import LinkLost
from labkeeper_wire.payload import STALE, Metric, Property

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


async def test_a_stale_value_of_a_birth_tells_who_knows_nothing_and_moves_no_later_value_back(school: School) -> None:
    stale = {"Quality": Property(STALE, DataType.INT32)}
    at_ms = now_ms()
    async with joined(school.port, devices={"air": [double("co2", 400.0, at_ms)]}):
        await until(lambda: school.online("air"), "the device")
    older = double("co2", 390.0, at_ms - 30_000)._replace(properties=stale)
    unknown = double("t", 21.5, at_ms - 30_000)._replace(properties=stale)
    async with joined(school.port, devices={"air": [older, unknown]}, bd_seq=1):
        await until(lambda: school.latest("air", "t") is not None, "the value nobody knew")
        co2, t = school.latest("air", "co2"), school.latest("air", "t")
        assert co2 is not None
        assert t is not None
        assert (co2.value, co2.time_ms, co2.stale) == (400.0, at_ms, True)
        assert (t.value, t.time_ms, t.stale) == (21.5, at_ms - 30_000, True)


async def test_two_machines_with_one_name_are_said_to_be_two(school: School) -> None:
    def nodes() -> tuple[Node, ...]:
        return school.hub.parts.registry.nodes()

    for bd_seq, epoch in enumerate(("epoch-1", "epoch-2", "epoch-1", "epoch-2")):
        assert not any(node.twin for node in nodes())
        async with joined(school.port, epoch=epoch, bd_seq=bd_seq):
            born = Outbox(epoch)
            await until(lambda born=born: [node.outbox for node in nodes()] == [born], epoch)  # type: ignore[misc] # mypy infers no lambda with a default
    assert [node.twin for node in nodes()] == [True]
    assert school.refused("node_twin") == 2
    school.hub.host.births.sweep(now_ms() + CLEAR_MS)
    assert [node.twin for node in nodes()] == [False]


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
