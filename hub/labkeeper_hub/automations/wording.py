"""What an automation waits for and what it saw, in the words of a reader. Pure."""

from collections.abc import Mapping

from labkeeper_hub.automations.rules import EMPTY, LESSON, LIT
from labkeeper_sdk import Title
from labkeeper_wire.conditions.expression import Mistake
from labkeeper_wire.conditions.parser import parse
from labkeeper_wire.conditions.wording import worded

NAMES: Mapping[str, Title] = {
    LESSON: Title("正在上课", "a lesson is on"),
    EMPTY: Title("房间里没有人", "the room is empty"),
    LIT: Title("有灯开着", "a lamp is on"),
}
"""Of the inputs every lab has; a person's own are called as they call them."""


def in_words(condition: str) -> Title:
    """Return a condition in both languages; what is none, as a time of day, stays as it is."""
    try:
        expression = parse(condition)
    except Mistake:
        return Title(condition, condition)
    zh = worded(expression, "zh", {name: title.zh for name, title in NAMES.items()})
    en = worded(expression, "en", {name: title.en for name, title in NAMES.items()})
    return Title(zh, en)
