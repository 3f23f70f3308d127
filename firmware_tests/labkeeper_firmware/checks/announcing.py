"""Whether a device says what it is, and nothing it is not."""

from labkeeper_firmware.bench import Bench
from labkeeper_firmware.homie import STATES
from labkeeper_sdk.conformance.outcomes import Fault
from labkeeper_sdk.testing.mqtt import gather
from labkeeper_sdk.testing.recordings import Frame

ASK_S = 0.5
BRANCHES = ("$state", "$description", "$log", "$alert")


async def announces(bench: Bench) -> None:
    """State, description and every value are there, legal, and kept by the broker."""
    said = bench.device.latest
    limit_s = bench.profile.boot_s + bench.profile.grace_s
    if not await bench.until(lambda: said.keys() >= {"$state", "$description"}, limit_s):
        missing = next(name for name in ("$state", "$description") if name not in said)
        raise Fault(f"there is no {missing} {limit_s:g} s after the start", f"启动 {limit_s:g} 秒后没有 {missing}")
    if not await bench.until(lambda: bench.device.text("$state") == "ready", limit_s):
        state = bench.device.text("$state")
        legal = "" if state in STATES else " (no state of the convention)"
        raise Fault(
            f"$state stays {state!r}{legal}, and does not become 'ready'", f"$state 停在 {state!r}，没有变为 ready"
        )
    await _values(bench)
    bench.disturb()


async def _values(bench: Bench) -> None:
    due = {name for name, declared in bench.properties().items() if declared.retained}
    await bench.until(lambda: due <= bench.device.latest.keys(), bench.profile.boot_s)
    kept = {it.topic.removeprefix(f"{bench.device.base}/") for it in await _retained(bench)}
    for name in sorted(due):
        if name not in kept:
            raise Fault(f"{name} is declared and has no retained value", f"声明了 {name}，却没有保留的值")
    for name in ("$state", "$description"):
        if name not in kept:
            raise Fault(f"{name} is not retained", f"{name} 没有保留")


async def _retained(bench: Bench) -> list[Frame]:
    frames = await gather(bench.device.url, (f"{bench.device.base}/#",), ASK_S)
    return [frame for frame in frames if frame.retain]


async def restraint(bench: Bench) -> None:
    """It speaks of what it declared, and not all the time."""
    window_s = 2.0
    said = await bench.listen(window_s)
    rate = len(said) / window_s
    if rate > bench.profile.most_per_s:
        raise Fault(
            f"{rate:.0f} messages a second when nobody asks; {bench.profile.most_per_s:g} are allowed",
            f"无人询问时每秒 {rate:.0f} 条消息，允许 {bench.profile.most_per_s:g} 条",
        )
    declared = bench.properties()
    for it in said:
        head = it.name.removesuffix("/$target")
        if head not in declared and it.name.split("/")[0] not in BRANCHES:
            raise Fault(f"speaks of {it.name}, which it has not declared", f"发布了没有声明的 {it.name}")
