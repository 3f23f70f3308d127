"""Every code with which hub, node or a driver of ours refuses a command has a word on the page, in both languages."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

from labkeeper_hub.accounts.actions import NO_TOKEN, Action
from labkeeper_hub.accounts.rights import Reason
from labkeeper_hub.console import STATIC

ROOT = Path(__file__).parents[2]
HUB = ROOT / "hub/labkeeper_hub"
SOURCES = [
    *(ROOT / "edge_agent/labkeeper_edge").rglob("*.py"),
    *(ROOT / "device_drivers/labkeeper_drivers").rglob("*.py"),
    *(ROOT / "plugins/labkeeper_sdk").glob("*.py"),
    *(ROOT / "wire/labkeeper_wire").rglob("*.py"),
    *(HUB / name for name in ("api/routes/commands.py", "api/needs.py", "api/live/messages.py")),
    *(path for name in ("commands", "floor", "leases") for path in (HUB / name).rglob("*.py")),
]
CODE_AT = {
    "CommandRejected": 0,
    "CommandFailed": 0,
    "__init__": 0,  # of what is derived from them
    "LeaseRefused": 0,
    "wrong_field": 0,
    "CommandResult": 2,
    "_finish": 2,
    "_moved": 3,
}


def emitted() -> Iterator[tuple[str, str]]:
    """Yield each code, and the file that emits it."""
    trees = {path: ast.parse(path.read_text()) for path in SOURCES}
    constants = dict(named for tree in trees.values() for named in _constants(tree))
    for path, tree in trees.items():
        for call in (one for one in ast.walk(tree) if isinstance(one, ast.Call)):
            for argument in _code(call, of_hub="hub" in path.relative_to(ROOT).parts):
                said = constants.get(argument.id) if isinstance(argument, ast.Name) else _text(argument)
                if said is not None:
                    yield said, path.name
    yield from ((reason.value, "rights.py") for reason in Reason if reason is not Reason.GRANTED)


def _code(call: ast.Call, *, of_hub: bool) -> list[ast.expr]:
    """Return the argument that is a code; a refusal of HTTP has its status before it."""
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    at = int(of_hub) if name == "Refusal" else CODE_AT.get(name)
    return call.args[at : at + 1] if at is not None else []


def _constants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for one in tree.body:
        if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name) and _text(one.value) is not None:
            yield one.targets[0].id, str(_text(one.value))


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def test_every_code_of_a_refused_command_has_a_word_in_both_languages() -> None:
    codes = dict(emitted())
    assert {"offline", "device_refused", "interlock", "node_restarted", "role_may_not", "unknown_lease"} <= codes.keys()
    for language in ("zh", "en"):
        words = json.loads((STATIC / f"i18n/refusals.{language}.json").read_text())
        assert {code: file for code, file in codes.items() if f"code.{code}" not in words} == {}


def test_every_word_for_a_code_is_of_one_that_is_emitted() -> None:
    words = json.loads((STATIC / "i18n/refusals.en.json").read_text())
    worded = {key.removeprefix("code.") for key in words if key.startswith("code.")}
    assert worded - dict(emitted()).keys() == set()


def test_every_action_has_words_for_whoever_makes_a_token() -> None:
    for language in ("zh", "en"):
        words = json.loads((STATIC / f"i18n/people.{language}.json").read_text())
        actions = {action for action in Action if action is not Action.BE_SIGNED_IN}
        assert {action for action in actions if f"peopleaction.{action}" not in words} == set()


def test_no_token_is_offered_what_no_token_may_do() -> None:
    named = re.search(r"NOT_FOR_PROGRAMS = new Set\((.+)\)", (STATIC / "people/tokens.js").read_text())
    assert named is not None
    assert set(json.loads(named[1])) == {*NO_TOKEN, Action.BE_SIGNED_IN}
