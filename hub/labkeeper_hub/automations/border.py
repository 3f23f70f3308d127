"""What a file of an automation may say."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr, model_validator

from labkeeper_hub.automations.rules import Command, Deed, Lamps, Of, Places, RunScene
from labkeeper_wire.conditions.keys import WHILE_ONLINE

LONGEST = 16 * 1024
DAYS: Mapping[str, int] = {"mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6, "sun": 7}
CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
Text = Annotated[str, Field(min_length=1, max_length=300)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Both(_Strict):
    """A text in both languages."""

    zh: Text
    en: Text


class InputBody(_Strict):
    """An input: points of that name in the lab, or one."""

    point: Text
    node: str = ""
    device: str = ""
    type: Literal["bool", "number", "text"] = "bool"
    unit: str = ""
    max_age: str = WHILE_ONLINE
    of: Of = Of.HIGHEST


class DeedBody(_Strict):
    """One thing to do."""

    point: Text | None = None
    node: str = ""
    device: str = ""
    value: StrictBool | StrictInt | StrictFloat | StrictStr | None = None
    scene: Id | None = None
    lamps: StrictBool | None = None

    @model_validator(mode="after")
    def _one_of_three(self) -> "DeedBody":
        said = [one for one in (self.point, self.scene, self.lamps) if one is not None]
        if len(said) != 1 or (self.point is None) != (self.value is None):
            raise ValueError("is one of: a point with its value, a scene, lamps")
        return self

    def noun(self) -> Deed:
        """Return the noun."""
        if self.point is not None and self.value is not None:
            return Command(Places(self.point, self.node, self.device), self.value)
        return RunScene(self.scene) if self.scene is not None else Lamps(self.lamps is True)


class File(_Strict):
    """One automation."""

    id: Id
    title: Both
    school: Text
    lab: Text
    when: Text | None = None
    at: Annotated[str, Field(pattern=f"^{CLOCK}$")] | None = None
    needs: Text | None = None
    between: Annotated[str, Field(pattern=f"^{CLOCK}-{CLOCK}$")] | None = None
    days: Annotated[list[Day], Field(min_length=1)] | None = None
    holidays: bool | None = None
    inputs: dict[Name, InputBody] = {}
    then: Annotated[list[DeedBody], Field(min_length=1, max_length=100)]
    cool_down: str = "10 min"
    most_an_hour: Annotated[int, Field(ge=1, le=12)] = 4
    hold: str | None = None
