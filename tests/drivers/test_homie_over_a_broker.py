"""The driver, our own MQTT client and a real broker; the device on the other side is a few lines of the test."""

import asyncio

import pytest

from labkeeper_sdk import Availability, CommandFailed, CommandRejected, Found, Reading, Report
from labkeeper_sdk.testing import Broker
from tests.drivers.conftest import Firmware, Lab, Platform, fixture, open_driver, open_firmware

ROBOT = "homie/5/robot"
LEFT = f"{ROBOT}/drive/left"
ONLINE = Availability("robot", online=True)


async def boot(firmware: Firmware) -> None:
    await firmware.say(f"{ROBOT}/$state", b"init", retain=True)
    await firmware.say(f"{ROBOT}/$description", fixture("homie_robot.json"), retain=True)
    await firmware.say(f"{LEFT}/$target", b"0", retain=True)
    await firmware.say(LEFT, b"0", retain=True)
    await firmware.say(f"{ROBOT}/$state", b"ready", retain=True)


async def ready(platform: Platform) -> None:
    await platform.hears(ONLINE)


async def test_a_device_that_boots_is_found_and_read(broker: Broker) -> None:
    async with open_driver("homie", Lab(broker)) as platform, open_firmware(broker) as robot:
        await boot(robot)
        await robot.say(f"{ROBOT}/body/battery", b"87.5", retain=True)
        await robot.say(f"{ROBOT}/body/bump", b"left", qos=0)
        await platform.hears(
            Report("robot", (Reading("drive/left", 0.0),)),
            Report("robot", (Reading("body/battery", 87.5),)),
            Report("robot", (Reading("body/bump", "left"),)),
        )


async def test_a_write_returns_when_the_property_has_arrived_at_its_target(broker: Broker) -> None:
    async with (
        open_firmware(broker, f"{LEFT}/set") as robot,
        open_driver("homie", Lab(broker)) as platform,
    ):
        await boot(robot)
        await ready(platform)
        write = asyncio.create_task(platform.gateway.write("robot", "drive/left", value=0.5))
        assert await robot.next_command() == (f"{LEFT}/set", b"0.5")
        await robot.say(f"{LEFT}/$target", b"0.5", retain=True)
        await robot.say(LEFT, b"0.25", retain=True)
        await platform.reads("robot", "drive/left", value=0.25)
        assert not write.done()
        await robot.say(LEFT, b"0.5", retain=True)
        await write


async def test_a_target_taken_and_not_reached_is_told(broker: Broker) -> None:
    async with open_firmware(broker, f"{LEFT}/set") as robot, open_driver("homie", Lab(broker)) as platform:
        await boot(robot)
        await ready(platform)
        write = asyncio.create_task(platform.gateway.write("robot", "drive/left", value=0.5))
        await robot.next_command()
        await robot.say(f"{LEFT}/$target", b"0.5", retain=True)
        with pytest.raises(CommandFailed, match=r"took the target 0\.5 but did not reach it within 5 s"):
            await write


async def test_an_action_is_sent_and_done(broker: Broker) -> None:
    async with (
        open_firmware(broker, f"{ROBOT}/drive/beep/set") as robot,
        open_driver("homie", Lab(broker)) as platform,
    ):
        await boot(robot)
        await ready(platform)
        await platform.gateway.write("robot", "drive/beep", value=3)
        assert await robot.next_command() == (f"{ROBOT}/drive/beep/set", b"3")


async def test_a_value_the_convention_does_not_know_is_not_sent(broker: Broker) -> None:
    async with open_firmware(broker) as robot, open_driver("homie", Lab(broker)) as platform:
        await boot(robot)
        await ready(platform)
        with pytest.raises(CommandRejected) as error:
            await platform.gateway.write("robot", "body/lamp", value="pink")
        assert error.value.code == "not_a_color"


async def test_values_published_while_we_were_away_come_once_each(broker: Broker) -> None:
    lab = Lab(broker)
    async with open_firmware(broker) as robot:
        await boot(robot)
        async with open_driver("homie", lab) as platform:
            await ready(platform)
        for percent in (80, 79, 78):
            await robot.say(f"{ROBOT}/body/battery", str(percent).encode(), retain=True)
        async with open_driver("homie", lab) as platform:
            await platform.reads("robot", "body/battery", value=78.0)
            await robot.say(f"{ROBOT}/body/battery", b"77", retain=True)
            await platform.reads("robot", "body/battery", value=77.0)
            read = [reading.value for reading in platform.readings("robot", "body/battery")]
            assert platform.readings("robot", "drive/left") == []
    assert read == [80.0, 79.0, 78.0, 77.0]


async def test_a_new_session_begins_with_what_live_devices_stand_by(broker: Broker) -> None:
    async with open_firmware(broker) as robot:
        await boot(robot)
        async with open_driver("homie", Lab(broker)) as platform:
            await platform.reads("robot", "drive/left", value=0.0)


async def test_a_device_that_is_removed_is_gone_and_may_come_back(broker: Broker) -> None:
    async with open_firmware(broker) as robot, open_driver("homie", Lab(broker)) as platform:
        await boot(robot)
        await ready(platform)
        await robot.say(f"{ROBOT}/$state", b"", retain=True)
        await boot(robot)
        await platform.until(lambda heard: len([event for event in heard if isinstance(event, Found)]) >= 2)
        await platform.until(lambda heard: heard.count(ONLINE) >= 2)
