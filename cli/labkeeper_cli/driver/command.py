"""`labkeeper driver`: the workshop's command line."""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path

from labkeeper_cli.driver import allowing, checking, listing
from labkeeper_cli.driver.actions import Actions
from labkeeper_cli.driver.new import CannotMake, make_package
from labkeeper_cli.driver.packages import NoDriver, as_installed, find, names
from labkeeper_cli.driver.recording import Session, record, replay
from labkeeper_sdk import DeviceUnreachable, Driver
from labkeeper_sdk.conformance import Level, NoBench, Report, prepare, summary
from labkeeper_sdk.conformance.levels import Finding
from labkeeper_sdk.conformance.report import MARKS
from labkeeper_sdk.testing import Bench
from labkeeper_sdk.testing.recordings import About, BadRecording, Source

EPILOG = """\
examples:
  labkeeper driver new acme-pump             a package that passes; change it into what you need
  labkeeper driver check .                   the whole kit for the package in this folder
  labkeeper driver check homie --level silver
  labkeeper driver check --all --json        for other programs: one JSON object as the last line
  labkeeper driver allow hash acme-pump      what a node's settings say about a package that may run inside it
  labkeeper driver record acme-pump --set host=10.0.0.7 --seconds 10 --output tests/fixtures/p1.jsonl
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the workshop's commands."""
    parser.description = "Make, look at, examine and record drivers."
    parser.epilog = EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _configure_looking(actions)
    _configure_check(actions)
    _configure_recording(actions)
    allowing.configure(actions)


def _configure_looking(actions: Actions) -> None:
    new = actions.add_parser("new", help="make a package", description="Make a driver package that works and passes.")
    new.add_argument("name", help="such as acme-pump")
    new.add_argument("--into", type=Path, default=Path(), metavar="DIR", help="where its folder is made")
    new.set_defaults(work=_new)
    every = actions.add_parser("list", help="the installed drivers", description="List the installed drivers.")
    every.add_argument("--json", action="store_true", help="as JSON")
    every.set_defaults(work=_list)
    one = actions.add_parser("show", help="a driver's settings", description="Show a driver's settings.")
    one.add_argument("name", help="as `labkeeper driver list` says it")
    one.add_argument("--json", action="store_true", help="as JSON Schema")
    one.set_defaults(work=_show)


def _configure_check(actions: Actions) -> None:
    check = actions.add_parser(
        "check", help="examine a driver", description="Examine a driver with its simulated device: bronze to platinum."
    )
    check.add_argument("driver", nargs="?", metavar="NAME|PATH", help="an installed driver, or a package's folder")
    check.add_argument("--all", action="store_true", help="every installed driver")
    check.add_argument("--level", choices=checking.levels(), default="platinum", help="how far to examine")
    check.add_argument("--require", choices=checking.levels(), default="silver", help="exit status 1 below this level")
    check.add_argument("--soak", type=float, default=0.0, metavar="MINUTES", help="how long the soak check runs")
    check.add_argument("--lang", choices=("en", "zh"), default="en", help="the report's language")
    check.add_argument("--output", type=Path, metavar="DIR", help="write DIR/NAME/labkeeper-badge.json and a report")
    check.add_argument("--json", action="store_true", help="end with one line of JSON: the badge, or the summary")
    check.set_defaults(work=_check)


def _configure_recording(actions: Actions) -> None:
    recorder = actions.add_parser(
        "record",
        help="write down what goes over a real device's wire",
        description="Run a driver with its device by way of a tap; write what passes into a fixture, without secrets.",
    )
    recorder.add_argument("name", help="an installed driver")
    recorder.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting; may be repeated")
    recorder.add_argument("--seconds", type=float, default=10.0, metavar="N", help="for how long")
    recorder.add_argument("--broker", default="", metavar="URL", help="the lab's broker, for a driver that speaks MQTT")
    recorder.add_argument("--topic", action="append", metavar="FILTER", help="what to record from the broker (all)")
    recorder.add_argument("--host-key", default="host", metavar="KEY", help="the setting with the device's address")
    recorder.add_argument("--port-key", default="port", metavar="KEY", help="the setting with the device's TCP port")
    recorder.add_argument("--path-key", default="path", metavar="KEY", help="the setting with the serial port")
    recorder.add_argument(
        "--over",
        choices=("tcp", "serial", "udp", "datagrams", "websocket"),
        help="the wire (what the driver's bench or settings say)",
    )
    recorder.add_argument("--make", default="", help="who makes the device")
    recorder.add_argument("--model", default="", help="which one it is")
    recorder.add_argument("--firmware", default="", help="its version")
    ours = [it.value for it in Source if it is not Source.PUBLISHED]  # which nobody records here
    recorder.add_argument("--source", choices=ours, default="hardware", help="what was recorded")
    recorder.add_argument("--reason", default="", help="for `documented`: which documents; for `software`: what fed it")
    recorder.add_argument("--output", type=Path, required=True, metavar="FILE.jsonl", help="the fixture")
    recorder.set_defaults(work=_record)
    player = actions.add_parser(
        "replay", help="play a fixture to its driver", description="Play a fixture to its driver and show the readings."
    )
    player.add_argument("name", help="an installed driver")
    player.add_argument("file", type=Path, metavar="FILE.jsonl", help="what `record` wrote")
    player.add_argument("--seconds", type=float, default=10.0, metavar="N", help="how long to wait for what it expects")
    player.set_defaults(work=_replay)


def run(options: argparse.Namespace) -> int:
    """Do what was asked; returns the exit status."""
    work: Callable[[argparse.Namespace], int] = options.work
    try:
        return work(options)
    except (CannotMake, NoDriver, NoBench, BadRecording, DeviceUnreachable) as problem:
        print(f"labkeeper driver: {problem}", file=sys.stderr)
        return 1


def _new(options: argparse.Namespace) -> int:
    made = make_package(options.name, options.into)
    print("\n".join(map(str, made)))
    print(f"\nnext:  cd {options.into / options.name}  and  labkeeper driver check .")
    return 0


def _list(options: argparse.Namespace) -> int:
    print(_json(listing.listed()) if options.json else "\n".join(listing.list_text()))
    return 0


def _show(options: argparse.Namespace) -> int:
    print(_json(listing.show(options.name)) if options.json else "\n".join(listing.show_text(options.name)))
    return 0


def _check(options: argparse.Namespace) -> int:
    wishes = checking.Wishes(Level[options.level.upper()], options.soak, options.lang, options.output)
    required = Level[options.require.upper()]
    if options.all:
        reports = checking.check_all(wishes, print)
        if options.json:
            print(json.dumps(summary(reports), ensure_ascii=False))
        return 0 if checking.satisfied(reports, required) else 1
    if options.driver is None:
        raise NoDriver("which driver? give its name, a package's folder, or --all")
    reports = _examined(options, wishes)
    for report in reports:
        print(json.dumps(report.badge(), ensure_ascii=False) if options.json else report.text(options.lang))
    return 0 if checking.satisfied(reports, required) else 1


def _examined(options: argparse.Namespace, wishes: checking.Wishes) -> list[Report]:
    """Examine an installed driver, or those of a folder, whose badge is left there."""

    def heard(finding: Finding) -> None:
        if not options.json:
            title = finding.check.title
            said = title.zh if options.lang == "zh" else title.en
            print(f"{MARKS[finding.outcome]:4} {said}", file=sys.stderr, flush=True)

    folder = Path(options.driver)
    if not (folder / "pyproject.toml").is_file():
        if folder.is_dir() and options.driver not in names():
            raise NoDriver(f"{folder.absolute()} is no package of a driver: it has no pyproject.toml")
        report = checking.check(options.driver, wishes, heard)
        if wishes.output is not None:
            checking.write_papers(report, wishes.output / report.driver, wishes.language)
        return [report]
    with as_installed(folder) as found:
        reports = [checking.check(name, wishes, heard) for name in found]
    for report in reports:
        place = folder if wishes.output is None else wishes.output / report.driver
        checking.write_papers(report, place, wishes.language)
    return reports


def _record(options: argparse.Namespace) -> int:
    settings = dict(_setting(text) for text in options.set)
    driver = find(options.name)
    bench = _bench_of(driver)
    if bench is not None and bench.unrecorded:
        raise NoDriver(f"{options.name} cannot be recorded: {bench.unrecorded}")
    session = Session(
        driver,
        settings,
        options.seconds,
        options.broker,
        tuple(options.topic or ("#",)),
        options.host_key,
        options.port_key,
        About(make=options.make, model=options.model, firmware=options.firmware),
        Source(options.source),
        options.reason,
        options.over or (bench.over if bench is not None else ""),
        options.path_key,
        bench.transcribe if bench is not None else None,
    )
    recording = asyncio.run(record(session, options.output))
    if not recording.frames:
        options.output.unlink()
        raise NoDriver(f"nothing came over the wire: is the device of {options.name} there?")
    print(f"{options.output}: {len(recording.frames)} frames, {len(recording.expected)} points")
    print("Look through it before you publish it: only what the driver calls a secret was taken out.")
    if session.may_be_simulated:
        print(
            "It says `hardware`, and came from this machine: of a simulated device, record it with --source simulated."
        )
    return 0


def _bench_of(driver: Driver) -> Bench | None:
    """Return a driver's bench; one without is recorded as its settings say."""
    try:
        return prepare(driver).bench
    except NoBench:
        return None


def _replay(options: argparse.Namespace) -> int:
    driver = find(options.name)
    missing = asyncio.run(replay(driver, prepare(driver).bench, options.file, print, options.seconds))
    for one in missing:
        print(f"never came: {one}", file=sys.stderr)
    return 1 if missing else 0


def _setting(text: str) -> tuple[str, object]:
    key, _, value = text.partition("=")
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False, indent=1)
