"""`labkeeper demo`: a lab comes alive with one command."""

import argparse
import asyncio
import contextlib
import json
import shlex
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
from rich.console import Console
from rich.panel import Panel
from websockets.exceptions import WebSocketException

from labkeeper_cli.client import Json
from labkeeper_cli.forwarded import judge_influx
from labkeeper_cli.processes import RoleDied
from labkeeper_cli.stack import LABS, Stack, Wishes, open_stack
from labkeeper_cli.trial import Verdict, all_online, command_rounds, judge
from labkeeper_sdk.testing import BrokerUnavailable, InfluxUnavailable, claim

ONLINE_S = 45.0
WITNESS = "witness.jsonl"
WELCOME = "{online} of {total} devices are online\n\n{url}"
TRY = """
Three things to try:
  1. Switch the ceiling light or drive the robot on the page, and watch the tile tell the truth.
  2. In another terminal, see what the page says about a device that no longer answers:
     {labkeeper} sim fault "Ceiling light" silent --for 30 --broker {broker}
  3. In another terminal, see every message, decoded:
     {labkeeper} tap --broker {broker}

Ctrl-C ends everything.
"""
EPILOG = """\
examples:
  labkeeper demo                          a lab to play with; Ctrl-C ends it, a second start keeps its data
  labkeeper demo --seconds 30 --json      the same unattended, judged: one JSON object as the last line
  labkeeper demo --full                   with devices for every driver that comes with Labkeeper
  labkeeper demo --lab chemistry          with a gas detector, guarded outlets and interlocks; then let gas leak:
                                          labkeeper sim fault "Gas detector" leak
  labkeeper demo --port 9000 --data /tmp/lab
  labkeeper demo --influx                 with an InfluxDB that gets every reading (needs influxd)

exit status: 0 after Ctrl-C, with nothing left running. With --seconds 0 only if no reading is missing, invented or
altered, every device is online and has a stored reading, and every command is done (one that an interlock refuses
counts as done: that is its work), else 1, and 130 where it was broken off
"""


class FolderTaken(Exception):
    """Another demo keeps its data there."""


FAILURES = (FolderTaken, BrokerUnavailable, InfluxUnavailable, RoleDied, httpx.HTTPError, WebSocketException, OSError)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the demo's options."""
    parser.description = "Broker, simulated devices, node, hub and page on this machine."
    parser.epilog = EPILOG
    parser.add_argument("--seconds", type=float, metavar="N", help="run N seconds unattended, judge, and end")
    parser.add_argument("--json", action="store_true", help="print the judgement as one JSON object, last line")
    parser.add_argument("--full", action="store_true", help="with devices for every driver that comes with Labkeeper")
    parser.add_argument("--lab", choices=list(LABS), help="a special room, with the interlocks that come for it")
    parser.add_argument(
        "--data", type=Path, default=Path("var/demo"), metavar="DIR", help="where its data lives, made if absent"
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help="where all of it listens, its broker too, which takes anybody",
    )
    parser.add_argument(
        "--port", type=int, default=8080, metavar="N", help="the page's port; another is chosen if it is taken"
    )
    parser.add_argument("--broker-port", type=int, default=1883, metavar="N", help="the broker's port, likewise")
    parser.add_argument("--influx", action="store_true", help="run an InfluxDB, too, and forward everything to it")
    parser.add_argument(
        "--broker",
        dest="broker_kind",
        choices=["mosquitto", "amqtt"],
        help="which one runs; default: Mosquitto where it is installed",
    )


def run(options: argparse.Namespace) -> int:
    """Run the demo; returns 0, or 1 when something is missing, invented, altered, not done or dead."""
    console = Console(stderr=bool(options.json), highlight=False)
    return asyncio.run(_until_told(options, console))


async def _until_told(options: argparse.Namespace, console: Console) -> int:
    """Live until Ctrl-C, SIGTERM or a closed terminal; everything is ended in order either way."""
    life = asyncio.create_task(_demo(options, console), name="demo")
    told = _end_once(life)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, told)
    try:
        return await life
    except asyncio.CancelledError:
        console.print("Ended; nothing is left running. The data stays for the next start.")
        return 0 if options.seconds is None else _failed(130, as_json=options.json)
    except FAILURES as failure:
        console.print(_in_words(failure), style="bold", soft_wrap=True)
        return _failed(1, as_json=options.json)


def _in_words(failure: Exception) -> str:
    match failure:
        case InfluxUnavailable():
            return f"InfluxDB cannot be started: {failure}"
        case BrokerUnavailable():
            return f"The broker cannot be started: {failure}"
        case FolderTaken():
            return f"Another demo runs in {failure}: end it, or give this one a folder of its own with --data"
        case RoleDied():
            return f"Something ended that should not have: {failure}"
        case _:
            return f"The hub does not answer as it should: {type(failure).__name__}: {failure}"


def _failed(status: int, *, as_json: bool) -> int:
    """Print the last line of a trial that came to no judgement; return the exit status."""
    if as_json:
        print(json.dumps(Verdict("none").as_json() | {"exit": status}), flush=True)
    return status


def _end_once(life: asyncio.Task[int]) -> Callable[[], None]:
    asked = False

    def end() -> None:
        nonlocal asked
        if not asked:
            asked = True
            life.cancel()

    return end


async def _demo(options: argparse.Namespace, console: Console) -> int:
    unattended = options.seconds is not None
    with _alone(options.data, "trial" if unattended else "demo"), console.status("starting …") as status:
        wishes = _wishes(options, unattended=unattended)
        async with open_stack(wishes, lambda step: status.update(f"starting the {step} …")) as stack:
            async with _watched(stack):
                status.update("waiting for the devices …")
                devices = await all_online(stack.client, _simulated(stack), ONLINE_S)
                if not unattended:
                    status.stop()
                    _welcome(stack, devices, console)
                    await asyncio.Event().wait()
                status.update(f"{options.seconds:.0f} s of readings and commands …")
                verdict = await _use(stack, devices, options.seconds)
            status.update("comparing every reading …")
            await _silence(stack)
            await judge(stack, wishes.folder / WITNESS, verdict)
            if stack.influx is not None:
                await judge_influx(stack, wishes.folder / WITNESS, verdict)
    _report(verdict, console, as_json=options.json)
    return verdict.exit


@contextlib.contextmanager
def _alone(folder: Path, what: str) -> Iterator[None]:
    """Keep every other demo, or trial, out of the folder; raises FolderTaken."""
    folder.mkdir(parents=True, exist_ok=True)
    if (mine := claim(folder / f"{what}.lock")) is None:
        raise FolderTaken(folder)
    with mine:
        yield


def _wishes(options: argparse.Namespace, *, unattended: bool) -> Wishes:
    folder = options.data / "trial" if unattended else options.data
    if unattended:  # judged from a clean sheet, so that a trial does not depend on the one before
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    return Wishes(
        folder=folder.absolute(),
        host=options.host,
        port=options.port,
        broker_port=options.broker_port,
        broker_kind=options.broker_kind,
        full=options.full,
        lab=options.lab,
        witness=folder.absolute() / WITNESS if unattended else None,
        influx=options.influx,
    )


@contextlib.asynccontextmanager
async def _watched(stack: Stack) -> AsyncIterator[None]:
    """A role that dies ends the block with RoleDied; what the block raises comes out as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            watchers = [group.create_task(role.died(), name=f"watch {role.name}") for role in stack.roles]
            yield
            for watcher in watchers:
                watcher.cancel()
    except BaseExceptionGroup as several:
        died = several.subgroup(RoleDied)
        raise (died or several).exceptions[0] from None


def _simulated(stack: Stack) -> list[str]:
    return [device["id"] for device in stack.sim.ready["devices"]] if stack.sim else []


async def _use(stack: Stack, devices: list[Json], seconds: float) -> Verdict:
    """Command every device, round after round, while readings flow; then see who is online."""
    until = time.monotonic() + seconds
    wanted = set(_simulated(stack))
    mine = [device for device in devices if device["device"] in wanted]
    async with stack.client.live() as live:
        outcomes = await command_rounds(live, mine, until)
    now = [device for device in await stack.client.devices() if device["device"] in wanted]
    verdict = Verdict(stack.broker.kind, outcomes=outcomes, devices_total=len(wanted))
    verdict.devices_online = sum(device["online"] for device in now)
    able = {device["device"] for device in mine if any(point["writable"] for point in device["points"])}
    silent = able - {outcome.target.device for outcome in outcomes}
    verdict.remarks += [f"no command went through {device}" for device in sorted(silent)]
    return verdict


async def _silence(stack: Stack) -> None:
    """Let the devices fall silent, so that what is compared does not grow meanwhile."""
    if stack.sim is not None:
        await stack.sim.stop()


def _report(verdict: Verdict, console: Console, *, as_json: bool) -> None:
    for outcome in verdict.outcomes:
        if outcome.state != "done":
            console.print(f"command {outcome.target.device} {outcome.target.point}: {outcome.state} {outcome.code}")
    for remark in verdict.remarks:
        console.print(remark)
    if as_json:
        print(json.dumps(verdict.as_json()), flush=True)
        return
    for name, value in verdict.as_json().items():
        console.print(f"{name:20} {value}")


def _welcome(stack: Stack, devices: list[Json], console: Console) -> None:
    """The address, the key, and three things to try."""
    online = sum(device["online"] for device in devices)
    link = stack.hub.ready.get("sign_in", stack.url)
    console.print(Panel.fit(WELCOME.format(online=online, total=len(devices), url=stack.url), title="Labkeeper"))
    console.print("Sign in (this link works once):")
    console.print(f"  {link}", soft_wrap=True)
    if stack.influx is not None:
        console.print(f"Every reading is in InfluxDB, too:  {stack.influx.url}  database labkeeper", soft_wrap=True)
    console.print(TRY.format(labkeeper=_as_typed(), broker=stack.broker.url), soft_wrap=True)


def _as_typed() -> str:
    """Return how this program is called from any folder: by its name only where the shell finds this very one."""
    script = Path(sys.executable).with_name("labkeeper")
    if not script.exists():
        return f"{shlex.quote(sys.executable)} -m labkeeper_cli"
    return "labkeeper" if shutil.which("labkeeper") == str(script) else shlex.quote(str(script))
