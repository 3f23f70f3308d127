"""What a device's JSON can get wrong: shapes, sizes, depths, encodings, numbers that are none, clocks."""

import pytest

from .bench import TWIN, VICTIM
from .lab import Lab
from .stranger import now_ms

pytestmark = pytest.mark.asyncio(loop_scope="session")
EACH = 50
SHAPES = {
    "a list": b"[1,2,3]",
    "a text": b'"number"',
    "null": b"null",
    "a number": b"7",
    "nothing but half an object": b'{"number": ',
    "not UTF-8": b'{"note": "\xff\xfe\x80"}',
    "half a character": b'{"note": "\\ud800"}',
    "NaN": b'{"number": NaN}',
    "infinity": b'{"number": -Infinity}',
    "a number beyond all": b'{"number": 1e999}',
    "a text for a number": b'{"number": "7"}',
    "an object for a number": b'{"number": {"number": {"number": 7}}}',
    "truth for a number": b'{"number": true}',
    "a list for a text": b'{"note": ["a"]}',
    "an unknown word for a contact": b'{"open": "perhaps"}',
    "deep": b'{"number":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "deep and small": b'{"number":' + b"[" * 1000 + b"]" * 1000 + b"}",
    "larger than any state": b'{"note": "' + b"x" * 100_000 + b'"}',
    "bytes": bytes(range(256)),
}


NO_INVENTORIES = [
    b"null",
    b'{"a": 1}',
    b"[[[[[1]]]]]",
    b"not json",
    b'[{"ieee_address": "0x1", "friendly_name": 7}]',
]
NO_DEVICES = [7, None, {"ieee_address": "a/b\n#", "friendly_name": "x", "definition": {"exposes": []}}]
NO_TIMES = [-5, "yesterday", "2026-01-01T00:00:00", 1e300, [1], {"a": 1}, "9999-12-31T23:59:59-23:59"]


async def everything_of(lab: Lab, device: str) -> list[object]:
    """Every value stored of a device."""
    return [value for point in ("number", "second", "note", "open") for _, value in await lab.stored(device, point)]


async def test_json_that_makes_no_sense(lab: Lab) -> None:
    before = await lab.node_refused("device_nonsense")
    kept = await everything_of(lab, VICTIM)
    async with lab.undisturbed():
        for _ in range(EACH):
            for payload in SHAPES.values():
                await lab.bench.say_raw(VICTIM, payload)
        await lab.until_node_refused("device_nonsense", before, EACH * len(SHAPES))
    assert await lab.node_refused("device_nonsense") == before + EACH * len(SHAPES)
    assert await everything_of(lab, VICTIM) == kept


async def test_what_makes_sense_beside_nonsense_is_stored(lab: Lab) -> None:
    before = await lab.node_refused("device_nonsense")
    await lab.bench.say(VICTIM, {"number": "rubbish", "second": 41.5})
    await lab.until_node_refused("device_nonsense", before)

    async def stored() -> bool:
        return [value for _, value in await lab.stored(VICTIM, "second")][-1:] == [41.5]

    await lab.until(stored, "the second number")


async def test_a_device_of_five_megabytes(lab: Lab) -> None:
    before = await lab.node_refused("device_nonsense")
    kept = await everything_of(lab, VICTIM)
    async with lab.undisturbed(lines=12):
        for _ in range(6):
            await lab.bench.say_raw(VICTIM, b'{"note": "' + b"x" * (5 << 20) + b'"}')
        await lab.until_node_refused("device_nonsense", before, 6)
    assert await everything_of(lab, VICTIM) == kept


@pytest.mark.parametrize(("began", "reason"), [(0, "clock_unset"), (4_102_444_800_000, "clock_ahead")])
async def test_a_clock_that_nobody_can_believe_gives_way_to_the_nodes(lab: Lab, began: int, reason: str) -> None:
    before = await lab.node_refused(reason)
    count = len(await lab.stored(TWIN, "number"))
    began_ms = now_ms()
    async with lab.undisturbed(lines=12):
        for number in range(EACH):
            await lab.bench.say(TWIN, {"number": number, "last_seen": began + number})
        await lab.until_node_refused(reason, before, EACH)

        async def stored() -> bool:
            return len(await lab.stored(TWIN, "number")) == count + EACH

        await lab.until(stored, "the readings, at the node's time")
    rows = (await lab.stored(TWIN, "number"))[count:]
    assert [value for _, value in rows] == [float(number) for number in range(EACH)]
    assert all(began_ms <= time_ms <= now_ms() for time_ms, _ in rows)


async def test_a_time_that_is_none_is_not_used(lab: Lab) -> None:
    count = len(await lab.stored(TWIN, "second"))
    began_ms = now_ms()
    for last_seen in NO_TIMES:
        await lab.bench.say(TWIN, {"second": 1.0, "last_seen": last_seen})

    async def stored() -> bool:
        return len(await lab.stored(TWIN, "second")) == count + len(NO_TIMES)

    await lab.until(stored, "the readings")
    assert all(began_ms <= time_ms <= now_ms() for time_ms, _ in (await lab.stored(TWIN, "second"))[count:])


async def test_lists_of_devices_that_are_none(lab: Lab) -> None:
    before = {reason: await lab.node_refused(reason) for reason in ("device_nonsense", "bad_device_id")}
    async with lab.undisturbed(lines=60):
        for inventory in NO_INVENTORIES:
            await lab.bench.link.publish("replay/bridge/devices", inventory)
        await lab.bench.introduce(*NO_DEVICES)
        await lab.until_node_refused("device_nonsense", before["device_nonsense"], len(NO_INVENTORIES) + 2)
        await lab.until_node_refused("bad_device_id", before["bad_device_id"])
