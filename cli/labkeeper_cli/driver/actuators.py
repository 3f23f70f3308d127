"""What gold tries: points with a safe value, of which one sees at the device whether they went there."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from labkeeper_cli.driver.host import Host
from labkeeper_sdk import Setpoint, Switch, Title, Value
from labkeeper_sdk.conformance import Fault
from labkeeper_sdk.conformance.outcomes import Spared
from labkeeper_sdk.conformance.trial import another, same
from labkeeper_sdk.testing import Stand
from labkeeper_wire.commands import CommandState
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import PointDescription

LOOK_EVERY_S = 0.05
LONGEST_LOSS_S = 60.0
KEEPING = ("switch", "setpoint")  # the kinds that keep a value; an action has none to stand at


@dataclass(frozen=True, slots=True)
class Kept:
    """A switch or a number, which its device can be asked for."""

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
        return self.stands_at(value_of(self.point.safe_value))

    async def energise(self, host: Host) -> None:
        """Command it away from its safe value, so that there is something to make safe."""
        unsafe = another(as_point(self.point), value_of(self.point.safe_value))
        result = await host.obeyed(self.device, self.point.name, unsafe)
        state, code = (result.state, result.code) if result else ("unanswered", "")
        if state is not CommandState.DONE or not self.stands_at(unsafe):
            raise Fault(
                f"a command of {self.point.name} through a node ends as {state} {code}, at {self.truth()!r}",
                f"经节点发送的 {self.point.name} 命令失败：{state} {code}",
            )

    def unsafe(self) -> Title:
        """Return what is wrong while it is not safe."""
        name, wanted = self.point.name, self.point.safe_value
        return Title(
            zh=f"{name} 未回到安全值 {wanted!r}", en=f"{name} is at {self.truth()!r}, not at its safe value {wanted!r}"
        )


@dataclass(slots=True)
class Pressed:
    """An action with a safe value, as a stop: whether the node pressed it is seen by the orders at the device."""

    stand: Stand
    device: str
    point: PointDescription
    before: int = 0  # orders of it when one last looked

    @property
    def loss_s(self) -> float:
        """Return how long it may be left alone, in seconds."""
        return self.point.link_loss_s or 0.0

    def is_safe(self) -> bool:
        """Tell whether it was pressed since one last looked."""
        return orders(self.stand, self.device, self.point.name) > self.before

    async def energise(self, host: Host) -> None:  # noqa: ARG002 -- as of what is kept
        """Look how often it was pressed: from now on once more is asked for."""
        self.before = orders(self.stand, self.device, self.point.name)

    def unsafe(self) -> Title:
        """Return what is wrong while it was not pressed."""
        name, wanted = self.point.name, self.point.safe_value
        return Title(zh=f"{name} 未执行 {wanted!r}", en=f"{name} has not reached the device as {wanted!r}")


Actuator: TypeAlias = Kept | Pressed


async def safe(actuator: Actuator, within_s: float, when: Title) -> None:
    """Wait until an actuator is safe; raises Fault naming the occasion, `when`."""
    try:
        async with asyncio.timeout(within_s):
            while not actuator.is_safe():  # noqa: ASYNC110 -- a device tells nobody
                await asyncio.sleep(LOOK_EVERY_S)
    except TimeoutError:
        seen = actuator.unsafe()
        raise Fault(f"{seen.en}, {within_s:g} s {when.en}", f"{when.zh} {within_s:g} 秒内{seen.zh}") from None


def orders(stand: Stand, device: str, point: str) -> int:
    """Return how many orders for a point have reached its device; raises Fault where the bench does not say."""
    if stand.orders is None:
        raise Fault("the bench's Stand has no `orders`", "测试台没有 orders")
    return stand.orders(device, point)


def to_be_tried(stand: Stand, points: Mapping[tuple[str, str], PointDescription]) -> list[Actuator]:
    """Return, never empty, what is `guarded`; raises Spared where nothing is to be made safe, else Fault."""
    if found := guarded(stand, points):
        return found
    if not any(point.kind in KEEPING for point in points.values()):
        raise Spared
    raise Fault(
        f"no actuator has a safe value and a link_loss_s of at most {LONGEST_LOSS_S:g} s",
        f"没有执行器同时具备安全值与不超过 {LONGEST_LOSS_S:g} 秒的 link_loss_s",
    )


def guarded(stand: Stand, points: Mapping[tuple[str, str], PointDescription]) -> list[Actuator]:
    """Return what has a safe value and a link_loss_s, of points by (device, name).

    Raises Fault where one keeps a value that the bench cannot tell.
    """
    return [_actuator(stand, device, point) for (device, _), point in points.items() if _is_guarded(point)]


def _is_guarded(point: PointDescription) -> bool:
    if point.safe_value is None or point.link_loss_s is None or point.link_loss_s > LONGEST_LOSS_S:
        return False
    return point.kind not in KEEPING or not isinstance(point.safe_value, str) or bool(point.options)


def _actuator(stand: Stand, device: str, point: PointDescription) -> Actuator:
    if point.kind not in KEEPING:
        return Pressed(stand, device, point)
    kept = Kept(stand, device, point)
    if kept.truth() is None:
        raise Fault(
            f"{point.name} has a safe value and a link_loss_s, and the bench's `truth` does not know it",
            f"{point.name} 有安全值与 link_loss_s，测试台的 truth 却不认识它",
        )
    return kept


def one_of_each_kind(points: Iterable[Actuator]) -> list[Kept]:
    """Return the first of each kind and type that keeps a value."""
    kinds: dict[tuple[str, type], Kept] = {}
    for it in points:
        if isinstance(it, Kept):
            kinds.setdefault((it.point.kind, type(it.point.safe_value)), it)
    return [*kinds.values()]


def some_actions(points: Mapping[tuple[str, str], PointDescription]) -> dict[tuple[str, str], Value]:
    """Return the first action of each datatype, and something it may be told; none that takes any text."""
    found: dict[int, tuple[tuple[str, str], Value]] = {}
    for key, point in points.items():
        if point.kind == "action" and (point.options or point.datatype != DataType.STRING):
            found.setdefault(point.datatype, (key, _said(point)))
    return dict(found.values())


def _said(action: PointDescription) -> Value:
    if action.options:
        return action.options[0]
    if action.datatype == DataType.BOOLEAN:
        return True
    least = action.minimum or 0.0
    return least if action.datatype in (DataType.DOUBLE, DataType.FLOAT) else int(least)


def as_point(description: PointDescription) -> Setpoint | Switch:
    """Return a description of the wire as the SDK's point, as far as choosing a value goes."""
    value = value_of(description.safe_value)
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


def value_of(scalar: object) -> Value:
    """Return a metric's value as a point's; raises Spared for what no point has."""
    if not isinstance(scalar, bool | int | float | str):
        raise Spared
    return scalar
