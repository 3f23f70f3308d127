"""Long work leaves room for others."""

import asyncio

import pytest

from labkeeper_hub import turns
from labkeeper_hub.turns import in_turns, listed


async def _others(count: list[int]) -> None:
    while True:
        count[0] += 1
        await asyncio.sleep(0)


@pytest.mark.parametrize(("turn_s", "seen"), [(0.0, True), (3600.0, False)])
async def test_others_go_on_when_a_turn_is_over_and_not_before(
    monkeypatch: pytest.MonkeyPatch, turn_s: float, *, seen: bool
) -> None:
    monkeypatch.setattr(turns, "TURN_S", turn_s)
    count = [0]
    others = asyncio.create_task(_others(count))
    await in_turns(range(100))
    assert (count[0] >= 99) is seen
    others.cancel()


async def test_a_list_that_is_made_in_turns_is_the_list() -> None:
    assert await listed(range(1000)) == list(range(1000))
