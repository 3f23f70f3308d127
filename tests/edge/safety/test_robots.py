"""Robots and drones at a whole edge: a stop is confirmed by what they do, not by what they answered before."""

from labkeeper_sdk.plugins import load_drivers
from labkeeper_sdk.sim.neighbours.tello import serve_drone
from labkeeper_sdk.testing import Broker, free_port
from labkeeper_wire.commands import CommandState
from labkeeper_wire.stop import LATCH, MISSING, StopWord, topic
from tests.drivers.slow_drone import SlowDrone
from tests.edge.conftest import RunEdge
from tests.edge.tiny_host import TinyHost, open_host

COMMAND = "0a3f2c56-2f0e-4b4c-9a54-0d6c1f6f0a01"
STOP = StopWord("latch-1", active=True, by="anna", at_ms=1)


async def stop(host: TinyHost) -> None:
    await host.link.publish(topic("s"), STOP.to_payload(), qos=1, retain=True)


def confirmed(host: TinyHost) -> bool:
    return host.node_metric(LATCH) == STOP.latch and host.node_metric(MISSING) == "[]"


async def test_a_stop_during_a_take_off_is_confirmed_only_when_the_drone_stands(
    broker: Broker, run_edge: RunEdge
) -> None:
    drone = SlowDrone()
    async with serve_drone(drone) as drone.wire, open_host(broker.url) as host:
        port, state_port = drone.wire.commands.port, free_port()
        tables = f'[drivers.drone]\ndriver = "tello"\nhost = "127.0.0.1"\nport = {port}\nstate_port = {state_port}\n'
        async with run_edge(tables, "poll_every_s = 0.05", drivers=load_drivers()):
            await host.born("drone")
            await host.until(lambda: drone.landed == ["heard"])
            host.command(COMMAND, "drone", "flying", True, ttl_ms=20_000)
            await host.until(lambda: drone.rising)
            await stop(host)
            assert (await host.result(COMMAND, CommandState.FAILED)).code == "stopped"
            await host.until(lambda: confirmed(host))
            assert (drone.flying, drone.rising) == (False, False)
            assert len(drone.landed) >= 3
