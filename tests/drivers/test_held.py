import asyncio

import pytest

from labkeeper_drivers import held as held_module
from labkeeper_drivers.held import Held
from labkeeper_drivers.sweeping import sweeping
from labkeeper_sdk import MqttMessage
from labkeeper_wire.mqtt import Message


@pytest.fixture
def gone() -> list[MqttMessage]:
    return []


def message(text: str) -> Message:
    return Message(text, b"", 1, packet_id=1)


def test_what_waited_comes_in_its_order(gone: list[MqttMessage]) -> None:
    held = Held(gone.append)
    for text in "abc":
        held.keep("robot", message(text), 0.0)
    held.keep("relay", message("x"), 0.0)
    assert [each.topic for each in held.release(["robot", "nobody"])] == ["a", "b", "c"]
    assert held.release(["robot"]) == []
    assert gone == []


def test_what_waited_on_any_of_several_topics_comes_when_one_with_open_levels_is_explained(
    gone: list[MqttMessage],
) -> None:
    held = Held(gone.append)
    came = ["home/a/temperature", "home/b/temperature", "home/a/temperature", "home/a/humidity"]
    for at_s, topic in enumerate(came):
        held.keep(topic, message(topic), float(at_s))
    assert [each.topic for each in held.release(["home/+/temperature"])] == came[:3]
    assert [each.topic for each in held.release(["home/a/humidity"])] == ["home/a/humidity"]


def test_the_old_are_let_go_and_the_young_stay(gone: list[MqttMessage]) -> None:
    held = Held(gone.append)
    held.keep("robot", message("old"), 1.0)
    held.keep("robot", message("young"), 3.0)
    held.keep("relay", message("older"), 0.0)
    assert held.forget_older(2.0) == 2
    assert [each.topic for each in gone] == ["old", "older"]
    assert [each.topic for each in held.release(["relay", "robot"])] == ["young"]
    assert held.forget_older(9.0) == 0


def test_there_is_a_limit_and_room_again_after_a_release(
    gone: list[MqttMessage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(held_module, "HELD_LIMIT", 1)
    held = Held(gone.append)
    held.keep("a", message("kept"), 0.0)
    held.keep("a", message("too much"), 0.0)
    assert [each.topic for each in gone] == ["too much"]
    held.release(["a"])
    held.keep("a", message("kept again"), 0.0)
    assert len(gone) == 1


async def test_sweeping_lets_go_in_time_and_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    let_go = asyncio.Event()
    held = Held(lambda _: let_go.set())
    held.keep("robot", message("a"), asyncio.get_running_loop().time())
    async with sweeping(held, after_s=0.02), asyncio.timeout(20):
        await let_go.wait()
    assert [record.message for record in caplog.records] == [
        "1 messages came from devices nobody described and were let go"
    ]
