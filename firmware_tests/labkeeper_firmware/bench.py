"""A device under test with everything around it, and what all checks do with it."""

import asyncio
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from labkeeper_firmware.drivers.timekeeping import TimeServer
from labkeeper_firmware.homie import Illegal, Property, describe
from labkeeper_firmware.profile import Actuator, Profile
from labkeeper_firmware.protocols import Link, Power, Said, Talk, Witness
from labkeeper_firmware.untried import NotTried, Spared
from labkeeper_sdk import Title
from labkeeper_sdk.conformance.outcomes import Fault
from labkeeper_sdk.testing import Broker

LOOK_S = 0.01
OFF_S = 0.5  # how long a power cut lasts
ASTRAY = ("init", "lost", "disconnected")


@dataclass(slots=True)
class Bench:
    """What there is. `None` is what the person who runs the suite has not given."""

    profile: Profile
    device: Talk
    wire: Link
    by_line: bool = False  # over a serial line, without a broker
    broker: Broker | None = None  # the suite's own
    power: Power | None = None
    witness: Witness | None = None
    time: TimeServer | None = None
    minutes: float = 0.0  # of the long run
    address: tuple[str, int] = ("", 0)  # where the device is to connect
    passed: Callable[[], bool] = lambda: True  # whether the device connects through our wire
    ended: Callable[[], Title] = Title  # that the device's program has ended by itself
    quiet_since_s: float = field(default=0.0, init=False)

    # --- waiting ----------------------------------------------------------------------------------------------------
    def now_s(self) -> float:
        """Return the event loop's time."""
        return asyncio.get_running_loop().time()

    async def until(self, found: Callable[[], object], within_s: float) -> bool:
        """Wait until something is so, looking often; return whether it came to be in time."""
        end_s = self.now_s() + within_s
        while not found():
            if self.now_s() >= end_s:
                return False
            await asyncio.sleep(LOOK_S)
        return True

    async def listen(self, for_s: float) -> Sequence[Said]:
        """Return what the device says within a time in which nobody asks anything of it; raises Fault if it leaves."""
        await asyncio.sleep(max(0.0, self.quiet_since_s + for_s - self.now_s()))
        since_s = self.now_s() - for_s
        if state := self.astray_since(since_s):
            raise Fault(f"left alone, it became {state!r}", f"无人打扰时，$state 变为 {state!r}")
        return self.device.since(since_s)

    # --- what the device is -----------------------------------------------------------------------------------------
    def properties(self) -> Mapping[str, Property]:
        """Return what it declares; raises Fault."""
        try:
            return describe(self.device.latest["$description"].payload)
        except KeyError:
            raise Fault("there is no $description", "没有 $description") from None
        except Illegal as illegal:
            raise Fault(str(illegal), f"描述不合规范：{illegal}") from illegal

    def property(self, name: str) -> Property:
        """Return a declared property of the profile; raises Fault."""
        found = self.properties().get(name)
        if found is None:
            raise Fault(f"the profile names {name}, the device does not declare it", f"配置文件有 {name}，设备没有声明")
        return found

    def actuators(self) -> tuple[Actuator, ...]:
        """Return what can do harm; raises Spared."""
        if not self.profile.actuators:
            raise Spared("the profile declares no actuators", "配置文件没有声明执行器")
        return self.profile.actuators

    def need_broker(self, en: str, zh: str) -> None:
        """Raise Spared for a device on a serial line; the text says what only a broker does."""
        if self.by_line:
            raise Spared(f"over a serial line {en}", f"串口上{zh}")

    def need_wire(self) -> None:
        """Raise NotTried if the link cannot be cut."""
        if not self.passed():
            raise NotTried("the device does not connect through the suite's port", "设备没有经过测试套件的端口连接")

    def need_power(self) -> Power:
        """Return the power switch; raises NotTried."""
        if self.power is None:
            raise NotTried("no power switch (--power)", "没有电源开关（--power）")
        return self.power

    # --- what the device does ---------------------------------------------------------------------------------------
    def is_at(self, name: str, payload: str) -> bool:
        """Whether the last it said of a property, and what its pin shows, is this value."""
        same = self.property(name).same
        level = None if self.witness is None else self.witness.latest.get(name)
        return same(self.device.text(name), payload) and (level is None or same(level.text, payload))

    def pins(self, name: str, since_s: float = 0.0) -> list[Said]:
        """Return the levels a pin was seen to take."""
        seen = () if self.witness is None else self.witness.levels
        first = bisect_left(seen, since_s, key=lambda it: it.at_s)
        return [it for it in seen[first:] if it.name == name]

    def became(self, name: str, payload: str, since_s: float) -> bool:
        """Whether a property said, or its pin took, this value since a time."""
        same = self.property(name).same
        return any(same(it.text, payload) for it in (*self.device.since(since_s, name), *self.pins(name, since_s)))

    def astray_since(self, since_s: float) -> str:
        """Return the first state since a time that says it was not there all the while, "" for none."""
        states = (it.text for it in self.device.since(since_s, "$state"))
        return next((state for state in states if state in ASTRAY), "")

    async def command(self, name: str, payload: bytes | str) -> float:
        """Ask for a value; return when."""
        self.disturb()
        at_s = self.now_s()
        await self.device.send(f"{name}/set", payload)
        return at_s

    async def drive(self, actuator: Actuator, payload: str) -> None:
        """Bring an actuator to a value; raises Fault where it does not get there."""
        await self.command(actuator.point, payload)
        if not await self.until(lambda: self.is_at(actuator.point, payload), actuator.answer_s + self.profile.grace_s):
            raise Fault(
                f"{actuator.point} does not become {payload} within {actuator.answer_s:g} s",
                f"{actuator.point} 在 {actuator.answer_s:g} 秒内没有变为 {payload}",
            )

    # --- bringing it back -------------------------------------------------------------------------------------------
    def disturb(self) -> None:
        """Begin a new time of quiet."""
        self.quiet_since_s = self.now_s()

    async def ready_again(self, since_s: float) -> None:
        """Wait until the device says anew that it is ready; raises Fault."""
        limit_s = self.profile.boot_s + self.profile.grace_s

        def ready() -> bool:
            said = self.device.since(since_s, "$state")
            return bool(said) and said[-1].text == "ready"

        if not await self.until(ready, limit_s):
            raise Fault(f"not ready again within {limit_s:g} s", f"{limit_s:g} 秒内没有恢复为 ready")
        self.disturb()

    async def cycle(self) -> None:
        """Cut the power and give it back."""
        power = self.need_power()
        await power.off()
        await asyncio.sleep(OFF_S)
        since_s = self.now_s()
        await power.on()
        await self.ready_again(since_s)

    async def settle(self) -> None:
        """Bring the device into the state each check begins with: ready, and everything safe. Raises Fault."""
        await self.wire.restore()
        if not self._is_ready():
            await self._wait_for_it()
            self.disturb()
        for actuator in self.profile.actuators:
            if not self.is_at(actuator.point, actuator.safe):
                await self.drive(actuator, actuator.safe)

    async def _wait_for_it(self) -> None:
        if await self.until(self._is_ready, self.profile.boot_s + self.profile.grace_s):
            return
        if self.power is None:
            raise Fault("not ready when the check began", "检查开始时设备不是 ready")
        await self.cycle()

    def _is_ready(self) -> bool:
        return self.device.text("$state") == "ready" and "$description" in self.device.latest
