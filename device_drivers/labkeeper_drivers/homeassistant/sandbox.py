"""Strangers' templates in Jinja's sandbox, with an end to everything they may use.

A device may announce any template. Jinja's own sandbox keeps it away from Python; it does not keep it from filling the
memory or never coming to an end. So only filters, functions and methods that are named here exist, each of them pays
for what it handles, loops are short and not nested, nothing can be doubled, and the source is short.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, NoReturn

from jinja2 import TemplateError, Undefined, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

SOURCE_LIMIT = 4096  # characters
NODES_LIMIT = 600
ITEMS_LIMIT = 1_000  # turns of a loop, members of a range
TEXT_LIMIT = 64 * 1024  # characters of anything made
BUDGET = 500_000  # characters and members handled in one rendering
DIGITS_LIMIT = 4096  # bits of a whole number
METHODS = {
    str: {"lower", "upper", "title", "capitalize", "strip", "lstrip", "rstrip", "split", "startswith", "endswith",
          "isdigit", "isnumeric", "replace", "find"},
    dict: {"get", "items", "keys", "values"},
    list: {"index", "count"},
}  # fmt: skip
# what a template that makes no sense of a payload raises
WRONG = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError)
FORBIDDEN = (
    nodes.Block, nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport, nodes.Macro, nodes.CallBlock,
    nodes.FilterBlock, nodes.AssignBlock, nodes.With, nodes.NSRef,
)  # fmt: skip


class TooMuch(SecurityError):
    """A template wants more than it may have."""


class Sandbox(ImmutableSandboxedEnvironment):
    """An environment in which only `filters` and `functions` exist, and everything costs."""

    intercepted_binops = frozenset({"*", "**", "+", "%"})

    def __init__(
        self, filters: Mapping[str, Callable[..., Any]], functions: Mapping[str, object], tests: Iterable[str]
    ) -> None:
        super().__init__(autoescape=False)
        self.left = 0
        known = {name: test for name, test in self.tests.items() if name in set(tests)}
        self.tests.clear()
        self.tests.update(known)
        self.filters.clear()
        self.filters.update({name: self._paid(function) for name, function in filters.items()})
        self.filters.update({"_few": self._few, "_joined": self._joined})
        self.globals.clear()
        paid = {name: self._paid(it) if callable(it) else it for name, it in functions.items()}
        self.globals.update({**paid, "range": self._range})

    def compiled(self, source: str) -> Callable[..., str]:
        """Return a function that renders; raises TemplateError."""
        if len(source) > SOURCE_LIMIT:
            raise TooMuch("the template is too long")
        tree = self.parse(source)
        _check(tree)
        _tame(tree)
        template = self.from_string(tree)
        return partial(self._rendered, template.render)

    def _rendered(self, render: Callable[..., str], **variables: object) -> str:
        self.left = BUDGET
        try:
            said = render(**variables)
        except (
            TemplateError,
            ArithmeticError,
            AttributeError,
            LookupError,
            TypeError,
            ValueError,
            RecursionError,
        ) as e:
            raise TemplateError(f"{type(e).__name__}: {e}"[:200]) from None
        if len(said) > TEXT_LIMIT:
            raise TooMuch("too much text")
        return said

    # --- what costs -------------------------------------------------------------------------------------------------
    def pay(self, *handled: object) -> None:
        """Take what these are worth from what is left; raises TooMuch."""
        for each in handled:
            self.left -= 1 + (len(each) if isinstance(each, str | list | tuple | dict) else 0)
        if self.left < 0:
            raise TooMuch("too much work")

    def _paid(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def paid(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 -- whatever the template has
            self.pay(*arguments, *named.values())
            made = function(*arguments, **named)
            self.pay(made)
            return made

        return paid

    def _few(self, items: Any) -> list[Any]:  # noqa: ANN401 -- whatever the template has
        few = list(items)
        self.pay(few)
        if len(few) > ITEMS_LIMIT:
            raise TooMuch("too many turns")
        return few

    def _joined(self, items: list[object]) -> str:
        texts = [str(item) for item in items]
        self.pay(*texts)
        joined = "".join(texts)
        if len(joined) > TEXT_LIMIT:
            raise TooMuch("too much text")
        return joined

    def _range(self, *limits: int) -> range:
        numbers = range(*limits)
        if len(numbers) > ITEMS_LIMIT:
            raise TooMuch("too long a range")
        self.pay(*limits)
        return numbers

    # --- what Jinja asks --------------------------------------------------------------------------------------------
    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401, ARG002 -- Jinja's own signature
        """Compute, where the result stays small; raises TooMuch."""
        self.pay(left, right)
        sized = isinstance(left, str | list | tuple), isinstance(right, str | list | tuple)
        if operator == "+":
            return _bounded(left + right) if any(sized) else _small(left + right)
        if any(sized):
            raise TooMuch(f"{operator} of texts and lists is not offered")
        if operator == "*":
            return _small(left * right)
        if operator == "%":
            return left % right
        if abs(right) > 64 or abs(left) > 1e6:  # noqa: PLR2004 -- enough for any unit
            raise TooMuch("too high a power")
        return left**right

    def wrap_str_format(self, value: object) -> None:  # noqa: ARG002 -- Jinja's own name
        """Offer no `format`, which makes a megabyte of `{:999999}`; Jinja would let it pass."""
        return

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        """Allow the methods named above, and the fields of a moment in time."""
        if not super().is_safe_attribute(obj, attr, value):
            return False
        return not callable(value) or any(isinstance(obj, kind) and attr in names for kind, names in METHODS.items())

    def call(self, context: Any, obj: Any, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401 -- Jinja's own signature
        """Call a function or a method, which costs; raises TooMuch."""
        self.pay(getattr(obj, "__self__", None), *arguments, *named.values())
        if getattr(obj, "__name__", "") == "replace":
            return replaced(obj.__self__, *arguments)
        return super().call(context, obj, *arguments, **named)


def replaced(text: object, old: object, new: object, count: int = -1) -> str:
    """Replace in a text where what comes out stays small; raises TooMuch."""
    whole, gone, put = str(text), str(old), str(new)
    if len(whole) + (whole.count(gone) if gone else len(whole) + 1) * len(put) > TEXT_LIMIT:
        raise TooMuch("too much text")
    return whole.replace(gone, put, count)


def _bounded(made: Any) -> Any:  # noqa: ANN401 -- text or list
    if len(made) > TEXT_LIMIT:
        raise TooMuch("too much text")
    return made


def _small(made: Any) -> Any:  # noqa: ANN401 -- any number
    if isinstance(made, int) and made.bit_length() > DIGITS_LIMIT:
        raise TooMuch("too large a number")
    if isinstance(made, float) and math.isnan(made):
        raise TooMuch("not a number")
    return made


def _check(tree: nodes.Template) -> None:
    """Refuse what could grow without end; raises TooMuch."""
    every = list(tree.find_all(nodes.Node))
    if len(every) > NODES_LIMIT:
        raise TooMuch("the template is too long")
    for node in every:
        if isinstance(node, FORBIDDEN):
            _refuse(type(node).__name__.lower())
        if isinstance(node, nodes.For) and (node.recursive or any(node.find_all(nodes.For))):
            _refuse("a loop in a loop")
        if isinstance(node, nodes.List | nodes.Tuple | nodes.Dict) and getattr(node, "ctx", "load") == "load":
            _only_constants(node)


def _only_constants(node: nodes.Node) -> None:
    # [a, a] of [a, a] of … is a megabyte after ten lines
    if any(node.find_all((nodes.Name, nodes.Call, nodes.Filter, nodes.Getattr, nodes.Getitem))):
        _refuse("a list or a table of anything but constants")


def _refuse(what: str) -> NoReturn:
    raise TooMuch(f"{what} is not offered")


def _tame(tree: nodes.Template) -> None:
    """Let loops and joined texts go through filters that count."""
    for loop in tree.find_all(nodes.For):
        loop.iter = nodes.Filter(loop.iter, "_few", [], [], None, None, lineno=loop.lineno)
    for node in list(tree.find_all(nodes.Node)):
        for name, child in list(node.iter_fields()):
            if isinstance(child, nodes.Concat):
                setattr(node, name, _as_filter(child))
            elif isinstance(child, list):
                child[:] = [_as_filter(each) if isinstance(each, nodes.Concat) else each for each in child]


def _as_filter(concat: nodes.Concat) -> nodes.Filter:
    parts = nodes.List(concat.nodes, lineno=concat.lineno)
    return nodes.Filter(parts, "_joined", [], [], None, None, lineno=concat.lineno)


def is_undefined(value: object) -> bool:
    """Tell whether a template's value is none."""
    return isinstance(value, Undefined)
