"""Each fault is found by the check that is to find it, and the report names it; a driver without faults passes all."""

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from labkeeper_sdk import Setpoint, Switch
from labkeeper_sdk.conformance import CHECKS, Check, Level, Outcome, Pace, Report, Trial, examine, reached
from labkeeper_sdk.conformance.commanded import not_too_long
from labkeeper_sdk.conformance.examination import make
from labkeeper_sdk.conformance.gold import is_chinese
from labkeeper_sdk.conformance.left_alone import is_ours
from labkeeper_sdk.conformance.trial import soonest
from labkeeper_sdk.testing import Stand, serve_tcp

from .pump import DRIVER, SimulatedPump
from .pump_bench import BENCH
from .zoo import LEFT, SPECIMENS, Specimen, leaves_one_that_ends, opened

PACE = Pace(opens=20, readings=30, listen_s=1.5, spoiled_frames=30, settle_s=2.0)
BY_NAME: dict[str, Check] = {check.name: check for check in CHECKS}
LEAST = 20
SOAK_S = 1.5

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")


@pytest.fixture(autouse=True)
def cleared() -> Iterator[None]:
    yield
    for left in LEFT:
        if isinstance(left, int):
            os.close(left)
        elif isinstance(left, asyncio.Task):
            left.cancel()
    LEFT.clear()


def test_there_are_twenty_different_faults() -> None:
    assert len({specimen.fault for specimen in SPECIMENS}) >= LEAST


@pytest.mark.parametrize("specimen", SPECIMENS, ids=lambda it: it.fault.replace(" ", "-"))
def test_a_fault_is_found_and_named(specimen: Specimen) -> None:
    pace = replace(PACE, soak_s=SOAK_S) if specimen.check == "soak" else PACE
    trial = Trial("acme-pump", specimen.driver, specimen.bench, pace)
    finding = make(trial, BY_NAME[specimen.check])
    assert finding.outcome is Outcome.FAILED
    assert specimen.says in finding.seen.en
    assert finding.seen.zh
    report = Report("acme-pump", "acme-pump 1", actuators=True, findings=(finding,))
    assert finding.seen.en in report.text()
    assert finding.check.remedy.zh in report.text("zh")


def test_a_driver_without_faults_passes_everything_but_the_soak_nobody_asked_for() -> None:
    trial = Trial("acme-pump", DRIVER, BENCH, replace(PACE, settle_s=30.0))  # the simulator's ends of what we closed
    findings = examine(trial)
    assert {it.check.name: it.seen.en for it in findings if not it.counts} == {"soak": "give --soak MINUTES"}
    assert reached(findings) is Level.GOLD
    assert trial.notes == {"fixtures": "documented"}


@pytest.mark.parametrize(
    ("fault", "level", "failed"),
    [
        ("a default secret", Level.NONE, "schema"),
        ("carries out twice", Level.BRONZE, "confirms"),
        ("no safe value", Level.SILVER, "safe_values"),
    ],
)
def test_a_fault_takes_its_level_from_a_driver_of_which_everything_is_checked(
    fault: str, level: Level, failed: str
) -> None:
    (specimen,) = (it for it in SPECIMENS if it.fault == fault)
    pace = replace(PACE, opens=10, settle_s=30.0)  # the simulator's ends of what we closed
    findings = examine(Trial("acme-pump", specimen.driver, specimen.bench, pace), up_to=Level.GOLD)
    assert next(it.check.name for it in findings if not it.counts) == failed
    assert reached(findings) is level


def test_a_soaked_driver_is_platinum() -> None:
    trial = Trial("acme-pump", DRIVER, BENCH, Pace(soak_s=0.6))
    assert make(trial, BY_NAME["soak"]).outcome is Outcome.PASSED


def test_growth_is_seen_below_what_was_there_once() -> None:
    high = bytearray(b"x") * 200_000_000
    del high
    growing = next(specimen for specimen in SPECIMENS if specimen.check == "soak")
    trial = Trial("acme-pump", growing.driver, BENCH, replace(PACE, soak_s=SOAK_S))
    assert make(trial, BY_NAME["soak"]).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("text", "chinese"),
    [("流量", True), ("Tello 无人机", True), ("ROS", True), ("pH", True), ("PM2.5 CO2", True), ("Zigbee2MQTT", True),
     ("Flow", False), ("Flow rate", False), ("ROS robot", False), ("host", False)],
)  # fmt: skip
def test_a_chinese_title_has_a_chinese_character_or_is_an_abbreviation(text: str, chinese: bool) -> None:  # noqa: FBT001 -- a column of the table
    assert is_chinese(text) is chinese


def test_what_only_ends_slowly_is_no_leak() -> None:
    """As the tasks of a simulator on a busy machine: there are always some, and never the same."""
    trial = Trial("acme-pump", opened(leaves_one_that_ends), BENCH, replace(PACE, settle_s=30.0))
    assert make(trial, BY_NAME["opens"]).outcome is Outcome.PASSED


@asynccontextmanager
async def lingering() -> AsyncIterator[Stand]:
    """A pump that never sees every fourth caller hang up, as the others on a machine that has no time for it."""
    pump, calls = SimulatedPump(), itertools.count()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await pump.talk(reader, writer)
        if next(calls) % 4 == 0:
            await asyncio.Event().wait()

    async with serve_tcp(talk) as wire:
        yield Stand(settings={"host": wire.host, "port": wire.port}, wire=wire)


def test_what_leaks_at_each_opening_is_named_and_not_what_is_left_besides() -> None:
    (specimen,) = (it for it in SPECIMENS if it.fault == "leaks a task")
    trial = Trial("acme-pump", specimen.driver, replace(BENCH, open=lingering), replace(PACE, settle_s=0.5))
    finding = make(trial, BY_NAME["opens"])
    assert "leaks a task at each opening, e.g. 'heartbeat'" in finding.seen.en


@pytest.mark.parametrize(
    ("logger", "ours"), [("paho", True), ("asyncio.sslproto", True), ("paho_pump", False), ("acme.paho", False)]
)
def test_a_logger_is_ours_by_its_whole_name(logger: str, ours: bool) -> None:  # noqa: FBT001 -- a column of the table
    assert is_ours(logger) is ours


def test_of_each_kind_a_silent_device_is_asked_for_what_has_to_end_first() -> None:
    blind, plug = Setpoint("position", unit="%", minimum=0, maximum=100, confirm_s=60), Switch("output")
    slow = Switch("lock", confirm_s=5)
    kinds = soonest([("blind", blind), ("lock", slow), ("plug", plug)])
    assert kinds == [("blind", blind), ("plug", plug)]
    assert not_too_long(kinds) == [("plug", plug)]
    assert not_too_long(kinds[:1]) == [("blind", blind)]
