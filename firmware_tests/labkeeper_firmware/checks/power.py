"""What is left after the power was gone."""

import asyncio

from labkeeper_firmware.bench import OFF_S, Bench
from labkeeper_firmware.profile import Setting
from labkeeper_sdk.conformance.outcomes import Fault

SAID_S = 2.0


async def reboot(bench: Bench) -> None:
    """The power goes while everything runs: the device comes back safe, and knows its settings."""
    power = bench.need_power()
    before = [(setting, bench.device.text(setting.point)) for setting in bench.profile.settings]
    for setting in bench.profile.settings:
        await _set(bench, setting.point, setting.value)
    for actuator in bench.profile.actuators:
        await bench.drive(actuator, actuator.active)
    await power.off()
    await asyncio.sleep(OFF_S)
    since_s = bench.now_s()
    await power.on()
    await bench.ready_again(since_s)
    _safe(bench, since_s)
    for setting in bench.profile.settings:
        _kept(bench, setting)
    for setting, value in before:
        await _set(bench, setting.point, value)


def _safe(bench: Bench, since_s: float) -> None:
    for actuator in bench.profile.actuators:
        if bench.became(actuator.point, actuator.active, since_s) or not bench.is_at(actuator.point, actuator.safe):
            raise Fault(
                f"{actuator.point} is not safe ({actuator.safe}) after the power came back",
                f"恢复供电后 {actuator.point} 不在安全值 {actuator.safe}",
            )


def _kept(bench: Bench, setting: Setting) -> None:
    told = bench.device.text(setting.point)
    if not bench.property(setting.point).same(told, setting.value):
        raise Fault(
            f"{setting.point} was set to {setting.value} and is {told} after a power cut: forgotten",
            f"{setting.point} 设为 {setting.value}，断电后变为 {told}：没有记住",
        )


async def _set(bench: Bench, name: str, value: str) -> None:
    await bench.command(name, value)
    if not await bench.until(lambda: bench.is_at(name, value), SAID_S + bench.profile.grace_s):
        raise Fault(f"{name} does not become {value}", f"{name} 没有变为 {value}")
