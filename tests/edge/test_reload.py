"""A node reads its settings again: what changed changes, and nothing else notices."""

import asyncio
import json
import signal
from asyncio.subprocess import Process
from dataclasses import replace
from pathlib import Path

import pytest

from labkeeper_edge.node import assign
from labkeeper_edge.refusals import Refusals
from labkeeper_edge.reload import difference, fixed_keys
from labkeeper_edge.settings import parse_settings
from labkeeper_edge.supervision.placing import lodging
from labkeeper_edge.supervision.services import NodeServices
from labkeeper_edge.supervision.supervisor import Assignment
from labkeeper_edge.uplink.births import DRIVER as DRIVER_STATE
from labkeeper_sdk import BadConfiguration, Driver, Resource
from labkeeper_sdk.plugins import Loaded, Source
from labkeeper_sdk.testing import Broker
from labkeeper_wire.effects import DeviceBorn, NodeBorn
from labkeeper_wire.mqtt import Address

from .bench_driver import Configuration, connect, driver
from .conftest import SETTINGS, Keyboard, StartEdge
from .tiny_host import TinyHost, open_host

FIRST = '[drivers.bench]\ndriver = "bench"\n'
SECOND = '[drivers.other]\ndriver = "bench"\nprefix = "other"\ndevices = ["d2"]\n'
TOP = 'school = "s"\nnode = "n"\nlab = "l"\n'


def assignment(instance: str, **keys: object) -> Assignment:
    services = NodeServices(Address("127.0.0.1", 1), "s", "n", instance, Refusals())
    return Assignment(instance, driver, Configuration.model_validate(keys), services)


def test_the_difference_names_what_ends_and_what_begins() -> None:
    running = {name: assignment(name) for name in ("same", "changed", "removed")}
    wanted = [assignment("new"), assignment("changed", prefix="x"), assignment("same")]
    change = difference(running, wanted)
    assert change.ending == ("changed", "removed")
    assert [it.instance for it in change.beginning] == ["new", "changed"]


def test_an_instance_is_left_alone_whose_package_made_its_driver_anew() -> None:
    running = assignment("same")
    assert difference({"same": running}, [replace(running, driver=replace(driver))]).beginning == ()


def test_an_instance_that_was_moved_out_stays_there_and_one_that_is_to_move_begins_anew() -> None:
    running = assignment("same")
    apart = replace(running, isolated=True)
    assert difference({"same": replace(apart, moved=True)}, [running]).ending == ()
    assert difference({"same": running}, [apart]).ending == ("same",)
    assert difference({"same": apart}, [running]).ending == ("same",)
    place = lodging(parse_settings(TOP), "same", Source("bench", "m"), {}, [], "")
    assert difference({"same": apart}, [replace(apart, lodging=place)]).ending == ("same",)


def test_keys_that_a_running_node_cannot_take_over_are_named() -> None:
    old, new = parse_settings(TOP), parse_settings(TOP + "poll_every_s = 2.0\naliases = true\n" + FIRST)
    assert fixed_keys(old, new) == ("aliases", "poll_every_s")
    assert fixed_keys(old, old) == ()


def rewrite(config: Path, broker: Broker, tables: str) -> None:
    config.write_text(SETTINGS.format(broker=broker.url, more="") + tables)


def last_birth(host: TinyHost) -> list[str | None]:
    births = [it for it in host.heard if isinstance(it, NodeBorn)]
    return [metric.name for metric in births[-1].metrics]


async def reloaded(process: Process, config: Path, broker: Broker, tables: str) -> None:
    rewrite(config, broker, tables)
    process.send_signal(signal.SIGHUP)
    assert process.stdout is not None
    async with asyncio.timeout(20):
        assert "reloaded" in json.loads(await process.stdout.readline())


async def test_drivers_are_added_changed_and_removed_and_the_others_keep_their_connection(
    broker: Broker, start_edge: StartEdge, keyboard: Keyboard, tmp_path: Path
) -> None:
    config, log = tmp_path / "node.toml", tmp_path / "edge.log"
    async with open_host(broker.url) as host, start_edge(FIRST) as process:
        await host.born("d1")
        await reloaded(process, config, broker, FIRST + SECOND)
        await host.born("d2")
        await host.until(lambda: host.node_metric(DRIVER_STATE + "other") == "connected")
        await keyboard.link.publish("other/d2/state", b'{"temperature": 5.0}')
        await host.until(lambda: host.values("temperature", "d2"))
        await reloaded(process, config, broker, FIRST + SECOND.replace('"d2"', '"d3"'))
        await host.born("d3")
        await host.died("d2")
        await reloaded(process, config, broker, FIRST)
        await host.died("d3")
        await host.until(lambda: DRIVER_STATE + "other" not in last_birth(host))
        await keyboard.says(temperature=7.0)
        await host.until(lambda: host.values("temperature"))
        births = [it for it in host.heard if isinstance(it, NodeBorn)]
        assert len({it.bd_seq for it in births}) == 1
    assert log.read_text().count("driver bench: connected") == 1


async def test_what_the_school_says_about_a_device_is_taken_over_and_wrong_settings_change_nothing(
    broker: Broker, start_edge: StartEdge, tmp_path: Path
) -> None:
    config, log = tmp_path / "node.toml", tmp_path / "edge.log"
    titled = FIRST + '[devices.d1]\nbench = "4"\n'
    async with open_host(broker.url) as host, start_edge(FIRST) as process:
        await host.born("d1")
        rewrite(config, broker, FIRST + "nonsense = 1\n")
        process.send_signal(signal.SIGHUP)
        async with asyncio.timeout(20):
            while "not taken over" not in log.read_text():
                await asyncio.sleep(0.05)
        await reloaded(process, config, broker, titled)
        await host.until(
            lambda: [it for it in host.heard if isinstance(it, DeviceBorn) and any(m.value == "4" for m in it.metrics)]
        )
    assert "drivers.bench.nonsense: driver bench has no such key" in log.read_text()
    assert log.read_text().count("driver bench: connected") == 1


def claiming(configuration: Configuration) -> list[Resource]:
    return [Resource("serial port", configuration.prefix, "prefix")]


def test_two_instances_that_claim_the_same_thing_are_refused_by_both_keys_and_the_file() -> None:
    loaded = Loaded({"bench": Driver("bench", Configuration, connect, resources=claiming)})
    same = parse_settings(TOP + FIRST + SECOND.replace('prefix = "other"', 'prefix = "bench"'))
    with pytest.raises(BadConfiguration) as refused:
        assign(same, loaded, Refusals(), "node.toml")
    assert str(refused.value) == (
        "node.toml: drivers.other.prefix: serial port bench is used by drivers.bench.prefix already"
    )
    assert len(assign(parse_settings(TOP + FIRST + SECOND), loaded, Refusals())[0]) == 2
