"""Whether a device says what it is, and nothing it is not."""

from labkeeper_firmware.bench import Bench
from labkeeper_firmware.homie import STATES
from labkeeper_sdk.conformance.outcomes import Fault

NEEDED = ("$state", "$description")
BRANCHES = ("$state", "$description", "$log", "$alert")


async def announces(bench: Bench) -> None:
    """State, description and every value are there, legal, and kept by the broker."""
    said = bench.device.latest
    limit_s = bench.profile.boot_s + bench.profile.grace_s
    await bench.until(lambda: said.keys() >= set(NEEDED) or bench.ended().en, limit_s)
    for missing in (name for name in NEEDED if name not in said):
        if bench.ended().en:
            raise Fault(f"there is no {missing}", f"没有 {missing}")
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
    kept = await bench.device.kept()
    for name in sorted(due):
        if name not in kept:
            raise Fault(f"{name} is declared and {_not_kept(bench)[0]}", f"声明了 {name}，却{_not_kept(bench)[1]}")
    for name in NEEDED:
        if name not in kept:
            raise Fault(f"{name} {_not_kept(bench)[0]}", f"{name} {_not_kept(bench)[1]}")


def _not_kept(bench: Bench) -> tuple[str, str]:
    if bench.by_line:
        return "is not said when the device is asked (?)", "在询问（?）时没有说"
    return "has no retained value", "没有保留的值"


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
