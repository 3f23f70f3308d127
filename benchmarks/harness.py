"""What the benchmarks share: options, a folder that goes away, and one JSON line."""

import argparse
import asyncio
import json
import os
import platform
import statistics
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Figures = dict[str, Any]


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
