"""Sparkplug payloads that are broken, lie about their types, are no numbers, are too large or too deep."""

import pytest

from labkeeper_wire.codec import encode
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.payload import Metric, Payload, Template

from .lab import Lab
from .stranger import SCHOOL, Stranger, double, now_ms

pytestmark = pytest.mark.asyncio(loop_scope="session")
EACH = 500


def born(stranger: Stranger) -> None:
    """Bring a device whose one point is y."""
    stranger.born(double("x", 1.0))
    stranger.device_born("d", double("y", 1.0))


async def good_reading_goes_through(lab: Lab, stranger: Stranger) -> None:
    """Nothing of y is stored but its birth and the 2.0 said now."""
    stranger.data("d", double("y", 2.0))

    async def stored() -> bool:
        return [value for _, value in await lab.stored("d", "y", stranger.node, SCHOOL)] == [1.0, 2.0]

    await lab.until(stored, "the stranger's own good reading, and nothing else")


async def test_malformed_protobuf_on_every_kind_of_topic(lab: Lab) -> None:
    before = await lab.refused("not_protobuf")
    async with lab.undisturbed(), lab.publisher() as link:
        stranger = Stranger(link, "malformed")
        born(stranger)
        for _ in range(EACH):
            for kind, device in (("NBIRTH", None), ("NDATA", None), ("DBIRTH", "d"), ("DDATA", "d"), ("NDEATH", None)):
                stranger.raw(kind, device, b"\xff\xfe not protobuf")
        await lab.until_refused("not_protobuf", before, 5 * EACH)
        await good_reading_goes_through(lab, stranger)


@pytest.mark.parametrize(
    ("reason", "metric"),
    [
        ("datatype_changed", Metric("y", "text", DataType.STRING)),
        ("datatype_changed", Metric("y", 7, DataType.INT64)),
        ("datatype_mismatch", Metric("y", 7, None, None, None, False, False, None, None, "long_value")),
        ("unknown_metric", double("never declared", 7.0)),
        ("unknown_alias", Metric(None, 7.0, DataType.DOUBLE, alias=99)),
    ],
)
async def test_data_that_contradicts_its_birth(lab: Lab, reason: str, metric: Metric) -> None:
    before = await lab.refused(reason)
    async with lab.undisturbed(), lab.publisher() as link:
        stranger = Stranger(link, f"liar-{reason}-{type(metric.value).__name__}")
        born(stranger)
        for _ in range(EACH // 5):
            stranger.data("d", metric)
        await lab.until_refused(reason, before, EACH // 5)
        await good_reading_goes_through(lab, stranger)


async def test_numbers_that_are_none(lab: Lab) -> None:
    before = await lab.refused("not_finite")
    async with lab.undisturbed(), lab.publisher() as link:
        stranger = Stranger(link, "infinite")
        born(stranger)
        for value in (float("nan"), float("inf"), float("-inf")) * 50:
            stranger.data("d", double("y", value))
        await lab.until_refused("not_finite", before, 150)
        await good_reading_goes_through(lab, stranger)


@pytest.mark.parametrize("size", [2 << 20, 5 << 20])
async def test_a_giant_payload(lab: Lab, size: int) -> None:
    before = await lab.refused("too_large")
    async with lab.undisturbed(), lab.publisher() as link:
        stranger = Stranger(link, f"giant-{size}")
        born(stranger)
        for _ in range(12):
            stranger.raw("DDATA", "d", b"\x2a" * size)
            await link.drain()
        await lab.until_refused("too_large", before, 12)
        await good_reading_goes_through(lab, stranger)


@pytest.mark.parametrize(("depth", "reason"), [(20, "too_deep"), (5000, "not_protobuf")])
async def test_templates_in_templates(lab: Lab, depth: int, reason: str) -> None:
    before = await lab.refused(reason)
    deep = nested(depth)
    async with lab.undisturbed(), lab.publisher() as link:
        stranger = Stranger(link, f"deep-{depth}")
        born(stranger)
        for _ in range(20):
            stranger.raw("DDATA", "d", deep)
            stranger.raw("NBIRTH", None, deep)
        await lab.until_refused(reason, before, 40)
        await good_reading_goes_through(lab, stranger)


def nested(depth: int) -> bytes:
    """Return a payload of templates in templates, put together byte by byte: our encoder makes none so deep."""
    shallow = Metric("t", Template((), template_ref="t"), DataType.TEMPLATE, now_ms())
    metric = encode(Payload((shallow,)))[2:]
    for _ in range(depth):
        template = b"\x12" + length(len(metric)) + metric + b"\x22\x01t"  # metrics, template_ref
        metric = b"\x0a\x01t\x20\x13\x92\x01" + length(len(template)) + template  # name, datatype 19, template_value
    return b"\x12" + length(len(metric)) + metric + b"\x18\x02"


def length(number: int) -> bytes:
    """Return protobuf's varint."""
    out = b""
    while number > 0x7F:
        out += bytes((number & 0x7F | 0x80,))
        number >>= 7
    return out + bytes((number,))
