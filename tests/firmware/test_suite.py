"""The suite passes the reference firmware, on CPython and on MicroPython, and names the fault of each broken variant.

Several devices run at once, each a process with a broker of its own; a test looks at what came of its own.
"""

import pytest

from labkeeper_firmware.checks import CHECKS

from .faults import AT_A_BROKER, ON_A_LINE, is_named, passes
from .several import MICROPYTHON, Results, reference_and_variants, told
from .variant import VARIANTS


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return reference_and_variants(tmp_path_factory.mktemp("devices"), AT_A_BROKER)


def test_the_reference_firmware_passes_on_cpython(results: Results) -> None:
    assert passes(results["CPython"]), told(results["CPython"])


@pytest.mark.skipif(MICROPYTHON is None, reason="MicroPython's Unix port is not installed here")
def test_the_reference_firmware_passes_on_micropython(results: Results) -> None:
    assert passes(results["MicroPython"]), told(results["MicroPython"])


@pytest.mark.parametrize("name", AT_A_BROKER)
def test_the_fault_of_a_broken_variant_is_found_and_named(results: Results, name: str) -> None:
    (finding,) = results[name]
    assert is_named(finding, AT_A_BROKER[name][1]), told(results[name])


def test_each_variant_is_tried() -> None:
    assert AT_A_BROKER.keys() | ON_A_LINE.keys() == set(VARIANTS)


def test_each_check_finds_a_variant() -> None:
    assert {check for check, _ in AT_A_BROKER.values()} == {check.name for check in CHECKS}
