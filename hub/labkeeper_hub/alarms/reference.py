"""Writes docs/reference/alarms.md out of the catalogue: `python -m labkeeper_hub.alarms.reference`."""

from collections.abc import Iterator
from pathlib import Path

from labkeeper_hub.alarms.catalogue import shipped
from labkeeper_hub.alarms.rules import Level, Rule
from labkeeper_hub.alarms.words import KINDS

COMMAND = "python -m labkeeper_hub.alarms.reference"
INTRODUCTION = f"""# Alarms

Made by `{COMMAND}`; do not edit. The rules are in `hub/labkeeper_hub/alarms/catalogue.toml`.

A value beyond a limit is *above the reference value*, never illegal. None of this is a gas or fire alarm system, and no
heart rate is a diagnosis.

## States

An alarm is unique by its rule and its source. It has a *core* state: `norm`, `unack` (the condition holds, nobody has
acknowledged), `ack`, `rtn_unack` (over, and nobody has acknowledged), `latched_unack`, `latched_ack` (over, and a
person must reset it). Beside and independent of it, a *suppression*: `not_suppressed`, `shelved` (by whom, why, until
when, at most 24 h), `suppressed_by_design` (it hangs on something lost that is itself an alarm),
`out_of_service` (for a work order; of the safety class by two persons). The core runs on underneath.

It is *annunciated* while it stands, nobody has acknowledged and nothing suppresses it. A rise of priority asks again.
Ten raised within ten minutes are a flood: all are stored, what is of the safety class is told at once, the rest in one
notice each ten seconds.

A value that is not known raises nothing and clears nothing; delays start anew. Readings that come late are judged by
themselves: they make lines of history marked `late`, and change no alarm.

A line of the history is one of: {", ".join(f"`{kind}`" for kind in KINDS)}. `note` is a level of that priority:
no alarm, nobody is called.

## Overrides

A file `alarms.toml` in the hub's data folder changes limits for a school or a lab, or switches a rule off there (never
one of the safety class). Anything wrong stops the start and is named by its place.

```toml
[[override]]
rule = "co2"
school = "minhang-3"
lab = "physics-1"          # left out: the whole school
limits = {{ warn = 1200 }}   # by level
who = "Wang Li"
why = "small room, the sensor hangs beside the door"
```

`off = true` instead of `limits` switches the rule off.

## Rules
"""


HEAD = "\n| level | priority | condition | on-delay | off-delay | deadband | latched |\n|---|---|---|---|---|---|---|\n"


def page() -> str:
    """Return the page."""
    rules = shipped().rules.values()
    return INTRODUCTION + "".join(line for rule in rules for line in _rule(rule))


def _rule(rule: Rule) -> Iterator[str]:
    told = rule.told
    yield f"\n### {rule.id}: {told.title.zh} / {told.title.en}\n\n"
    yield f"- Consequence: {told.consequence.zh} / {told.consequence.en}\n"
    yield f"- Response ({told.role}): {told.response.zh} / {told.response.en}\n"
    yield f"- Class {rule.alarm_class}. Source: {rule.source}.\n"
    units = f", in {', '.join(f'`{unit}`' for unit in sorted(rule.match.units))}" if rule.match.units else ""
    yield f"- Watches {', '.join(f'`{point}`' for point in sorted(rule.match.points))}{units}.\n"
    if rule.gates:
        yield f"- Only while: {', '.join(sorted(rule.gates))}.\n"
    yield HEAD
    yield from (_level(level, rule.unit) for level in rule.levels)


def _level(level: Level, unit: str) -> str:
    window = f" over {_duration(level.window_ms)}" if level.window_ms else ""
    condition = f"{level.kind}{window} {level.side} {level.limit:g} {unit}".rstrip()
    delays = f"{_duration(level.on_delay_ms)} | {_duration(level.off_delay_ms)}"
    latch = "yes" if level.latch else ""
    priority = level.priority.name.lower()
    return f"| `{level.name}` | {priority} | {condition} | {delays} | {level.deadband:g} | {latch} |\n"


def _duration(ms: int) -> str:
    for size_ms, unit in ((3_600_000, "h"), (60_000, "min")):
        if ms and ms % size_ms == 0:
            return f"{ms // size_ms} {unit}"
    return f"{ms / 1000:g} s" if ms else ""


if __name__ == "__main__":
    Path("docs/reference/alarms.md").write_text(page(), encoding="utf-8")
