"""From the text of a condition to its tree, every mistake with its place. By hand: the grammar is nine lines, and what
matters is what is said about a mistake. Pure.
"""

import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from labkeeper_wire.conditions.expression import (
    COMPARISONS,
    SECONDS,
    And,
    Compare,
    Expression,
    For,
    Is,
    Mistake,
    Moving,
    Not,
    Or,
    Quantity,
    Stale,
)

LONGEST = 2000
DEEPEST = 20
KEYWORDS = frozenset({"and", "or", "not", "for", "by", "rising", "falling", "stale", "true", "false"})
NAME = re.compile(r"[a-z][a-z0-9_]*")
TOKEN = re.compile(
    r"\s*(?:(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r'|(?P<text>"(?:[^"\\]|\\.)*")'
    r"|(?P<sign><=|>=|==|!=|[<>()])"
    r'|(?P<word>[^\s()<>=!"]+)|(?P<end>$))'
)


class Token(NamedTuple):
    """A word of the text and its place."""

    kind: str
    text: str
    at: int


def parse(text: str) -> Expression:
    """Return the tree of a condition; raises Mistake."""
    if len(text) > LONGEST:
        raise Mistake(LONGEST, f"a condition has at most {LONGEST} characters")
    reader = _Reader(_tokens(text))
    expression = reader.either()
    if reader.next.kind != "end":
        raise Mistake(reader.next.at, f"'{reader.next.text}' is not expected here: perhaps 'and' or 'or' is missing")
    return expression


def _tokens(text: str) -> Sequence[Token]:
    tokens: list[Token] = []
    at = 0
    while not tokens or tokens[-1].kind != "end":
        found = TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            start = len(text) - len(text[at:].lstrip())
            raise Mistake(start, f"{text[start]!r} means nothing here")
        tokens.append(Token(found.lastgroup, found[found.lastgroup], found.start(found.lastgroup)))
        at = found.end()
    return tokens


@dataclass(slots=True)
class _Reader:
    """Recursive descent, one method a line of the grammar."""

    tokens: Sequence[Token]
    position: int = 0
    depth: int = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.position]

    def take(self) -> Token:
        token = self.next
        self.position += token.kind != "end"
        return token

    def takes(self, *words: str) -> bool:
        found = self.next.kind in ("word", "sign") and self.next.text in words
        self.position += found
        return found

    def expect(self, word: str) -> None:
        if not self.takes(word):
            raise Mistake(self.next.at, f"'{word}' is expected{_instead(self.next)}")

    def either(self) -> Expression:
        return self._joined("or", self.all, Or)

    def all(self) -> Expression:
        return self._joined("and", self.contrary, And)

    def _joined(self, word: str, part: Callable[[], Expression], join: type[And | Or]) -> Expression:
        at, parts = self.next.at, [part()]
        while self.takes(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else join(tuple(parts), at)

    def contrary(self) -> Expression:
        at = self.next.at
        if not self.takes("not"):
            return self.lasting()
        with_depth = self._deeper(self.contrary, at)
        return Not(with_depth, at)

    def lasting(self) -> Expression:
        at, single = self.next.at, self.single()
        place = self.next.at
        if not self.takes("for"):
            return single
        number, unit = self.number(), self.take()
        if unit.text not in SECONDS or number <= 0:
            raise Mistake(place, f"'for' takes a time above zero in {', '.join(SECONDS)}, such as 'for 3 s'")
        return For(single, number, unit.text, at)

    def single(self) -> Expression:
        at = self.next.at
        if self.takes("("):
            inner = self._deeper(self.either, at)
            self.expect(")")
            return inner
        if self.takes("stale"):
            self.expect("(")
            name = self.name()
            self.expect(")")
            return Stale(name, at)
        return self.condition(self.name(), at)

    def condition(self, name: str, at: int) -> Expression:
        if self.takes("rising", "falling"):
            rising = self.tokens[self.position - 1].text == "rising"
            self.expect("by")
            return self.moving(name, at, rising=rising)
        if self.takes(*COMPARISONS):
            return Compare(name, self.tokens[self.position - 1].text, self.quantity(), at)
        return Is(name, at)

    def moving(self, name: str, at: int, *, rising: bool) -> Expression:
        place, by, unit = self.next.at, self.number(), self.unit()
        of, _, per = unit.rpartition("/")
        if by <= 0 or per not in ("s", "min", "h"):
            raise Mistake(place, "a number above zero with a unit per s, min or h is expected, such as '8 Cel/min'")
        return Moving(name, rising, by, of, per, at)

    def quantity(self) -> Quantity:
        token = self.next
        if token.kind == "text":
            return Quantity(_text(self.take()))
        if self.takes("true", "false"):
            return Quantity(token.text == "true")
        return Quantity(self.number(), self.unit())

    def number(self) -> float:
        token = self.take()
        if token.kind != "number" or not math.isfinite(float(token.text)):
            raise Mistake(token.at, f"a value is expected{_instead(token)}")
        return float(token.text)

    def unit(self) -> str:
        return self.take().text if self.next.kind == "word" and self.next.text not in KEYWORDS else ""

    def name(self) -> str:
        token = self.take()
        if token.kind != "word" or token.text in KEYWORDS or not NAME.fullmatch(token.text):
            raise Mistake(token.at, f"the name of an input is expected{_instead(token)}")
        return token.text

    def _deeper(self, part: Callable[[], Expression], at: int) -> Expression:
        self.depth += 1
        if self.depth > DEEPEST:
            raise Mistake(at, f"a condition is at most {DEEPEST} deep")
        inner = part()
        self.depth -= 1
        return inner


def _instead(token: Token) -> str:
    return ", and the text ends" if token.kind == "end" else f", not '{token.text}'"


def _text(token: Token) -> str:
    try:
        return str(json.loads(token.text))
    except ValueError:
        raise Mistake(token.at, "this text is not written as JSON writes it") from None
