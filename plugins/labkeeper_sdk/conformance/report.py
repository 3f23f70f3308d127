"""What came of an examination: for people (text, HTML), and as a badge for machines."""

import html
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from labkeeper_sdk.conformance.levels import Finding, Level, reached
from labkeeper_sdk.conformance.outcomes import Outcome
from labkeeper_sdk.points import Title

Language = Literal["zh", "en"]
BADGE = "labkeeper-badge.json"
MARKS = {Outcome.PASSED: "ok", Outcome.FAILED: "FAIL", Outcome.SPARED: "-", Outcome.UNTRIED: "?"}
LEVELS = {
    Level.NONE: Title("未达标", "none"),
    Level.BRONZE: Title("铜", "bronze"),
    Level.SILVER: Title("银", "silver"),
    Level.GOLD: Title("金", "gold"),
    Level.PLATINUM: Title("铂", "platinum"),
}

RECORDED = {
    "hardware": Title("录制自真实设备", "recordings of real devices"),
    "published": Title(
        "录制自他人的真实设备，由其所有者公开发布", "recordings of real devices, published by their owners"
    ),
    "software": Title(
        "录制自学校也会运行的软件，背后没有设备", "recordings of a program as schools run it, no device behind it"
    ),
    "documented": Title(
        "录制文件依据文档编写，并非来自真实设备", "recordings written from documents, none of a real device"
    ),
}
COMMA = Title("，", ", ")
BESIDES = {  # those, where there are better ones
    "published": Title("另有由设备所有者公开发布的", "and others published by their owners"),
    "software": Title("另有录制自软件的，背后没有设备", "and others of a program, no device behind it"),
    "documented": Title("其余依据文档编写", "and others written from documents"),
}


@dataclass(frozen=True, slots=True)
class Report:
    """The findings about one driver. `problem` is why it could not be examined at all."""

    driver: str
    package: str  # distribution and version
    actuators: bool
    findings: tuple[Finding, ...]
    notes: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""

    @property
    def level(self) -> Level:
        """Return the level reached."""
        return Level.NONE if self.problem else reached([*self.findings])

    def badge(self) -> dict[str, Any]:
        """Return the badge, a document of JSON."""
        return {
            "labkeeper": "badge",
            "version": 1,
            "driver": self.driver,
            "package": self.package,
            "level": self.level.word,
            "actuators": self.actuators,
            **self.notes,
            **({"problem": self.problem} if self.problem else {}),
            "checks": [
                {
                    "name": it.check.name,
                    "level": it.check.level.word,
                    "outcome": it.outcome.value,
                    **({"seen": it.seen.en, "seen_zh": it.seen.zh} if it.seen else {}),
                }
                for it in self.findings
            ],
        }

    def text(self, language: Language = "en") -> str:
        """Return the report as lines for a terminal; a failure says what was seen and what to do."""
        return "\n".join(self._lines(language)) + "\n"

    def html(self, language: Language = "en") -> str:
        """Return the report as one page without scripts."""
        rows = "".join(
            f"<tr class={it.outcome.value}><td>{_in(LEVELS[it.check.level], language)}<td>"
            f"{_escaped(it.check.title, language)}<td>{MARKS[it.outcome]}<td>{_escaped(it.seen, language)}"
            + (f"<br><b>→</b> {_escaped(it.check.remedy, language)}" if it.outcome is Outcome.FAILED else "")
            for it in self.findings
        )
        title = f"{html.escape(self.driver)}: {_in(LEVELS[self.level], language)}"
        return (
            f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{title}</title>'
            '<meta name="viewport" content="width=device-width"><style>:root{color-scheme:light dark}'
            "body{font:16px sans-serif;margin:2em}table{border-collapse:collapse}td{padding:.3em .8em;"
            f"border-top:1px solid #8888;vertical-align:top}}.failed td{{font-weight:bold}}</style><h1>{title}</h1>"
            f"<p>{html.escape(self.package)} {html.escape(self.problem)}{self._recorded(language)}</p>"
            f"<table>{rows}</table></html>\n"
        )

    def _recorded(self, language: Language) -> str:
        """Say where the recordings come from that a level may rest on, "" where none were looked at."""
        best, *others = self.notes.get("fixtures", "").split(", ")
        if best not in RECORDED:
            return ""
        words = [RECORDED[best], *(BESIDES[it] for it in others if it in BESIDES)]
        return f" ({_in(COMMA, language).join(_in(it, language) for it in words)})"

    def _lines(self, language: Language) -> Iterator[str]:
        yield f"{self.driver} ({self.package}): {_in(LEVELS[self.level], language)}{self._recorded(language)}"
        if self.problem:
            yield f"  {self.problem}"
        for it in self.findings:
            head = f"  {MARKS[it.outcome]:4} {_in(LEVELS[it.check.level], language):8} {_in(it.check.title, language)}"
            yield head + (f": {_in(it.seen, language)}" if it.seen else "")
            if it.outcome is Outcome.FAILED:
                yield f"       → {_in(it.check.remedy, language)}"


def summary(reports: Iterable[Report]) -> dict[str, Any]:
    """Return what `labkeeper driver check --all --json` says last: names by what they miss."""
    every = sorted(reports, key=lambda report: report.driver)
    return {
        "drivers": {report.driver: report.level.word for report in every},
        "below_silver": [report.driver for report in every if report.level < Level.SILVER],
        "actuators_below_gold": [it.driver for it in every if it.actuators and it.level < Level.GOLD],
    }


def _in(title: Title, language: Language) -> str:
    return (title.zh or title.en) if language == "zh" else (title.en or title.zh)


def _escaped(title: Title, language: Language) -> str:
    return html.escape(_in(title, language))
