"""`labkeeper firmware`: try the firmware of a device, see what is tried, run the reference firmware."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from labkeeper_firmware.checks import CHECKS
from labkeeper_firmware.places import Place, open_bench, words_of
from labkeeper_firmware.profile import Profile, read_profile
from labkeeper_firmware.report import Language, Report, line
from labkeeper_firmware.suite import examine
from labkeeper_sdk import BadConfiguration
from labkeeper_sdk.testing import BrokerUnavailable

REFERENCE = Path(__file__).parent / "reference"
EPILOG = """\
examples:
  labkeeper firmware test --reference                  the suite against our own firmware, on this machine
  labkeeper firmware test --device pump-1 --listen 0.0.0.0:1884 --profile pump.toml --report out.html
  labkeeper firmware test --device pump-1 --run 'micropython main.py broker={host}:{port}' --profile pump.toml
  labkeeper firmware test --serial /dev/ttyUSB0 --profile pump.toml        a device on a serial port, no broker
  labkeeper firmware checks                            what is tried
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the commands."""
    parser.description = "Try the firmware of a device that speaks Homie 5, and say what is wrong with it."
    parser.epilog = EPILOG
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    test = actions.add_parser("test", help="try a device", description="Try a device; exit status 1 where it fails.")
    _configure_device(test)
    _configure_surroundings(test)
    _configure_reports(test)
    test.set_defaults(work=_test)
    checks = actions.add_parser("checks", help="what is tried", description="List the checks.")
    checks.add_argument("--lang", choices=("en", "zh"), default="en", help="the language")
    checks.set_defaults(work=_list)


def _configure_device(test: argparse.ArgumentParser) -> None:
    test.add_argument(
        "--device",
        default="",
        metavar="ID",
        help="the device's Homie id; none and --serial: it speaks on that port only",
    )
    test.add_argument(
        "--over",
        choices=("mqtt", "serial"),
        default="",
        help="how it speaks, where --device and --serial do not say it",
    )
    test.add_argument("--domain", default="homie", help="the first level of its topics")
    test.add_argument("--profile", type=Path, metavar="FILE", help="what its data sheet declares (TOML)")
    test.add_argument("--power", default="", metavar="CMD", help="a command that is run with `off` or `on` behind it")
    test.add_argument(
        "--run", default="", metavar="CMD", help="the device is this program; {host}, {port}, {sntp} are filled in"
    )
    test.add_argument(
        "--serial",
        default="",
        metavar="PORT",
        help="the device's console, which tells what its pins do, or all it has to say",
    )
    test.add_argument("--baud", type=int, default=115_200, help="the console's speed")
    test.add_argument("--reference", action="store_true", help="the device is the reference firmware, run here")


def _configure_surroundings(test: argparse.ArgumentParser) -> None:
    test.add_argument("--broker", default="", metavar="URL", help="mqtt://HOST:PORT; none: the suite starts its own")
    test.add_argument(
        "--listen",
        default="127.0.0.1:0",
        metavar="HOST:PORT",
        help="where the device is to connect, to be cut off there",
    )
    test.add_argument(
        "--sntp",
        type=int,
        default=-1,
        metavar="PORT",
        help="serve time on this UDP port; 0: a free one, by default none",
    )
    test.add_argument(
        "--minutes", type=float, default=0.0, metavar="N", help="how long the long run is; 0 leaves it out"
    )
    test.add_argument("--only", action="append", default=[], metavar="CHECK", help="only this check; may be repeated")


def _configure_reports(test: argparse.ArgumentParser) -> None:
    test.add_argument("--report", type=Path, metavar="FILE", help="write a page of HTML, Chinese and English")
    test.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit's XML")
    test.add_argument("--strict", action="store_true", help="what could not be tried fails")
    test.add_argument("--lang", choices=("en", "zh"), default="en", help="the language on the terminal")


def run(options: argparse.Namespace) -> int:
    """Do what was asked; returns the exit status."""
    status: int = options.work(options)
    return status


def _list(options: argparse.Namespace) -> int:
    for check in CHECKS:
        tried = check.tried.zh if options.lang == "zh" else check.tried.en
        print(f"{check.name:17} {tried}")
    return 0


def _test(options: argparse.Namespace) -> int:
    unknown = set(options.only) - {check.name for check in CHECKS}
    if unknown:
        raise BadConfiguration("--only", f"there is no check {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory(prefix="labkeeper-firmware-") as folder:
        try:
            report = asyncio.run(_examined(options, _place(options, Path(folder))))
        except BrokerUnavailable as error:
            raise BadConfiguration("--broker", str(error)) from error
    if options.report is not None:
        options.report.write_text(report.html(), encoding="utf-8")
    if options.junit is not None:
        options.junit.write_text(report.junit(), encoding="utf-8")
    print(report.summary(options.lang))
    return 0 if report.passed else 1


async def _examined(options: argparse.Namespace, place: Place) -> Report:
    findings = []
    language: Language = options.lang
    async with open_bench(place) as bench:
        print(_where(place, bench.address, language), flush=True)
        async for finding in examine(bench, options.only):
            print(line(finding, language), flush=True)
            findings.append(finding)
    return Report(place.device, findings, strict=options.strict)


def _where(place: Place, address: tuple[str, int], language: Language) -> str:
    if place.by_line:
        port_name = place.serial or place.run[0]
        return f"设备在串口 {port_name}" if language == "zh" else f"the device is on the serial line of {port_name}"
    host, port = address
    return f"设备应连接 {host}:{port}" if language == "zh" else f"the device is to connect to {host}:{port}"


def _place(options: argparse.Namespace, folder: Path) -> Place:
    by_line = options.over == "serial" or (not options.over and bool(options.serial) and not options.device)
    if options.reference:
        return reference_place(folder, minutes=options.minutes, by_line=by_line)
    if by_line and not (options.serial or options.run):
        raise BadConfiguration("--serial", "on which port? (or --run, for a program that is the device)")
    if not options.device and not by_line:
        raise BadConfiguration("--device", "which device? (one that speaks on a serial port only: --serial PORT)")
    host, _, port = options.listen.rpartition(":")
    if not host or not port.isdecimal():
        raise BadConfiguration("--listen", f"{options.listen!r} is not HOST:PORT")
    return Place(
        device=options.device or options.serial or "device",
        profile=read_profile(options.profile) if options.profile else Profile.model_validate({}),
        domain=options.domain,
        broker=options.broker,
        host=host,
        port=int(port),
        sntp=options.sntp,
        power=options.power,
        run=words_of(options.run),
        serial=options.serial,
        baud=options.baud,
        minutes=options.minutes,
        by_line=by_line,
    )


def reference_place(folder: Path, *program: str, minutes: float = 0.0, by_line: bool = False) -> Place:
    """Return the reference firmware as the device; `folder` keeps its settings, `program` is what runs it.

    On a serial line it has nobody who tells it the time, and so no clock.
    """
    words = program or (sys.executable, "-m", "labkeeper_firmware.reference.main")
    settings = ("device=reference-1", "broker={host}:{port}", "sntp={host}:{sntp}", "sntp_every_ms=500")
    paces = ("interval_ms=500", "link_loss_ms=2000", f"store={folder / 'store.json'}")
    profile = read_profile(REFERENCE / "profile.toml")
    if by_line:
        alone = profile.model_copy(update={"clock": None})
        return Place("reference-1", alone, run=(*words, "serial=yes", *paces), minutes=minutes, by_line=True)
    return Place("reference-1", profile, sntp=0, run=(*words, *settings, *paces), minutes=minutes)


if __name__ == "__main__":
    whole = argparse.ArgumentParser(prog="labkeeper firmware", formatter_class=argparse.RawDescriptionHelpFormatter)
    configure(whole)
    sys.exit(run(whole.parse_args()))
