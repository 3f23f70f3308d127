"""A million hostile payloads: each is read whole or refused with a known reason, and nothing else ever happens."""

import os
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from labkeeper_wire import (
    CannotEncode,
    DataSet,
    DataType,
    MalformedPayload,
    MetaData,
    Metric,
    Parameter,
    Payload,
    Property,
    Template,
    decode,
    encode,
)
from labkeeper_wire.codec import Reason

REASONS = {reason.value for reason in Reason}
TABLE = DataSet(("a", "b"), (DataType.INT8, DataType.TEXT), ((-1, "x"), (None, "")))
NESTED = {"Quality": Property(192, DataType.INT32), "s": Property({"k": Property(1.5, 10)}, DataType.PROPERTYSET)}
SAMPLES = [
    encode(Payload((Metric("temperature", 21.5, DataType.DOUBLE, 1_700_000_000_000),), 1_700_000_000_000, 7)),
    encode(Payload((Metric(None, True, DataType.BOOLEAN, 5, 0), Metric("n", None, DataType.INT64)), 5, 255)),
    encode(Payload((Metric("m", -1, DataType.INT8, properties=NESTED), Metric("f", 1.5, DataType.FLOAT)))),
    encode(Payload((Metric("t", TABLE, DataType.DATASET),))),
    encode(Payload((Metric("b", b"\0\1", DataType.FILE, metadata=MetaData(size=2, md5="x")),))),
    encode(
        Payload(
            (
                Metric("i", Template((Metric("n", 1, 5),), (Parameter("p", 1, 7),), "1", "T"), DataType.TEMPLATE),
                Metric("a", (True, False, True), DataType.BOOLEAN_ARRAY),
                Metric("s", ("a", "bc"), DataType.STRING_ARRAY),
                Metric("d", (1, -2), DataType.INT16_ARRAY),
            )
        )
    ),
    encode(Payload((Metric("raw", 5, DataType.INT32), Metric("text", "x", DataType.STRING)), 1), datatypes=False),
]


def seed() -> int:
    """A new seed each run, or the one to repeat; it is on the captured output of a failure."""
    number = int(os.environ.get("LABKEEPER_FUZZ_SEED") or random.SystemRandom().getrandbits(32))
    sys.stdout.write(f"LABKEEPER_FUZZ_SEED={number}\n")
    return number


def noise(rng: random.Random, count: int) -> Iterator[bytes]:
    for _ in range(count):
        yield rng.randbytes(int(rng.random() * 64))


def mutants(rng: random.Random, count: int) -> Iterator[bytes]:
    """Valid payloads with one to four bytes changed, a piece cut out, or a piece put in."""
    for number in range(count):
        data = bytearray(SAMPLES[number % len(SAMPLES)])
        for _ in range(1 + number % 4):
            data[int(rng.random() * len(data))] = int(rng.random() * 256)
        at = int(rng.random() * len(data))
        if number % 5 == 0:
            del data[at : at + 1 + number % 3]
        elif number % 5 == 1:
            data[at:at] = rng.randbytes(2)
        yield bytes(data)


def judge(data: bytes) -> str:
    """Decode; give the reason, or "read" if what was read can be written, or may not be, and reads the same again."""
    try:
        payload = decode(data)
    except MalformedPayload as refused:
        return refused.reason
    try:
        again = encode(payload)
    except CannotEncode:
        return "read"  # the one thing read and not written: a Quality that is none of Sparkplug's three
    assert encode(decode(again)) == again, data.hex()
    return "read"


@pytest.mark.parametrize(("make", "count"), [(noise, 500_000), (mutants, 500_000)])
def test_a_million_hostile_payloads_are_read_or_refused(
    make: Callable[[random.Random, int], Iterator[bytes]], count: int
) -> None:
    outcomes = Counter(judge(data) for data in make(random.Random(seed()), count))
    assert set(outcomes) <= REASONS | {"read"}
    assert outcomes.total() == count
    assert outcomes["not_protobuf"] > 0
    assert outcomes["read"] > 0


def test_the_mutants_reach_into_every_part_of_the_codec() -> None:
    outcomes = Counter(judge(data) for data in mutants(random.Random(seed()), 20_000))
    assert {"datatype_mismatch", "datatype_unknown", "name_missing", "value_missing"} < set(outcomes)
    assert {"dataset_malformed", "template_malformed", "propertyset_malformed", "array_malformed"} < set(outcomes)
