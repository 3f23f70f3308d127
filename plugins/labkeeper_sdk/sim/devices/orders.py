"""Reading what a device was told: the checks its firmware would make."""

from collections.abc import Sequence

from labkeeper_sdk.sim.messages import Refused


def number(value: object, lowest: float, highest: float) -> float:
    """Return a number within its range; raise Refused otherwise."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not lowest <= value <= highest:
        raise Refused(f"expected a number between {lowest:g} and {highest:g}, got {value!r}")
    return value


def one_of(value: object, options: Sequence[str]) -> str:
    """Return the option that was named, whatever its case; raise Refused otherwise."""
    for option in options:
        if isinstance(value, str) and value.lower() == option.lower():
            return option
    raise Refused(f"expected one of {', '.join(options)}, got {value!r}")


def onoff(value: object, now: str) -> str:
    """Return ON or OFF; TOGGLE is the other one of `now`."""
    state = one_of(value, ("ON", "OFF", "TOGGLE"))
    return {"ON": "OFF", "OFF": "ON"}[now] if state == "TOGGLE" else state
