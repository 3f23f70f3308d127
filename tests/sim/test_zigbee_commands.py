from collections.abc import Callable

import pytest

from labkeeper_sdk.sim import LabSettings, open_lab
from labkeeper_sdk.testing import Broker
from tests.sim.conftest import open_listener

Quick = Callable[..., LabSettings]
LIGHT = "zigbee2mqtt/Ceiling light"
PLUG = "zigbee2mqtt/bench1/plug"
PLUG_IEEE = "zigbee2mqtt/0x00158d00000a0002"


@pytest.mark.parametrize(
    ("device", "topic", "payload", "key", "value"),
    [
        ("plug", f"{PLUG}/set", '{"state": "OFF"}', "state", "OFF"),
        ("plug", f"{PLUG}/set", "OFF", "state", "OFF"),
        ("plug", f"{PLUG}/set", '{"state": "toggle"}', "state", "OFF"),
        ("plug", f"{PLUG}/set/state", "OFF", "state", "OFF"),
        ("plug", f"{PLUG_IEEE}/set", '{"state": "OFF"}', "state", "OFF"),
        ("air", "zigbee2mqtt/空气质量/set", '{"display": "OFF"}', "display", "OFF"),
        ("smoke", "zigbee2mqtt/Smoke detector/set", '{"self_test": "self_test"}', "test", True),
        ("light", f"{LIGHT}/set", '{"brightness": 33}', "brightness", 33),
        ("light", f"{LIGHT}/set/brightness", "44", "brightness", 44),
        ("light", f"{LIGHT}/set", '{"brightness": 0}', "state", "OFF"),
        ("light", f"{LIGHT}/set", '{"color_temp": 200, "transition": 1}', "color_temp", 200),
        ("light", f"{LIGHT}/set", '{"color_temp": "coolest"}', "color_temp", 153),
        ("light", f"{LIGHT}/set", '{"color": {"x": 0.3, "y": 0.2}}', "color", {"x": 0.3, "y": 0.2}),
        ("light", f"{LIGHT}/set", '{"color": {"x": 0.3, "y": 0.2}}', "color_mode", "xy"),
    ],
)
async def test_a_device_obeys_and_says_so(
    broker: Broker, quick: Quick, device: str, topic: str, payload: str, key: str, value: object
) -> None:
    state = topic.partition("/set")[0].replace(PLUG_IEEE, PLUG)
    async with open_listener(broker) as listener, open_lab(broker.url, settings=quick(device)):
        before = await listener.next_on(state)
        assert before.json[key] != value
        await listener.say(topic, payload)
        await listener.next_on(state, lambda one: bool(one.json[key] == value))


async def test_a_switched_off_plug_draws_nothing(broker: Broker, quick: Quick) -> None:
    async with open_listener(broker) as listener, open_lab(broker.url, settings=quick("plug")):
        on = (await listener.next_on(PLUG)).json
        assert on["power"] > 30
        assert on["power"] == pytest.approx(on["voltage"] * on["current"] * 0.92, rel=0.02)
        await listener.say(f"{PLUG}/set", '{"state": "OFF"}')
        off = (await listener.next_on(PLUG, lambda one: one.json["state"] == "OFF", count=3)).json
        assert (off["power"], off["current"]) == (0, 0)
        assert off["energy"] >= on["energy"]


async def test_every_device_can_show_itself_and_says_nothing_of_it(broker: Broker, quick: Quick) -> None:
    async with open_listener(broker) as listener, open_lab(broker.url, settings=quick(counter_rate=10)) as lab:
        for note in lab.devices:
            if note.protocol == "zigbee2mqtt":
                await listener.say(f"zigbee2mqtt/{note.title}/set", '{"identify": "identify"}')
                await listener.next_on(f"zigbee2mqtt/{note.title}", count=2)
        assert not [one for one in listener.on("zigbee2mqtt/bridge/logging") if one.json["level"] == "error"]


@pytest.mark.parametrize(
    ("topic", "payload", "words"),
    [
        (f"{PLUG}/set", '{"power": 3}', "No converter available for 'power' on 'bench1/plug': (3)"),
        (f"{PLUG}/set", '{"state": "MAYBE"}', "Publish 'set' 'state' to 'bench1/plug' failed"),
        (f"{PLUG}/set", "what?", "Invalid message 'what?', skipping..."),
        (f"{PLUG}/set", "[" * 100_000, "Invalid message"),
        (f"{PLUG}/get", '{"power": ""}', "No converter available for 'get' 'power'"),
        (f"{LIGHT}/set", '{"brightness": 900}', "expected a number between 0 and 254, got 900"),
        (f"{LIGHT}/set", '{"brightness": true}', "expected a number between 0 and 254"),
        (f"{LIGHT}/set", '{"color": "red"}', "expected x and y, got 'red'"),
        (f"{LIGHT}/set", '{"color_temp": "lukewarm"}', "expected one of coolest"),
        (f"{LIGHT}/set", '{"colour": 1}', "No converter available for 'colour'"),
        ("zigbee2mqtt/空气质量/set", '{"co2": 400}', "No converter available for 'co2' on '空气质量'"),
        ("zigbee2mqtt/Smoke detector/set", '{"smoke": true}', "No converter available for 'smoke'"),
        ("zigbee2mqtt/窗户/set", '{"contact": true}', "No converter available for 'contact'"),
        ("zigbee2mqtt/witness-counter/set", '{"counter": 0}', "No converter available for 'counter'"),
    ],
)
async def test_what_a_device_cannot_do_is_in_the_bridges_log(
    broker: Broker, quick: Quick, topic: str, payload: str, words: str
) -> None:
    async with open_listener(broker) as listener, open_lab(broker.url, settings=quick(counter_rate=10)):
        await listener.say(topic, payload)
        await listener.next_on("zigbee2mqtt/bridge/logging", lambda one: words in one.json["message"])


async def test_get_is_answered_with_the_state(broker: Broker, quick: Quick) -> None:
    settings = quick("light", devices={"light": {"interval_s": 60}})
    async with open_listener(broker) as listener, open_lab(broker.url, settings=settings):
        await listener.say(f"{LIGHT}/set", '{"brightness": 77}')
        await listener.next_on(LIGHT, lambda one: one.json["brightness"] == 77)
        await listener.say(f"{LIGHT}/get", '{"brightness": ""}')
        assert (await listener.next_on(LIGHT)).json["brightness"] == 77
