"""Whether a condition fits its inputs: names, types, units; and the same of what outputs are driven to. Pure."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from labkeeper_wire.conditions.expression import And, Compare, Expression, For, Is, Leaf, Mistake, Moving, Not, Or


class Input(Protocol):
    """What conditions need to know of an input: its type, and the unit of a number."""

    @property
    def type(self) -> type[bool] | type[float] | type[str]: ...
    @property
    def unit(self) -> str: ...


def check(expression: Expression, inputs: Mapping[str, Input]) -> None:
    """Raise Mistake for the first thing that does not fit."""
    for leaf in leaves(expression):
        if leaf.input not in inputs:
            known = ", ".join(sorted(inputs)) or "none"
            raise Mistake(leaf.at, f"there is no input '{leaf.input}'; there are {known}")
        _check_leaf(leaf, inputs[leaf.input])


def leaves(expression: Expression) -> Iterator[Leaf]:
    """Yield the conditions on single inputs."""
    match expression:
        case And(parts) | Or(parts):
            for part in parts:
                yield from leaves(part)
        case Not(of) | For(of):
            yield from leaves(of)
        case _:
            yield expression


def _check_leaf(leaf: Leaf, about: Input) -> None:
    match leaf:
        case Is(name) if about.type is not bool:
            raise Mistake(leaf.at, f"'{name}' is not true or false: compare it with something")
        case Moving(name, unit=unit) if about.type is not float or unit != about.unit:
            raise Mistake(leaf.at, f"'{name}' moves by {about.unit or 'no unit'}/min, not by {unit or 'no unit'}/min")
        case Compare():
            _check_compare(leaf, about)


def _check_compare(leaf: Compare, about: Input) -> None:
    value, unit = leaf.quantity.value, leaf.quantity.unit
    if type(value) is not about.type:
        raise Mistake(leaf.at, f"'{leaf.input}' is {NAMES[about.type]}, and {leaf.quantity} is {NAMES[type(value)]}")
    if about.type is not float and leaf.operator not in ("==", "!="):
        raise Mistake(leaf.at, f"{NAMES[about.type]} can only be compared with == and !=")
    if unit != about.unit:
        raise Mistake(leaf.at, f"'{leaf.input}' is in {about.unit or 'no unit'}, not in {unit or 'no unit'}")


NAMES: Mapping[type, str] = {bool: "true or false", float: "a number", str: "a text"}
