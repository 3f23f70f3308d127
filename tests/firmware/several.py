"""Several devices examined at once, each a process with surroundings of its own."""

import asyncio
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from labkeeper_firmware.__main__ import reference_place
from labkeeper_firmware.findings import Finding
from labkeeper_firmware.places import Place, open_bench
from labkeeper_firmware.report import line
from labkeeper_firmware.suite import examine
from labkeeper_sdk.conformance.outcomes import Outcome

from .faults import Faults, is_named, passes

ROOT = Path(__file__).parents[2]
MICROPYTHON = shutil.which("micropython") or shutil.which("micropython", path=str(Path(sys.executable).parent))
AT_ONCE = 7
MINUTES = 0.05
REFERENCES: dict[str, tuple[str, ...]] = {
    "CPython": (),
    **({"MicroPython": (MICROPYTHON, "-m", "reference.main")} if MICROPYTHON else {}),
}
Results = dict[str, Sequence[Finding]]


async def examined(place: Place, only: Sequence[str] = ()) -> Sequence[Finding]:
    async with open_bench(place) as bench:
        return [finding async for finding in examine(bench, only)]


def examined_at_once(
    waiting: Mapping[str, Place],
    checks: Mapping[str, Sequence[str]],
    as_expected: Callable[[str, Sequence[Finding]], bool],
) -> Results:
    """Make each device's checks (none: all), those of a few at once; what was not as expected is made once more."""

    async def some_at_once() -> Results:
        turn, found = asyncio.Semaphore(AT_ONCE), {}

        async def one(name: str) -> None:
            async with turn:
                found[name] = await examined(waiting[name], checks[name])
                if not as_expected(name, found[name]):  # it is all about time, and this machine may have stood still
                    failed = [it.check.name for it in found[name] if it.outcome is not Outcome.PASSED]
                    again = {it.check: it for it in await examined(waiting[name], failed or checks[name])}
                    found[name] = [again.get(it.check, it) for it in found[name]]

        async with asyncio.TaskGroup() as group:
            for name in checks:
                group.create_task(one(name), name=name)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)  # where `tests.firmware.variant` is found
        patch.setenv("MICROPYPATH", str(ROOT / "firmware_tests" / "labkeeper_firmware"))
        return asyncio.run(some_at_once())


def reference_and_variants(folder: Path, faults: Faults, *, by_line: bool = False) -> Results:
    """Examine the reference by all checks, on CPython and MicroPython, and each variant by the one that finds it."""
    programs = {name: (sys.executable, "-m", "tests.firmware.variant", name) for name in faults}
    waiting = {}
    for name, program in (REFERENCES | programs).items():  # the references first: they make all checks
        (folder / name).mkdir()
        waiting[name] = reference_place(folder / name, *program, minutes=MINUTES, by_line=by_line)
    return examined_at_once(
        waiting,
        {name: faults.get(name, ())[:1] for name in waiting},
        lambda name, found: is_named(found[0], faults[name][1]) if name in faults else passes(found),
    )


def told(findings: Sequence[Finding]) -> str:
    return "\n".join(line(it, "en") for it in findings)
