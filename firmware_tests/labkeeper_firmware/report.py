"""What came of it: lines for a terminal, one page of HTML in both languages, JUnit for CI."""

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree as ET

from labkeeper_firmware.findings import Finding, verdict
from labkeeper_sdk import Title
from labkeeper_sdk.conformance.outcomes import Outcome

Language = Literal["zh", "en"]
MARKS = {Outcome.PASSED: "ok", Outcome.FAILED: "FAIL", Outcome.SPARED: "-", Outcome.UNTRIED: "?"}
WORDS = {
    Outcome.PASSED: Title("通过", "passed"),
    Outcome.FAILED: Title("未通过", "failed"),
    Outcome.SPARED: Title("不适用", "does not apply"),
    Outcome.UNTRIED: Title("未能测试", "could not be tried"),
}
STYLE = (
    "body{font:16px/1.5 sans-serif;margin:2em;max-width:70em;color-scheme:light dark}table{border-collapse:collapse}"
    "td,th{padding:.4em .8em;border-top:1px solid #8888;vertical-align:top;text-align:left}"
    ".failed{font-weight:bold}.fix{font-weight:normal}small{opacity:.8}"
)


@dataclass(frozen=True, slots=True)
class Report:
    """The findings about one device."""

    device: str
    findings: Sequence[Finding]
    strict: bool = False

    @property
    def passed(self) -> bool:
        """Whether the firmware passes."""
        return verdict(self.findings, strict=self.strict)

    def summary(self, language: Language) -> str:
        """Return the last line for a person."""
        failed = [it.check.name for it in self.findings if it.outcome is Outcome.FAILED]
        untried = sum(it.outcome is Outcome.UNTRIED for it in self.findings)
        if language == "zh":
            head = "通过" if self.passed else f"未通过（{'、'.join(failed)}）" if failed else "未通过"
            return f"{self.device}：{head}" + (f"；{untried} 项未能测试" if untried else "")
        head = "passes" if self.passed else "fails" + (f" ({', '.join(failed)})" if failed else "")
        return f"{self.device}: {head}" + (f"; {untried} could not be tried" if untried else "")

    def html(self) -> str:
        """Return one page without scripts, Chinese beside English."""
        title = html.escape(f"{self.summary('zh')} · {self.summary('en')}")
        rows = "".join(map(_row, self.findings))
        return (
            f'<!doctype html><html lang="zh"><meta charset="utf-8"><title>{title}</title><style>{STYLE}</style>'
            f"<h1>{title}</h1><table><tr><th>检查 · check<th>结果 · outcome<th>发现 · seen{rows}</table></html>\n"
        )

    def junit(self) -> str:
        """Return a test suite of JUnit's XML; a failure says what was seen and what to do, in both languages."""
        suite = ET.Element("testsuite", name=f"firmware {self.device}", tests=str(len(self.findings)))
        suite.set("failures", str(sum(it.outcome is Outcome.FAILED for it in self.findings)))
        suite.set("skipped", str(sum(it.outcome in (Outcome.SPARED, Outcome.UNTRIED) for it in self.findings)))
        suite.set("time", f"{sum(it.took_s for it in self.findings):.3f}")
        for it in self.findings:
            case = ET.SubElement(suite, "testcase", classname=self.device, name=it.check.name)
            case.set("time", f"{it.took_s:.3f}")
            if it.outcome is Outcome.FAILED:
                ET.SubElement(case, "failure", message=it.seen.en).text = "\n".join(_told(it))
            elif it.outcome is not Outcome.PASSED:
                ET.SubElement(case, "skipped", message=it.seen.en)
        return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def line(it: Finding, language: Language) -> str:
    """Return a finding as it is shown on the terminal, with what to do under a failure."""
    text = f"{MARKS[it.outcome]:4} {it.check.name:17} {_in(it.check.title, language)}"
    if it.seen:
        text += f": {_in(it.seen, language)}"
    return text + (f"\n     → {_in(it.check.remedy, language)}" if it.outcome is Outcome.FAILED else "")


def _row(it: Finding) -> str:
    cells = [
        f"{_both(it.check.title)}<br><small><code>{it.check.name}</code> {it.took_s:.1f} s</small>",
        _both(WORDS[it.outcome]),
        _both(it.seen) + (f'<p class="fix">→ {_both(it.check.remedy)}' if it.outcome is Outcome.FAILED else ""),
    ]
    return f'<tr class="{it.outcome.value}">' + "".join(f"<td>{cell}" for cell in cells)


def _told(it: Finding) -> Iterator[str]:
    yield from (it.seen.zh, it.seen.en, f"→ {it.check.remedy.zh}", f"→ {it.check.remedy.en}")


def _both(title: Title) -> str:
    return f"{html.escape(title.zh)}<br>{html.escape(title.en)}" if title else ""


def _in(title: Title, language: Language) -> str:
    return (title.zh or title.en) if language == "zh" else (title.en or title.zh)
