"""An automation as the page's form shows it: what the form writes it reads again, the rest is the text's. Pure."""

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from labkeeper_hub.automations.border import DeedBody, File, InputBody
from labkeeper_hub.automations.rules import EMPTY, GIVEN, LESSON, LIT, Of
from labkeeper_wire.conditions.expression import And, Compare, Expression, For, Is, Not, Or
from labkeeper_wire.conditions.keys import WHILE_ONLINE
from labkeeper_wire.conditions.parser import parse

Json: TypeAlias = dict[str, Any]
KEPT = ("days", "holidays", "cool_down", "most_an_hour", "hold")
"""What the form does not show, and writes again as it was."""
GIVEN_WORDS: Mapping[tuple[str, bool], str] = {
    (EMPTY, True): "empty",
    (EMPTY, False): "used",
    (LESSON, True): "lesson",
    (LESSON, False): "lesson_over",
    (LIT, True): "lit",
    (LIT, False): "dark",
}
SIGNS = {"number": (">", "<", ">=", "<="), "text": ("==",), "bool": ()}
AGE = "10 min"  # what the form asks of a number with a unit


class _Beyond(Exception):
    """The form has no field for it."""


def form_of(text: str) -> Json | None:
    """Return what the form shows of a text that loads; None for one that only a text can say."""
    said = tomllib.loads(text)
    file = File.model_validate(said)
    try:
        return {
            "triggers": [] if file.when is None else list(_any(file.when, file.inputs)),
            "at": file.at,
            "needs": [] if file.needs is None else list(_all(file.needs, file.inputs)),
            "between": file.between,
            "then": [_deed(deed) for deed in file.then],
            "kept": {key: said[key] for key in KEPT if key in said},
        }
    except _Beyond:
        return None


def _any(text: str, inputs: Mapping[str, InputBody]) -> Iterator[Json]:
    tree = parse(text)
    for part in tree.parts if isinstance(tree, Or) else (tree,):
        if isinstance(part, For):
            yield {**_condition(part.of, inputs), "minutes": part.seconds / 60}
        else:
            yield {**_condition(part, inputs), "minutes": 0}


def _all(text: str, inputs: Mapping[str, InputBody]) -> Iterator[Json]:
    tree = parse(text)
    for part in tree.parts if isinstance(tree, And) else (tree,):
        yield _condition(part, inputs)


def _condition(part: Expression, inputs: Mapping[str, InputBody]) -> Json:
    so = not isinstance(part, Not)
    match part.of if isinstance(part, Not) else part:
        case Is(name) if name in GIVEN:
            return {"what": GIVEN_WORDS[name, so]}
        case Is(name):
            return _point(inputs[name], "on" if so else "off", None)
        case Compare(name, operator, quantity) if so and operator in SIGNS[inputs[name].type]:
            return _point(inputs[name], operator, quantity.value)
        case _:
            raise _Beyond


def _point(about: InputBody, sign: str, limit: object) -> Json:
    age = AGE if about.type == "number" and about.unit else WHILE_ONLINE
    if not (about.node and about.device) or about.max_age != age or about.of is not Of.HIGHEST:
        raise _Beyond
    address = {"node": about.node, "device": about.device, "point": about.point}
    return {"what": "point", **address, "type": about.type, "unit": about.unit, "sign": sign, "limit": limit}


def _deed(deed: DeedBody) -> Json:
    if deed.point is None:
        return {"scene": deed.scene} if deed.scene is not None else {"lamps": deed.lamps}
    if not (deed.node and deed.device):
        raise _Beyond
    return {"node": deed.node, "device": deed.device, "point": deed.point, "value": deed.value}
