"""A hub that writes down how long each turn of its event loop took: `python -m benchmarks.timed_hub`, a hub's options.

What counts is the thread's own processor time, so that a busy machine changes little. asyncio has no hook for turns
that costs as little as wrapping the method by which it runs every callback.
"""

import asyncio
import json
import os
import runpy
import sys
import time
from pathlib import Path

FILE = "LABKEEPER_TURNS"  # the environment variable that names the file; a line of JSON for each turn
NOTED_MS = 1.0


def _name(callback: object) -> str:
    """Return the name of the task whose step it is; "" for those that nobody has named and what is no task."""
    task = getattr(callback, "__self__", None)
    name = task.get_name() if isinstance(task, asyncio.Task) else ""
    return "" if name.startswith("Task-") else name


def note_turns(path: str) -> None:
    """Write down from now on when each turn of a millisecond or more began, what it took, and whose it was."""
    file = Path(path).open("w", buffering=1, encoding="utf-8")  # noqa: SIM115 -- for as long as the process lives
    run = asyncio.Handle._run  # noqa: SLF001 -- no hook but this

    def timed(handle: asyncio.Handle) -> None:
        began_s, cpu_s, name = time.monotonic(), time.thread_time(), _name(handle._callback)  # type: ignore[attr-defined] # noqa: SLF001 -- as above
        run(handle)
        took_ms = (time.thread_time() - cpu_s) * 1000
        if took_ms >= NOTED_MS:
            file.write(json.dumps([began_s, round(took_ms, 2), name]) + "\n")

    asyncio.Handle._run = timed  # type: ignore[method-assign, assignment] # noqa: SLF001 -- as above


if __name__ == "__main__":
    note_turns(os.environ[FILE])
    sys.argv[0] = "labkeeper hub"
    runpy.run_module("labkeeper_hub", run_name="__main__", alter_sys=True)
