"""What hub and node say about driver sets: whole, or refused by name; and secrets that one node alone opens."""

import zlib

import pytest

from labkeeper_wire.driver_sets import (
    LONGEST_ORDER,
    SEALED,
    Answer,
    BadSaying,
    Instance,
    Mistake,
    Offer,
    Offered,
    Order,
    Own,
    Standing,
    Withheld,
    hash_of,
    pack,
    packed_order,
    pointer,
    read_offer,
    read_order,
    read_standing,
)
from labkeeper_wire.sealing import CannotOpen, binding, new_key, public, seal, unseal

METER = Instance(driver="modbus", configuration={"host": "10.0.0.7", "password": {SEALED: "abc"}})
ORDER = Order(id="o-1", do="apply", number=3, by="p-1", instances={"meter": METER})


def test_what_is_packed_is_read_again() -> None:
    assert read_order(packed_order(ORDER)) == ORDER
    mistake = Mistake(pointer="/meter/configuration/port", code="less_than_equal", problem="…", limits={"le": 65535})
    answer = Answer(order="o-1", do="apply", taken=False, number=2, mistakes=(mistake,))
    own = {"zigbee": Own(driver="zigbee2mqtt", configuration={})}
    standing = Standing(number=2, instances={"meter": METER}, own=own, left_out=(mistake,), answer=answer)
    assert read_standing(pack(standing)) == standing
    offered = Offered(name="modbus", schema_={"type": "object"})
    offer = Offer(key="k", drivers=(offered,), withheld=(Withheld(name="x", why="unlisted"),))
    assert read_offer(pack(offer)) == offer
    assert b'"schema":' in zlib.decompress(pack(offer))
    assert standing.hash == hash_of({"meter": METER})


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (packed_order(ORDER)[:-3], "cut"),
        (packed_order(ORDER) + b"more", "cut"),
        (b"not packed", "cut"),
        (zlib.compress(b" " * (LONGEST_ORDER + 1)), "too_large"),
        (zlib.compress(b"{}"), "nonsense"),
        (zlib.compress(ORDER.model_dump_json().replace("apply", "obey").encode()), "nonsense"),
        ("a text", "nonsense"),
    ],
)
def test_what_is_not_whole_is_refused_by_name(value: object, reason: str) -> None:
    with pytest.raises(BadSaying) as refused:
        read_order(value)
    assert refused.value.reason == reason


def test_a_hub_does_not_send_what_no_node_would_read() -> None:
    long = ORDER.model_copy(update={"instances": {"m": Instance(driver="d", configuration={"x": "y" * LONGEST_ORDER})}})
    with pytest.raises(BadSaying, match="too_large: more than 65536 bytes"):
        packed_order(long)


def test_a_pointer_escapes_what_it_is_made_of() -> None:
    assert pointer("a/b", "c~d", 0) == "/a~1b/c~0d/0"


def test_a_secret_opens_at_its_node_for_its_purpose_only() -> None:
    key, bound = new_key(), binding("s", "n", "meter", "modbus")
    sealed = seal(public(key), "hunter2", bound)
    assert unseal(key, sealed, bound) == "hunter2"
    assert sealed != seal(public(key), "hunter2", bound)
    for other, text, purpose in (
        (new_key(), sealed, bound),
        (key, sealed, binding("s", "n", "meter", "snmp")),
        (key, sealed[:-8] + "AAAAAAA=", bound),
        (key, "no base64!", bound),
        (key, "", bound),
    ):
        with pytest.raises(CannotOpen):
            unseal(other, text, purpose)
    with pytest.raises(ValueError, match="not base64"):
        seal("no key!", "hunter2", bound)
