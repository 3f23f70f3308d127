"""`labkeeper dashboards`: Grafana's dashboards, pushed into a running one, asked there, or written into a folder."""

import argparse
import os
import re
import shutil
import sys
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from labkeeper_dashboards.build import write
from labkeeper_dashboards.check import Checked, check
from labkeeper_dashboards.push import CannotPush, Pushed, connect, push
from labkeeper_dashboards.render import LANGUAGES, Language
from labkeeper_sdk import BadConfiguration

FAILED = 1
TOKEN = "LABKEEPER_GRAFANA_TOKEN"  # noqa: S105 -- the variable's name
PROVISIONING = Path(__file__).parent / "provisioning"
SOURCE = "provisioning/datasources/labkeeper.yaml"
OF_TOKEN = re.compile(r"^#|httpHeader|secureJsonData")
LONGEST_DIFF = 40
EPILOG = """\
examples:
  labkeeper dashboards push --url http://127.0.0.1:3000 --token-file grafana.token --dry-run
  LABKEEPER_GRAFANA_TOKEN=… labkeeper dashboards push --url https://grafana.school.example --language zh
  labkeeper dashboards check --url http://127.0.0.1:3000 --token-file grafana.token --language zh
  labkeeper dashboards export --to /etc/labkeeper
  labkeeper dashboards export --to grafana --influx http://127.0.0.1:8086
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare `push`, `check` and `export`."""
    parser.description = "Grafana's dashboards in Chinese and English, for a running Grafana or as files."
    parser.epilog = EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    actions = parser.add_subparsers(dest="action", required=True, metavar="")
    pushing = actions.add_parser("push", help="bring a running Grafana up to date; shows what changes")
    pushing.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")
    checking = actions.add_parser("check", help="ask every panel's questions through a running Grafana")
    checking.add_argument("--hours", type=int, default=6, metavar="N", help="of the last N hours (default 6)")
    for action in (pushing, checking):
        action.add_argument("--url", required=True, help="where Grafana answers, with its path if it has one")
        action.add_argument("--token", help=f"of a service account; better --token-file, or {TOKEN} in the environment")
        action.add_argument("--token-file", type=Path, metavar="FILE", help="the token is this file's content")
    exporting = actions.add_parser("export", help="write dashboards and provisioning files")
    exporting.add_argument("--to", type=Path, required=True, metavar="DIR", help="made if absent")
    exporting.add_argument("--influx", metavar="URL", help="of an InfluxDB that asks for no token, as the demo's does")
    for action in (pushing, checking, exporting):
        action.add_argument("--language", choices=["zh", "en", "both"], default="both", help="which set")


def run(options: argparse.Namespace) -> int:
    """Do it; return the exit status."""
    languages: tuple[Language, ...] = LANGUAGES if options.language == "both" else (options.language,)
    if options.action == "export":
        return _export(options.to, languages, options.influx)
    token = _token(options)
    try:
        with connect(options.url, token) as grafana:
            if options.action == "check":
                return _tell(check(grafana, languages, options.hours))
            for pushed in push(grafana, languages, dry_run=options.dry_run):
                _say(pushed, dry_run=options.dry_run)
    except CannotPush as problem:
        print(f"labkeeper dashboards: {problem}", file=sys.stderr)
        return FAILED
    return 0


def _token(options: argparse.Namespace) -> str:
    """Return the token, from the option, the file or the environment; raises BadConfiguration."""
    if options.token:
        return str(options.token)
    if token := _in_file(options.token_file) if options.token_file is not None else os.environ.get(TOKEN, ""):
        return token
    raise BadConfiguration("--token-file", f"no token: give one, or set {TOKEN}", "the command line")


def _in_file(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadConfiguration("--token-file", f"cannot be read ({error.strerror})", "the command line") from error


def _say(pushed: Pushed, *, dry_run: bool) -> None:
    done = {"new": "would be new", "changed": "would change"} if dry_run else {"new": "new", "changed": "changed"}
    print(f"{pushed.uid}: {done.get(pushed.state, pushed.state)}")
    lines = pushed.diff.splitlines() if pushed.state == "changed" else []
    for line in lines[:LONGEST_DIFF]:
        print(f"  {line}")
    if len(lines) > LONGEST_DIFF:
        print(f"  … {len(lines) - LONGEST_DIFF} lines more")


def _tell(panels: Iterable[Checked]) -> int:
    """Say each dashboard in a line as soon as it was asked, and below it what is not filled; return FAILED if anything
    was refused.
    """
    refused = False
    for uid, group in groupby(panels, key=lambda one: one.uid):
        found = list(group)
        refused = refused or any(one.state == "refused" for one in found)
        print(f"{uid}: {sum(one.state == 'filled' for one in found)} of {len(found)} panels have data", flush=True)
        for one in found:
            if one.state != "filled":
                print(f"  {one.panel}: {one.state}" + (f" ({one.why})" if one.why else ""))
    return FAILED if refused else 0


def _export(folder: Path, languages: tuple[Language, ...], influx: str | None) -> int:
    for file in write(folder / "dashboards", languages):
        print(file)
    shutil.copytree(PROVISIONING, folder / "provisioning", dirs_exist_ok=True)
    if influx:
        source = folder / SOURCE
        source.write_text(without_token(source.read_text(encoding="utf-8"), influx), encoding="utf-8")
    print(folder / "provisioning")
    return 0


def without_token(source: str, url: str) -> str:
    """Return the data source's file for an InfluxDB at `url` that asks for none."""
    kept = (line for line in source.splitlines(keepends=True) if not OF_TOKEN.search(line))
    return "".join(kept).replace("$LABKEEPER_INFLUX_URL", url)


if __name__ == "__main__":
    _parser = argparse.ArgumentParser(prog="labkeeper dashboards")
    configure(_parser)
    sys.exit(run(_parser.parse_args()))
