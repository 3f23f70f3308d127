"""What outputs do when nobody watches over them: at the node's start, and without the hub."""

from dataclasses import replace
from typing import Literal, TypeAlias

from labkeeper_sdk import Point, Risk, Title, Value

WhenAlone: TypeAlias = Literal["safe", "hold"]
ABOUT = "what switches, heaters and moving things do when the node starts or has lost the hub: go to safe, or hold"
ALONE = Title(zh="无人看管时", en="When nobody watches over them")
MAINS_S = 60.0  # a lesson goes on over a hub that restarts; a forgotten soldering iron does not burn all night
HEAT_S = 60.0
MOTION_S = 3.0
LINK_LOSS_S = {Risk.MAINS: MAINS_S, Risk.HEAT: HEAT_S, Risk.MOTION: MOTION_S}
STOPS = ("STOP", "stop")  # what a moving thing is told; to stand still where it is is safe


def guarded(point: Point, when_alone: WhenAlone) -> Point:
    """Return the point with the safe value its meaning makes clear, if it makes one clear.

    A switched mains load is off, a heater is `off`, a cover stops. A lamp, a lock, a fan, a speed or a temperature have
    no value that is safe in every room: what they are to do says the node's configuration.
    """
    value = _safe_value(point)
    if when_alone == "hold" or value is None or point.safe_value is not None:
        return point
    return replace(point, safe_value=value, link_loss_s=LINK_LOSS_S[point.risk])


def _safe_value(point: Point) -> Value | None:
    if not point.writable or point.risk is Risk.NONE:
        return None
    if point.risk is Risk.MAINS:
        return _off(point)
    if point.risk is Risk.HEAT:
        return "off" if "off" in point.options else None
    return next((stop for stop in STOPS if stop in point.options), None)


def _off(point: Point) -> Value | None:
    if point.type is bool and point.kind == "switch":
        return False
    return next((off for off in ("OFF", "off") if off in point.options), None)
