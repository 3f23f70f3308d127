"""`labkeeper edge`: the node as one process."""

import argparse
import asyncio
import json
import logging
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from labkeeper_edge.books import Quota
from labkeeper_edge.database import UnusableDatabase
from labkeeper_edge.node import Node, assign, compose
from labkeeper_edge.outbox import open_outbox
from labkeeper_edge.refusals import Refusals
from labkeeper_edge.settings import Settings, read_settings
from labkeeper_edge.supervisor import Assignment
from labkeeper_sdk import BadConfiguration
from labkeeper_sdk.plugins import Loaded, load_drivers

log = logging.getLogger("labkeeper_edge")

BAD_CONFIGURATION = 2
DEAD_WORKER = 1
DESCRIPTION = """\
Run the node of a lab: it hears the lab's devices through its drivers, keeps every reading on disk until the hub has
stored it, and carries out the hub's commands. What it is and where things are is written in one TOML file; every key
is described in docs/reference/node-configuration.md.

It prints {"ready": "edge", "node": ...} on stdout once it runs, logs to stderr, and ends on SIGTERM or Ctrl-C after
saying goodbye to the hub. Exit status 2: the configuration is wrong, and the message names the file and the key.
"""


async def main(
    settings: Settings,
    data: Path,
    *,
    drivers: Loaded | None = None,
    stop: asyncio.Event | None = None,
    source: str = "",
) -> None:
    """Run the node until SIGTERM, SIGINT or `stop`; a worker that dies ends it with its error.

    `data` is the outbox's folder, `drivers` those to use instead of the installed ones, `source` the settings' file.
    """
    refusals = Refusals()
    assignments, states = assign(settings, load_drivers() if drivers is None else drivers, refusals, source)
    said = settings.outbox
    quota = Quota(said.max_bytes, said.max_age_s * 1000, said.keep_bytes, said.keep_age_s * 1000)
    async with open_outbox(data, quota) as outbox:
        await _run(await compose(settings, outbox, refusals, states), assignments, stop or _stop_on_signals())


async def _run(node: Node, assignments: list[Assignment], stop: asyncio.Event) -> None:
    async with asyncio.TaskGroup() as group:
        uplink, *others = [group.create_task(work, name=name) for name, work in node.workers(assignments)]
        node.when_tried(lambda: print(json.dumps({"ready": "edge", "node": node.settings.node}), flush=True))
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
    await main(settings, options.data, source=str(options.config))


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
