"""Gold, with a real node: actuators become safe when it dies, stands still or is cut off; a command happens once."""

import asyncio
import signal
from collections.abc import Sequence
from contextlib import suppress
from uuid import uuid4

from labkeeper_cli.driver.actuators import (
    LOOK_EVERY_S,
    Actuator,
    guarded,
    one_of_each_kind,
    orders,
    safe,
    some_actions,
    to_be_tried,
    value_of,
)
from labkeeper_cli.driver.host import PATIENCE_S, Host, open_host, open_host_to_be_cut
from labkeeper_cli.driver.tried_node import Lab, open_lab, start
from labkeeper_sdk import Title, Value
from labkeeper_sdk.conformance import Check, Fault, Level
from labkeeper_sdk.conformance.outcomes import Spared
from labkeeper_sdk.conformance.trial import Trial, is_actuator
from labkeeper_sdk.testing import Stand
from labkeeper_wire.commands import CommandState

START_S = 5.0  # on a busy machine, beyond the point's own link_loss_s: starting a node, connecting, writing
CUT_S = 1.5  # the same, where node and device are connected: the will, a write; at most 0.25 s with the bundled drivers
ARRIVE_S = 5.0  # for an action that no device confirms to reach it
STARTED = Title(zh="节点启动后", en="after its start")
HUB_CUT = Title(zh="与主机的连接切断后", en="after the link to the hub was cut")
BROKER_CUT = Title(zh="节点与消息服务器的连接切断后", en="after the node's link to the broker was cut")
STOOD_STILL = Title(zh="节点被 SIGSTOP 暂停并恢复后", en="after SIGSTOP and SIGCONT of the node")
KILLED = Title(zh="节点被 kill -9 并重启后", en="after kill -9 and restart of the node")


async def safe_in_time(trial: Trial) -> None:
    """Command, break something, and ask the device itself; what may be away from safe together is tried together."""
    async with trial.bench.open() as stand:
        await _commanded(trial, stand)
        async with open_lab(trial, stand) as lab:
            together = await _cut_off(lab)
            async with open_host(lab.broker) as host:
                for actuators in together:
                    await _cut_from_broker(lab, actuators, host)
                    await _all_away(actuators, host)
                    await _stopped(lab, actuators)
                    await _all_away(actuators, host)
                    await _killed(lab, actuators)


async def _commanded(trial: Trial, stand: Stand) -> None:
    """Spare a driver that commands nothing."""
    async with trial.watch(stand) as watched:
        if not any(is_actuator(point) for _, point in watched.points):
            raise Spared


async def _cut_off(lab: Lab) -> list[list[Actuator]]:
    """The hub's connection breaks while all actuators are away from safe; who excludes another is cut off again.

    Return who was away together.
    """
    together: list[list[Actuator]] = []
    left: list[Actuator] | None = None
    while left is None or left:
        async with open_host_to_be_cut(lab.broker) as host:
            left = to_be_tried(lab.stand, await lab.points(host)) if left is None else left
            away = await _all_away(left, host)
        await _all_safe(away, CUT_S, HUB_CUT)
        together.append(away)
        left = [it for it in left if it not in away]
    return together


async def _cut_from_broker(lab: Lab, actuators: Sequence[Actuator], host: Host) -> None:
    """The node's own link breaks. Devices of MQTT are behind the broker, too: nothing reaches them without it."""
    if lab.wire is None:
        return
    away, births = await _all_away(actuators, host), host.births
    await lab.wire.cut()
    await _all_safe(away, CUT_S, BROKER_CUT)
    await lab.wire.restore()
    with suppress(TimeoutError):  # what stays away is named by the next command
        await host.until(lambda: host.births > births)


async def _all_away(actuators: Sequence[Actuator], host: Host) -> list[Actuator]:
    """Command all actuators away from their safe values; return those that stay there, never none."""
    await _all_safe(actuators, START_S, STARTED)
    for actuator in actuators:
        await actuator.energise(host)
    away = [it for it in actuators if not it.is_safe()]
    if not away:
        names = ", ".join(it.point.name for it in actuators)
        raise Fault(f"nothing stays where a command put it: {names}", f"命令之后没有执行器保持所设的值：{names}")
    return away


async def _all_safe(actuators: Sequence[Actuator], within_s: float, when: Title) -> None:
    """Wait until all are safe, each so long after it may be left alone; the first that is not is named."""
    await asyncio.gather(*(safe(it, it.loss_s + within_s, when) for it in actuators))


async def _stopped(lab: Lab, actuators: Sequence[Actuator]) -> None:
    """The node's process stands still, longer than any of them may be left alone, and goes on."""
    process = lab.edge.process
    if process is None:
        return
    process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(max(it.loss_s for it in actuators) + 0.5)
    process.send_signal(signal.SIGCONT)
    await _all_safe(actuators, START_S, STOOD_STILL)


async def _killed(lab: Lab, actuators: Sequence[Actuator]) -> None:
    """The node dies and is started again, as a service manager does."""
    await lab.edge.stop(signal.SIGKILL)
    await start(lab.edge)
    await _all_safe(actuators, START_S, KILLED)


# --- once -------------------------------------------------------------------------------------------------------------
async def once(trial: Trial) -> None:
    """The same command id, sent three times, is one order at the device: a point of each kind and type."""
    async with trial.bench.open() as stand:
        await _commanded(trial, stand)
        async with open_lab(trial, stand) as lab, open_host(lab.broker) as host:
            points = await lab.points(host)
            kept, actions = one_of_each_kind(guarded(stand, points)), some_actions(points)
            if not kept and not actions:
                to_be_tried(stand, points)  # which says why
            for actuator in kept:
                await safe(actuator, START_S + actuator.loss_s, STARTED)
                await actuator.energise(host)
                await _once(stand, host, actuator.device, actuator.point.name, value_of(actuator.point.safe_value))
            for (device, name), value in actions.items():
                await _once(stand, host, device, name, value)


async def _once(stand: Stand, host: Host, device: str, point: str, value: Value) -> None:
    before = orders(stand, device, point)
    identity = await _taken_twice(host, device, point, value)
    await host.command(identity, device, point, value)
    await host.until(lambda: sum(it.id == identity and it.state is CommandState.DONE for it in host.results) > 1)
    times = await _arrived(stand, device, point, before)
    if times != 1:
        raise Fault(
            f"a command of {point} sent three times under one id was carried out {times} times",
            f"{point} 的同一编号命令发送三次，执行了 {times} 次",
        )


async def _arrived(stand: Stand, device: str, point: str, before: int) -> int:
    """Return how many orders have come; what the device does not confirm may still be under way."""
    with suppress(TimeoutError):
        async with asyncio.timeout(ARRIVE_S):
            while orders(stand, device, point) == before:  # noqa: ASYNC110 -- a device tells nobody
                await asyncio.sleep(LOOK_EVERY_S)
    await asyncio.sleep(LOOK_EVERY_S)  # a second order follows the first at once
    return orders(stand, device, point) - before


async def _taken_twice(host: Host, device: str, point: str, value: Value) -> str:
    """Send a command twice and return its id; one that was not carried out (a lamp warms up) is made anew."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            identity = str(uuid4())
            await host.command(identity, device, point, value)
            await host.command(identity, device, point, value)
            result = await host.result(identity)
            if result.state is CommandState.DONE:
                return identity
            if result.state is CommandState.FAILED:
                raise Fault(f"a command of {point} fails: {result.code}", f"{point} 的命令失败：{result.code}")
            await asyncio.sleep(LOOK_EVERY_S)


CHECKS = (
    Check(
        "safe_in_time",
        Level.GOLD,
        Title("及时回到安全值", "Safe in time: the node killed, stopped, cut off"),
        Title(
            "检查 safe_value、link_loss_s，以及驱动能否在重连后立即写入",
            "Look at safe_value and link_loss_s, and whether the driver can write as soon as it is open again",
        ),
        safe_in_time,
        within_s=400,
    ),
    Check(
        "once",
        Level.GOLD,
        Title("命令只执行一次", "A repeated command id happens once"),
        Title("不要在 write 中重发", "Do not send again inside write(): the platform decides about repeating"),
        once,
        within_s=90,
    ),
)
