"""The interlocks as a device of the node: how each rule stands is read, and a latch is reset, like any other point.

The title of a rule's state is the rule's, and the title of its advice is what to do: in both languages, in every birth,
so that whoever shows a refusal needs no further question.
"""

from collections.abc import Iterator
from typing import NamedTuple

from labkeeper_edge.interlocks.machine import Interlocks, Phase, Standing
from labkeeper_sdk import Action, DeviceInfo, Measure, Point, Reading, State, Title
from labkeeper_wire.interlock_rules import Both, Force, InterlockSet
from labkeeper_wire.interlocks import DEVICE, HASH, REFUSED

VERSION, UNFIT, NUMBER = "version", "unfit", "number"
STATE, BECAUSE, TRIPPED, RESET, ADVICE = "state", "because", "tripped", "reset", "advice"


def info(rules: InterlockSet) -> DeviceInfo:
    """Describe the device of a set."""
    title = Title(f"联锁：{rules.title.zh}", f"Interlocks: {rules.title.en}")
    return DeviceInfo(id=DEVICE, points=tuple(_points(rules)), title=title, make="Labkeeper", model=rules.id)


def _points(rules: InterlockSet) -> Iterator[Point]:
    yield State(HASH, type=str, title=Title("规则集指纹", "Hash of the set"))
    yield State(UNFIT, type=str, title=Title("不相符的输入与输出", "Inputs and outputs that do not fit"))
    yield Measure(NUMBER, type=int, title=Title("两人批准的编号", "Number of what two persons agreed on"))
    yield State(REFUSED, type=str, title=Title("未采用的规则集", "A set that was not taken"))
    yield Measure(VERSION, type=int, title=Title("状态版本", "Version of the states"))
    for rule in rules.all:
        zh, en = rule.told.title.zh, rule.told.title.en
        yield State(f"{rule.id}/{STATE}", type=str, title=_title(rule.told.title), options=tuple(Phase))
        yield State(f"{rule.id}/{BECAUSE}", type=str, title=Title(f"{zh}：原因", f"{en}: why"))
        yield State(f"{rule.id}/{ADVICE}", title=_title(rule.told.advice))
        if isinstance(rule, Force):
            yield State(f"{rule.id}/{TRIPPED}", title=Title(f"{zh}：已锁定", f"{en}: latched"))
            yield Action(f"{rule.id}/{RESET}", title=Title(f"{zh}：复位", f"{en}: reset"))


class OfSet(NamedTuple):
    """What is told of the set itself: its number where two persons agreed on it, why the last one was not taken, and
    which inputs and outputs do not fit the devices that are there.
    """

    number: int
    refused: str
    unfit: tuple[str, ...]


def readings(interlocks: Interlocks, changed: tuple[str, ...], of_set: OfSet) -> Iterator[Reading]:
    """Yield what is to be told after these rules have changed."""
    yield Reading(NUMBER, of_set.number)
    yield Reading(REFUSED, of_set.refused)
    yield Reading(HASH, interlocks.rules.hash)
    yield Reading(UNFIT, ", ".join(of_set.unfit))
    for rule in interlocks.rules.all:
        if rule.id in changed:
            standing = interlocks.standings.get(rule.id, Standing())
            active = standing.phase is not Phase.CLEAR
            yield Reading(f"{rule.id}/{STATE}", str(standing.phase), standing.since_ms or None)
            yield Reading(f"{rule.id}/{BECAUSE}", standing.because)
            yield Reading(f"{rule.id}/{ADVICE}", active)
            if isinstance(rule, Force):
                yield Reading(f"{rule.id}/{TRIPPED}", standing.phase is Phase.TRIPPED, standing.since_ms or None)
    yield Reading(VERSION, interlocks.version)  # last: whoever has this version has all of the above


def _title(both: Both) -> Title:
    return Title(both.zh, both.en)


def rule_of_reset(point: str) -> str:
    """Return the rule that a point resets."""
    return point.removesuffix(f"/{RESET}")
