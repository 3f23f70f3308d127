"""What a driver declares, and whether its readings keep to it."""

import asyncio
import math
from contextlib import suppress

from labkeeper_sdk.conformance.outcomes import Fault
from labkeeper_sdk.conformance.trial import Trial
from labkeeper_sdk.conformance.ucum import is_ucum
from labkeeper_sdk.drivers import Report
from labkeeper_sdk.points import Measure, Point, Setpoint
from labkeeper_sdk.testing.watching import Watched
from labkeeper_sdk.values import Reading

CLOCK_OFF_S = 60.0
RUNAWAY_S = 0.5  # by which a device's clock may gain or lose while we listen


async def declared(trial: Trial) -> None:
    """Every number has a UCUM unit, every settable number its limits."""
    async with trial.bench.open() as stand, trial.watch(stand) as watched:
        for device, point in watched.points:
            if not is_ucum(point.unit):
                raise Fault(
                    f"{_name(device, point)}: unit {point.unit!r} is not UCUM",
                    f"{point.name}：单位 {point.unit!r} 不是 UCUM",
                )
            if isinstance(point, Measure) and not point.unit and point.type is not str and not watched.is_gateway:
                raise Fault(f"{_name(device, point)} has no unit", f"{point.name} 没有单位")
            if isinstance(point, Setpoint) and point.type is not str and None in (point.minimum, point.maximum):
                raise Fault(f"{_name(device, point)} has no minimum or no maximum", f"{point.name} 没有上下限")


async def readings(trial: Trial) -> None:
    """Readings have the declared type, stay within the declared range and carry a sane time."""
    async with trial.bench.open() as stand, trial.watch(stand) as watched:
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        with suppress(TimeoutError):
            await watched.until(
                lambda: len(watched.readings()) >= trial.pace.readings and loop.time() - began_s > 1,
                trial.pace.listen_s,
            )
        points = {(device, point.name): point for device, point in watched.points}
        for event in watched.events:
            if isinstance(event, Report):
                for reading in event.readings:
                    _check_reading(points.get((event.device, reading.point)), event.device, reading)
        _check_clock(watched, trial.services(stand).now_ms(), loop.time() - began_s)


def _check_reading(point: Point | None, device: str, reading: Reading) -> None:
    if point is None:
        raise Fault(f"reports {device}/{reading.point}, which it never declared", f"上报了未声明的测点 {reading.point}")
    value = reading.value
    if value is None:
        return
    right = type(value) is point.type or (point.type is float and type(value) is int)
    if not right:
        raise Fault(
            f"{point.name} is declared {point.type.__name__} and says {value!r}",
            f"{point.name} 声明为 {point.type.__name__}，上报却是 {value!r}",
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise Fault(f"{point.name} says {value}", f"{point.name} 上报 {value}")
    if isinstance(value, int | float) and not isinstance(value, bool) and _outside(point, value):
        raise Fault(
            f"{point.name} says {value}, outside {point.minimum} to {point.maximum}",
            f"{point.name} 上报 {value}，超出 {point.minimum} 至 {point.maximum}",
        )
    if isinstance(value, str) and point.options and value not in point.options:
        raise Fault(f"{point.name} says {value!r}, not one of its options", f"{point.name} 上报 {value!r}，不在选项内")


def _outside(point: Point, value: float) -> bool:
    return (point.minimum is not None and value < point.minimum) or (
        point.maximum is not None and value > point.maximum
    )


def _check_clock(watched: Watched, now_ms: int, listened_s: float) -> None:
    stamps: dict[tuple[str, str], list[int]] = {}
    for event in watched.events:
        if isinstance(event, Report):
            for reading in event.readings:
                if reading.time_ms is not None:
                    stamps.setdefault((event.device, reading.point), []).append(reading.time_ms)
    for (device, point), times in stamps.items():
        off_s = abs(times[-1] - now_ms) / 1000
        ran_s = (times[-1] - times[0]) / 1000
        if off_s > CLOCK_OFF_S or ran_s > listened_s + RUNAWAY_S:
            raise Fault(
                f"the clock drifts: {device}/{point} is {off_s:.1f} s off, and ran {ran_s:.1f} s in {listened_s:.1f} s",
                f"时钟漂移：{point} 的时间偏差 {off_s:.1f} 秒",
            )


def _name(device: str, point: Point) -> str:
    return f"{device}/{point.name}"
