"""What is a UCUM unit and what only looks like one."""

import pytest

from labkeeper_drivers.units import UCUM
from labkeeper_sdk.conformance.ucum import is_ucum


@pytest.mark.parametrize("unit", sorted(set(UCUM.values())))
def test_every_unit_our_drivers_write_is_ucum(unit: str) -> None:
    assert is_ucum(unit)


@pytest.mark.parametrize(
    "unit",
    ["", "1", "Cel", "%", "m/s", "m/s2", "kg.m.s-2", "10.ms", "/min", "10*3/uL", "10*-6", "(mol/L)/s", "{count}",
     "kW.h", "dB{A}", "mm[Hg]", "KiBy", "[degF]", "J/(kg.K)"],
)  # fmt: skip
def test_units_of_the_tables_and_their_combinations_are_ucum(unit: str) -> None:
    assert is_ucum(unit)


@pytest.mark.parametrize(
    "unit", ["°C", "C°", "celsius", "percent", "ml per minute", "m//s", "m/", "m..s", "(m", "{open", "µm", "kmh", "RPM"]
)
def test_other_spellings_are_not(unit: str) -> None:
    assert not is_ucum(unit)
