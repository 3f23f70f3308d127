"""Fifty thousand malformed messages from one publisher, under topics it makes up; and clones that fight."""

import asyncio
import random
from contextlib import suppress

import pytest

from labkeeper_cli.processes import open_role
from labkeeper_wire import mqtt

from .lab import NODE, SCHOOL, Lab
from .stranger import Stranger, double

pytestmark = pytest.mark.asyncio(loop_scope="session")
FLOOD = 50_000


async def test_a_flood_from_one_publisher_costs_its_neighbour_nothing(lab: Lab) -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)  # noqa: T201 -- to repeat it
    chance = random.Random(seed)
    before = await refusals(lab)
    async with lab.undisturbed(lines=150), lab.publisher() as link:

        async def flood() -> None:
            for number in range(FLOOD):
                kind = chance.choice(("NBIRTH", "NDATA", "NDEATH", "DBIRTH", "DDATA/x", "DDEATH/x", "NWHAT"))
                name = chance.choice(("flood", f"flood-{number}", NODE))
                topic = f"spBv1.0/{SCHOOL}/{kind.partition('/')[0]}/{name}{'/x' if '/' in kind else ''}"
                link.send(topic, chance.randbytes(chance.randrange(64)))
                if number % 500 == 0:
                    await link.drain()
                    await asyncio.sleep(0)

        async with asyncio.TaskGroup() as group:
            group.create_task(flood())
            group.create_task(lab.neighbour_says(90))  # beside the ten of every test

        async def all_counted() -> bool:
            return await refusals(lab) - before >= FLOOD * 9 // 10

        await lab.until(all_counted, "the flood's refusals")
    await lab.acknowledged()


async def refusals(lab: Lab) -> int:
    status = await lab.stack.client.get("status")
    return sum(status["refusals"].values())


async def test_after_ever_new_names_a_true_node_still_joins(lab: Lab) -> None:
    async with lab.publisher() as link:
        for number in range(25_000):
            link.send(f"spBv1.0/made-up/NDATA/n{number}", b"")
            if number % 1000 == 0:
                await link.drain()
        newcomer = Stranger(link, "newcomer")
        newcomer.born()
        newcomer.device_born("d", double("y", 1.0))

        async def stored() -> bool:
            return [value for _, value in await lab.stored("d", "y", "newcomer", "foreign-school")] == [1.0]

        await lab.until(stored, "the newcomer")


async def test_a_cloned_node_is_a_fight_that_everybody_survives_and_sees(lab: Lab) -> None:
    folder = lab.witness.parent
    options = ["--config", str(folder / "node.toml"), "--data", str(folder / "clone")]
    size = len(lab.stack.edge.log.read_text())
    async with open_role("clone", "labkeeper_edge", options, folder / "logs" / "clone.log") as clone:

        async def fought() -> bool:
            said = clone.log.read_text() + lab.stack.edge.log.read_text()[size:]
            return said.count("no session") >= 2

        await lab.until(fought, "the fight in the logs")
        assert clone.pid
        assert lab.stack.edge.pid
        seen = [entry for entry in await lab.stack.client.ledger() if entry["node"] == NODE]
        assert len(seen) >= 1

        async def two_epochs() -> bool:
            return len([entry for entry in await lab.stack.client.ledger() if entry["node"] == NODE]) == 2

        await lab.until(two_epochs, "the clone's outbox in the ledger")
    await lab.until(lab.is_up, "the true node")
    await lab.bench.introduce()


async def test_a_second_hub_of_the_same_host_id_is_named_in_the_refusals(lab: Lab) -> None:
    before = await lab.refused("host_id_taken")
    address = mqtt.Address("127.0.0.1", lab.stack.broker.port)
    with suppress(mqtt.MqttError):
        async with mqtt.connect(address, "another") as link:
            await link.publish("spBv1.0/STATE/labkeeper", b'{"online":true,"timestamp":4102444800000}', retain=True)
            await lab.until_refused("host_id_taken", before)
            await link.publish("spBv1.0/STATE/labkeeper", b'{"online":false,"timestamp":4102444800000}', retain=True)
    await lab.until(lab.is_up, "the node")
