"""The automations of a hub: their texts, whether they are on, and who changed them last; replaced whole on disk."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from labkeeper_hub.automations.loading import load
from labkeeper_hub.automations.rules import Automation
from labkeeper_hub.private_files import read_private, replace_private

FILE = "automations.json"


class AutomationRefused(Exception):
    """Nothing was changed: `code` is bad_automation, unknown_automation, another_lab, too_many_automations or hub_disk;
    `where` names the key of a text that is wrong.
    """

    def __init__(self, code: str, message: str, where: str = "") -> None:
        super().__init__(message)
        self.code, self.where = code, where


@dataclass(frozen=True, slots=True)
class Kept:
    """An automation as somebody wrote it."""

    automation: Automation
    text: str
    on: bool
    by: str
    at_ms: int


Book = Mapping[str, Kept]


class _Stored(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: str
    on: bool
    by: str
    at_ms: int


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    automations: list[_Stored]


def read_book(data: Path) -> Book:
    """Return the automations of the last run, none at the first; raises BadConfiguration for a damaged file."""
    path = data / FILE
    stored = read_private(path, _File, "automations", "put back a copy, or delete it")
    if stored is None:
        return {}
    kept = (Kept(load(one.text, str(path)), one.text, one.on, one.by, one.at_ms) for one in stored.automations)
    return {one.automation.id: one for one in kept}


def write_book(data: Path, kept: Iterable[Kept]) -> None:
    """Keep them; raises OSError, and then nothing has changed."""
    stored = [_Stored(text=one.text, on=one.on, by=one.by, at_ms=one.at_ms) for one in kept]
    replace_private(data / FILE, _File(automations=stored).model_dump_json())
