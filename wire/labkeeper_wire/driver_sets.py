"""What hub and node say to each other about driver instances that the hub may add to a node. Pure.

The node says what it can run (`Offer`) and what it runs (`Standing`); the hub sends an `Order`. Each is zlib JSON in a
metric of Bytes, whose own checksum shows one that was cut or altered.
"""

import hashlib
import json
import zlib
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

ORDER = "Node Control/Driver Set"  # Bytes, writable: an Order
OFFER = "Driver Set/Offer"  # Bytes: an Offer
STANDING = "Driver Set/Standing"  # Bytes: a Standing
LONGEST_ORDER = 64 * 1024  # bytes of JSON, unpacked
LONGEST_SAYING = 1 << 20  # the same of what a node says
MOST_INSTANCES = 64
MOST_MISTAKES = 50
SEALED = "lk:sealed"  # {SEALED: text} stands where a secret is: what only the node can open
STARS = "**********"  # what is shown instead of a secret that a person wrote into the node's file

Doing: TypeAlias = Literal["try", "apply", "back"]
Name = Annotated[str, Field(min_length=1, max_length=256)]
Text = Annotated[str, Field(max_length=2000)]
Number = Annotated[int, Field(ge=0, lt=1 << 53)]


class BadSaying(ValueError):
    """Nothing may be done for it; `reason` is cut, too_large or nonsense."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason


class Said(BaseModel):
    """What comes over the wire: a newer peer may say more."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class Instance(Said):
    """A driver instance as the hub wants it; secrets are sealed. `apart`: in a process of its own."""

    driver: Name
    apart: bool = False
    configuration: dict[str, JsonValue] = {}


Instances: TypeAlias = dict[str, Instance]


class Order(Said):
    """Try a whole set, apply it, or go back to the former one; a node applies only a greater `number` than it has."""

    id: Name
    do: Doing
    number: Number
    by: Name
    instances: Annotated[Instances, Field(max_length=MOST_INSTANCES)] = {}


class Mistake(Said):
    """What is wrong, and where: a JSON pointer (RFC 6901) into the instances; `limits` are the numbers it speaks of."""

    pointer: Text
    code: Name
    problem: Text
    limits: dict[str, float | str] = {}


class Answer(Said):
    """What became of an order. `number` is that of the set the node has now."""

    order: Name
    do: Doing
    taken: bool
    number: Number
    mistakes: Annotated[tuple[Mistake, ...], Field(max_length=MOST_MISTAKES, strict=False)] = ()


class Own(Said):
    """An instance of the node's own file, to be seen only. None: its driver was not read, nobody knows its secrets."""

    driver: Name
    configuration: dict[str, JsonValue] | None = None


class Standing(Said):
    """What a node runs beside its own file, and what became of the last order.

    `left_out` are instances of the set that could not be begun; `former`: there is a set to go back to; `fell_back`:
    the node went back to it by itself, because it did not come through with the newer one.
    """

    number: Number = 0
    by: str = ""
    instances: Instances = {}
    own: dict[str, Own] = {}
    left_out: Annotated[tuple[Mistake, ...], Field(strict=False)] = ()
    former: bool = False
    fell_back: bool = False
    answer: Answer | None = None
    again: Number = 0  # how often an answer was repeated

    @property
    def hash(self) -> str:
        """What names the set's content."""
        return hash_of(self.instances)


class Title(Said):
    """A name for people."""

    zh: str = ""
    en: str = ""


class Offered(Said):
    """A driver that the hub may add. `where`: in the node's process (`vouched`), always in one of its own (`apart`)."""

    name: Name
    title: Title = Title()
    version: int = 1
    schema_: Annotated[dict[str, JsonValue], Field(alias="schema")]

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, populate_by_name=True)


class Withheld(Said):
    """A driver that is installed, and that the hub may not add; `why` is unlisted, broken or not_opened."""

    name: Name
    why: Name


class Offer(Said):
    """What a node can run, and the public key (X25519, base64) to which secrets for it are sealed."""

    key: Name
    drivers: Annotated[tuple[Offered, ...], Field(strict=False)] = ()
    withheld: Annotated[tuple[Withheld, ...], Field(strict=False)] = ()


Spoken = TypeVar("Spoken", bound=Said)


def pack(said: Said) -> bytes:
    """Return a metric's value; the same words give the same bytes."""
    return zlib.compress(said.model_dump_json(by_alias=True).encode(), 9)


def read_order(value: object) -> Order:
    """Read what a hub sent; raises BadSaying."""
    return _read(Order, value, LONGEST_ORDER)


def read_offer(value: object) -> Offer:
    """Read what a node can run; raises BadSaying."""
    return _read(Offer, value, LONGEST_SAYING)


def read_standing(value: object) -> Standing:
    """Read what a node runs; raises BadSaying."""
    return _read(Standing, value, LONGEST_SAYING)


def packed_order(order: Order) -> bytes:
    """Return an order's value; raises BadSaying for one that no node would read."""
    if len(order.model_dump_json().encode()) > LONGEST_ORDER:
        raise BadSaying("too_large", f"more than {LONGEST_ORDER} bytes")
    return pack(order)


def hash_of(instances: Mapping[str, Instance]) -> str:
    """Return what names the content of a set, whatever the order of its keys."""
    said = {name: one.model_dump() for name, one in instances.items()}
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def pointer(*parts: object) -> str:
    """Return a JSON pointer."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def _read(kind: type[Spoken], value: object, longest: int) -> Spoken:
    if not isinstance(value, bytes):
        raise BadSaying("nonsense", "no bytes")
    try:
        return kind.model_validate_json(_unpacked(value, longest))
    except ValidationError as error:
        first: Mapping[str, Any] = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise BadSaying("nonsense", f"{pointer(*first['loc'])} {first['msg']}") from None


def _unpacked(value: bytes, longest: int) -> bytes:
    """Never unpack more than is allowed, whatever the packed bytes promise."""
    unpacking = zlib.decompressobj()
    try:
        unpacked = unpacking.decompress(value, longest + 1)
    except zlib.error as error:
        raise BadSaying("cut", "its checksum is wrong") from error
    if len(unpacked) > longest:
        raise BadSaying("too_large", f"more than {longest} bytes")
    if not unpacking.eof or unpacking.unused_data:
        raise BadSaying("cut", "it does not end where it should")
    return unpacked
