"""The hub's figures of itself are readings like any other, and yet nobody's device."""

from labkeeper_hub.model import HUB_NODE, PointKey, ReadingsQuery

from .conftest import END, School, Start
from .scripted_node import double, joined, now_ms, until

AIR = {"air": [double("co2", 400.0)]}


def figure(school: School, node: str, device: str, point: str) -> object:
    found = school.hub.parts.latest.latest("school", node, device)
    return next((latest.value for latest in found if latest.key.point == point), None)


async def delivered(school: School, node_port: int) -> None:
    async with joined(node_port, devices=AIR) as node:
        node.send("air", [double("co2", 412.0), double("co2", 415.0)], batch=1)
        await node.acknowledged(1)
        node.report(taken=2, backlog=0)
        await until(lambda: school.ledger().taken == 2, "the node's own account")
        school.hub.watch.write(now_ms())


async def test_the_ledger_and_who_is_online_are_live_and_in_the_journal(school: School) -> None:
    await delivered(school, school.port)
    assert figure(school, "#hub/lab", "#ledger", "stored") == 2
    assert figure(school, "#hub/lab", "#ledger", "missing") == 0
    assert figure(school, "#hub/lab", "air", "online") == 1
    assert figure(school, HUB_NODE, "presence", "devices_online") == 1
    query = ReadingsQuery(PointKey("school", "#hub/lab", "#ledger", "stored"), 0, END)
    await until(lambda: school.hub.journal.queued == 0, "the commit")
    assert [row.value for row in (await school.hub.journal.page(query)).rows] == [2]


async def test_the_hub_is_no_node_no_device_no_lab_and_in_no_ledger(school: School) -> None:
    await delivered(school, school.port)
    registry = school.hub.parts.registry
    assert [node.key.node for node in registry.nodes()] == ["lab"]
    assert [device.key.device for device in registry.devices()] == ["air"]
    assert [(lab.lab, lab.devices_total) for lab in registry.labs()] == [("lab", 1)]
    assert [entry.node.node for entry in school.hub.deliveries.ledger()] == ["lab"]
    assert not [thing for thing in school.hub.registry_records.registry.unsaved if thing.key.node.startswith("#")]


async def test_a_lost_broker_takes_the_labs_away_and_not_the_hubs_own_figures(school: School) -> None:
    await delivered(school, school.port)
    await school.broker.stop()
    await until(lambda: not school.hub.parts.health.status().broker_connected, "the loss of the broker")
    school.hub.watch.write(now_ms())
    assert figure(school, HUB_NODE, "broker", "connected") == 0
    assert figure(school, "#hub/lab", "#node", "online") == 0
    assert not any(latest.stale for latest in school.hub.parts.latest.latest("school", HUB_NODE))


async def test_a_new_run_of_the_hub_goes_on_in_the_same_series(start: Start) -> None:
    async with start() as first:
        await delivered(first, first.port)
        await until(lambda: first.hub.journal.queued == 0, "the commit")
        series = len(first.hub.journal.recalled.series)
    async with start() as second:
        await delivered(second, second.port)
        await until(lambda: second.hub.journal.queued == 0, "the commit")
        assert len(second.hub.journal.recalled.series) == series
        query = ReadingsQuery(PointKey("school", "#hub/lab", "#node", "online"), 0, END)
        assert [row.value for row in (await second.hub.journal.page(query)).rows] == [1, 1]


async def test_a_name_is_written_when_it_is_new_and_not_with_every_look(school: School) -> None:
    async with joined(school.port, devices=AIR):
        await until(lambda: school.online("air"), "the device")
        for _ in range(3):
            school.hub.watch.write(now_ms())
    await until(lambda: school.hub.journal.queued == 0, "the commit")
    rows = {}
    for point in ("online", "title_zh"):
        query = ReadingsQuery(PointKey("school", "#hub/lab", "air", point), 0, END)
        rows[point] = [row.value for row in (await school.hub.journal.page(query)).rows]
    assert rows == {"online": [1, 1, 1], "title_zh": ["air"]}
