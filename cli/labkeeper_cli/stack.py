"""A whole lab on one machine: broker, devices, hub and node as processes, composed in one place.

The demo, the benchmarks and the system tests start this very stack.
"""

import json
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from labkeeper_cli.client import HubClient, open_hub
from labkeeper_cli.processes import Role, open_role
from labkeeper_cli.toml import as_toml
from labkeeper_sdk.sim.neighbours import NEIGHBOURS, Neighbour
from labkeeper_sdk.testing import Broker, Influx, claimed_port, free_port, open_broker, open_influx

NODE_TOML = """\
# The demo's node. labkeeper edge --help tells what else can be written here.
school = "demo-school"
node = "lab-1-pi"
broker = "{broker}"
{interlocks}lab = {{ id = "lab-1", title = {{ zh = "人工智能实验室", en = "AI lab" }} }}

[drivers.zigbee]
driver = "zigbee2mqtt"
when_alone = "hold"  # the plug goes on measuring over a restart of the node

[drivers.homie]
driver = "homie"

[drivers.replay]  # `labkeeper replay` plays recorded tables here
driver = "zigbee2mqtt"
base_topic = "replay"
{drivers}{devices}"""
FULL_TOML = """
[drivers.discovered]
driver = "homeassistant"

[drivers.tasmota]
driver = "tasmota"

[drivers.shelly]
driver = "shelly"

[drivers.cameras]
driver = "frigate"
"""
DEVICES_TOML = """
[devices."0x00158d00000a0001"]  # 空气质量, air quality
title = { zh = "空气质量", en = "Air quality" }

[devices."0x00158d00000a0002"]
title = { zh = "一号台插座", en = "Bench 1 plug" }
bench = "1"

[devices."0x00158d00000a0003"]
title = { zh = "烟雾探测器", en = "Smoke detector" }

[devices."0x00158d00000a0004"]
title = { zh = "窗户", en = "Window" }

[devices."0x00158d00000a0005"]
title = { zh = "吊灯", en = "Ceiling light" }

[devices."robot-kit"]
title = { zh = "机器人套件", en = "Robot kit" }
bench = "1"

[devices."robot-kit-gripper"]
title = { zh = "机械爪", en = "Gripper" }
bench = "1"

[devices."relay-board"]
title = { zh = "继电器板", en = "Relay board" }
bench = "2"

[devices."people-camera"]
title = { zh = "客流计数摄像头", en = "People counter" }
"""
FULL_DEVICES_TOML = """
[devices."0x00158d00000a0008"]
title = { zh = "漏水传感器", en = "Leak sensor" }

[devices."0x00158d00000a0009"]
title = { zh = "门", en = "Door" }

[devices."0x00158d00000a000a"]
title = { zh = "空气分析仪", en = "Air analyser" }

[devices."A0B1C2000001"]
title = { zh = "焊台", en = "Soldering station" }

[devices."A0B1C2000002"]
title = { zh = "台灯", en = "Desk lamp" }

[devices."shellyplusplugs-a0b1c2000003"]
title = { zh = "3D 打印机", en = "3D printer" }

[devices."shellyplus2pm-a0b1c2000004"]
title = { zh = "遮光帘", en = "Blind" }

[devices."weather-a0b1c2000005"]
title = { zh = "气象站", en = "Weather station" }

[devices."frigate"]
title = { zh = "摄像机服务器", en = "Camera server" }

[devices."frigate-door"]
title = { zh = "门口摄像机", en = "Door camera" }

[devices."frigate-entrance"]
title = { zh = "入口区域", en = "Entrance" }

[devices."frigate-yard"]
title = { zh = "院子摄像机", en = "Yard camera" }

[devices."pe-bands"]
title = { zh = "体育课心率手环", en = "PE heart-rate bands" }

[devices."air-handling"]
title = { zh = "新风机组", en = "Air handling unit" }

[devices."serial-kit"]
title = { zh = "串口机器人套件", en = "Serial robot kit" }

[devices."projector"]
title = { zh = "投影机", en = "Projector" }

[devices."ros-robot"]
title = { zh = "ROS 小车", en = "ROS rover" }

[devices."drone"]
title = { zh = "Tello 无人机", en = "Tello drone" }

[devices."pins"]
title = { zh = "GPIO 引脚", en = "GPIO pins" }

[devices."robomaster"]
title = { zh = "RoboMaster 机器人", en = "RoboMaster robot" }

[devices."rack"]
title = { zh = "机柜（交换机与 UPS）", en = "Rack (switch and UPS)" }

[devices."band-7"]
title = { zh = "心率手环 7 号", en = "Heart-rate band 7" }
"""
GAS_TOML = """
[devices."0x00158d00000a0007"]
title = { zh = "燃气探测器", en = "Gas detector" }
"""
OUTLETS_TOML = """
[devices."{}-outlets"]
title = {{ zh = "{}", en = "{}" }}
"""
USUAL = ("air", "plug", "smoke", "light", "door")


@dataclass(frozen=True, slots=True)
class SpecialLab:
    """What a special room has besides: simulated kinds, and what the school says about them."""

    kinds: tuple[str, ...]
    devices: str


LABS = {
    "chemistry": SpecialLab(
        ("gas", "chemistry"), GAS_TOML + OUTLETS_TOML.format("chemistry", "化学实验室插座", "Chemistry outlets")
    ),
    "maker": SpecialLab(("maker",), OUTLETS_TOML.format("maker", "创客空间插座", "Maker outlets")),
    "robot-field": SpecialLab(("field",), OUTLETS_TOML.format("field", "机器人场地", "Robot field")),
}
HUB_TOML = """\
# The demo's hub, where an InfluxDB runs beside it.
[influx]
url = "{url}"
"""
KEPT_BY_THE_DEMO = "owner-secret"


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a stack is to be: where its data lives, which ports it would like, what its devices do."""

    folder: Path
    host: str = "127.0.0.1"
    port: int = 0  # 0: any free one
    broker_port: int = 0
    broker_kind: str | None = None
    sim: Sequence[str] | None = ()  # the simulator's options; None: no simulator
    witness: Path | None = None
    full: bool = False  # every bundled driver, each with its simulator
    influx: bool = False  # an InfluxDB beside it, fed by the hub
    lab: str | None = None  # a special room, with its guarded outlets and the interlocks that come for it


@dataclass(slots=True)
class Stack:
    """The running lab."""

    broker: Broker
    hub: Role
    edge: Role
    sim: Role | None
    client: HubClient
    url: str
    secret: str
    influx: Influx | None = None

    @property
    def roles(self) -> Sequence[Role]:
        """The processes that must live."""
        return [role for role in (self.sim, self.hub, self.edge) if role is not None]


@asynccontextmanager
async def open_stack(wishes: Wishes, say: Callable[[str], None] = lambda _: None) -> AsyncIterator[Stack]:
    """Start everything in order, and end it in reverse; `say` hears each step."""
    folder = wishes.folder
    folder.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        say("broker")
        port = stack.enter_context(claimed_port(wishes.broker_port, wishes.host))
        broker = await stack.enter_async_context(
            open_broker(host=wishes.host, port=port, folder=folder / "broker", kind=wishes.broker_kind)
        )
        influx = None
        if wishes.influx:
            say("InfluxDB")
            influx = await stack.enter_async_context(open_influx(host=wishes.host, folder=folder / "influx"))
        say("hub")
        page = stack.enter_context(claimed_port(wishes.port, wishes.host))
        hub = await stack.enter_async_context(_hub(wishes, page, broker, influx))
        secret = _owner_secret(folder / KEPT_BY_THE_DEMO, hub)
        say("node")
        places = places_of(wishes)
        edge = await stack.enter_async_context(open_node(wishes, broker, places))
        say("devices")  # last, so that the node hears them from their first word
        sim = None if wishes.sim is None else await stack.enter_async_context(open_devices(wishes, broker, places))
        url = str(hub.ready["url"])
        client = await stack.enter_async_context(open_hub(url, secret))
        yield Stack(broker, hub, edge, sim, client, url, secret, influx)


def places_of(wishes: Wishes) -> Mapping[str, str]:
    """Return where devices of other wires than MQTT are to listen; their driver's settings name the same place."""
    if not wishes.full:
        return {}
    return {kind: _place(wishes, kind, it.place) for kind, it in NEIGHBOURS.items()}


def _place(wishes: Wishes, kind: str, place: str) -> str:
    return str(wishes.folder / kind) if place == "path" else str(free_port(0, wishes.host))


def open_devices(wishes: Wishes, broker: Broker, places: Mapping[str, str]) -> AbstractAsyncContextManager[Role]:
    """Run the simulated devices; `places` are those the node was told."""
    options = ["--broker", broker.url, *(["--full"] if wishes.full else []), *(wishes.sim or ())]
    if wishes.lab is not None:
        options += [word for kind in (*USUAL, *LABS[wishes.lab].kinds) for word in ("--only", kind)]
    options += [word for kind, where in places.items() for word in ("--listen", f"{kind}={where}")]
    if wishes.witness is not None:
        options += ["--witness", str(wishes.witness)]
    return open_role("devices", "labkeeper_sdk.sim", options, wishes.folder / "logs" / "devices.log")


def _hub(wishes: Wishes, port: int, broker: Broker, influx: Influx | None) -> AbstractAsyncContextManager[Role]:
    where = ["--data", str(wishes.folder / "hub"), "--host", wishes.host, "--port", str(port)]
    options = [*where, "--broker", broker.url]
    if influx is not None:
        config = wishes.folder / "hub.toml"
        config.write_text(HUB_TOML.format(url=influx.url), encoding="utf-8")
        options += ["--config", str(config)]
    return open_role("hub", "labkeeper_hub", options, wishes.folder / "logs" / "hub.log")


def open_node(wishes: Wishes, broker: Broker, places: Mapping[str, str]) -> AbstractAsyncContextManager[Role]:
    """Run the node, configured for the wished drivers and devices."""
    config = wishes.folder / "node.toml"
    config.write_text(_node_toml(wishes, broker, places), encoding="utf-8")
    options = ["--config", str(config), "--data", str(wishes.folder / "node")]
    return open_role("node", "labkeeper_edge", options, wishes.folder / "logs" / "node.log")


def _node_toml(wishes: Wishes, broker: Broker, places: Mapping[str, str]) -> str:
    near = "".join(_driver_toml(NEIGHBOURS[kind], where) for kind, where in places.items())
    drivers, interlocks = FULL_TOML + near if wishes.full else "", ""
    special = "" if wishes.lab is None else LABS[wishes.lab].devices
    gas = GAS_TOML if wishes.full and GAS_TOML not in special else ""
    devices = DEVICES_TOML + (FULL_DEVICES_TOML if wishes.full else "") + gas + special
    if wishes.lab is not None:
        interlocks = f"interlocks = {as_toml(wishes.lab)}\n"
    return NODE_TOML.format(broker=broker.url, interlocks=interlocks, drivers=drivers, devices=devices)


def _driver_toml(neighbour: Neighbour, where: str) -> str:
    keys = {"driver": neighbour.driver, **neighbour.settings(where)}
    lines = [f"{json.dumps(key)} = {as_toml(value)}" for key, value in keys.items()]
    return "\n" + "\n".join([f"[drivers.{neighbour.id}]", *lines]) + "\n"


def _owner_secret(kept: Path, hub: Role) -> str:
    """The owner's secret: the hub says it once, at its first run; the demo keeps it for the next, readable by no one
    else.
    """
    if said := hub.ready.get("owner_secret"):
        descriptor = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(str(said))
    return kept.read_text()
