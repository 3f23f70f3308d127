"""What a driver does with commands."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from labkeeper_sdk.conformance.outcomes import Fault, Spared
from labkeeper_sdk.conformance.trial import Trial, another, ends, kind_of, same, soonest
from labkeeper_sdk.errors import CommandFailed, CommandRejected, DeviceUnreachable
from labkeeper_sdk.points import Point
from labkeeper_sdk.testing.benches import Stand
from labkeeper_sdk.testing.watching import READ_TIMEOUT_S, Watched

LATE_S = 1.0  # beyond confirm_s
WIRE_DELAY_S = 0.05
LONGEST_CONFIRM_S = 15.0  # that a silent device is waited for, where there is anything shorter


async def confirms(trial: Trial) -> None:
    """A write returns when the device stands where it was sent, and sends one order."""
    async with trial.bench.open() as stand, trial.watch(stand) as watched:
        for device, point in await trial.settable(watched, stand):
            await confirmed(stand, watched, device, point)


async def confirmed(stand: Stand, watched: Watched, device: str, point: Point) -> None:
    """Send a point elsewhere and ask the device; raises Fault where it is not there, or was told more than once."""
    if stand.truth is None:
        raise Spared
    wanted = another(point, stand.truth(device, point.name))
    before = 0 if stand.orders is None else stand.orders(device, point.name)
    with _slow(stand):
        try:
            async with asyncio.timeout(point.confirm_s + LATE_S):
                await watched.write(device, point.name, wanted)
        except TimeoutError:
            raise Fault(f"write of {point.name} hangs", f"写 {point.name} 不返回") from None
        except (CommandFailed, CommandRejected) as error:
            raise Fault(
                f"a command of {point.name} to {wanted!r} ends as {error.code}",
                f"{point.name} 的命令失败：{error.code}",
            ) from error
        except DeviceUnreachable as error:
            raise Fault(
                f"a command of {point.name} ends as unreachable: {error}", f"写 {point.name} 时不可达：{error}"
            ) from error
        seen = stand.truth(device, point.name)
    if not same(point, wanted, seen):
        raise Fault(
            f"write of {point.name} returned before the device had confirmed: asked {wanted!r}, it stands at {seen!r}",
            f"{point.name} 在设备回应之前就返回：要求 {wanted!r}，实际 {seen!r}",
        )
    sent = 0 if stand.orders is None else stand.orders(device, point.name) - before
    if sent > 1:
        raise Fault(
            f"one command of {point.name} reached the device {sent} times", f"{point.name} 的一条命令到达设备 {sent} 次"
        )


@contextmanager
def _slow(stand: Stand) -> Iterator[None]:
    """Let what goes to the device take a moment, so that who does not wait for the answer is seen."""
    wire = getattr(stand.wire, "link", stand.wire)
    if not hasattr(wire, "delay_s"):
        yield
        return
    wire.delay_s = WIRE_DELAY_S
    try:
        yield
    finally:
        wire.delay_s = 0.0


async def deadlines(trial: Trial) -> None:
    """A command to a device that has gone silent ends by itself, and never as done; one of each kind of point."""
    for device, point in await chosen(trial):
        async with trial.bench.open() as stand, trial.watch(stand) as watched:
            await trial.known(watched, device)
            await stand.wire.hush()
            await _ends_by_itself(trial, stand, watched, device, point)


async def chosen(trial: Trial) -> list[tuple[str, Point]]:
    """Return of each kind of point that can be commanded the one that ends soonest; raises Spared without any."""
    async with trial.bench.open() as stand, trial.watch(stand) as watched:
        return not_too_long(soonest(await trial.settable(watched, stand)))


def not_too_long(pairs: Sequence[tuple[str, Point]]) -> list[tuple[str, Point]]:
    """Return those that are worth waiting for; of none but long ones (blinds, and nothing else) the shortest."""
    short = [pair for pair in pairs if pair[1].confirm_s <= LONGEST_CONFIRM_S]
    return short or [min(pairs, key=lambda pair: pair[1].confirm_s)]


async def _ends_by_itself(trial: Trial, stand: Stand, watched: Watched, device: str, point: Point) -> None:
    truth = None if stand.truth is None else stand.truth(device, point.name)
    task = asyncio.create_task(watched.write(device, point.name, another(point, truth)), name="driver under test")
    over = await ends(task, READ_TIMEOUT_S + point.confirm_s + LATE_S)  # a read that hangs goes first
    task.cancel()
    if not over:
        await ends(task, trial.pace.cancel_s)
        raise Fault(
            f"a write of {point.name} to a silent device still hangs after confirm_s ({point.confirm_s:g} s)",
            f"设备无响应时，写 {point.name} 超过 confirm_s（{point.confirm_s:g} 秒）仍不返回",
        )
    error = task.exception()
    if error is None:
        raise Fault(
            f"a write of {point.name} returned as done although the device heard nothing",
            f"设备未收到命令，写 {point.name} 却报告完成",
        )
    if not isinstance(error, CommandFailed | CommandRejected | DeviceUnreachable):
        raise Fault(
            f"a write of {point.name} to a silent device raises {kind_of(error)}",
            f"写 {point.name} 时抛出 {kind_of(error)}",
        )
