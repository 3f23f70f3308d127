"""What a driver does when its device vanishes, keeps silent, or nobody needs it any more."""

import asyncio
import logging
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from labkeeper_sdk.conformance.commanded import confirmed, not_too_long
from labkeeper_sdk.conformance.outcomes import Fault, Spared
from labkeeper_sdk.conformance.trial import Trial, another, commandable, ends, kind_of, soonest
from labkeeper_sdk.errors import CommandFailed, CommandRejected, DeviceUnreachable
from labkeeper_sdk.points import Point
from labkeeper_sdk.testing.benches import Stand
from labkeeper_sdk.testing.watching import Watched, open_driver

RETRIES = 5
MOST_LINES = 2  # from one place in the code, in RETRIES attempts
OURS = ("labkeeper_sdk", "asyncio", "aiomqtt", "paho")


async def vanishing(trial: Trial) -> None:
    """It notices that its device has vanished, says DeviceUnreachable, and works again when the device is back."""
    async with trial.bench.open() as stand:
        await _notices(trial, stand)
        await _refused(trial, stand)
        await stand.wire.restore()
        async with trial.watch(stand) as watched:
            await _obeys_again(trial, stand, watched)


async def _obeys_again(trial: Trial, stand: Stand, watched: Watched) -> None:
    """A command reaches the device that is back, and not the connection it had before."""
    try:
        pairs = await trial.settable(watched, stand)
    except (Spared, Fault):
        return  # nothing to command, or nobody can tell: the check `confirms` says so
    device, point = not_too_long(soonest(pairs))[0]
    try:
        await confirmed(stand, watched, device, point)
    except Fault:
        await trial.calm(watched)  # a device behind a broker may still be coming back
    else:
        return
    try:
        await confirmed(stand, watched, device, point)
    except Fault as fault:
        raise Fault(f"once its device is back, {fault.seen.en}", f"设备回来后：{fault.seen.zh}") from fault


async def _notices(trial: Trial, stand: Stand) -> None:
    async with trial.watch(stand) as watched:
        await stand.wire.cut()
        task = watched.ended
        if task is None or not await ends(task, trial.bench.notice_s):
            raise Fault(
                f"does not notice within {trial.bench.notice_s:g} s that its device has vanished",
                f"设备消失后 {trial.bench.notice_s:g} 秒内没有察觉",
            )
        error = task.exception()
        if not isinstance(error, DeviceUnreachable):
            raise Fault(
                f"raises {kind_of(error)} instead of DeviceUnreachable when its device vanishes",
                f"设备消失时抛出 {kind_of(error)}，而不是 DeviceUnreachable",
            )


async def _refused(trial: Trial, stand: Stand) -> None:
    """While the device is away, opening (or the first word) is DeviceUnreachable."""
    error = await attempt(trial, stand, trial.bench.notice_s)
    if error is None:
        raise Fault("connects to a device that is not there, and says nothing", "设备不在，连接却成功且没有报告")
    if not isinstance(error, DeviceUnreachable):
        raise Fault(
            f"raises {kind_of(error)} instead of DeviceUnreachable when its device is not there",
            f"设备不在时抛出 {kind_of(error)}，而不是 DeviceUnreachable",
        )


async def attempt(trial: Trial, stand: Stand, within_s: float) -> BaseException | None:
    """Open the driver and listen until it raises; return what, None if it did not within `within_s`."""
    try:
        async with open_driver(trial.driver, stand.settings, trial.services(stand)) as watched:
            if watched.ended is None or not await ends(watched.ended, within_s):
                return None
            return watched.ended.exception()
    except Exception as error:  # noqa: BLE001 -- the plugin boundary: whatever it is, it is reported
        return error


async def quiet(trial: Trial) -> None:
    """A device that stays away is logged once, not at each attempt."""
    async with trial.bench.open() as stand:
        async with trial.watch(stand):
            pass
        await stand.wire.cut()
        with _listening() as lines:
            for _ in range(RETRIES):
                await attempt(trial, stand, trial.bench.notice_s)
    for line, count in lines.counts.items():
        if count > MOST_LINES:
            text = lines.texts[line]
            raise Fault(
                f"logs {text!r} ({line.logger}) at each of {RETRIES} attempts",
                f"每次重试都写日志 {text!r}（{line.logger}）",
            )


class _Line(NamedTuple):
    """Where a log line is written: the text may have a number or the time in it, and is another each time."""

    logger: str
    path: str
    number: int


@dataclass(slots=True)
class _Lines:
    counts: Counter[_Line] = field(default_factory=Counter)
    texts: dict[_Line, str] = field(default_factory=dict)  # what each said first

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno >= logging.INFO and not is_ours(record.name):
            line = _Line(record.name, record.pathname, record.lineno)
            self.counts[line] += 1
            self.texts.setdefault(line, str(record.msg)[:80])
        return True


def is_ours(logger: str) -> bool:
    """Tell whether a logger is the platform's own, or one below it; `paho_pump` is a driver's."""
    return any(logger == name or logger.startswith(f"{name}.") for name in OURS)


@contextmanager
def _listening() -> Iterator[_Lines]:
    lines = _Lines()
    handler = logging.Handler()
    handler.addFilter(lines.filter)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(min(level, logging.INFO))
    try:
        yield lines
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


async def cancellation(trial: Trial) -> None:
    """Whatever it waits for, it lets go within a second of being told to; a write of each kind of point."""
    for device, point in await _written(trial):
        async with trial.bench.open() as stand, trial.watch(stand) as watched:
            await trial.known(watched, device)
            await stand.wire.hush()
            write = _task(watched.write(device, point.name, another(point, None)))
            await _lets_go(trial, write, f"write of {point.name}")
    async with trial.bench.open() as stand:
        async with trial.watch(stand) as watched:
            await stand.wire.hush()
            if watched.ended is not None:
                await _lets_go(trial, watched.ended, "listening")
        await _lets_go(trial, _task(_open(trial, stand)), "connect")
        await stand.wire.restore()


async def _written(trial: Trial) -> list[tuple[str, Point]]:
    """Return one of each kind of point that can be commanded."""
    async with trial.bench.open() as stand, trial.watch(stand) as watched:
        await trial.calm(watched)
        found = soonest((device, point) for device, point in watched.points if commandable(point))
        await stand.wire.hush()  # or who swallows the cancellation of a question goes on with the answer, for ever
        return found


async def _open(trial: Trial, stand: Stand) -> None:
    async with open_driver(trial.driver, stand.settings, trial.services(stand)):
        await asyncio.Event().wait()


async def _lets_go(trial: Trial, task: "asyncio.Task[None]", what: str) -> None:
    await ends(task, 0.1)
    task.cancel()
    if not await ends(task, trial.pace.cancel_s):
        raise Fault(
            f"{what} ignores cancellation: still there after {trial.pace.cancel_s:g} s",
            f"{what} 不响应取消：{trial.pace.cancel_s:g} 秒后仍在",
        )
    if not task.cancelled() and (error := task.exception()) is not None and not _fair(error):
        raise Fault(f"{what} raises {kind_of(error)} when cancelled", f"{what} 被取消时抛出 {kind_of(error)}")


def _fair(error: BaseException) -> bool:
    return isinstance(error, DeviceUnreachable | CommandFailed | CommandRejected)


def _task(work: Coroutine[None, None, None]) -> "asyncio.Task[None]":
    return asyncio.create_task(work, name="driver under test")
