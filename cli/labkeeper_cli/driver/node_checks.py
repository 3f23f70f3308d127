"""Gold, with a real node: actuators become safe when it dies, stands still or is cut off; a command happens once."""

import asyncio
import json
import signal
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from labkeeper_cli.driver.host import NODE, PATIENCE_S, SCHOOL, Host, open_host, open_host_to_be_cut
from labkeeper_cli.processes import Role, RoleDied
from labkeeper_cli.toml import as_toml
from labkeeper_sdk import Driver, Setpoint, Switch, Title, Value
from labkeeper_sdk.conformance import Check, Fault, Level
from labkeeper_sdk.conformance.outcomes import Spared
from labkeeper_sdk.conformance.trial import Trial, another, is_actuator, same
from labkeeper_sdk.testing import Stand, TcpWire, open_broker, open_tcp_wire
from labkeeper_wire import mqtt
from labkeeper_wire.commands import CommandState
from labkeeper_wire.descriptor import PointDescription

START_S = 5.0  # on a busy machine, beyond the point's own link_loss_s: starting a node, connecting, writing
CUT_S = 1.5  # the same, where node and device are connected: the will, a write; at most 0.25 s with the bundled drivers
LOOK_EVERY_S = 0.05
INSTANCE = "tried"
LONGEST_LOSS_S = 60.0
KEEPING = ("switch", "setpoint")  # the kinds that keep a value; an action has none to stand at


@dataclass(frozen=True, slots=True)
class Actuator:
    """A point with a safe value, which its device can be asked for."""

    stand: Stand
    device: str
    point: PointDescription

    @property
    def loss_s(self) -> float:
        """Return how long it may be left alone, in seconds."""
        return self.point.link_loss_s or 0.0

    def truth(self) -> Value | None:
        """Return where the actuator stands, asked of the device."""
        return None if self.stand.truth is None else self.stand.truth(self.device, self.point.name)

    def stands_at(self, value: Value) -> bool:
        """Tell whether it stands where it was sent."""
        return same(as_point(self.point), value, self.truth())

    def is_safe(self) -> bool:
        """Tell whether it stands at its safe value."""
        return self.stands_at(_value(self.point.safe_value))

    async def energise(self, host: Host) -> None:
        """Command it away from its safe value, so that there is something to make safe."""
        unsafe = another(as_point(self.point), _value(self.point.safe_value))
        result = await host.obeyed(self.device, self.point.name, unsafe)
        state, code = (result.state, result.code) if result else ("unanswered", "")
        if state is not CommandState.DONE or not self.stands_at(unsafe):
            raise Fault(
                f"a command of {self.point.name} through a node ends as {state} {code}, at {self.truth()!r}",
                f"经节点发送的 {self.point.name} 命令失败：{state} {code}",
            )

    async def started(self) -> None:
        """Wait until it stands at its safe value, as it has to when a node has started or become free again."""
        await self.safe(START_S + self.loss_s, "after its start")

    async def safe(self, within_s: float, when: str) -> None:
        """Wait until it stands at its safe value; raises Fault naming the occasion."""
        try:
            async with asyncio.timeout(within_s):
                while not self.is_safe():  # noqa: ASYNC110 -- a device tells nobody
                    await asyncio.sleep(LOOK_EVERY_S)
        except TimeoutError:
            name, wanted = self.point.name, self.point.safe_value
            raise Fault(
                f"{name} is at {self.truth()!r}, not at its safe value {wanted!r}, {within_s:g} s {when}",
                f"{when}：{within_s:g} 秒内 {name} 未回到安全值 {wanted!r}",
            ) from None


@dataclass(frozen=True, slots=True)
class Lab:
    """A stand with a node, and the broker at which a hub is heard."""

    stand: Stand
    broker: str
    edge: Role
    wire: TcpWire | None  # between node and broker

    async def actuators(self, host: Host) -> list[Actuator]:
        """Return, never empty, what has a safe value, a link_loss_s and a `truth`; raises Spared or Fault."""
        await host.until(lambda: host.points)
        await asyncio.sleep(0.5)  # births of further devices follow one another
        every = [Actuator(self.stand, device, point) for (device, _), point in host.points.items()]
        found = [it for it in every if _to_be_tried(it)]
        if found:
            return found
        if not any(it.point.kind in KEEPING for it in every):
            raise Spared
        raise Fault(
            "no actuator has a safe value, a link_loss_s and a `truth`",
            "没有执行器同时具备安全值、link_loss_s 与 truth",
        )


def _to_be_tried(it: Actuator) -> bool:
    point = it.point
    if point.kind not in KEEPING or point.safe_value is None or point.link_loss_s is None:
        return False
    return point.link_loss_s <= LONGEST_LOSS_S and it.truth() is not None


async def safe_in_time(trial: Trial) -> None:
    """Command, break something, and ask the device itself."""
    async with trial.bench.open() as stand:
        await _commanded(trial, stand)
        async with _open_lab(trial, stand) as lab:
            await _cut_off(lab)
            async with open_host(lab.broker) as host:
                first = (await lab.actuators(host))[0]
                await first.started()
                await _cut_from_broker(lab, first, host)
                await first.energise(host)
                await _stopped(lab, first)
                await first.energise(host)
                await _killed(lab, first)


async def _commanded(trial: Trial, stand: Stand) -> None:
    """Spare a driver that commands nothing."""
    async with trial.watch(stand) as watched:
        if not any(is_actuator(point) for _, point in watched.points):
            raise Spared


async def _cut_off(lab: Lab) -> None:
    """The hub's connection breaks while all actuators are away from safe; who excludes another is cut off again."""
    left: list[Actuator] | None = None
    while left is None or left:
        async with open_host_to_be_cut(lab.broker) as host:
            left = await lab.actuators(host) if left is None else left
            away = await _all_away(left, host)
        await asyncio.gather(*(it.safe(it.loss_s + CUT_S, "after the link to the hub was cut") for it in away))
        left = [it for it in left if it not in away]


async def _cut_from_broker(lab: Lab, actuator: Actuator, host: Host) -> None:
    """The node's own link breaks. Devices of MQTT are behind the broker, too: nothing reaches them without it."""
    if lab.wire is None:
        return
    await actuator.energise(host)
    await lab.wire.cut()
    await actuator.safe(actuator.loss_s + CUT_S, "after the node's link to the broker was cut")
    await lab.wire.restore()


async def _all_away(actuators: Sequence[Actuator], host: Host) -> list[Actuator]:
    """Command all actuators away from their safe values; return those that stay there, never none."""
    for actuator in actuators:
        await actuator.started()
    for actuator in actuators:
        await actuator.energise(host)
    away = [it for it in actuators if not it.is_safe()]
    if not away:
        names = ", ".join(it.point.name for it in actuators)
        raise Fault(f"nothing stays where a command put it: {names}", f"命令之后没有执行器保持所设的值：{names}")
    return away


async def _stopped(lab: Lab, actuator: Actuator) -> None:
    """The node's process stands still, longer than the actuator may be left alone, and goes on."""
    process = lab.edge.process
    if process is None:
        return
    process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(actuator.loss_s + 0.5)
    process.send_signal(signal.SIGCONT)
    await actuator.safe(actuator.loss_s + START_S, "after SIGSTOP and SIGCONT of the node")


async def _killed(lab: Lab, actuator: Actuator) -> None:
    """The node dies and is started again, as a service manager does."""
    await lab.edge.stop(signal.SIGKILL)
    await _start(lab.edge)
    await actuator.safe(actuator.loss_s + START_S, "after kill -9 and restart of the node")


async def once(trial: Trial) -> None:
    """The same command id, sent twice, is one order at the device."""
    async with trial.bench.open() as stand:
        await _commanded(trial, stand)
        if stand.orders is None:
            raise Fault("the bench's Stand has no `orders`", "测试台没有 orders")
        async with _open_lab(trial, stand) as lab, open_host(lab.broker) as host:
            actuator = (await lab.actuators(host))[0]
            await actuator.started()
            await actuator.energise(host)
            device, point = actuator.device, actuator.point
            before = stand.orders(device, point.name)
            wanted = _value(point.safe_value)
            identity = await _taken_twice(host, device, point.name, wanted)
            await host.command(identity, device, point.name, wanted)
            await host.until(
                lambda: sum(it.id == identity and it.state is CommandState.DONE for it in host.results) > 1
            )
            times = stand.orders(device, point.name) - before
            if times != 1:
                raise Fault(
                    f"a command sent three times under one id was carried out {times} times",
                    f"同一编号的命令发送三次，执行了 {times} 次",
                )


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


# --- the node ---------------------------------------------------------------------------------------------------------
@asynccontextmanager
async def _open_lab(trial: Trial, stand: Stand) -> AsyncIterator[Lab]:
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="labkeeper-gold-")))
        broker = stand.broker or (await stack.enter_async_context(open_broker())).url
        config = folder / "node.toml"
        wire = None if stand.broker else await stack.enter_async_context(_wire_to(broker))
        at = f"mqtt://{wire.host}:{wire.port}" if wire else broker
        config.write_text(node_toml(trial.driver, at, stand), encoding="utf-8")
        arguments = ["--config", str(config), "--data", str(folder / "data")]
        edge = Role("node", "labkeeper_edge", arguments, folder / "node.log")
        try:
            await _start(edge)
            yield Lab(stand, broker, edge, wire)
        finally:
            await edge.stop()


def _wire_to(broker: str) -> AbstractAsyncContextManager[TcpWire]:
    address = mqtt.Address.parse(broker)
    return open_tcp_wire(address.host, address.port)


async def _start(edge: Role) -> None:
    try:
        await edge.start()
    except RoleDied as died:
        raise Fault(f"the node does not start: {died}", f"节点无法启动：{died}") from died


def node_toml(driver: Driver, broker: str, stand: Stand) -> str:
    """Return the settings of a node with this driver and nothing else."""
    top = {"school": SCHOOL, "node": NODE, "broker": broker, "rejoin_spread_s": 0, "poll_every_s": 0.2, "lab": "kit"}
    lines = [f"{key} = {json.dumps(value)}" for key, value in top.items()]
    instance = driver.instance_names.example if driver.instance_names else INSTANCE
    lines += [f"[drivers.{json.dumps(instance)}]", f"driver = {json.dumps(driver.name)}"]
    lines += [f"{json.dumps(key)} = {as_toml(value)}" for key, value in stand.settings.items()]
    for device, points in stand.overrides.items():
        for point, said in points.items():
            lines.append(f"[devices.{json.dumps(device)}.points.{json.dumps(point)}]")
            lines += [f"{key} = {json.dumps(value)}" for key, value in said.items()]
    return "\n".join(lines) + "\n"


def as_point(description: PointDescription) -> Setpoint | Switch:
    """Return a description of the wire as the SDK's point, as far as choosing a value goes."""
    value = _value(description.safe_value)
    if isinstance(value, bool):
        return Switch(description.name)
    return Setpoint(
        description.name,
        type=type(value),
        minimum=description.minimum,
        maximum=description.maximum,
        step=description.step,
        options=description.options,
    )


def _value(scalar: object) -> Value:
    if not isinstance(scalar, bool | int | float | str):
        raise Spared
    return scalar


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
        within_s=180,
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
