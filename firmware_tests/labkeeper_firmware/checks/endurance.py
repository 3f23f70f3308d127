"""Whether a device that works for minutes works for longer."""

import asyncio

from labkeeper_firmware.bench import Bench
from labkeeper_firmware.untried import Spared
from labkeeper_sdk.conformance.outcomes import Fault

EVERY_S = 1.0


async def long_run(bench: Bench) -> None:
    """For `--minutes` it is commanded now and then, answers each time, never restarts and never stops speaking."""
    if not bench.minutes:
        raise Spared("left out (--minutes 0)", "未执行（--minutes 0）")
    began_s = bench.now_s()
    rounds = 0
    while bench.now_s() - began_s < bench.minutes * 60:
        for actuator in bench.profile.actuators:
            await bench.drive(actuator, actuator.safe if rounds % 2 else actuator.active)
        rounds += 1
        await asyncio.sleep(EVERY_S)
        if state := bench.astray_since(began_s):
            raise Fault(f"$state became {state!r} in round {rounds}", f"第 {rounds} 轮 $state 变为 {state!r}")
    for telemetry in bench.profile.telemetry:
        spoke = len(bench.device.since(began_s, telemetry.point))
        due = (bench.now_s() - began_s) / telemetry.every_s
        if spoke < due * (1 - telemetry.tolerance) - 1:
            raise Fault(
                f"{telemetry.point} spoke {spoke} times, {due:.0f} were due",
                f"{telemetry.point} 发布 {spoke} 次，应为 {due:.0f} 次",
            )
