import asyncio

import pytest

from labkeeper_drivers.confirmation import Waiting, confirms
from labkeeper_sdk import CommandFailed, Point, Reading, Setpoint, Switch, Value

LEVEL = Setpoint("level", minimum=0, maximum=254)
FREE = Setpoint("free")
NARROW = Setpoint("narrow", minimum=0, maximum=10)
TARGET = Setpoint("target", step=0.5)
LAMP = Switch("lamp")
MODE = Setpoint("mode", type=str, options=("a", "b"))


@pytest.mark.parametrize(
    ("point", "asked", "seen", "is_it"),
    [
        (LEVEL, 200.0, 200.0, True),
        (LEVEL, 63.5, 64.0, True),
        (FREE, 200.0, 200.1, True),
        (FREE, 200.0, 200.5, False),
        (FREE, 0.3, 0.3012, False),
        (NARROW, 2.5, 3.0, False),
        (LEVEL, 200.0, 201.0, False),
        (LEVEL, 200.0, "200", False),
        (LEVEL, 1.0, True, False),
        (LEVEL, 1.0, None, False),
        (TARGET, 20.3, 20.5, True),
        (TARGET, 20.0, 20.5, False),
        (LAMP, True, True, True),
        (LAMP, True, False, False),
        (MODE, "a", "a", True),
        (MODE, "[1, 2]", "[1,2]", True),
        (MODE, "[1, 2]", "[1,3]", False),
        (MODE, "[1", "[1]", False),
        (MODE, "", "[]", False),
        (MODE, "a", "b", False),
    ],
)
def test_a_value_confirms_within_half_a_step(point: Point, asked: Value, seen: Value | None, is_it: bool) -> None:  # noqa: FBT001 -- a table
    assert confirms(point, asked, seen) is is_it


async def test_a_write_ends_when_its_value_is_seen() -> None:
    waiting = Waiting()
    async with asyncio.timeout(20), waiting.confirmation("plug", LAMP, asked=True, within_s=60):
        waiting.saw("plug", [Reading("lamp", False), Reading("other", True)])
        waiting.saw("other", [Reading("lamp", True)])
        waiting.saw("plug", [Reading("lamp", True)])
        waiting.saw("plug", [Reading("lamp", True)])


async def test_two_writes_to_one_device_end_each_with_its_own_value() -> None:
    waiting = Waiting()
    ended: list[str] = []

    async def write(point: Point, asked: Value) -> None:
        async with waiting.confirmation("plug", point, asked, 60):
            pass
        ended.append(f"{point.name} {asked}")

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(write(LAMP, asked=True))
        group.create_task(write(LEVEL, 5.0))
        second = group.create_task(write(LEVEL, 9.0))
        await asyncio.sleep(0)
        waiting.saw("plug", [Reading("level", 9.0)])
        await second
        assert ended == ["level 9.0"]
        waiting.saw("plug", [Reading("lamp", True), Reading("level", 5.0)])
    assert sorted(ended) == ["lamp True", "level 5.0", "level 9.0"]


async def test_a_write_nobody_confirms_fails_by_name() -> None:
    with pytest.raises(CommandFailed, match=r"lamp did not say True within 0\.01 s") as error:
        async with Waiting().confirmation("plug", LAMP, asked=True, within_s=0.01):
            pass
    assert error.value.code == "not_confirmed"


async def test_a_target_taken_and_not_reached_is_told() -> None:
    waiting = Waiting()

    async def write() -> None:
        async with waiting.confirmation("heater", TARGET, 20.0, 0.01):
            waiting.accepted("heater", "target", 20.0)
            waiting.accepted("heater", "target", 25.0)
            waiting.accepted("heater", "elsewhere", 20.0)

    with pytest.raises(CommandFailed, match=r"took the target 20\.0 but did not reach it"):
        await write()


async def test_all_writes_fail_when_nobody_listens_any_more() -> None:
    waiting = Waiting()

    async def write() -> None:
        async with waiting.confirmation("plug", LAMP, asked=True, within_s=60):
            waiting.give_up("the link ended")
            await asyncio.Event().wait()  # the broker's acknowledgement will not come either

    with pytest.raises(CommandFailed, match="the link ended"):
        await write()


async def test_a_confirmed_write_is_not_given_up() -> None:
    waiting = Waiting()
    async with asyncio.timeout(20), waiting.confirmation("plug", LAMP, asked=True, within_s=60):
        waiting.saw("plug", [Reading("lamp", True)])
        waiting.give_up("the link ended")


async def test_a_device_that_is_there_already_confirms_by_taking_the_target() -> None:
    waiting = Waiting()
    waiting.saw("motor", [Reading("level", 0.0)])
    async with waiting.confirmation("motor", LEVEL, 0.0, 5):
        waiting.accepted("motor", "level", 0.0)


async def test_taking_the_target_is_not_being_there() -> None:
    waiting = Waiting()
    waiting.saw("motor", [Reading("level", 50.0)])
    with pytest.raises(CommandFailed, match="took the target"):
        async with waiting.confirmation("motor", LEVEL, 0.0, 0.05):
            waiting.accepted("motor", "level", 0.0)


async def test_a_write_with_a_ticket_waits_for_the_answer_and_not_for_a_value() -> None:
    waiting = Waiting()
    async with waiting.confirmation("d", LAMP, asked=True, within_s=5, ticket="7"):
        waiting.saw("d", [Reading("lamp", value=True)])
        assert not waiting._waits["d", "lamp"][0].seen.done()
        waiting.answered("8", "")
        waiting.answered("7", "")
        waiting.answered("7", "too late")


async def test_a_device_that_refuses_says_why() -> None:
    waiting = Waiting()
    with pytest.raises(CommandFailed, match="overheated") as error:
        async with waiting.confirmation("d", LAMP, asked=True, within_s=5, ticket="7"):
            waiting.answered("7", "overheated")
    assert error.value.code == "device_refused"


async def test_a_question_nobody_answers_is_not_confirmed() -> None:
    waiting = Waiting()
    with pytest.raises(CommandFailed, match="lamp was not answered"):
        async with waiting.confirmation("d", LAMP, asked=True, within_s=0.01, ticket="7"):
            pass
