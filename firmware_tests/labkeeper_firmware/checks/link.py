"""What a device does when the broker, or the way to it, is gone."""

import asyncio
from collections.abc import Sequence

from labkeeper_firmware.bench import Bench
from labkeeper_firmware.profile import Actuator
from labkeeper_firmware.untried import NotTried
from labkeeper_sdk.conformance.outcomes import Fault

WILL_S = 3.0
AWAY_S = 0.5
NOBODY_KEEPS = ("nobody keeps commands for a device that is away", "没有人为离线的设备保留命令")
LATER = 4  # link-loss times, after which "too late" is called "never"


async def will(bench: Bench) -> None:
    """The broker says that the device is lost when its connection breaks, and the device comes back."""
    bench.need_broker("there is no broker that could say it for the device", "没有代理可以替设备说")
    bench.need_wire()
    since_s = bench.now_s()
    await bench.wire.cut()
    limit_s = WILL_S + bench.profile.grace_s
    gone = await bench.until(lambda: "lost" in _states(bench, since_s), limit_s)
    since_s = bench.now_s()
    await bench.wire.restore()
    if not gone:
        raise Fault(
            f"its connection broke and $state did not become 'lost' within {limit_s:g} s: no will",
            f"连接断开后 {limit_s:g} 秒内 $state 没有变为 lost：没有遗嘱",
        )
    await bench.ready_again(since_s)


def _states(bench: Bench, since_s: float) -> list[str]:
    return [it.text for it in bench.device.since(since_s, "$state")]


async def link_loss(bench: Bench) -> None:
    """A link that falls silent: each actuator is at its safe value within its time."""
    bench.need_wire()
    for actuator in bench.actuators():
        await bench.drive(actuator, actuator.active)
    bench.disturb()
    since_s = bench.now_s()
    await bench.wire.hush()
    if bench.witness is not None:
        await asyncio.gather(*(_seen_safe(bench, actuator, since_s) for actuator in bench.actuators()))
    else:
        await asyncio.sleep(max(it.link_loss_s for it in bench.actuators()) + bench.profile.grace_s)
    back_s = bench.now_s()
    await bench.wire.restore()
    await bench.ready_again(back_s)
    for actuator in bench.actuators():
        _told_safe(bench, actuator, back_s)


async def _seen_safe(bench: Bench, actuator: Actuator, since_s: float) -> None:
    same = bench.property(actuator.point).same

    def safe() -> list[float]:
        return [it.at_s for it in bench.pins(actuator.point, since_s) if same(it.text, actuator.safe)]

    limit_s = actuator.link_loss_s + bench.profile.grace_s
    await bench.until(safe, limit_s + LATER * actuator.link_loss_s)
    if not safe():
        raise Fault(
            f"{actuator.point} does not become safe ({actuator.safe}) at all when the link is lost",
            f"断线后 {actuator.point} 始终没有回到安全值 {actuator.safe}",
        )
    took_s = safe()[0] - since_s
    if took_s > limit_s:
        raise Fault(
            f"{actuator.point} becomes safe too late: {took_s:.1f} s after the link was lost,"
            f" {actuator.link_loss_s:g} s declared",
            f"{actuator.point} 回到安全值太晚：断线后 {took_s:.1f} 秒，声明为 {actuator.link_loss_s:g} 秒",
        )


def _told_safe(bench: Bench, actuator: Actuator, since_s: float) -> None:
    """The device itself, when it is back, says that it is safe; without a witness that is all that can be asked."""
    if bench.became(actuator.point, actuator.active, since_s):
        away_s = actuator.link_loss_s + bench.profile.grace_s
        raise Fault(
            f"{actuator.point} is still {actuator.active} after {away_s:g} s without a link",
            f"断线 {away_s:g} 秒后 {actuator.point} 仍为 {actuator.active}",
        )


async def stale_command(bench: Bench) -> None:
    """A command sent while the device was away is not done when it is back."""
    bench.need_broker(*NOBODY_KEEPS)
    bench.need_wire()
    actuators = bench.actuators()
    await bench.wire.cut()
    await asyncio.sleep(AWAY_S)
    for actuator in actuators:
        await bench.device.send(f"{actuator.point}/set", actuator.active, qos=1)
    since_s = bench.now_s()
    await bench.wire.restore()
    await bench.ready_again(since_s)
    await _stays_safe(bench, since_s, "a command from before it came back", "恢复之前的命令")


async def retained_command(bench: Bench) -> None:
    """A retained command, somebody's mistake of long ago, is not done at the start."""
    bench.need_broker(*NOBODY_KEEPS)
    if bench.power is None:
        bench.need_wire()
    actuators = bench.actuators()
    try:
        since_s = await _away_meanwhile(bench, actuators)
        await bench.ready_again(since_s)
        await _stays_safe(bench, since_s, "a retained command at its start", "保留的命令")
    finally:
        for actuator in actuators:
            await bench.device.send(f"{actuator.point}/set", b"", qos=1, retain=True)
        bench.disturb()


async def _away_meanwhile(bench: Bench, actuators: Sequence[Actuator]) -> float:
    """Leave retained commands while the device is away; return when it may come back."""
    if bench.power is not None:
        await bench.power.off()
    else:
        await bench.wire.cut()
    await asyncio.sleep(AWAY_S)
    for actuator in actuators:
        await bench.device.send(f"{actuator.point}/set", actuator.active, qos=1, retain=True)
    since_s = bench.now_s()
    if bench.power is not None:
        await bench.power.on()
    else:
        await bench.wire.restore()
    return since_s


async def _stays_safe(bench: Bench, since_s: float, what: str, zh: str) -> None:
    def moved() -> list[str]:
        return [it.point for it in bench.actuators() if bench.became(it.point, it.active, since_s)]

    limit_s = max(it.answer_s for it in bench.actuators()) + bench.profile.grace_s
    if await bench.until(moved, limit_s):
        raise Fault(f"{moved()[0]} obeys {what}", f"{moved()[0]} 执行了{zh}")


async def broker_restart(bench: Bench) -> None:
    """The broker goes and comes back, and so does the device, and obeys."""
    bench.need_broker("there is no broker", "没有代理")
    if bench.broker is None:
        raise NotTried("the broker is not the suite's own (no --broker makes it so)", "代理不是测试套件自己的")
    await bench.broker.stop()
    await asyncio.sleep(AWAY_S)
    since_s = bench.now_s()
    await bench.broker.start()
    limit_s = bench.profile.boot_s + bench.profile.grace_s
    if not await bench.until(lambda: bench.device.since(since_s), limit_s):
        raise Fault(f"silent for {limit_s:g} s after the broker is back", f"代理恢复后 {limit_s:g} 秒内没有声音")
    await bench.until(lambda: bench.device.text("$state") == "ready", limit_s)
    for actuator in bench.profile.actuators:
        await bench.drive(actuator, actuator.active)
        await bench.drive(actuator, actuator.safe)
