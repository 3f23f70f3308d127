"""The driver, our own MQTT client and a real broker; the bridge on the other side is a few lines of the test."""

import asyncio
import json

import pytest

from labkeeper_sdk import Availability, CommandFailed, Found, Nonsense, Reading, Report
from labkeeper_sdk.testing import Broker, brokers, open_broker
from tests.drivers.conftest import Firmware, Lab, Platform, fixture, open_driver, open_firmware

AIR, PLUG = "0x00158d0000000001", "0x00158d0000000002"
PLUG_TOPIC = "zigbee2mqtt/bench1/plug"
AIR_TOPIC = "zigbee2mqtt/物理实验室/空气"
WINDOW = 20  # Mosquitto's own max_inflight_messages


async def start_bridge(firmware: Firmware) -> None:
    await firmware.say("zigbee2mqtt/bridge/devices", fixture("zigbee2mqtt_devices.json"), retain=True)
    await firmware.say("zigbee2mqtt/bridge/state", {"state": "online"}, retain=True)


async def ready(platform: Platform) -> None:
    await platform.hears(Availability(AIR, online=True), Availability(PLUG, online=True))


async def test_a_bridges_devices_are_found_and_read(broker: Broker) -> None:
    async with open_firmware(broker) as bridge, open_driver("zigbee2mqtt", Lab(broker)) as platform:
        await start_bridge(bridge)
        await ready(platform)
        await bridge.say(AIR_TOPIC, {"temperature": 21.5, "last_seen": 1700000000000})
        await platform.hears(Report(AIR, (Reading("temperature", 21.5, 1700000000000),)))
        await bridge.say(AIR_TOPIC, b"\xff", qos=0)
        await platform.hears(Nonsense(AIR, "not_json", "b'\\xff'"))
        assert sum(isinstance(event, Found) for event in platform.events) == 2


async def test_another_base_topic_may_be_configured(broker: Broker) -> None:
    settings = {"base_topic": "school/zigbee"}
    async with open_firmware(broker) as bridge, open_driver("zigbee2mqtt", Lab(broker), settings) as platform:
        await bridge.say("school/zigbee/bridge/devices", fixture("zigbee2mqtt_devices.json"))
        await ready(platform)


async def test_a_write_returns_when_the_state_says_so(broker: Broker) -> None:
    async with (
        open_firmware(broker, f"{PLUG_TOPIC}/set") as bridge,
        open_driver("zigbee2mqtt", Lab(broker)) as platform,
    ):
        await start_bridge(bridge)
        await ready(platform)
        write = asyncio.create_task(platform.gateway.write(PLUG, "state_l1", value=True))
        assert await bridge.next_command() == (f"{PLUG_TOPIC}/set", b'{"state_l1":"ON"}')
        await bridge.say(PLUG_TOPIC, {"state_l1": "OFF"})
        await platform.reads(PLUG, "state_l1", value=False)
        assert not write.done()
        await bridge.say(PLUG_TOPIC, {"state_l1": "ON"})
        await write
        assert [reading.value for reading in platform.readings(PLUG, "state_l1")] == [False, True]


async def test_writes_to_one_device_do_not_wait_for_each_other(broker: Broker) -> None:
    async with (
        open_firmware(broker, f"{PLUG_TOPIC}/set") as bridge,
        open_driver("zigbee2mqtt", Lab(broker)) as platform,
    ):
        await start_bridge(bridge)
        await ready(platform)
        async with asyncio.TaskGroup() as group:
            group.create_task(platform.gateway.write(PLUG, "state_l1", value=True))
            group.create_task(platform.gateway.write(PLUG, "brightness", value=100.0))
            asked = [json.loads((await bridge.next_command())[1]) for _ in range(2)]
            await bridge.say(PLUG_TOPIC, {**asked[0], **asked[1]})
        assert {key: value for each in asked for key, value in each.items()} == {"state_l1": "ON", "brightness": 100}


async def test_a_write_nobody_confirms_fails(broker: Broker) -> None:
    async with open_firmware(broker) as bridge, open_driver("zigbee2mqtt", Lab(broker)) as platform:
        await start_bridge(bridge)
        await ready(platform)
        with pytest.raises(CommandFailed) as error:
            await platform.gateway.write(PLUG, "state", value=True)
        assert error.value.code == "not_confirmed"


async def test_an_action_is_done_when_the_broker_has_it(broker: Broker) -> None:
    async with (
        open_firmware(broker, f"{PLUG_TOPIC}/set") as bridge,
        open_driver("zigbee2mqtt", Lab(broker)) as platform,
    ):
        await start_bridge(bridge)
        await ready(platform)
        await platform.gateway.write(PLUG, "identify", value="identify")
        assert await bridge.next_command() == (f"{PLUG_TOPIC}/set", b'{"identify":"identify"}')


async def test_an_action_a_dead_broker_does_not_take_fails(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_firmware(broker) as bridge, open_driver("zigbee2mqtt", Lab(broker)) as platform:
        await start_bridge(bridge)
        await ready(platform)

        async def never(*_: object, **__: object) -> None:
            await asyncio.Event().wait()

        gateway = platform.gateway
        monkeypatch.setattr(type(gateway.link), "publish", never)  # type: ignore[attr-defined]  # the driver's own link
        with pytest.raises(CommandFailed, match="the broker did not take the command"):
            await gateway.write(PLUG, "identify", value="identify")


@pytest.fixture
def small_window(monkeypatch: pytest.MonkeyPatch) -> None:
    conf = brokers.MOSQUITTO_CONF.replace("max_inflight_messages 1000", f"max_inflight_messages {WINDOW}")
    assert conf != brokers.MOSQUITTO_CONF
    monkeypatch.setattr(brokers, "MOSQUITTO_CONF", conf)


@pytest.mark.usefixtures("small_window")
async def test_what_came_while_we_were_away_is_read_though_it_fills_the_brokers_window() -> None:
    """The broker hands over a full window of state messages before we can even ask which devices there are."""
    count = WINDOW * 10
    async with open_broker() as broker, open_firmware(broker) as bridge:
        lab = Lab(broker)
        await start_bridge(bridge)
        async with open_driver("zigbee2mqtt", lab) as platform:
            await ready(platform)
        async with asyncio.TaskGroup() as group:
            for number in range(count):
                group.create_task(bridge.say(AIR_TOPIC, {"co2": number, "last_seen": 1_700_000_000_000 + number}))
        async with open_driver("zigbee2mqtt", lab) as platform:
            await platform.until(lambda _: len(platform.readings(AIR, "co2")) >= count)
            read = [(reading.value, reading.time_ms) for reading in platform.readings(AIR, "co2")]
    assert sorted(read) == [(float(number), 1_700_000_000_000 + number) for number in range(count)]


async def test_a_message_that_was_not_settled_comes_again_and_is_known_again(broker: Broker) -> None:
    lab = Lab(broker)
    async with open_firmware(broker) as bridge:
        await start_bridge(bridge)
        async with open_driver("zigbee2mqtt", lab, settling=False) as platform:
            await ready(platform)
            await bridge.say(AIR_TOPIC, {"co2": 640})
            await platform.reads(AIR, "co2", value=640.0)
            first = platform.observed[-1]
        async with open_driver("zigbee2mqtt", lab) as platform:
            await platform.reads(AIR, "co2", value=640.0)
            again = next(each for each in platform.observed if any(isinstance(event, Report) for event in each.events))
        async with open_driver("zigbee2mqtt", lab) as platform:
            await ready(platform)
            await bridge.say(AIR_TOPIC, {"co2": 650})
            await platform.reads(AIR, "co2", value=650.0)
            assert len(platform.readings(AIR, "co2")) == 1
    assert (first.again, again.again) == (False, True)
    assert first.identity == again.identity != b""


async def test_no_reading_is_made_of_what_the_broker_kept(broker: Broker) -> None:
    lab = Lab(broker)
    async with open_firmware(broker) as bridge:
        await start_bridge(bridge)
        await bridge.say(AIR_TOPIC, {"co2": 640}, retain=True)
        for _ in range(2):
            async with open_driver("zigbee2mqtt", lab) as platform:
                await ready(platform)
                await bridge.say(AIR_TOPIC, {"temperature": 20})
                await platform.reads(AIR, "temperature", value=20.0)
                assert platform.readings(AIR, "co2") == []


async def test_writes_fail_at_once_when_the_connection_ends(broker: Broker) -> None:
    async with open_firmware(broker, f"{PLUG_TOPIC}/set") as bridge:
        await start_bridge(bridge)
        async with open_driver("zigbee2mqtt", Lab(broker)) as platform:
            await ready(platform)
            write = asyncio.create_task(platform.gateway.write(PLUG, "state", value=True))
            await bridge.next_command()
        with pytest.raises(CommandFailed, match="the connection to the broker ended first"):
            await write
