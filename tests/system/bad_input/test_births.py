"""Nodes and devices nobody knows, births that are not true any more, clocks that were never set, strange topics."""

from contextlib import suppress

import pytest

from labkeeper_wire import mqtt
from labkeeper_wire.codec import encode
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.payload import Metric, Payload

from .lab import Lab
from .stranger import SCHOOL, Stranger, double, now_ms

pytestmark = pytest.mark.asyncio(loop_scope="session")
DAY_MS = 86_400_000


async def values(lab: Lab, node: str, device: str = "d", point: str = "y") -> list[object]:
    return [value for _, value in await lab.stored(device, point, node, SCHOOL)]


async def until_values(lab: Lab, node: str, wanted: list[object]) -> None:
    found: list[object] = []

    async def stored() -> bool:
        found[:] = await values(lab, node)
        return found == wanted

    try:
        await lab.until(stored, f"{wanted} of {node}")
    except AssertionError:
        assert found == wanted
        raise


async def test_data_without_a_birth_is_answered_with_a_request_for_one(lab: Lab) -> None:
    before = await lab.refused("unknown_node")
    async with lab.undisturbed(), lab.publisher() as link:
        await link.subscribe((f"spBv1.0/{SCHOOL}/NCMD/unborn", 0))
        stranger = Stranger(link, "unborn", seq=7)
        for _ in range(100):
            stranger.data("d", Metric(None, 5.0, DataType.DOUBLE, alias=1))
            stranger.data(None, double("x", 5.0))
        await lab.until_refused("unknown_node", before, 200)
        asked = await anext(link.messages())
        assert b"Node Control/Rebirth" in asked.payload
        assert await values(lab, "unborn") == []
        assert await lab.node("unborn", SCHOOL) is None


async def test_data_of_a_device_without_a_birth(lab: Lab) -> None:
    before = await lab.refused("unknown_device")
    async with lab.undisturbed(), lab.publisher() as link:
        await link.subscribe((f"spBv1.0/{SCHOOL}/NCMD/half-born", 0))
        stranger = Stranger(link, "half-born")
        stranger.born(double("x", 1.0))
        for _ in range(100):
            stranger.data("ghost", double("y", 5.0))
        await lab.until_refused("unknown_device", before, 100)
        assert b"Node Control/Rebirth" in (await anext(link.messages())).payload
        assert await values(lab, "half-born", "ghost") == []


async def test_births_and_deaths_that_are_not_true_any_more(lab: Lab) -> None:
    reasons = ("birth_twice", "old_birth", "old_death")
    before = {reason: await lab.refused(reason) for reason in reasons}
    async with lab.undisturbed(), lab.publisher() as link:
        stranger = Stranger(link, "echo", bd_seq=5)
        born_ms = now_ms()
        stranger.born(double("x", 1.0), time_ms=born_ms)
        stranger.device_born("d", double("y", 1.0))
        going_on = stranger.seq
        for _ in range(20):
            stranger.born(double("x", 1.0), time_ms=born_ms)
        await lab.until_refused("birth_twice", before["birth_twice"], 20)
        for _ in range(20):
            stranger.born(double("x", 1.0), time_ms=born_ms - 60_000)
            stranger.died(bd_seq=4)
        await lab.until_refused("old_birth", before["old_birth"], 20)
        await lab.until_refused("old_death", before["old_death"], 20)
        stranger.seq = going_on
        stranger.data("d", double("y", 2.0))
        await until_values(lab, "echo", [1.0, 2.0])
        node = await lab.node("echo", SCHOOL)
        assert node is not None
        assert node["online"]


async def test_a_birth_that_the_broker_kept_is_no_sign_of_life(lab: Lab) -> None:
    """A dead gateway's retained NBIRTH of last year must not make it online when the hub comes back."""
    before = await lab.refused("retained")
    topic = f"spBv1.0/{SCHOOL}/NBIRTH/kept"
    metrics = (Metric("bdSeq", 1, DataType.INT64), double("x", 5.0))
    async with lab.publisher() as link:
        await link.publish(topic, encode(Payload(metrics, now_ms() - DAY_MS, 0)), retain=True)
        await lab.until(lambda: known(lab, "kept"), "the node, heard live")
        link.send(f"spBv1.0/{SCHOOL}/NDEATH/kept", encode(Payload(metrics[:1], now_ms())))
        await lab.until(lambda: gone(lab, "kept"), "the node's death")
    async with lab.publisher("labkeeper-host-labkeeper"):
        pass  # the broker throws the hub out for this one, and the hub comes back
    await lab.until_refused("retained", before)
    await lab.until(lab.is_up, "hub and node at the broker again")
    assert await gone(lab, "kept")
    async with lab.publisher() as link:
        await link.publish(topic, b"", retain=True)


async def known(lab: Lab, name: str) -> bool:
    return await lab.node(name, SCHOOL) is not None


async def gone(lab: Lab, name: str) -> bool:
    node = await lab.node(name, SCHOOL)
    return node is not None and not node["online"]


@pytest.mark.parametrize("time_ms", [0, 1, 86_400_000, 4_102_444_800_000])
async def test_a_clock_that_was_never_set_or_runs_far_ahead(lab: Lab, time_ms: int) -> None:
    before = await lab.refused("time_doubtful")
    node = f"clock-{time_ms}"
    began_ms = now_ms()
    async with lab.undisturbed(), lab.publisher() as link:
        stranger = Stranger(link, node)
        stranger.born(double("x", 1.0), time_ms=time_ms)
        stranger.device_born("d", double("y", 1.0, time_ms), time_ms=time_ms)
        stranger.data("d", double("y", 2.0, time_ms), time_ms=time_ms)
        await until_values(lab, node, [1.0, 2.0])
        rows = await lab.stored("d", "y", node, SCHOOL)
        assert all(began_ms <= stored_ms <= now_ms() for stored_ms, _ in rows), rows
    await lab.until_refused("time_doubtful", before, 2)


async def test_names_in_chinese_are_fine(lab: Lab) -> None:
    async with lab.undisturbed(), lab.publisher() as link:
        stranger = Stranger(link, "物理实验室 1")
        stranger.born()
        stranger.device_born("d", double("y", 1.0))
        await until_values(lab, "物理实验室 1", [1.0])


STRANGE = {
    "empty school": ("bad_id", "spBv1.0//NDATA/x"),
    "empty node": ("bad_id", "spBv1.0/s/NDATA/"),
    "empty device": ("bad_id", "spBv1.0/s/DDATA/x/"),
    "too few levels": ("wrong_levels", "spBv1.0/s"),
    "too many levels": ("wrong_levels", "spBv1.0/s/DDATA/x/y/z"),
    "no kind of ours": ("unknown_kind", "spBv1.0/s/NWHAT/x"),
    "data of a device without one": ("wrong_levels", "spBv1.0/s/DDATA/x"),
    "invisible": ("bad_id", "spBv1.0/s/NDATA/a\u200b\u2028b"),
    "very long": ("bad_id", "spBv1.0/s/NBIRTH/" + "长" * 20_000),
}


async def test_strange_topics(lab: Lab) -> None:
    reasons = {reason for reason, _ in STRANGE.values()}
    before = {reason: await lab.refused(reason) for reason in reasons}
    born = encode(Payload((Metric("bdSeq", 0, DataType.INT64), double("x", 1.0)), now_ms(), 0))
    async with lab.undisturbed(), lab.publisher() as link:
        for _ in range(200):
            for _, topic in STRANGE.values():
                link.send(topic, born)
            await link.drain()
        for reason in reasons:
            times = sum(reason == other for other, _ in STRANGE.values())
            await lab.until_refused(reason, before[reason], 200 * times)
            assert await lab.refused(reason) == before[reason] + 200 * times
    assert not [node for node in (await lab.stack.client.get("nodes"))["nodes"] if node["school"] in {"s", ""}]


FORBIDDEN = ["spBv1.0/s/NDATA/+", "spBv1.0/s/NDATA/#", "spBv1.0/s/NDATA/a\x01\n\x7f", "spBv1.0/s/NDATA/\x00"]


async def test_topics_that_mqtt_forbids_disturb_nobody(lab: Lab) -> None:
    async with lab.undisturbed():
        for topic in FORBIDDEN:
            with suppress(mqtt.MqttError):  # the broker throws its sender out, as it should
                async with lab.publisher() as link:
                    await link.publish(topic, b"x")
