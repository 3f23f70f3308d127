"""What was wanted of each node's drivers, by whom and when, newest last, and what still waits for its node. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from labkeeper_hub.model import NodeKey
from labkeeper_wire.driver_sets import Answer, Order

MOST_VERSIONS = 10
PATIENCE_MS = 600_000  # a node that was away longer does not take what nobody waits for any more


@dataclass(frozen=True, slots=True)
class Version:
    """An order that was given, and whether the node has taken it (None: it has not said)."""

    order: Order
    at_ms: int
    changes: tuple[str, ...] = ()
    taken: bool | None = None

    def waits(self, now_ms: int) -> bool:
        """Tell whether its node is still to be told."""
        return self.taken is None and now_ms - self.at_ms < PATIENCE_MS


Book = Mapping[NodeKey, tuple[Version, ...]]
EMPTY: Book = MappingProxyType({})


def noted(book: Book, node: NodeKey, version: Version) -> Book:
    """Return the book with one more version; the oldest goes."""
    return {**book, node: (*book.get(node, ()), version)[-MOST_VERSIONS:]}


def answered(book: Book, node: NodeKey, answer: Answer) -> Book:
    """Return the book with what the node made of an order, the same object where it knows that already."""
    versions = book.get(node, ())
    if not any(one.order.id == answer.order and one.taken is not answer.taken for one in versions):
        return book
    return {
        **book,
        node: tuple(replace(one, taken=answer.taken) if one.order.id == answer.order else one for one in versions),
    }


def next_number(book: Book, node: NodeKey, known: int) -> int:
    """Return the number of the next set: above the node's, and above all that this hub gave."""
    return 1 + max([known, *(one.order.number for one in book.get(node, ()))])
