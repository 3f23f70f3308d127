"""`labkeeper hub`: the hub as one process."""

import argparse
import asyncio
import ctypes
import gc
import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from labkeeper_hub.settings import load_settings
from labkeeper_hub.timeseries.schema import JournalTooNew
from labkeeper_sdk import BadConfiguration

log = logging.getLogger("labkeeper_hub")

BAD_CONFIGURATION = 2
DEAD_WORKER = 1
COLLECT_EVERY = 10_000  # objects more than before; Python's 700 are passed with every second message
M_MMAP_THRESHOLD, LARGE = -3, 1 << 20  # mallopt(3); bytes: 19 MB of argon2id, pictures, exports
SWITCH_S = 0.001  # how long a thread that reckons may keep the event loop waiting; docs/decisions/0010-journal.md
DESCRIPTION = """\
Run the hub of a school: it hears every node through the broker, stores every reading before it acknowledges it, keeps
the live values and the registry, carries commands to the nodes, and serves the page and the API.

It prints one line of JSON on stdout once it runs: {"ready": "hub", "url": ..., "sign_in": ...}; the first run shows
the owner's secret there, once. It logs to stderr and ends on SIGTERM or Ctrl-C with everything it heard on disk.
Exit status 2: the configuration is wrong, and the message names the file and the key.
"""
EPILOG = """\
examples:
  labkeeper hub                                                with its data in var/hub and a broker on this machine
  labkeeper hub --config /etc/labkeeper/hub.toml               all keys: docs/reference/hub-configuration.md
  SSL_CERT_FILE=/etc/labkeeper/ca.crt labkeeper hub --broker mqtts://hub:PASSWORD@10.0.0.2:8883
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `labkeeper hub`; the command line overrules the file."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = DESCRIPTION
    parser.epilog = EPILOG
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings in TOML, the options below as keys")
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="journal, registry, accounts; made if absent (var/hub)"
    )
    parser.add_argument("--host", metavar="ADDRESS", help="where to listen (127.0.0.1: this machine only)")
    parser.add_argument("--port", type=int, metavar="N", help="where to listen (8080; 0: any free port)")
    parser.add_argument(
        "--broker", metavar="URL", help="mqtt://[user:password@]host[:port], mqtts:// with TLS (mqtt://127.0.0.1:1883)"
    )
    parser.add_argument("--host-id", metavar="ID", help="the hub's name as a Sparkplug host (labkeeper)")
    parser.add_argument("-v", "--verbose", action="store_true", help="log more")


def run(options: argparse.Namespace) -> int:
    """Run the hub as a process; return its exit status."""
    log_to_stderr(logging.DEBUG if options.verbose else logging.INFO)
    sys.setswitchinterval(SWITCH_S)
    give_back_memory()
    if sys.stderr.isatty():  # a person, who sees nothing else for some seconds
        print("labkeeper hub: starting …", file=sys.stderr, flush=True)
    gc.disable()  # a fifth of the start went into looking through modules and models, all of which stay
    from labkeeper_hub.main import main  # noqa: PLC0415 -- after the line above, and not for --help

    return _reported(lambda: asyncio.run(main(load_settings(options), when_ready=_leave_alone)))


def give_back_memory() -> None:
    """Have the C library return what large blocks took. By itself glibc keeps it once such a block was freed, in each
    thread: 20 MB for every thread that checked a password.
    """
    with suppress(AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE)


def log_to_stderr(level: int) -> None:
    """Log from this level on; libraries that have a line for each request or statement only what is wrong."""
    logging.basicConfig(level=level, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for library in ("alembic", "httpx", "httpcore"):
        logging.getLogger(library).setLevel(logging.WARNING)
    logging.getLogger("aiosqlite").setLevel(logging.INFO)


def _leave_alone() -> None:
    """What is here stays: never look through it again, which would stop the hub for a tenth of a second each time."""
    gc.freeze()
    gc.set_threshold(COLLECT_EVERY)
    gc.enable()


def _reported(work: Callable[[], None]) -> int:
    """Say in one line what a person can mend; anything else ends the process with its traceback in the log."""
    try:
        work()
    except (BadConfiguration, JournalTooNew) as wrong:
        print(f"labkeeper hub: {wrong}", file=sys.stderr)
        return BAD_CONFIGURATION
    except Exception:  # the process ends here, with its error
        log.exception("the hub ends: a worker died")
        return DEAD_WORKER
    return 0


if __name__ == "__main__":
    _parser = argparse.ArgumentParser(prog="labkeeper hub")
    configure(_parser)
    sys.exit(run(_parser.parse_args()))
