"""Conditions and times that stand at keys of a file, each mistake told as an error of its key. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from labkeeper_wire.conditions import places
from labkeeper_wire.conditions.checking import Input, check
from labkeeper_wire.conditions.expression import Expression, Mistake
from labkeeper_wire.conditions.parser import parse

WHILE_ONLINE = "while online"
TYPES: Mapping[str, type[bool] | type[float] | type[str]] = {"bool": bool, "number": float, "text": str}


@dataclass(frozen=True, slots=True)
class Keys:
    """Reads what a file's keys say; `bad(key, problem)` makes the error that is raised for one."""

    text: str
    bad: Callable[[str, str], Exception]

    def condition(self, key: str, text: str, inputs: Mapping[str, Input]) -> Expression:
        """Return a condition that fits the inputs."""
        try:
            expression = parse(text)
            check(expression, inputs)
        except Mistake as mistake:
            raise self.bad(key, places.told(self.text, text, mistake)) from None
        return expression

    def seconds(self, key: str, text: str) -> float:
        """Return a time such as '10 s' in seconds."""
        try:
            return places.seconds(text)
        except ValueError as error:
            raise self.bad(key, str(error)) from None

    def age_s(self, key: str, text: str) -> float | None:
        """Return how old an input may be; None where it holds while its device is online."""
        return None if text == WHILE_ONLINE else self.seconds(key, text)
