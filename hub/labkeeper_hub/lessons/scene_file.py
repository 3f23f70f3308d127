"""Scenes out of `scenes.toml`: what a lab wants otherwise than follows from its devices."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr, ValidationError

from labkeeper_hub.lessons.scenes import Scene, Wish
from labkeeper_hub.model import PointKey
from labkeeper_sdk import BadConfiguration, Title
from labkeeper_wire.leases.book import Room

FILE = "scenes.toml"
Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=256)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Title(_Strict):
    zh: Text
    en: Text


class _Wish(_Strict):
    node: Text
    device: Text
    point: Text
    value: StrictBool | StrictInt | StrictFloat | StrictStr


class _Scene(_Strict):
    school: Text
    lab: Text
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
    title: _Title
    wishes: list[_Wish]

    @property
    def room(self) -> Room:
        return Room(self.school, self.lab)

    def scene(self) -> Scene:
        wishes = (Wish(PointKey(self.school, one.node, one.device, one.point), one.value) for one in self.wishes)
        return Scene(self.name, Title(self.title.zh, self.title.en), tuple(wishes))


class _Scenes(_Strict):
    scene: list[_Scene] = []


def load_scenes(file: Path) -> Mapping[Room, tuple[Scene, ...]]:
    """Return what each lab says; a file that is not there says nothing. Raises BadConfiguration."""
    return parse(file.read_text(encoding="utf-8"), str(file)) if file.exists() else {}


def parse(text: str, source: str) -> Mapping[Room, tuple[Scene, ...]]:
    """Read scenes; raises BadConfiguration that names the scene and the key."""
    found: dict[Room, tuple[Scene, ...]] = {}
    for entry in _read(text, source).scene:
        found[entry.room] = (*found.get(entry.room, ()), entry.scene())
    return found


def _read(text: str, source: str) -> _Scenes:
    try:
        said: dict[str, Any] = tomllib.loads(text)
        return _Scenes.model_validate(said)
    except tomllib.TOMLDecodeError as error:
        raise BadConfiguration("scenes", f"is not TOML: {error}", source) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise BadConfiguration(".".join(str(part) for part in first["loc"]), first["msg"], source) from error
