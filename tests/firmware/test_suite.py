"""The suite passes the reference firmware, on CPython and on MicroPython, and names the fault of each broken variant.

Several devices run at once, each a process with a broker of its own; a test looks at what came of its own.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from labkeeper_firmware.__main__ import reference_place
from labkeeper_firmware.checks import CHECKS
from labkeeper_firmware.findings import Finding
from labkeeper_firmware.places import Place
from labkeeper_firmware.report import Report
from labkeeper_sdk.conformance.outcomes import Outcome

from .several import MICROPYTHON, Results, examined_at_once, told
from .test_over_serial import ONLY_THERE
from .variant import VARIANTS

MINUTES = 0.05
LONG = ("CPython", "MicroPython")  # make all checks, so they begin
FAULTS = {  # variant: (check that finds it, what it says)
    "NoWill": ("will", "no will"),
    "NoState": ("announces", "there is no $state"),
    "StaysInInit": ("announces", "$state stays 'init'"),
    "ObeysRetained": ("retained_command", "relay/power obeys a retained command"),
    "CommaForPoint": ("schema", "is not of datatype float"),
    "CrashesOnNonsense": ("bad_payloads", "broke it: $state became 'lost'"),
    "TakesWhatIsOutOfRange": ("bad_payloads", "motor/speed/set b'-2' is not legal and was taken"),
    "NeverSafe": ("link_loss", "at all when the link is lost"),
    "LateSafe": ("link_loss", "becomes safe too late"),
    "AnswersFirst": ("answers", "before it does it"),
    "AnswersSlowly": ("answers", "relay/power = true: no answer within 1 s"),
    "Forgets": ("reboot", "climate/interval was set to 750 and is 500 after a power cut: forgotten"),
    "ComesBackOn": ("reboot", "relay/power is not safe (false) after the power came back"),
    "TooSlow": ("cadence", "too slow"),
    "TooFast": ("cadence", "is too fast: every 0."),
    "LocalTime": ("clock", "local time stamped as UTC?"),
    "AsksOnce": ("clock_jump", "does not follow"),
    "Chatters": ("restraint", "speaks of climate/raw, which it has not declared"),
    "Floods": ("restraint", "messages a second when nobody asks"),
    "KeepsSession": ("stale_command", "relay/power obeys a command from before it came back"),
    "GivesUp": ("broker_restart", "after the broker is back"),
    "DiesInAFlood": ("flood", "400 commands broke it: $state became 'lost'"),
    "TiresOut": ("long_run", "were due"),
}


def as_expected(name: str, findings: Sequence[Finding]) -> bool:
    if name not in FAULTS:
        return Report(name, findings, strict=True).passed
    return findings[0].outcome is Outcome.FAILED and FAULTS[name][1] in findings[0].seen.en


def places(folder: Path) -> dict[str, Place]:
    def made(name: str, *program: str) -> Place:
        (folder / name).mkdir()
        return reference_place(folder / name, *program, minutes=MINUTES)

    variant = (sys.executable, "-m", "tests.firmware.variant")
    every = {name: made(name, *variant, name) for name in FAULTS}
    every["CPython"] = made("CPython")
    if MICROPYTHON:
        every["MicroPython"] = made("MicroPython", MICROPYTHON, "-m", "reference.main")
    return every


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    waiting = places(tmp_path_factory.mktemp("devices"))
    checks = {name: FAULTS.get(name, ())[:1] for name in (*LONG, *FAULTS) if name in waiting}
    return examined_at_once(waiting, checks, as_expected)


def test_the_reference_firmware_passes_on_cpython(results: Results) -> None:
    assert Report("reference", results["CPython"], strict=True).passed, told(results["CPython"])


@pytest.mark.skipif(MICROPYTHON is None, reason="MicroPython's Unix port is not installed here")
def test_the_reference_firmware_passes_on_micropython(results: Results) -> None:
    assert Report("reference", results["MicroPython"], strict=True).passed, told(results["MicroPython"])


@pytest.mark.parametrize("name", FAULTS)
def test_the_fault_of_a_broken_variant_is_found_and_named(results: Results, name: str) -> None:
    (finding,) = results[name]
    assert finding.outcome is Outcome.FAILED, told(results[name])
    assert FAULTS[name][1] in finding.seen.en
    assert finding.seen.zh


def test_each_variant_is_tried() -> None:
    assert set(FAULTS) | set(ONLY_THERE) == set(VARIANTS)


def test_each_check_finds_a_variant() -> None:
    assert {check for check, _ in FAULTS.values()} == {check.name for check in CHECKS}
