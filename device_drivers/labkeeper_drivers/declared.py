"""Points that a school declares itself, where the hardware cannot say what it has."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr, model_validator

from labkeeper_drivers.titles import title_of
from labkeeper_sdk import (
    CommandRejected,
    Event,
    Measure,
    Point,
    Risk,
    Setpoint,
    State,
    Switch,
    Title,
)

KINDS: dict[str, type[Point]] = {
    "measure": Measure, "state": State, "setpoint": Setpoint, "switch": Switch, "event": Event,
}  # fmt: skip
TYPES: dict[str, type[float] | type[int] | type[bool] | type[str]] = {
    "float": float, "int": int, "bool": bool, "str": str,
}  # fmt: skip
USUAL = {"measure": "float", "state": "bool", "setpoint": "float", "switch": "bool", "event": "str"}


class DeclaredPoint(BaseModel):
    """One point: what the SDK's Point has, in a settings file. Actuators must say what is safe."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["measure", "state", "setpoint", "switch", "event"]
    type: Literal["float", "int", "bool", "str"] | None = None
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = Field(default=None, gt=0)
    options: tuple[str, ...] = ()
    deadband: float | None = None
    min_interval_s: float = Field(default=0.0, ge=0)
    safe_value: StrictBool | StrictInt | StrictFloat | StrictStr | None = None
    link_loss_s: float | None = Field(default=None, ge=0)
    risk: Risk = Risk.NONE
    confirm_s: float = Field(default=2.0, gt=0, le=120)
    personal: bool = False
    zh: str = ""
    en: str = ""

    def point(self, name: str) -> Point:
        """Return it as the SDK's noun; one language stands in for the other, the name for both."""
        return KINDS[self.kind](
            name,
            type=TYPES[self.type or USUAL[self.kind]],
            title=Title(zh=self.zh or self.en or title_of(name).zh or name, en=self.en or self.zh or name),
            unit=self.unit,
            minimum=self.minimum,
            maximum=self.maximum,
            step=self.step,
            options=self.options,
            deadband=self.deadband,
            min_interval_s=self.min_interval_s,
            safe_value=self.safe_value,
            link_loss_s=self.link_loss_s,
            risk=self.risk,
            confirm_s=self.confirm_s,
            personal=self.personal,
        )

    @property
    def is_actuator(self) -> bool:
        """Whether it can be commanded."""
        return self.kind in ("setpoint", "switch")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        problem = _problem(self)
        if problem:
            raise ValueError(problem)
        try:
            self.point("name")
        except CommandRejected as rejected:
            raise ValueError(f"safe_value: {rejected.message}") from rejected
        return self


def _problem(it: DeclaredPoint) -> str:
    """Return what a declaration lacks, "" for nothing."""
    kind = it.type or USUAL[it.kind]
    number = kind in ("float", "int")
    setting = it.kind == "setpoint"
    wrong = {
        'a measure is a number and has a unit (UCUM; "1" for a number without one)': it.kind == "measure"
        and not (number and it.unit),
        "a switch is a bool": it.kind == "switch" and kind != "bool",
        "a number to set needs minimum and maximum": setting and number and None in (it.minimum, it.maximum),
        "a setpoint is a number or has options": setting and not number and not it.options,
        "what can be commanded says its safe_value": it.is_actuator and it.safe_value is None,
        "what has a risk says its link_loss_s": it.is_actuator and it.risk is not Risk.NONE and it.link_loss_s is None,
    }
    return next((problem for problem, found in wrong.items() if found), "")
