"""What a message says, in Chinese or English: what, where, what to do. Pure.

No value, no device but of the safety class, nobody's name: a message goes through others' servers and lies on others'
screens. What is more is behind the link, and the link behind the sign-in.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias
from urllib.parse import quote

from labkeeper_hub.alarms.rules import Rule
from labkeeper_hub.telling.machine import Kind, Tell
from labkeeper_hub.telling.plan import Cause
from labkeeper_sdk import Title

Language: TypeAlias = Literal["zh", "en"]
BEFORE: Mapping[str, Title] = {
    Kind.ALARM: Title("【报警】", "Alarm: "),
    Kind.ESCALATION: Title("【无人确认】", "Nobody has acknowledged: "),
    Kind.REPEAT: Title("【仍未确认】", "Still not acknowledged: "),
}
TEST = (
    Title("【测试】Labkeeper 通知", "Labkeeper test message"),
    Title("这是一条测试消息，无需处理。", "This is a test. There is nothing to do."),
)
MOST_LINES = 20


@dataclass(frozen=True, slots=True)
class Words:
    """What there is to say it with: the catalogue's rules, the titles of labs and devices, the page's address."""

    rules: Mapping[str, Rule]
    lab: Callable[[str, str], Title]
    device: Callable[[str, str], Title]  # by the school and a cause's `at`
    url: str

    def title(self, tell: Tell, language: Language) -> str:
        """Return the first line."""
        if tell.kind is Kind.DIGEST:
            count = len(tell.causes)
            return f"【汇总】另有 {count} 项报警" if language == "zh" else f"Digest: {count} more alarms"
        return _in(BEFORE[tell.kind], language) + self._named(tell.causes[0], language)

    def text(self, tell: Tell, language: Language) -> str:
        """Return what follows: the consequence and what to do, or a line for each kind of alarm in a digest."""
        if tell.kind is Kind.DIGEST:
            return "\n".join(self._lines(tell, language))
        rule = self.rules.get(tell.causes[0].rule)
        told = (rule.told.consequence, rule.told.response) if rule else ()
        return "\n".join(_in(title, language) for title in told)

    def link(self, tell: Tell) -> str:
        """Return where the page has this alarm, or all of a digest's; "" without the page's address."""
        if not self.url:
            return ""
        first, *more = tell.causes
        parts = () if more else (first.rule, first.school, first.lab)
        where = "".join(f"/{quote(part, safe='')}" for part in parts if part)
        return f"{self.url.rstrip('/')}/#/alarms{where}"

    def _lines(self, tell: Tell, language: Language) -> Iterator[str]:
        counts = Counter(self._named(cause, language) for cause in tell.causes).most_common()
        for named, count in counts[:MOST_LINES]:
            yield named if count == 1 else f"{named} × {count}"
        if len(counts) > MOST_LINES:
            yield "……" if language == "zh" else "…"

    def _named(self, cause: Cause, language: Language) -> str:
        rule = self.rules.get(cause.rule)
        what = _in(rule.told.title, language) if rule else cause.rule
        lab = _in(self.lab(cause.school, cause.lab), language) or cause.lab
        at = cause.at and (_in(self.device(cause.school, cause.at), language) or cause.at)
        where = " ".join(filter(None, (lab, at)))
        return (f"{where}：{what}" if language == "zh" else f"{where}: {what}") if where else what


def _in(title: Title, language: Language) -> str:
    return (title.zh or title.en) if language == "zh" else (title.en or title.zh)
