"""Write docs/reference/sparkplug.md from the assertions and their tests: `python -m tests.wire.sparkplug_table`."""

import ast
import csv
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
ASSERTIONS = Path(__file__).with_name("sparkplug_assertions.csv")
PAGE = ROOT / "docs/reference/sparkplug.md"

TITLES = {
    "edge": "Edge node",
    "host": "Host application",
    "both": "Edge node and host application",
    "broker": "Broker",
}

HEAD = """\
# Sparkplug B 3.0, assertion by assertion

The standard (ISO/IEC 20237) numbers what it demands: 299 assertions with ids that begin with `tck-id-`, left out here.
This page says of each whether a test of ours proves it. A test names the ids it proves in `@pytest.mark.sparkplug(…)`,
and would fail if we broke them; the paraphrases are ours. Made by `python -m tests.wire.sparkplug_table` from the tests
and from `tests/wire/sparkplug_assertions.csv`; do not edit it by hand.
"""


class Assertion(NamedTuple):
    """One demand of the standard; `not_applicable` is the reason why it is none of ours, empty if it is."""

    id: str
    who: str
    level: str
    says: str
    not_applicable: str
    note: str


class Proof(NamedTuple):
    """A test that carries an assertion's id."""

    id: str
    file: Path
    test: str


def read_assertions(file: Path = ASSERTIONS) -> list[Assertion]:
    """Read the assertions in the order of the file."""
    with file.open(encoding="utf-8", newline="") as lines:
        return [Assertion(**row) for row in csv.DictReader(lines)]


def read_proofs(folder: Path) -> Iterator[Proof]:
    """Yield every id that a test below the folder is marked with, found without importing anything."""
    for file in sorted(folder.rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for assertion in _marks(node):
                    yield Proof(assertion, file, node.name)


def _marks(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    for decorator in function.decorator_list:
        for node in ast.walk(decorator):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "sparkplug":
                yield from (ast.literal_eval(argument) for argument in node.args)


def problems(assertions: Iterable[Assertion], proofs: Iterable[Proof]) -> list[str]:
    """Return what contradicts itself: ids that do not exist, and tests of what is said not to apply."""
    known = {assertion.id: assertion for assertion in assertions}
    found = []
    for proof in proofs:
        assertion = known.get(proof.id)
        if assertion is None:
            found.append(f"{proof.file.name}: {proof.test}: there is no assertion {proof.id}")
        elif assertion.not_applicable:
            found.append(f"{proof.file.name}: {proof.test}: {proof.id} is said not to apply")
    return found


def page(assertions: Iterable[Assertion], proofs: Iterable[Proof]) -> str:
    """Return the page as Markdown."""
    tests: dict[str, list[Proof]] = {}
    for proof in proofs:
        tests.setdefault(proof.id, []).append(proof)
    rows = list(assertions)
    parts = [HEAD, _summary(rows, tests)]
    for who, title in TITLES.items():
        lines = [_line(row, tests.get(row.id, [])) for row in rows if row.who == who]
        parts.append(
            "\n".join(
                [f"## {title}\n", "| assertion | level | in our words | status |", "|---|---|---|---|", *lines, ""]
            )
        )
    return "\n".join(parts)


def _status(row: Assertion, tests: Mapping[str, list[Proof]]) -> str:
    if row.not_applicable:
        return "not applicable"
    return "tested" if row.id in tests else "not yet"


def _summary(rows: list[Assertion], tests: Mapping[str, list[Proof]]) -> str:
    lines = ["| who | tested | not applicable | not yet | all |", "|---|---|---|---|---|"]
    for who, title in TITLES.items():
        count = Counter(_status(row, tests) for row in rows if row.who == who)
        lines.append(
            f"| {title} | {count['tested']} | {count['not applicable']} | {count['not yet']} | {count.total()} |"
        )
    return "\n".join([*lines, ""])


def _line(row: Assertion, proofs: list[Proof]) -> str:
    if row.not_applicable:
        status = f"not applicable: {row.not_applicable}"
    elif proofs:
        status = "tested: " + ", ".join(dict.fromkeys(map(_link, proofs)))
    else:
        status = "not yet"
    return f"| {row.id} | {row.level} | {row.says} | {status}{'. ' + row.note if row.note else ''} |"


def _link(proof: Proof) -> str:
    sentence = proof.test.removeprefix("test_").replace("_", " ")
    return f"[{sentence}](../../{proof.file.relative_to(ROOT).as_posix()})"


def main() -> int:
    """Write the page; with contradictions, say them and write nothing."""
    assertions, proofs = read_assertions(), list(read_proofs(ROOT / "tests"))
    wrong = problems(assertions, proofs)
    if wrong:
        sys.stderr.write("\n".join([*wrong, ""]))
        return 1
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(assertions, proofs), encoding="utf-8")
    sys.stdout.write(f"wrote {PAGE.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
