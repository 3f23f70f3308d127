"""The set a node holds, the one before it, and when the node goes back to that by itself. Pure."""

from dataclasses import dataclass, replace

from labkeeper_wire.driver_sets import Instances, Order

MOST_STARTS = 3  # a set that so many processes in a row have not come through is not begun again
PROVEN_S = 60.0  # a process that ran this long has come through


@dataclass(frozen=True, slots=True)
class Held:
    """A set and who wanted it."""

    instances: Instances
    by: str = ""


NOTHING = Held({})


@dataclass(frozen=True, slots=True)
class Kept:
    """`number` is that of the last order obeyed. `starts` counts processes begun with the set while it is not proven;
    `fell_back`: the node went back by itself.
    """

    number: int = 0
    now: Held = NOTHING
    former: Held | None = None
    proven: bool = True
    starts: int = 0
    fell_back: bool = False


def obeyed(kept: Kept, order: Order) -> Kept:
    """Return what is kept once an order to apply or to go back is obeyed."""
    wanted = Held(dict(order.instances), order.by)
    if order.do == "back":
        wanted = replace(kept.former or NOTHING, by=order.by)
    return Kept(order.number, wanted, kept.now, proven=False)


def started(kept: Kept) -> Kept:
    """A process begins: it is counted while the set is not proven, and one too many goes back to the former set."""
    if kept.proven:
        return kept
    if kept.starts < MOST_STARTS:
        return replace(kept, starts=kept.starts + 1)
    return Kept(kept.number, kept.former or NOTHING, kept.now, fell_back=True)


def proved(kept: Kept) -> Kept:
    """The node has come through with this set."""
    return replace(kept, proven=True, starts=0)
