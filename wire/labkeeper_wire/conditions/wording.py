"""A condition in the words of a reader: inputs by their titles, units as people write them. Pure."""

import re
from collections.abc import Mapping
from typing import Literal, TypeAlias

from labkeeper_wire.conditions.expression import (
    And,
    Compare,
    Expression,
    For,
    Is,
    Leaf,
    Moving,
    Not,
    Or,
    Quantity,
    plain,
)

Language: TypeAlias = Literal["zh", "en"]
SIGNS: Mapping[str, str] = {"<=": "≤", ">=": "≥", "==": "=", "!=": "≠"}
TIMES: Mapping[str, str] = {"ms": "毫秒", "s": "秒", "min": "分钟", "h": "小时"}
WORDS: Mapping[str, tuple[str, str]] = {
    "and": (" 且 ", " and "),
    "or": (" 或 ", " or "),
    "not": ("并非“{of}”", "not “{of}”"),
    "for": ("{of} 已持续 {number} {time}", "{of} for {number} {unit}"),
    "rising": ("{input} 每{time}上升 {by} 以上", "{input} rising by {by}/{unit}"),
    "falling": ("{input} 每{time}下降 {by} 以上", "{input} falling by {by}/{unit}"),
    "stale": ("“{input}”没有新数据", "nothing recent is known of “{input}”"),
    "true": ("是", "yes"),
    "false": ("否", "no"),
}


def worded(expression: Expression, language: Language, names: Mapping[str, str]) -> str:
    """Return a condition in a language; an input without a name there is called as the condition calls it."""
    match expression:
        case And(parts):
            said = _word("and", language).join(_within(part, language, names) for part in parts)
        case Or(parts):
            said = _word("or", language).join(_within(part, language, names) for part in parts)
        case Not(of):
            said = _word("not", language).format(of=worded(of, language, names))
        case For(of, number, unit):
            told = {"number": plain(number), "unit": unit, "time": TIMES[unit]}
            said = _word("for", language).format(of=_within(of, language, names), **told)
        case _:
            said = _leaf(expression, language, names.get(expression.input, expression.input))
    return said


def _leaf(leaf: Leaf, language: Language, name: str) -> str:
    match leaf:
        case Is():
            return name
        case Compare(_, operator, quantity):
            return f"{name} {SIGNS.get(operator, operator)} {_quantity(quantity, language)}"
        case Moving(_, rising, by, unit, per):
            amount = f"{plain(by)} {_unit(unit)}".rstrip()
            how = _word("rising" if rising else "falling", language)
            return how.format(input=name, by=amount, time=TIMES[per], unit=per)
        case _:
            return _word("stale", language).format(input=name)


def _word(key: str, language: Language) -> str:
    return WORDS[key][0 if language == "zh" else 1]


def _within(part: Expression, language: Language, names: Mapping[str, str]) -> str:
    text = worded(part, language, names)
    return f"({text})" if isinstance(part, And | Or) else text


def _quantity(quantity: Quantity, language: Language) -> str:
    if isinstance(quantity.value, bool):
        return _word(str(quantity).lower(), language)
    if isinstance(quantity.value, str):
        return f"“{quantity.value}”"
    return f"{plain(quantity.value)} {_unit(quantity.unit)}".rstrip()


def _unit(unit: str) -> str:
    return "°C" if unit == "Cel" else re.sub(r"[{}\[\]]", "", unit)
