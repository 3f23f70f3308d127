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

from labkeeper_edge.control import NoNode, ask_reload, open_control
from labkeeper_edge.driver_sets.keeping import open_driver_sets
from labkeeper_edge.node import Node, assign, compose
from labkeeper_edge.outbox.books import Quota
from labkeeper_edge.outbox.database import UnusableDatabase
from labkeeper_edge.outbox.outbox import open_outbox
from labkeeper_edge.refusals import Refusals
from labkeeper_edge.reloading import Reloading
from labkeeper_edge.settings import Settings, read_settings
from labkeeper_edge.supervision.allowed import imported_by, load_allowed
from labkeeper_edge.supervision.supervisor import Assignment
from labkeeper_sdk import BadConfiguration
from labkeeper_sdk.plugins import Loaded

log = logging.getLogger("labkeeper_edge")

BAD_CONFIGURATION = 2
DEAD_WORKER = 1
RELOAD = "reload"
COLLECT_EVERY = 10_000  # objects more than before; Python's 700 are passed with every few messages
DESCRIPTION = """\
Run the node of a lab: it hears the lab's devices through its drivers, keeps every reading on disk until the hub has
stored it, and carries out the hub's commands. What it is and where things are is written in one TOML file; every key
is described in docs/reference/node-configuration.md.

It prints {"ready": "edge", "node": ...} on stdout once it runs, logs to stderr, and ends on SIGTERM or Ctrl-C after
saying goodbye to the hub. At SIGHUP it reads the file again: drivers and devices are added, changed and removed, and
what has not changed goes on undisturbed. Exit status 2: the configuration is wrong, and the message names the file and
the key.

`labkeeper edge reload --data DIR` has the node that runs on that folder do the same, and says what began, what ended
and what waits for the next start. Exit status 2: it refused, and the message names the key; 1: no node runs there.
"""
EPILOG = """\
examples:
  labkeeper edge --config node.toml --data /var/lib/labkeeper-node
  SSL_CERT_FILE=/etc/labkeeper/ca.crt labkeeper edge --config node.toml    the broker's certificate is the school's own
  labkeeper edge reload --data /var/lib/labkeeper-node                     node.toml has changed: take it up
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
    assign(settings, loaded, refusals, source)  # the file alone must be right, whatever the hub has added
    said = settings.outbox
    quota = Quota(said.max_bytes, said.max_age_s * 1000, said.keep_bytes, said.keep_age_s * 1000)
    async with open_outbox(data, quota) as outbox:
        sets = open_driver_sets(data, settings, loaded, refusals)
        merged = sets.merged(settings, loaded)
        assignments, states = assign(merged, loaded, refusals, source)
        try:
            node = await compose(merged, outbox, refusals, states, sets)
        except BadConfiguration as wrong:
            raise wrong.found_in(source) from wrong
        reloading = Reloading(node, sets, read or (lambda: sets.settings), drivers, source, imported_by(loaded))
        sets.apply = reloading.apply
        async with open_control(data, reloading.told):
            again = None if read is None else reloading.on_signal()
            await _run(node, assignments, stop or _stop_on_signals(), again, when_ready)


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
    parser.epilog = EPILOG
    parser.add_argument("action", nargs="?", choices=("run", RELOAD), default="run", help="run (default), or reload")
    parser.add_argument("--config", type=Path, metavar="FILE", help="the node's settings, TOML; run needs it")
    parser.add_argument(
        "--data", type=Path, default=Path("var/edge"), metavar="DIR", help="the outbox, made if absent (var/edge)"
    )
    parser.add_argument(
        "--broker", metavar="URL", help="instead of the file's: mqtt://[user:password@]host[:port], mqtts:// with TLS"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="log more")


def run(options: argparse.Namespace) -> int:
    """Run the node as a process, or have the running one read its file again; return the exit status."""
    if options.action == RELOAD:
        return _reload(options.data)
    if options.config is None:
        print("labkeeper edge: --config FILE is needed to run", file=sys.stderr)
        return BAD_CONFIGURATION
    level = logging.DEBUG if options.verbose else logging.INFO
    logging.basicConfig(level=level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    return _reported(lambda: asyncio.run(_main(options)))


def _reload(data: Path) -> int:
    try:
        said = ask_reload(data)
    except NoNode as nobody:
        print(f"labkeeper edge: no node runs on {data} ({nobody})", file=sys.stderr)
        return DEAD_WORKER
    print(json.dumps(said))
    if "refused" in said:
        print(f"labkeeper edge: {said['refused']}", file=sys.stderr)
        return BAD_CONFIGURATION
    return 0


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
