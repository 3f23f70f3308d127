"""Whether a device does what it is told, says so when it is done, and survives what it cannot understand."""

from labkeeper_firmware.bench import Bench
from labkeeper_firmware.homie import Property
from labkeeper_firmware.profile import Actuator
from labkeeper_firmware.untried import Spared
from labkeeper_sdk.conformance.outcomes import Fault

AHEAD_S = 0.3  # an answer may come this much before the console's line about the pin: two ways, two delays
REACT_S = 0.15
FLOOD = 400
AFTER_FLOOD_S = 5.0
NONSENSE = (b"", b"\x00", b"\xff\xfe\xfd", b"nonsense", b"NaN", b"1e999", b"TRUE", b"{}", b"x" * 6000)


async def answers(bench: Bench) -> None:
    """A command is done, and then answered, within the declared time."""
    for actuator in bench.actuators():
        for payload in (actuator.active, actuator.safe):
            await _answer(bench, actuator, payload)


async def _answer(bench: Bench, actuator: Actuator, payload: str) -> None:
    asked_s = await bench.command(actuator.point, payload)
    limit_s = actuator.answer_s + bench.profile.grace_s
    same = bench.property(actuator.point).same

    def told() -> list[float]:
        return [it.at_s for it in bench.device.since(asked_s, actuator.point) if same(it.text, payload)]

    if not await bench.until(told, limit_s):
        raise Fault(
            f"{actuator.point} = {payload}: no answer within {actuator.answer_s:g} s",
            f"{actuator.point} = {payload}：{actuator.answer_s:g} 秒内没有回答",
        )
    if bench.witness is not None:
        await _did(bench, actuator, payload, asked_s, told()[0])


async def _did(bench: Bench, actuator: Actuator, payload: str, asked_s: float, told_s: float) -> None:
    same = bench.property(actuator.point).same

    def done() -> list[float]:
        return [it.at_s for it in bench.pins(actuator.point, asked_s) if same(it.text, payload)]

    if not await bench.until(done, actuator.answer_s + bench.profile.grace_s + AFTER_FLOOD_S):
        raise Fault(
            f"{actuator.point} answers {payload}, and its pin never gets there",
            f"{actuator.point} 回答了 {payload}，引脚却没有动作",
        )
    if done()[0] - told_s > AHEAD_S + bench.profile.grace_s:
        raise Fault(
            f"{actuator.point} answers {payload} {done()[0] - told_s:.1f} s before it does it",
            f"{actuator.point} 在执行之前 {done()[0] - told_s:.1f} 秒就回答了 {payload}",
        )


async def bad_payloads(bench: Bench) -> None:
    """What is no legal value changes nothing and breaks nothing."""
    settable = [it for it in bench.properties().values() if it.settable and it.retained]
    if not settable:
        raise Spared("nothing can be set", "没有可设置的属性")
    for declared in settable:
        for payload in (*NONSENSE, *_out_of_range(declared)):
            if declared.wrong(payload):
                await _ignored(bench, declared, payload)
    for actuator in bench.profile.actuators:
        await bench.drive(actuator, actuator.active)
        await bench.drive(actuator, actuator.safe)


def _out_of_range(declared: Property) -> list[bytes]:
    bounds = [(declared.low, -1), (declared.high, 1)]
    return [str(int(bound) + way).encode() for bound, way in bounds if abs(bound) < 1e15]  # noqa: PLR2004 -- no bound


async def _ignored(bench: Bench, declared: Property, payload: bytes) -> None:
    before, shown = bench.device.text(declared.name), payload[:20]
    since_s = await bench.command(declared.name, payload)

    def changed() -> list[str]:
        seen = (*bench.device.since(since_s, declared.name), *bench.pins(declared.name, since_s))
        return [it.text for it in seen if not declared.same(it.text, before)]

    await bench.until(lambda: changed() or bench.astray_since(since_s), REACT_S)
    await _there(bench, since_s, f"{declared.name}/set {shown!r}", f"{declared.name}/set {shown!r}")
    if state := bench.astray_since(since_s):
        raise Fault(
            f"{declared.name}/set {shown!r} broke it: $state became {state!r}",
            f"{declared.name}/set {shown!r} 使设备崩溃：$state 变为 {state!r}",
        )
    if taken := changed():
        raise Fault(
            f"{declared.name}/set {shown!r} is not legal and was taken as {taken[0][:20]!r}",
            f"{declared.name}/set {shown!r} 不合法，却被当作 {taken[0][:20]!r}",
        )


async def _there(bench: Bench, since_s: float, what: str, zh: str) -> None:
    if not bench.astray_since(since_s) and not await bench.device.there():
        raise Fault(f"{what} broke it: it answers no more", f"{zh}之后设备不再回答")


async def flood(bench: Bench) -> None:
    """Hundreds of commands at once: the last one counts, and the device is still there."""
    actuator = bench.actuators()[0]
    began_s = bench.now_s()
    for _ in range(FLOOD // 2):
        await bench.command(actuator.point, actuator.active)
        await bench.command(actuator.point, actuator.safe)
    await bench.command(actuator.point, actuator.active)
    limit_s = actuator.answer_s + bench.profile.grace_s + AFTER_FLOOD_S
    arrived = await bench.until(lambda: bench.is_at(actuator.point, actuator.active), limit_s)
    await _there(bench, began_s, f"{FLOOD} commands", f"{FLOOD} 条命令")
    if state := bench.astray_since(began_s):
        raise Fault(
            f"{FLOOD} commands broke it: $state became {state!r}", f"{FLOOD} 条命令使设备崩溃：$state 变为 {state!r}"
        )
    if not arrived:
        raise Fault(
            f"after {FLOOD} commands the last one is not done within {limit_s:g} s",
            f"{FLOOD} 条命令之后，最后一条在 {limit_s:g} 秒内没有执行",
        )
    await bench.drive(actuator, actuator.safe)
