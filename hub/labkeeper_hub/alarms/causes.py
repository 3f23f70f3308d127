"""One cause, one alarm: what an alarm hangs on. Pure."""

from collections.abc import Callable, Iterator

from labkeeper_hub.model import AlarmKey, PointKey

BROKER, NODE, DEVICE = "broker_lost", "node_lost", "device_lost"
UNGUARDED = "interlocks_differ"  # of a node, and no cause of anything
UNAPPROVED = "interlocks_unapproved"  # neither is this
OF_BROKER = AlarmKey(BROKER, PointKey("", "", "", ""))
OF_INFLUX = AlarmKey("influx_late", PointKey("", "", "", ""))


def cause_of(key: AlarmKey, active: Callable[[AlarmKey], bool]) -> str:
    """Return the rule of what is lost that an alarm of the class *system* hangs on, "" for none."""
    return next((cause.rule for cause in _causes(key) if active(cause)), "")


def _causes(key: AlarmKey) -> Iterator[AlarmKey]:
    """Yield from the widest to the nearest; a cause does not hang on itself, nor on what is within it."""
    school, _, device, _ = key.source
    node = key.source.of_node.measured.node  # what is derived hangs on what it is derived from
    causes = (
        OF_BROKER,
        AlarmKey(NODE, PointKey(school, node, "", "")),
        AlarmKey(DEVICE, PointKey(school, node, device, "")),
    )
    for cause in causes:
        if key.rule == cause.rule or not school:  # the hub's own hang on nothing
            return
        yield cause
