"""`labkeeper automations`: whether a file is right, what a hub has and did, and what a file would have done."""

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import httpx

from labkeeper_hub.automations.loading import SUPPLIED, read, supplied
from labkeeper_hub.automations.rules import Automation
from labkeeper_hub.automations.trace import Why
from labkeeper_hub.telling.hours import Hours
from labkeeper_sdk import BadConfiguration
from labkeeper_sdk.at_work import at_work

Json: TypeAlias = dict[str, Any]
FAILED, WRONG = 1, 2
NEARLY_MS = 86_400_000
WAIT_S = 120.0  # a month of readings is judged
ALL = "/api/v1/automations"
UNITS_S = {"min": 60, "h": 3600, "d": 86_400}
DESCRIPTION = """\
Automations: `check` reads a file as the hub would and names every mistake's place, `show` prints one that comes with
Labkeeper, to be copied; neither asks a hub. `list` says what a hub has and what was done last and why, `try` what a
file would have done on what the hub has recorded (nothing is commanded), `put` keeps a file at the hub; a new one is
off. The secret is read from LABKEEPER_SECRET or from a file. Exit status 2: the file is wrong; 1: the hub refuses.
"""
EPILOG = """\
examples:
  labkeeper automations show lights-off > lights-off.toml    one to start from; give it your school and lab
  labkeeper automations check lights-off.toml                what it does, or what is wrong and where
  labkeeper automations try lights-off.toml --last 14d       what it would have done, on what was recorded
  labkeeper automations put lights-off.toml                  the hub keeps it, off; switch it on on the page
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `labkeeper automations`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = DESCRIPTION
    parser.epilog = EPILOG
    parser.add_argument("--hub", default="http://127.0.0.1:8080", metavar="URL", help="where the hub answers")
    parser.add_argument("--secret-file", type=Path, metavar="FILE", help="holds the owner's secret")
    what = parser.add_subparsers(dest="what", required=True, metavar="list|check|show|try|put")
    what.add_parser("list", help="what the hub has, on or off, and what was done last and why")
    checking = what.add_parser("check", help="read a file and say what it does, or what is wrong and where")
    showing = what.add_parser("show", help="print one that comes with Labkeeper")
    showing.add_argument("name", choices=SUPPLIED, metavar="NAME", help=", ".join(SUPPLIED))
    trying = what.add_parser("try", help="what a file would have done on what was recorded; nothing is commanded")
    putting = what.add_parser("put", help="keep a file at the hub in the place of its former text; a new one is off")
    for one in (checking, trying, putting):
        one.add_argument("file", type=Path, metavar="FILE", help="an automation, TOML: docs/reference/automations.md")
    trying.add_argument("--last", type=_span_s, default="7d", metavar="SPAN", help="how far back, as 12h or 30d")


def run(options: argparse.Namespace) -> int:
    """Do it; return the exit status."""
    try:
        print("\n".join(_said(options)))
    except BadConfiguration as wrong:
        print(f"labkeeper automations: {wrong}", file=sys.stderr)
        return WRONG
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        print(f"labkeeper automations: {_why(error)}", file=sys.stderr)
        return FAILED
    return 0


def _said(options: argparse.Namespace) -> Iterator[str]:
    match options.what:
        case "check":
            yield summary(read(options.file)[0])
        case "show":
            yield supplied(options.name).rstrip("\n")
        case "list":
            yield from _listed(options)
        case "try":
            yield from _tried(options, read(options.file)[1])
        case _:
            kept = _ask(options, "PUT", ALL, {"text": read(options.file)[1]})
            yield f"{kept['id']}: kept, {_state(kept)}"


def summary(one: Automation) -> str:
    """Return in a line when an automation acts and how much it does."""
    trigger = one.occasion.trigger
    when = f"at {trigger.start:%H:%M}" if isinstance(trigger, Hours) else f"when {trigger}"
    needs = "" if one.occasion.needs is None else f", if {one.occasion.needs}"
    limits = f"{one.limits.most_an_hour} times an hour at most, {one.limits.cool_down_ms // 1000} s apart"
    return f"{one.id} in {'/'.join(one.room)}: {when}{needs}; {limits}"


def _listed(options: argparse.Namespace) -> Iterator[str]:
    found = _ask(options, "GET", ALL)["automations"]
    runs = _ask(options, "GET", f"{ALL}/runs?limit=1000")["runs"]
    for one in found:
        yield f"{one['id']:32}  {_state(one):3}  {one['school']}/{one['lab']}  {one['when']}"
        yield from (_run(run) for run in [run for run in runs if run["automation"] == one["id"]][:3])
    if not found:
        yield "no automation"


def _tried(options: argparse.Namespace, text: str) -> Iterator[str]:
    now_ms = time.time_ns() // 1_000_000
    asked = {"text": text, "from": now_ms - options.last * 1000, "to": now_ms}
    with at_work("trying it on what was recorded"):
        trial = _ask(options, "POST", f"{ALL}/try", asked)
    acted = sum(run["why"] is None for run in trial["runs"])
    yield f"{acted} runs, held up {len(trial['runs']) - acted} times, on {trial['readings']} readings"
    if trial["known_ms"] is None:
        yield "stops, and who held the lab, are not on record for this time: lessons alone were counted"
    elif trial["known_ms"] - asked["from"] > NEARLY_MS:
        yield f"stops, and who held the lab, are on record only since {_moment(trial['known_ms'])}"
    yield from (_run(run) for run in trial["runs"])


def _run(run: Json) -> str:
    at = _moment(run["at_ms"])
    parts = "; ".join(_part(part) for part in run["parts"])
    done = f"{sum(one['state'] == 'done' for one in run['results'])} of {len(run['results'])} commands"
    outcome = WORDS[Why(run["why"])] if run["why"] else done if run["results"] else "acted"
    return f"  {at}  {outcome}" + (f": {parts}" if parts else "")


def _moment(time_ms: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(time_ms / 1000))


def _part(part: Json) -> str:
    seen = ", ".join(f"{one['input']} was {json.dumps(one['value'])}" for one in part["seen"])
    truth = {True: "", False: "not so: ", None: "not known: "}[part["truth"]]
    return f"{truth}{part['text']}" + (f" ({seen})" if seen else "")


def _state(one: Json) -> str:
    return "on" if one["on"] else "off"


def _ask(options: argparse.Namespace, method: str, path: str, body: Json | None = None) -> Json:
    secret = options.secret_file.read_text().strip() if options.secret_file else os.environ.get("LABKEEPER_SECRET", "")
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    with httpx.Client(base_url=options.hub, headers=headers, timeout=WAIT_S, trust_env=False) as client:
        found: Json = client.request(method, path, json=body).raise_for_status().json()
        return found


def _why(error: Exception) -> str:
    if not isinstance(error, httpx.HTTPStatusError):
        return str(error) or type(error).__name__
    try:
        said = error.response.json()
        return "; ".join((said["detail"], *(one["message"] for one in said.get("errors", ()))))
    except (ValueError, KeyError):
        return f"the hub answers {error.response.status_code}"


def _span_s(text: str) -> int:
    found = re.fullmatch(r"(\d+)(min|h|d)", text)
    if found is None:
        raise argparse.ArgumentTypeError("is no span: a number and min, h or d, as in 7d")
    return int(found[1]) * UNITS_S[found[2]]


WORDS: Mapping[Why, str] = {
    Why.NEEDS: "held up: what it needs is not so, or not known",
    Why.HOURS: "held up: outside its hours",
    Why.STOP: "held up: Stop all is pressed",
    Why.LESSON: "held up: a lesson is on",
    Why.LEASED: "held up: somebody has the lease",
    Why.COOL_DOWN: "held up: it rests after a run",
    Why.TOO_OFTEN: "held up: it has run as often as it may in an hour",
    Why.NOTHING: "there is nothing that it could command",
    Why.HUB_DISK: "held up: the hub cannot write to its disk",
}
