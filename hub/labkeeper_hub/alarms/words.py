"""What the history says of an event: pure."""

from labkeeper_hub.alarms.states import (
    Acknowledged,
    Alarm,
    Cleared,
    Designed,
    Event,
    Raised,
    Reset,
    Returned,
    Shelved,
    TakenOut,
    Unshelved,
)

KINDS = (
    "raised",
    "risen",
    "eased",
    "cleared",
    "acknowledged",
    "reset",
    "shelved",
    "unshelved",
    "suppressed",
    "unsuppressed",
    "taken_out",
    "put_back",
    "note",
)
"""Everything a line of the history can be; `note` is a level that is no alarm."""


def kind_of(before: Alarm, event: Event) -> str:
    """Return what happened to an alarm that changed."""
    match event:
        case Raised():
            return "raised" if not before.active else "risen" if event.severity > before.severity else "eased"
        case Designed(cause):
            return "suppressed" if cause else "unsuppressed"
        case _:
            return PLAIN[type(event)]


PLAIN: dict[type, str] = {
    Cleared: "cleared",
    Acknowledged: "acknowledged",
    Reset: "reset",
    Shelved: "shelved",
    Unshelved: "unshelved",
    TakenOut: "taken_out",
    Returned: "put_back",
}


def value_of(after: Alarm, event: Event) -> float | None:
    """Return how much it was when that happened: the alarm itself keeps what raised it."""
    return event.value if isinstance(event, Cleared) else after.value


def words_of(event: Event) -> tuple[str, str]:
    """Return who did it, and why."""
    match event:
        case Acknowledged(who) | Reset(who) | Unshelved(who) | Returned(who):
            return who, ""
        case Shelved(shelf):
            return shelf.who, shelf.why
        case TakenOut(service):
            return ", ".join(filter(None, (service.who, service.second))), service.order
        case Designed(cause):
            return "", cause
        case _:
            return "", ""
