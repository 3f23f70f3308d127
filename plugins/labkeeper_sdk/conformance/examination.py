"""Trying a driver: every check in an event loop of its own, so that what one breaks does not spoil the next."""

import asyncio
import gc
import logging
import warnings
from collections.abc import Iterable, Sequence
from contextlib import suppress
from importlib.metadata import EntryPoint, entry_points

from labkeeper_sdk.conformance import bronze, gold, platinum, silver
from labkeeper_sdk.conformance.benches import load_bench
from labkeeper_sdk.conformance.levels import Check, Finding, Level
from labkeeper_sdk.conformance.meter import metered_loop
from labkeeper_sdk.conformance.outcomes import Fault, Outcome, Spared, Untried
from labkeeper_sdk.conformance.trial import Pace, Trial
from labkeeper_sdk.drivers import Driver
from labkeeper_sdk.plugins import BENCH_GROUP
from labkeeper_sdk.points import Title

CHECKS: tuple[Check, ...] = (*bronze.CHECKS, *silver.CHECKS, *gold.CHECKS, *platinum.CHECKS)
ROUNDS = 5  # of asking what is left over to end
log = logging.getLogger(__name__)


class NoBench(Exception):
    """A driver has no test bench, or a broken one; the text says what to write."""


def prepare(driver: Driver, points: Iterable[EntryPoint] | None = None, pace: Pace | None = None) -> Trial:
    """Return the trial of an installed driver; raises NoBench."""
    found = [it for it in (entry_points(group=BENCH_GROUP) if points is None else points) if it.name == driver.name]
    if not found:
        raise NoBench(f'no test bench: add [project.entry-points."{BENCH_GROUP}"] {driver.name} = "…"')
    try:
        return Trial(found[0].name, driver, load_bench(found[0]), pace or Pace())
    except Exception as error:
        raise NoBench(f"its test bench does not load: {type(error).__name__}: {error}") from error


def examine(trial: Trial, checks: Sequence[Check] = CHECKS, up_to: Level = Level.PLATINUM) -> list[Finding]:
    """Make the checks up to a level; returns a finding for each. Not to be called in a running event loop."""
    return [make(trial, check) for check in checks if check.level <= up_to]


def make(trial: Trial, check: Check) -> Finding:
    """Make one check; whatever it meets is a finding."""
    loop = metered_loop(trial.meter)
    loop.set_exception_handler(lambda _loop, context: log.debug("left over: %s", context.get("message")))
    try:
        task = loop.create_task(_timely(trial, check), name=f"check {check.name}")
        return loop.run_until_complete(task)
    finally:
        _clear(loop)


async def _timely(trial: Trial, check: Check) -> Finding:
    async def run() -> None:
        await check.run(trial)

    task = asyncio.create_task(run(), name=check.name)
    done, _ = await asyncio.wait([task], timeout=check.within_s + trial.pace.soak_s)
    if not done:
        task.cancel()
        return Finding(check, Outcome.FAILED, _endless(check))
    return _finding(check, task)


def _finding(check: Check, task: "asyncio.Task[None]") -> Finding:
    try:
        task.result()
    except Fault as fault:
        return Finding(check, Outcome.FAILED, fault.seen)
    except Spared:
        return Finding(check, Outcome.SPARED)
    except Untried as why:
        return Finding(check, Outcome.UNTRIED, Title(zh=str(why), en=str(why)))
    except asyncio.CancelledError:
        return Finding(
            check, Outcome.FAILED, Title(zh="驱动取消了检查本身", en="the driver cancelled the check itself")
        )
    except Exception as error:  # noqa: BLE001 -- the plugin boundary: a driver may raise anything
        return Finding(check, Outcome.FAILED, _foreign(error))
    return Finding(check, Outcome.PASSED)


def _endless(check: Check) -> Title:
    return Title(zh=f"{check.within_s:g} 秒内没有结束", en=f"did not end within {check.within_s:g} s")


def _foreign(error: Exception) -> Title:
    said = f"{type(error).__name__}: {error}"[:200]
    return Title(zh=f"抛出 {said}", en=f"raises {said}")


def _clear(loop: asyncio.AbstractEventLoop) -> None:
    """End what is left over as well as it lets itself be ended."""
    for _ in range(ROUNDS):
        left = asyncio.all_tasks(loop)
        if not left:
            break
        for task in left:
            task.cancel()
        with suppress(Exception):
            loop.run_until_complete(asyncio.wait(left, timeout=1.0))
    with suppress(Exception):
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    _sweep()


def _sweep() -> None:
    """Collect what an ended loop leaves, as a socket that was just being accepted, before it warns in another check."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # what a driver leaks is counted by the check `opens`
        gc.collect()
