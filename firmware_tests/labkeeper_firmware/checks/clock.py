"""Whether a device knows what time it is, and stays calm when it learns otherwise."""

import time
from itertools import pairwise

from labkeeper_firmware.bench import Bench
from labkeeper_firmware.checks.telemetry import window_s
from labkeeper_firmware.homie import moment
from labkeeper_firmware.profile import ClockProfile
from labkeeper_firmware.protocols import Said
from labkeeper_firmware.untried import NotTried, Spared
from labkeeper_sdk.conformance.outcomes import Fault

JUMP_S = 3600.0
MISSED = 4  # intervals without a word
QUARTER_S = 900.0  # all time zones differ by quarters of an hour
NEAR_S = 5.0


async def clock(bench: Bench) -> None:
    """What it stamps is the time in which it says it, with its zone."""
    told = _declared(bench)
    if not await bench.until(lambda: bench.device.since(bench.quiet_since_s, told.point), told.follows_s):
        raise Fault(f"{told.point} says nothing", f"{told.point} 没有值")
    it = bench.device.since(bench.quiet_since_s, told.point)[-1]
    off_s = _off_s(bench, it)
    if off_s is None:
        raise Fault(f"{told.point} = {it.text!r} has no zone or is no datetime", f"{told.point} = {it.text!r} 缺少时区")
    if abs(off_s) > told.within_s + bench.profile.grace_s:
        zone = abs(off_s) > QUARTER_S / 2 and abs((off_s + QUARTER_S / 2) % QUARTER_S - QUARTER_S / 2) < NEAR_S
        raise Fault(
            f"{told.point} is {off_s:+.1f} s off" + (" (local time stamped as UTC?)" if zone else ""),
            f"{told.point} 偏差 {off_s:+.1f} 秒" + ("（把本地时间当作 UTC？）" if zone else ""),
        )


def _declared(bench: Bench) -> ClockProfile:
    if bench.profile.clock is None:
        raise Spared("the profile declares no clock", "配置文件没有声明时钟")
    bench.property(bench.profile.clock.point)
    return bench.profile.clock


def _off_s(bench: Bench, it: Said) -> float | None:
    """Return how far a stamp is from the time it was said at, as the time server has it."""
    stamp = moment(it.text)
    if stamp is None:
        return None
    ahead_s = 0.0 if bench.time is None else bench.time.ahead_s
    return stamp.timestamp() - (time.time() - (bench.now_s() - it.at_s)) - ahead_s


async def clock_jump(bench: Bench) -> None:
    """The time server's clock jumps an hour and back: stamps follow, and nothing else notices."""
    told = _declared(bench)
    bench.need_broker("nobody serves time to the device", "没有人向设备提供时间")
    if bench.time is None or not await bench.until(lambda: bench.time and bench.time.asked, told.follows_s):
        raise NotTried("the device does not ask the suite's time server", "设备没有向测试套件的时间服务器询问")
    began_s = bench.now_s()
    try:
        for ahead_s in (JUMP_S, 0.0):
            bench.time.ahead_s = ahead_s
            await _follows(bench, told, bench.now_s())
    finally:
        bench.time.ahead_s = 0.0
    _kept_pace(bench, began_s)


async def _follows(bench: Bench, told: ClockProfile, since_s: float) -> None:
    limit_s = told.follows_s + bench.profile.grace_s

    def right() -> bool:
        said = bench.device.since(since_s, told.point)
        off_s = _off_s(bench, said[-1]) if said else None
        return off_s is not None and abs(off_s) <= told.within_s + bench.profile.grace_s

    if not await bench.until(right, limit_s):
        raise Fault(
            f"{told.point} does not follow within {limit_s:g} s when the time server's clock jumps",
            f"时间服务器的时钟跳变后，{told.point} 在 {limit_s:g} 秒内没有跟上",
        )


def _kept_pace(bench: Bench, began_s: float) -> None:
    if bench.now_s() - began_s < window_s(bench) / 2:
        return
    for telemetry in bench.profile.telemetry:
        times = [began_s, *(it.at_s for it in bench.device.since(began_s, telemetry.point)), bench.now_s()]
        longest_s = max(later - earlier for earlier, later in pairwise(times))
        if longest_s > MISSED * telemetry.every_s + bench.profile.grace_s:
            raise Fault(
                f"{telemetry.point} stood still for {longest_s:.1f} s when the clock jumped",
                f"时钟跳变时 {telemetry.point} 停了 {longest_s:.1f} 秒",
            )
