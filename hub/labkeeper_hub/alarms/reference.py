"""Writes docs/reference/alarms.md out of the catalogue: `python -m labkeeper_hub.alarms.reference`."""

from collections.abc import Collection, Iterator
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

It is *annunciated* while it stands, nobody has acknowledged and nothing suppresses it. A rise, to a higher priority or
to a worse level of the same one, asks again.
What came and went while it hung on something else has called nobody: it is `rtn_unack`, on no list, and in the history.
Ten raised within ten minutes are a flood: all are stored, what is of the safety class is told at once, the rest in one
notice each ten seconds.

A value that is not known raises nothing and clears nothing; delays start anew. Readings that come late are judged by
themselves: they make lines of history marked `late`, and change no alarm. What is so when a device is back (its node,
the broker or the hub was away) is judged from then on as any reading, by the hub's time: what tripped meanwhile is
raised, what is over is cleared, and a sensor that has nothing new to say is not called silent for the time in which
nobody listened.

A line of the history is one of: {", ".join(f"`{kind}`" for kind in KINDS)}. `note` is a level of that priority:
no alarm, nobody is called.

## Two simulated weeks

`python -m benchmarks.weeks` lives through a week of a school of twelve labs with this catalogue, these judges and
people who respond; the numbers below are of its first seed, and a test compares them with what it says. An alarm
counts when it *calls*: raised or risen while nothing suppresses it, or let out again unacknowledged. In the normal
week windows are left shut, batteries run empty, a plug is pulled, nodes are updated, Wi-Fi goes for a minute, and the
heating is off at the weekend.

| | EEMUA 191 | normal week | bad week |
|---|---|---|---|
| alarms that called |  | 11 | 76 |
| mean of ten minutes | ≤ 1 | 0.0109 | 0.0754 |
| most within ten minutes | < 10 | 2 | 10 |
| most within an hour | ≤ 15 | 3 | 13 |
| share of time in a flood | 0 | 0 | 0 |
| share of high priority | 0.05 | 0 | 0.053 |
| share of medium priority | 0.15 | 0.182 | 0.289 |
| share of low priority | 0.8 | 0.818 | 0.658 |
| standing for more than 24 h | 0 | 0 | 0 |
| chattering | 0 | 0 | 0 |
| median wait for an acknowledgement, s |  | 338.519 | 264.365 |

Of so few alarms one is a tenth, and the normal week has 2 of medium priority among its 11: the mix is no limit here as
the other numbers are. Over twelve seeds together (`python -m benchmarks.weeks --json --seeds 12`) it is 84, 16 and 0
per cent of 151 calls, against 80, 15 and 5: 24 where 23 ± 4 are expected. The medium ones are one node lost and one
water leak a week; [decision 0073](../decisions/0073-what-is-of-medium-priority.md) says why these stay medium.

The bad week has besides: no ventilation on one floor, a gas leak, a smouldering burner, smoke,
the broker down, a loose plug, haze, a node without power overnight, a burst pipe, no heating for a day, a rattling
fan, broken lamps and a sensor that is stuck. Each is told; what hangs on one cause is one alarm. What each means and
what to do is below.

| rule | calls | labs | who responds |
|---|---|---|---|
| `pm25` | 24 | 12 | teacher |
| `temperature_low` | 18 | 12 | facility |
| `co2` | 17 | 6 | teacher |
| `light_desk` | 4 | 1 | teacher |
| `device_lost` | 3 | 3 | facility |
| `node_lost` | 2 | 2 | it |
| `water_leak` | 2 | 2 | facility |
| `gas` | 1 | 1 | teacher |
| `co` | 1 | 1 | teacher |
| `smoke_detector` | 1 | 1 | teacher |
| `broker_lost` | 1 | 1 | it |
| `noise` | 1 | 1 | facility |
| `sensor_stuck` | 1 | 1 | facility |

## What the defaults cannot know

- **Metal-oxide sensors.** `hcho` and `tvoc` judge whatever says mg/m³: nothing tells a point's kind of sensor. Where
  it is a metal-oxide one, whose numbers are none, switch the rule off in that lab.
- **Gas comes from a certified detector's relay or transmitter, never from an MQ-x** on a board: such a sensor drifts,
  needs hours to warm, and also answers to alcohol and hairspray. `gas` takes `gas_value` in % as % LEL, because
  detectors of Zigbee say it so; a board that says % of something else must not call its point that.
- **Lamps.** `light_desk` and `light_board` judge while a lesson is on and a lamp is reported on: a switch that has a
  brightness beside it, and one of several is enough. In a lab whose lamps are plain relays nothing tells that they are
  lamps, so these two rules judge nothing there.

## Overrides

Owners and facility managers set other limits for a lab or a whole school on the page (*Limits*, **Set a limit**) or by
`PUT /api/v1/alarms/rules/{{rule}}/limits`, or switch a rule off there, and say why. That holds within a second, is on
record, and is taken back the same way. Delays and deadbands are set beside the limits (**Delays and deadband**;
`on_delay_ms`, `off_delay_ms`, `deadband`, a day at most). A rule of the safety class is never switched off and made
stricter only: no looser limit, no longer `on_delay`, no shorter `off_delay`, no narrower deadband.
Each is listed with who set it, when and why.

A file `alarms.toml` in the hub's data folder says the same for a school that configures its hub by files; what is set
on the page goes before it. Anything wrong in it stops the start and is named by its place.

```toml
[[override]]
rule = "co2"
school = "minhang-3"
lab = "physics-1"          # left out: the whole school
limits = {{ warn = 1200 }}   # by level, and so are these, each of which may be left out:
on_delay = {{ warn = "10 min" }}
off_delay = {{ warn = "2 min" }}
deadband = {{ warn = 50 }}
who = "Wang Li"
why = "small room, the sensor hangs beside the door"
```

`off = true` instead of all of them switches the rule off. Windows and gates are those of the rule; for others, add a
rule of your own and switch this one off.

## Rules of your own

The same file may add rules. A rule watches points by name (and by unit), whoever computes them: a sensor, or the hub
([derived points](derived.md)), whose rows it judges by their time. It is raised, tried, overridden and told of like any
other. A name that is there already is refused; change that one by an override. What a rule raised that is taken out
of the file again is over, and waits for an acknowledgement.

```toml
[rule.stuffy]
title = {{ zh = "闷", en = "Stuffy" }}
consequence = {{ zh = "困倦。", en = "Tiredness." }}
response = {{ zh = "开窗。", en = "Open a window." }}
role = "teacher"
class = "environment"
source = "our own"              # or {{ zh = "…", en = "…" }}
unit = "[ppm]"
points = ["co2_mean_10min"]     # the derived ten-minute mean
levels = [{{ name = "warn", limit = 1200, priority = "low", deadband = 100 }}]
```

The keys of a rule and of a level are those of the catalogue's file, whose head explains them.

## Names of points

A rule names quantities, and knows a point by its own name or by the last part of it, whatever its case: `co2`,
`air/co2` and `SCD40/CarbonDioxide` are one quantity, so are `temperature`, `SCD40/Temperature` and `temperature100/tC`,
or `smoke` and `smoke0/alarm`. Where a rule names units, the point has one of them. Not known by its last part is what
speaks of a machine's inside (`board`, `motor`, `ESP32` and the like), of another place (`outdoor`), of a part of a part
(`switch0/temperature/tC`), and what can be written.

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
    yield f"- Class {rule.alarm_class}. Source: {rule.source.zh} / {rule.source.en}.\n"
    yield f"- Watches {', '.join(f'`{point}`' for point in sorted(rule.match.points))}{_units(rule.match.units)}.\n"
    if rule.gates:
        yield f"- Only while: {', '.join(sorted(rule.gates))}.\n"
    yield HEAD
    yield from (_level(level, rule.unit) for level in rule.levels)


def _units(units: Collection[str]) -> str:
    named = f", in {', '.join(f'`{unit}`' for unit in sorted(units) if unit)}" if set(units) - {""} else ""
    return named + ((" or without a unit" if named else ", without a unit") if "" in units else "")


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
