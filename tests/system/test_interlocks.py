"""A chemistry lab leaks gas with the hub unplugged, and with everything unplugged, and is safe."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from benchmarks.interlocks import Chemistry, open_chemistry
from labkeeper_sdk.testing import find_mosquitto

pytestmark = [
    pytest.mark.skipif(find_mosquitto() is None, reason="Mosquitto is not installed: apt install mosquitto"),
    pytest.mark.timeout(180),
]


@pytest.fixture
async def chemistry(tmp_path: Path) -> AsyncIterator[Chemistry]:
    async with open_chemistry(tmp_path) as chemistry:
        yield chemistry


async def test_a_leak_is_made_safe_with_hub_broker_and_node_dead_and_the_latch_is_found_by_the_hub_afterwards(
    chemistry: Chemistry,
) -> None:
    for dead in (("hub",), ("broker", "node"), ("hub", "broker", "node")):
        await chemistry.prepare()
        assert not chemistry.safe
        assert await chemistry.leak(dead) < float("inf"), dead
        assert await chemistry.recover(dead), dead
