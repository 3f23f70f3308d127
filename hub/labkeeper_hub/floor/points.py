"""What can be given of a bench: points that can be commanded there, within limits that lie within their own. Pure."""

from collections.abc import Iterable

from labkeeper_hub.model import Device
from labkeeper_wire.descriptor import PointDescription
from labkeeper_wire.leases.book import Given, Scope


class NotToGive(Exception):
    """Tell the person: this point cannot be given so. `code` is unknown_point, read_only or bad_limits."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def checked(wish: Given, bench: Scope, devices: Iterable[Device]) -> Given:
    """Return what is given, with limits that a node can hold a value against; raises NotToGive."""
    description = _point(wish, bench, devices)
    allowed = wish.allowed
    if not description.writable:
        raise NotToGive("read_only", f"{allowed.point} cannot be commanded")
    limits = (allowed.minimum, allowed.maximum)
    if limits != (None, None) and (description.minimum is None and description.maximum is None):
        raise NotToGive("bad_limits", f"{allowed.point} has no range that could be narrowed")
    low, high = _within(description, *limits)
    if low is not None and high is not None and low > high:
        raise NotToGive("bad_limits", f"{allowed.point} would have no value left")
    return wish._replace(allowed=allowed._replace(minimum=low, maximum=high))


def _point(wish: Given, bench: Scope, devices: Iterable[Device]) -> PointDescription:
    """Return the point's description, if it is one of this bench."""
    for device in devices:
        at = (device.key.school, device.lab, device.description.bench)
        if at == (*bench.room, bench.bench) and (device.key.node, device.key.device) == (
            wish.node,
            wish.allowed.device,
        ):
            for point in device.points:
                if point.name == wish.allowed.point:
                    return point
    raise NotToGive("unknown_point", f"there is no {wish.allowed.point} on this bench")


def _within(point: PointDescription, low: float | None, high: float | None) -> tuple[float | None, float | None]:
    """Return the limits, or the point's own where they are none or lie outside."""
    if point.minimum is not None:
        low = point.minimum if low is None else max(low, point.minimum)
    if point.maximum is not None:
        high = point.maximum if high is None else min(high, point.maximum)
    return low, high
