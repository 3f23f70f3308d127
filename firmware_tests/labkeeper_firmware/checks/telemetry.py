"""Whether what a device measures comes when and as it was declared."""

from labkeeper_firmware.bench import Bench
from labkeeper_firmware.profile import Telemetry
from labkeeper_firmware.untried import Spared
from labkeeper_sdk.conformance.outcomes import Fault

INTERVALS = 6  # a mean of fewer says little
SHORTEST_S = 2.0


async def schema(bench: Bench) -> None:
    """Every value has the datatype and the format it was declared with, and those that speak by themselves do."""
    declared = bench.properties()
    for it in await bench.listen(window_s(bench)):
        wrong = declared[it.name].wrong(it.payload) if it.name in declared else ""
        if wrong:
            raise Fault(
                f"{it.name} = {it.text[:40]!r} {wrong} (declared: {declared[it.name].datatype})",
                f"{it.name} = {it.text[:40]!r} 与声明的 {declared[it.name].datatype} 不符",
            )


async def cadence(bench: Bench) -> None:
    """Each speaks as often as declared: neither slower, nor faster."""
    if not bench.profile.telemetry:
        raise Spared("the profile declares no telemetry", "配置文件没有声明遥测")
    await bench.listen(window_s(bench))
    for telemetry in bench.profile.telemetry:
        _paced(bench, telemetry, bench.quiet_since_s)


def _paced(bench: Bench, told: Telemetry, since_s: float) -> None:
    times = [it.at_s for it in bench.device.since(since_s, told.point)]
    if len(times) < 2:  # noqa: PLR2004 -- an interval has two ends
        raise Fault(
            f"{told.point} spoke {len(times)} times in {bench.now_s() - since_s:.1f} s:"
            f" too slow for every {told.every_s:g} s",
            f"{told.point} 只发布了 {len(times)} 次：太慢，应每 {told.every_s:g} 秒一次",
        )
    mean_s = (times[-1] - times[0]) / (len(times) - 1)
    if abs(mean_s - told.every_s) > told.every_s * told.tolerance:
        how, word = ("too slow", "太慢") if mean_s > told.every_s else ("too fast", "太快")
        raise Fault(
            f"{told.point} is {how}: every {mean_s:.2f} s instead of every {told.every_s:g} s",
            f"{told.point} {word}：每 {mean_s:.2f} 秒一次，应为 {told.every_s:g} 秒",
        )


def window_s(bench: Bench) -> float:
    """Return how long to listen so that each that speaks has spoken a few times."""
    return max([SHORTEST_S, *(it.every_s * INTERVALS for it in bench.profile.telemetry)])
