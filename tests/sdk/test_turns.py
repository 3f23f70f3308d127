"""A device that does one thing at a time: a stop before a command before a poll, and nobody waits without bound."""

import asyncio

import pytest

from labkeeper_sdk import CommandFailed, Turns, Urgency
from labkeeper_sdk.turns import MOST_WAITING


async def waiting(turns: Turns, urgency: Urgency, name: str, served: list[str]) -> asyncio.Task[None]:
    """Start somebody who waits for a turn; return once it waits."""

    async def take() -> None:
        async with turns.take(urgency):
            served.append(name)

    task = asyncio.create_task(take())
    await asyncio.sleep(0)
    return task


async def test_a_stop_goes_before_commands_and_they_go_before_polls_each_in_order() -> None:
    turns, served = Turns(), list[str]()
    async with turns.take(Urgency.POLL):
        wanted = [("p1", Urgency.POLL), ("c1", Urgency.COMMAND), ("c2", Urgency.COMMAND), ("s1", Urgency.STOP)]
        tasks = [await waiting(turns, urgency, name, served) for name, urgency in wanted]
        assert served == []
    await asyncio.gather(*tasks)
    assert served == ["s1", "c1", "c2", "p1"]


async def test_whoever_gives_up_leaves_the_line_and_a_turn_given_in_that_moment_is_passed_on() -> None:
    turns, served = Turns(), list[str]()
    async with turns.take(Urgency.COMMAND):
        first, second, third = [await waiting(turns, Urgency.COMMAND, name, served) for name in ("a", "b", "c")]
        first.cancel()
        await asyncio.wait([first])
    second.cancel()  # it has been given the turn and has not run since
    await asyncio.wait([second, third])
    assert served == ["c"]
    async with asyncio.timeout(1), turns.take(Urgency.POLL):
        pass


async def test_a_turn_ends_with_the_error_inside_it() -> None:
    turns = Turns()
    with pytest.raises(ZeroDivisionError):
        async with turns.take(Urgency.COMMAND):
            raise ZeroDivisionError
    async with asyncio.timeout(1), turns.take(Urgency.POLL):
        pass


async def test_too_many_are_turned_away_and_a_stop_never_is() -> None:
    turns, served = Turns(), list[str]()
    async with turns.take(Urgency.COMMAND):
        tasks = [await waiting(turns, Urgency.COMMAND, str(number), served) for number in range(MOST_WAITING)]
        with pytest.raises(CommandFailed) as refused:
            async with turns.take(Urgency.COMMAND):
                pass
        assert refused.value.code == "busy"
        tasks.append(await waiting(turns, Urgency.STOP, "stop", served))
    await asyncio.gather(*tasks)
    assert served[0] == "stop"
    assert len(served) == MOST_WAITING + 1
