"""Points a school declares: what cannot be right is refused, what a driver needs is named."""

from collections.abc import Mapping

import pytest
from pydantic import ValidationError

from labkeeper_drivers.declared import DeclaredPoint
from labkeeper_drivers.extras import need
from labkeeper_sdk import BadConfiguration, Measure, Risk, Setpoint, Title

SET: Mapping[str, object] = {"kind": "setpoint", "minimum": 0, "maximum": 10, "safe_value": 0}


def declared(**said: object) -> DeclaredPoint:
    return DeclaredPoint.model_validate(said)


def test_a_declaration_is_the_sdks_point() -> None:
    assert declared(kind="measure", unit="Cel", zh="温度").point("t") == Measure(
        "t", unit="Cel", title=Title(zh="温度", en="温度")
    )
    made = declared(**SET, risk="motion", link_loss_s=2, unit="%", en="Speed").point("v")
    assert isinstance(made, Setpoint)
    assert (made.safe_value, made.link_loss_s, made.risk, made.title.zh) == (0, 2.0, Risk.MOTION, "Speed")
    assert declared(kind="state").point("door").title == Title(zh="门", en="door")
    assert declared(kind="state").point("flap").title == Title(zh="flap", en="flap")


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"kind": "measure"}, "has a unit"),
        ({"kind": "measure", "type": "bool", "unit": "1"}, "has a unit"),
        ({"kind": "switch", "type": "float", "safe_value": 0}, "a switch is a bool"),
        ({"kind": "setpoint", "maximum": 1, "safe_value": 0}, "minimum and maximum"),
        ({"kind": "setpoint", "type": "str", "safe_value": "a"}, "has options"),
        ({"kind": "switch"}, "safe_value"),
        ({**SET, "risk": "heat"}, "link_loss_s"),
        ({**SET, "safe_value": 11}, "safe_value: name takes 0.0 to 10.0"),
        ({**SET, "safe_value": "off"}, "safe_value: name takes float"),
        ({**SET, "minimum": 20}, "minimum"),
        ({"kind": "lamp"}, "kind"),
        ({"kind": "state", "colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_right_is_refused(said: Mapping[str, object], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        declared(**said)


async def test_a_missing_library_names_the_extra_that_has_it() -> None:
    await need("modbus", "json")
    with pytest.raises(BadConfiguration, match=r"pip install 'labkeeper\[modbus\]'"):
        await need("modbus", "no_such_library")
