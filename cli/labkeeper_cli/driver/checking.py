"""`labkeeper driver check`: examine drivers, each in a process of its own, and write down what came of it."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from labkeeper_cli.driver.node_checks import CHECKS as NODE_CHECKS
from labkeeper_cli.driver.packages import NoDriver, find, names, package_of
from labkeeper_sdk.conformance import BADGE, CHECKS, Check, Level, NoBench, Outcome, Pace, Report, Trial, prepare
from labkeeper_sdk.conformance.examination import make
from labkeeper_sdk.conformance.levels import Finding
from labkeeper_sdk.conformance.outcomes import Fault
from labkeeper_sdk.conformance.report import Language
from labkeeper_sdk.conformance.trial import is_actuator
from labkeeper_sdk.points import Title

EVERY = (*CHECKS, *NODE_CHECKS)
LONGEST_S = 1200.0  # for one driver without the soak


@dataclass(frozen=True, slots=True)
class Wishes:
    """How far to examine, for how long, and where to leave the papers."""

    up_to: Level = Level.PLATINUM
    soak_minutes: float = 0.0
    language: Language = "en"
    output: Path | None = None


def check(name: str, wishes: Wishes, heard: Callable[[Finding], None] = lambda _: None) -> Report:
    """Examine one installed driver; `heard` is told each finding. Whatever is wrong with it is in the report."""
    package = package_of(name)
    try:
        trial = prepare(find(name), pace=Pace(soak_s=60 * wishes.soak_minutes))
    except (NoDriver, NoBench) as problem:
        return Report(name, package, actuators=False, findings=(), problem=str(problem))
    findings = []
    for one in sorted(EVERY, key=lambda one: one.level):
        if one.level <= wishes.up_to:
            findings.append(make(trial, one))
            heard(findings[-1])
    return Report(name, package, _has_actuators(trial), tuple(findings), trial.notes)


def check_all(wishes: Wishes, say: Callable[[str], None]) -> list[Report]:
    """Examine every installed driver in a process of its own: one that hangs or dies is below everything, no more."""
    reports = []
    for name in names():
        reports.append(_apart(name, wishes))
        say(reports[-1].text(wishes.language))
    return reports


def _apart(name: str, wishes: Wishes) -> Report:
    command = [sys.executable, "-m", "labkeeper_cli", "driver", "check", name, "--json"]
    command += ["--level", wishes.up_to.word, "--soak", str(wishes.soak_minutes)]
    if wishes.output is not None:
        command += ["--output", str(wishes.output)]
    try:
        within_s = LONGEST_S + 60 * wishes.soak_minutes
        ran = subprocess.run(command, capture_output=True, text=True, timeout=within_s, check=False)  # noqa: S603 -- our own words: driver names go by entry point
        return report_of(json.loads(ran.stdout.splitlines()[-1]))
    except subprocess.TimeoutExpired:
        problem = f"its examination did not end within {LONGEST_S:.0f} s"
    except (IndexError, ValueError):
        problem = "its examination died: " + (ran.stderr.strip().splitlines() or ["without a word"])[-1]
    return Report(name, package_of(name), actuators=True, findings=(), problem=problem)


def report_of(badge: dict[str, object]) -> Report:
    """Return the report a badge was made of, as far as a badge tells."""
    known = {one.name: one for one in EVERY}
    checks = badge.get("checks")
    findings = [_finding(known[str(it["name"])], it) for it in checks] if isinstance(checks, list) else []
    notes = {"fixtures": str(badge["fixtures"])} if "fixtures" in badge else {}
    return Report(
        str(badge["driver"]),
        str(badge["package"]),
        bool(badge["actuators"]),
        tuple(findings),
        notes,
        str(badge.get("problem", "")),
    )


def _finding(check: Check, said: dict[str, str]) -> Finding:
    return Finding(check, Outcome(said["outcome"]), Title(said.get("seen_zh", ""), said.get("seen", "")))


def write_papers(report: Report, folder: Path, language: Language) -> None:
    """Leave the badge and the report of a driver in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    badge = json.dumps(report.badge(), ensure_ascii=False, indent=1) + "\n"
    (folder / BADGE).write_text(badge, encoding="utf-8")
    (folder / "labkeeper-report.html").write_text(report.html(language), encoding="utf-8")


def satisfied(reports: Iterable[Report], required: Level) -> bool:
    """Whether every driver has reached the level."""
    return all(report.level >= required for report in reports)


def _has_actuators(trial: Trial) -> bool:
    """Ask the driver itself; one that cannot be opened counts as having some."""
    found: list[bool] = []

    async def look(it: Trial) -> None:
        async with it.bench.open() as stand, it.watch(stand) as watched:
            found.append(any(is_actuator(point) for _, point in watched.points))
            if not watched.found:
                raise Fault("no device", "没有设备")

    make(trial, Check("actuators", Level.NONE, Title(), Title(), look))
    return found[0] if found else True


def levels() -> Sequence[str]:
    """Return the names of the levels one can ask for."""
    return [level.word for level in Level if level is not Level.NONE]
