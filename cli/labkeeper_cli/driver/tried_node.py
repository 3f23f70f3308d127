"""A node that runs the driver under test and nothing else, between its simulated device and a broker."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from labkeeper_cli.driver.host import NODE, SCHOOL, Host
from labkeeper_cli.processes import Role, RoleDied
from labkeeper_cli.toml import as_toml
from labkeeper_sdk import Driver
from labkeeper_sdk.conformance import Fault
from labkeeper_sdk.conformance.trial import Trial
from labkeeper_sdk.testing import Stand, TcpWire, open_broker, open_tcp_wire
from labkeeper_wire import mqtt
from labkeeper_wire.descriptor import PointDescription

INSTANCE = "tried"
CALM_S = 0.5  # births of further devices follow one another


@dataclass(frozen=True, slots=True)
class Lab:
    """A stand with a node, and the broker at which a hub is heard."""

    stand: Stand
    broker: str
    edge: Role
    wire: TcpWire | None  # between node and broker

    async def points(self, host: Host) -> Mapping[tuple[str, str], PointDescription]:
        """Return the points that can be commanded, by (device, name), once they are born."""
        await host.until(lambda: host.points)
        await asyncio.sleep(CALM_S)
        return host.points


@asynccontextmanager
async def open_lab(trial: Trial, stand: Stand) -> AsyncIterator[Lab]:
    """Run a node with the driver, at the stand's broker or at one of its own behind a wire."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="labkeeper-gold-")))
        broker = stand.broker or (await stack.enter_async_context(open_broker())).url
        config = folder / "node.toml"
        wire = None if stand.broker else await stack.enter_async_context(_wire_to(broker))
        at = f"mqtt://{wire.host}:{wire.port}" if wire else broker
        config.write_text(node_toml(trial.driver, at, stand), encoding="utf-8")
        arguments = ["--config", str(config), "--data", str(folder / "data")]
        edge = Role("node", "labkeeper_edge", arguments, folder / "node.log")
        try:
            await start(edge)
            yield Lab(stand, broker, edge, wire)
        finally:
            await edge.stop()


def _wire_to(broker: str) -> AbstractAsyncContextManager[TcpWire]:
    address = mqtt.Address.parse(broker)
    return open_tcp_wire(address.host, address.port)


async def start(edge: Role) -> None:
    """Start the node; raises Fault where it does not."""
    try:
        await edge.start()
    except RoleDied as died:
        raise Fault(f"the node does not start: {died}", f"节点无法启动：{died}") from died


def node_toml(driver: Driver, broker: str, stand: Stand) -> str:
    """Return the settings of a node with this driver and nothing else."""
    top = {"school": SCHOOL, "node": NODE, "broker": broker, "rejoin_spread_s": 0, "poll_every_s": 0.2, "lab": "kit"}
    lines = [f"{key} = {json.dumps(value)}" for key, value in top.items()]
    instance = driver.instance_names.example if driver.instance_names else INSTANCE
    lines += [f"[drivers.{json.dumps(instance)}]", f"driver = {json.dumps(driver.name)}"]
    lines += [f"{json.dumps(key)} = {as_toml(value)}" for key, value in stand.settings.items()]
    for device, points in stand.overrides.items():
        for point, said in points.items():
            lines.append(f"[devices.{json.dumps(device)}.points.{json.dumps(point)}]")
            lines += [f"{key} = {json.dumps(value)}" for key, value in said.items()]
    return "\n".join(lines) + "\n"
