"""Platinum: nonsense on the wire and long running change nothing."""

import asyncio
import gc
import random
import resource
from contextlib import suppress
from pathlib import Path

from labkeeper_sdk.conformance.left_alone import attempt
from labkeeper_sdk.conformance.levels import Check, Level
from labkeeper_sdk.conformance.outcomes import Fault, Untried
from labkeeper_sdk.conformance.trial import Trial
from labkeeper_sdk.errors import BadReading, DeviceUnreachable
from labkeeper_sdk.points import Title
from labkeeper_sdk.testing.benches import Stand

WHOLE_FUZZ_S = 15.0
GROWN_KB = 10_000
STATM = Path("/proc/self/statm")


async def fuzzed(trial: Trial) -> None:
    """Spoiled frames are counted or end the connection; they raise nothing else and nothing breaks for good."""
    seed = random.SystemRandom().randrange(2**32)
    async with trial.bench.open() as stand:
        async with trial.watch(stand):
            pass
        spoiling = asyncio.create_task(
            stand.wire.garble(random.Random(seed), trial.pace.spoiled_frames), name="spoiling"
        )
        loop = asyncio.get_running_loop()
        until_s = loop.time() + WHOLE_FUZZ_S
        try:
            while not spoiling.done() and loop.time() < until_s:
                _judge(await _until_it_ends(trial, stand, spoiling), seed)
            await asyncio.sleep(0)
        finally:
            spoiling.cancel()
            with suppress(asyncio.CancelledError):
                await spoiling
        async with trial.watch(stand):
            pass


async def _until_it_ends(trial: Trial, stand: Stand, spoiling: "asyncio.Task[None]") -> BaseException | None:
    """Run one connection until it ends, or the spoiling does."""
    running = asyncio.create_task(attempt(trial, stand, WHOLE_FUZZ_S), name="connection")
    await asyncio.wait([running, spoiling], return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        return running.result()
    await asyncio.wait([running], timeout=0.2)  # what was spoiled last is still on its way
    if running.done():
        return running.result()
    running.cancel()
    await asyncio.wait([running])
    return None


def _judge(error: BaseException | None, seed: int) -> None:
    if error is not None and not isinstance(error, DeviceUnreachable | BadReading):
        said = f"{type(error).__name__}: {error}"[:160]
        raise Fault(
            f"crashes on a spoiled frame (seed {seed}): {said}", f"遇到损坏的数据帧时崩溃（种子 {seed}）：{said}"
        )


def resident_kb() -> int:
    """Return how much of this process is in memory now; where the system does not say, the most that ever was."""
    try:
        return int(STATM.read_text(encoding="ascii").split()[1]) * resource.getpagesize() // 1024  # proc(5)
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


async def soaked(trial: Trial) -> None:
    """It runs for minutes and does not grow."""
    if trial.pace.soak_s <= 0:
        raise Untried("give --soak MINUTES")
    async with trial.bench.open() as stand, trial.watch(stand) as watched:
        sizes = []
        for _ in range(3):
            with suppress(TimeoutError):
                await watched.until(lambda: False, trial.pace.soak_s / 3)
            watched.events.clear()
            gc.collect()
            sizes.append(resident_kb())
        if sizes[2] - sizes[1] > GROWN_KB:
            raise Fault(
                f"grew by {sizes[2] - sizes[1]} kB in the last third",
                f"最后三分之一时间内增长 {sizes[2] - sizes[1]} kB",
            )


CHECKS = (
    Check(
        "fuzz", Level.PLATINUM, Title("损坏的数据帧", "Spoiled frames"),
        Title(
            "解析失败时抛出 DeviceUnreachable，或报告 Nonsense",
            "Where parsing fails raise DeviceUnreachable, or report Nonsense",
        ),
        fuzzed, within_s=90,
    ),
    Check(
        "soak", Level.PLATINUM, Title("长时间运行", "Long running"),
        Title("查找不断增长的列表与字典", "Look for lists and dictionaries that only grow"),
        soaked, within_s=24 * 3600,
    ),
)  # fmt: skip
