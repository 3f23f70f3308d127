"""Bad input is refused with a counted reason, nothing of it is stored, and nobody else is disturbed."""

import asyncio
import logging
import random

import pytest

from labkeeper_sdk.testing import Broker
from labkeeper_wire import mqtt
from labkeeper_wire.codec import encode
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.payload import DataSet, Metric, Payload, Property

from .conftest import School, Start
from .scripted_node import double, joined, now_ms, until

AIR = {"air": [double("co2", 400.0), double("heat", 20.0), Metric("table", None, DataType.DATASET, 1)]}


async def test_not_a_number_is_refused_and_its_neighbours_are_stored(school: School) -> None:
    async with joined(school.port, devices=AIR) as node:
        wrong = [double("co2", float("nan")), double("co2", float("inf")), double("co2", float("-inf"))]
        node.send("air", [*wrong, double("heat", 21.5)], batch=1)
        await node.acknowledged(1)
    assert await school.rows("air", "co2") == ()
    assert [row.value for row in await school.rows("air", "heat")] == [21.5]
    assert school.refused("not_finite") == 3


async def test_what_is_no_value_of_a_point_is_refused(school: School) -> None:
    table = Metric("table", DataSet(("a",), (DataType.INT32,), ((1,),)), DataType.DATASET, now_ms())
    async with joined(school.port, "plc", metrics=[], devices=AIR, host=None) as node:
        node.send("air", [table, double("heat", 21.5)])
        rows = await school.stored(3, "air", "heat", "plc")
    assert rows[-1].value == 21.5
    assert school.refused("not_a_reading") >= 1


async def test_an_unknown_metric_brings_a_rebirth_and_nothing_is_stored_under_a_guess(school: School) -> None:
    async with joined(school.port, devices=AIR) as node:
        payload = Payload((Metric("ghost", 1.0, DataType.DOUBLE, now_ms()),), now_ms(), 2)
        node.link.send("spBv1.0/school/DDATA/lab/air", encode(payload))
        await until(lambda: node.rebirths > 0, "a rebirth")
    assert school.refused("unknown_metric") == 1
    assert await school.rows("air", "ghost") == ()


async def test_data_of_a_node_nobody_knows_brings_a_rebirth_request(school: School) -> None:
    async with mqtt.connect(mqtt.Address("127.0.0.1", school.port), "stranger") as link:
        await link.subscribe(("spBv1.0/school/NCMD/unknown", 0))
        link.send("spBv1.0/school/NDATA/unknown", encode(Payload((double("x", 1.0),), now_ms(), 7)))
        async with asyncio.timeout(30):
            message = await anext(link.messages())
    assert b"Rebirth" in message.payload
    assert school.refused("unknown_node") == 1


async def test_a_flood_of_rubbish_disturbs_no_healthy_neighbour(
    school: School, caplog: pytest.LogCaptureFixture
) -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)  # noqa: T201 -- to repeat it
    chance = random.Random(seed)
    topics = [f"spBv1.0/school/{kind}/{name}" for kind in ("NDATA", "NBIRTH", "DDATA") for name in ("lab", "b/x", "é+")]
    topics = [topic for topic in topics if "+" not in topic]
    async with (
        joined(school.port, devices=AIR) as node,
        mqtt.connect(mqtt.Address("127.0.0.1", school.port), "vandal") as vandal,
    ):
        with caplog.at_level(logging.WARNING, "labkeeper_hub.ingest.refusals"):
            for batch in range(1, 101):
                for _ in range(30):
                    vandal.send(chance.choice(topics), chance.randbytes(chance.randrange(200)))
                node.send("air", [double("co2", float(batch))], batch=batch)
                await vandal.drain()
            await node.acknowledged(100)
    assert [row.value for row in await school.rows("air", "co2")] == [float(batch) for batch in range(1, 101)]
    counts = school.hub.parts.health.status().refusals
    assert sum(counts.values()) >= 1000
    assert len(caplog.records) < 50  # a line when it begins, not for every message


async def test_a_birth_with_a_damaged_descriptor_is_a_device_all_the_same(school: School) -> None:
    damaged = Metric("Descriptor", b"rubbish", DataType.FILE, now_ms())
    async with joined(school.port, devices={"air": [double("co2", 1.0), damaged]}):
        await until(lambda: school.online("air"), "the device")
    assert school.refused("not_json") == 1


async def test_a_repeated_quality_of_a_reading_is_kept_with_its_live_value(school: School) -> None:
    stale = {"Quality": Property(500, DataType.INT32)}
    async with joined(school.port, devices=AIR) as node:
        node.send("air", [Metric("co2", 5.0, DataType.DOUBLE, now_ms(), properties=stale)], batch=1)
        await node.acknowledged(1)
        latest = school.latest("air", "co2")
    assert latest is not None
    assert (latest.quality, latest.stale) == (500, True)


async def test_a_gap_record_that_is_none_is_refused(school: School) -> None:
    async with joined(school.port, devices=AIR) as node:
        node.send(None, [Metric("Delivery/Gap", "nonsense", DataType.STRING, now_ms())], batch=1)
        await node.acknowledged(1)
    assert school.refused("bad_gap") == 1


async def test_a_message_too_large_to_be_read_is_counted_and_logged_once(
    school: School, caplog: pytest.LogCaptureFixture
) -> None:
    async with joined(school.port, devices=AIR) as node:
        for _ in range(3):
            node.link.send("spBv1.0/school/DDATA/lab/air", b"x" * (5 << 20))
            await node.link.drain()
        node.send("air", [double("co2", 1.0)], batch=1)
        await node.acknowledged(1)
    assert school.refused("too_large") == 3
    assert sum("too_large" in record.getMessage() for record in caplog.records) == 1


async def test_a_birth_the_broker_kept_is_refused_and_its_node_asked_what_is_true(start: Start, broker: Broker) -> None:
    topic = "spBv1.0/school/NBIRTH/kept"
    birth = Payload((Metric("bdSeq", 0, DataType.INT64), double("x", 1.0)), now_ms(), 0)
    async with mqtt.connect(mqtt.Address("127.0.0.1", broker.port), "gateway") as link:
        await link.publish(topic, encode(birth), retain=True)
        await link.subscribe(("spBv1.0/school/NCMD/kept", 0))
        async with start() as school:
            async with asyncio.timeout(30):
                asked = await anext(link.messages())
            assert b"Rebirth" in asked.payload
            assert school.refused("retained") == 1
            assert school.hub.parts.registry.nodes() == ()


async def test_readings_whose_time_is_mended_keep_their_order(school: School) -> None:
    early = {"air": [double("co2", 0.0, 1)]}
    async with joined(school.port, "plc", metrics=[], devices=early, host=None) as node:
        for number in range(1, 50):
            node.send("air", [double("co2", float(number), 1)])
        rows = await school.stored(50, "air", "co2", "plc")
    assert [row.value for row in rows] == [float(number) for number in range(50)]
