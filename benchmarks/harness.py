"""What the benchmarks share: options, a folder that goes away, and one JSON line."""

import argparse
import asyncio
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

Figures = dict[str, Any]
T = TypeVar("T")
SILENT_S = 2.0  # a person wonders after that long
BEGAN_S = time.monotonic()


def say(what: str) -> None:
    """Tell whoever waits what is being done, on stderr: the figures are alone on stdout."""
    print(f"{time.monotonic() - BEGAN_S:5.0f} s  {what}", file=sys.stderr, flush=True)


def counted(things: Sequence[T], what: str) -> Iterator[T]:
    """Yield each, and say which of how many it is: the first, and then not more often than a person wonders."""
    said_s = float("-inf")
    for number, thing in enumerate(things, 1):
        if time.monotonic() - said_s >= SILENT_S:
            say(f"{what} {number} of {len(things)}")
            said_s = time.monotonic()
        yield thing


def options(what: str, *extra: tuple[str, dict[str, Any]]) -> argparse.Namespace:
    """Read the command line: `--json` is on every benchmark, `extra` on this one."""
    parser = argparse.ArgumentParser(description=what)
    parser.add_argument("--json", action="store_true", help="print the figures alone, as one JSON line")
    for name, settings in extra:
        parser.add_argument(name, **settings)
    return parser.parse_args()


def measure(asked: argparse.Namespace, bench: Callable[[Path], Awaitable[Figures]]) -> None:
    """Run `bench` in a folder that goes away, print its figures; what it starts runs from bytecode, as installed."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    say("begins; the figures come at its end")
    with scratch() as folder:
        figures = asyncio.run(_as_coroutine(bench(folder)))
    machine = {"cores": os.cpu_count(), "python": platform.python_version()}
    if asked.json:
        print(json.dumps({**figures, **machine}))
    else:
        print("\n".join(f"{name:28} {value}" for name, value in {**figures, **machine}.items()))


async def _as_coroutine(running: Awaitable[Figures]) -> Figures:
    return await running


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder on the real disk, not in memory, since durability is what is measured."""
    with tempfile.TemporaryDirectory(prefix="labkeeper-bench-", dir=os.environ.get("LABKEEPER_BENCH_DIR")) as name:
        yield Path(name)


def spread(values: Sequence[float], digits: int = 2) -> Figures:
    """Minimum, median and maximum."""
    return {
        "min": round(min(values), digits),
        "median": round(statistics.median(values), digits),
        "max": round(max(values), digits),
    }
