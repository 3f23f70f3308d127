"""What the suite can still tell with a stranger's broker, without a console, and without our port."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from labkeeper_firmware.__main__ import reference_place
from labkeeper_firmware.findings import Finding
from labkeeper_firmware.places import Place, open_bench
from labkeeper_firmware.suite import examine
from labkeeper_sdk.conformance.outcomes import Outcome
from labkeeper_sdk.testing import open_broker

ROOT = Path(__file__).parents[2]


async def blindly(place: Place, *only: str) -> Sequence[Finding]:
    async with open_bench(place) as bench:
        bench.witness = None
        return [finding async for finding in examine(bench, only)]


async def test_without_a_console_the_device_is_asked_when_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)  # where `tests.firmware.variant` is found
    variant = (sys.executable, "-m", "tests.firmware.variant", "NeverSafe")
    (tmp_path / "good").mkdir()
    (good,), (bad,) = await asyncio.gather(
        blindly(reference_place(tmp_path / "good"), "link_loss"),
        blindly(reference_place(tmp_path, *variant), "link_loss"),
    )
    assert good.outcome is Outcome.PASSED, good.seen
    assert bad.outcome is Outcome.FAILED
    assert "relay/power is still true after" in bad.seen.en


async def test_a_stranger_s_broker_is_not_restarted_and_its_devices_are_cut_off_at_our_port_only(
    tmp_path: Path,
) -> None:
    async with open_broker() as broker:
        place = replace(reference_place(tmp_path), broker=broker.url)
        past_us = [word.replace("{host}:{port}", f"{broker.host}:{broker.port}", 1) for word in place.run]
        through, past = await asyncio.gather(
            blindly(replace(place, device="reference-1"), "announces", "will", "broker_restart"),
            blindly(
                replace(place, device="past", run=[word.replace("=reference-1", "=past") for word in past_us]),
                "announces",
                "will",
            ),
        )
    assert [it.outcome for it in through] == [Outcome.PASSED, Outcome.PASSED, Outcome.UNTRIED], through
    assert [it.outcome for it in past] == [Outcome.PASSED, Outcome.UNTRIED], past
    assert "does not connect through the suite's port" in past[1].seen.en
