"""`labkeeper edge`: the node as one process."""

import argparse
import asyncio
import gc
import json
import logging
import signal
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path

from labkeeper_edge.node import Node, assign, compose
from labkeeper_edge.outbox.books import Quota
from labkeeper_edge.outbox.database import UnusableDatabase
from labkeeper_edge.outbox.outbox import open_outbox
from labkeeper_edge.refusals import Refusals
from labkeeper_edge.reload import fixed_keys
from labkeeper_edge.settings import Settings, read_settings
from labkeeper_edge.supervision.allowed import load_allowed
from labkeeper_edge.supervision.supervisor import Assignment
from labkeeper_sdk import BadConfiguration
from labkeeper_sdk.plugins import Loaded

log = logging.getLogger("labkeeper_edge")

BAD_CONFIGURATION = 2
DEAD_WORKER = 1
COLLECT_EVERY = 10_000  # objects more than before; Python's 700 are passed with every few messages
DESCRIPTION = """\
Run the node of a lab: it hears the lab's devices through its drivers, keeps every reading on disk until the hub has
stored it, and carries out the hub's commands. What it is and where things are is written in one TOML file; every key
is described in docs/reference/node-configuration.md.

It prints {"ready": "edge", "node": ...} on stdout once it runs, logs to stderr, and ends on SIGTERM or Ctrl-C after
saying goodbye to the hub. At SIGHUP it reads the file again: drivers and devices are added, changed and removed, and
what has not changed goes on undisturbed. Exit status 2: the configuration is wrong, and the message names the file and
the key.
"""


async def main(
    settings: Settings,
    data: Path,
    *,
    drivers: Loaded | None = None,
    stop: asyncio.Event | None = None,
    source: str = "",
    read: Callable[[], Settings] | None = None,
    when_ready: Callable[[], None] = lambda: None,
) -> None:
    """Run the node until SIGTERM, SIGINT or `stop`; a worker that dies ends it with its error.

    `data` is the outbox's folder, `drivers` those to use instead of the installed ones, `source` the settings' file,
    `read` reads it again at SIGHUP; `when_ready` is called once every driver has been tried.
    """
    refusals = Refusals()
    loaded = load_allowed(settings.allow, refusals) if drivers is None else drivers
    assignments, states = assign(settings, loaded, refusals, source)
    said = settings.outbox
    quota = Quota(said.max_bytes, said.max_age_s * 1000, said.keep_bytes, said.keep_age_s * 1000)
    async with open_outbox(data, quota) as outbox:
        node = await compose(settings, outbox, refusals, states)
        again = None if read is None else _reloading(node, read, drivers, source)
        await _run(node, assignments, stop or _stop_on_signals(), again, when_ready)


async def _reloading(node: Node, read: Callable[[], Settings], drivers: Loaded | None, source: str) -> None:
    """At each SIGHUP read the settings again and take over what can be; wrong ones change nothing."""
    asked = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, asked.set)
    while True:
        await asked.wait()
        asked.clear()
        try:
            settings = read()
            counts = node.intake.refusals
            found = drivers
            if found is None:
                found = await asyncio.to_thread(load_allowed, settings.allow, counts)
            assignments, states = assign(settings, found, counts, source)
        except BadConfiguration as wrong:
            log.error("settings not taken over: %s", wrong)  # noqa: TRY400 -- one line that a person can mend
            continue
        if fixed := fixed_keys(node.settings, settings):
            log.warning("%s: taken over at the next start", ", ".join(fixed))
        await node.reload(settings, assignments, states)
        print(json.dumps({"reloaded": node.settings.node, "drivers": [*states]}), flush=True)


async def _run(
    node: Node,
    assignments: list[Assignment],
    stop: asyncio.Event,
    again: Coroutine[None, None, None] | None,
    when_ready: Callable[[], None],
) -> None:
    def ready() -> None:
        print(json.dumps({"ready": "edge", "node": node.settings.node}), flush=True)
        when_ready()

    async with asyncio.TaskGroup() as group:
        workers = node.workers(assignments) + ([("reloading", again)] if again is not None else [])
        uplink, *others = [group.create_task(work, name=name) for name, work in workers]
        node.when_tried(ready)
        await stop.wait()
        for task in reversed(others):
            task.cancel()
            await asyncio.wait([task])
        await node.last_words()
        uplink.cancel()


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `labkeeper edge`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = DESCRIPTION
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="the node's settings, TOML")
    parser.add_argument("--data", type=Path, default=Path("var/edge"), metavar="DIR", help="the outbox (var/edge)")
    parser.add_argument("--broker", metavar="URL", help="instead of the file's broker, mqtt://host:port")
    parser.add_argument("-v", "--verbose", action="store_true", help="log more")


def run(options: argparse.Namespace) -> int:
    """Run the node as a process; return its exit status."""
    level = logging.DEBUG if options.verbose else logging.INFO
    logging.basicConfig(level=level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    return _reported(lambda: asyncio.run(_main(options)))


async def _main(options: argparse.Namespace) -> None:
    settings = read_settings(options.config, broker=options.broker)
    read = partial(read_settings, options.config, broker=options.broker)
    await main(settings, options.data, source=str(options.config), read=read, when_ready=_leave_alone)


def _leave_alone() -> None:
    """What is here stays: never look through it again, which would stop the node for a moment each time."""
    gc.freeze()
    gc.set_threshold(COLLECT_EVERY)


def _reported(work: Callable[[], None]) -> int:
    """Say in one line what a person can mend; anything else ends the process with its traceback in the log."""
    try:
        work()
    except BadConfiguration as wrong:
        print(f"labkeeper edge: {wrong}", file=sys.stderr)
        return BAD_CONFIGURATION
    except UnusableDatabase as unusable:
        print(f"labkeeper edge: {unusable}", file=sys.stderr)
        return DEAD_WORKER
    except Exception:  # the process ends here, with its error
        log.exception("the node ends: a worker died")
        return DEAD_WORKER
    return 0


if __name__ == "__main__":
    _parser = argparse.ArgumentParser(prog="labkeeper edge")
    configure(_parser)
    sys.exit(run(_parser.parse_args()))
