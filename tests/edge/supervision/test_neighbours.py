"""Four drivers that block, leak, raise and exit: every command to every device beside them is done before its end."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from labkeeper_sdk.testing import Broker
from labkeeper_wire.commands import RESULT, CommandResult, CommandState
from labkeeper_wire.effects import DataReceived
from tests.edge.conftest import Keyboard, StartEdge
from tests.edge.tiny_host import FINAL, TinyHost, open_host

HARM = {"blocks": b"hang", "leaks": b"hoard", "raises": b"boom", "exits": b"exit"}
STRICT = "silence_s = 2.0\nmemory_mb = 128\n"  # goes on with the table that ends SETTINGS
GOOD = [f"d{number}" for number in range(1, 11)]
TABLES = STRICT + f'[drivers.good]\ndriver = "bench"\ndevices = {GOOD}\n'
BAD = "".join(
    f'[drivers.{name}]\ndriver = "bench"\nprefix = "{name}"\ndevices = ["{name}"]\nisolation = "process"\n'
    for name in HARM
)
ROUNDS, EVERY_S = 20, 0.1
TTL_MS = 4000


@asynccontextmanager
async def harming(keyboard: Keyboard) -> AsyncIterator[None]:
    """Have each bad driver do its harm, again and again."""

    async def harm() -> None:
        while True:
            for prefix, deed in HARM.items():
                await keyboard.link.publish(f"{prefix}/{prefix}/state", deed)
            await asyncio.sleep(0.1)

    running = asyncio.create_task(harm())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def harmed(log: Path) -> bool:
    """Tell whether each of the bad drivers has broken, by the node's log: its states pass too quickly to be told."""
    said = log.read_text("utf-8")
    return all(f"WARNING:labkeeper_edge.supervision.supervisor:driver {name}: " in said for name in HARM)


@dataclass(slots=True)
class Tally:
    """What a host has heard so far of how commands ended."""

    host: TinyHost
    ended: dict[str, CommandState] = field(default_factory=dict)
    _looked: int = 0

    def look(self) -> None:
        for it in self.host.heard[self._looked :]:
            for metric in it.metrics if isinstance(it, DataReceived) else ():
                if metric.name == RESULT and (result := CommandResult.from_metric(metric)).state in FINAL:
                    self.ended[result.id] = result.state
        self._looked = len(self.host.heard)

    async def of(self, sent: list[str]) -> Counter[CommandState]:
        """Wait until every command has come to an end; count how."""

        def all_ended() -> bool:
            self.look()
            return sent[-1] in self.ended and set(sent) <= self.ended.keys()

        await self.host.until(all_ended)
        return Counter(self.ended[one] for one in sent)


async def command_all(host: TinyHost, ttl_ms: int, rounds: int = 1) -> list[str]:
    """Command every good device in turn; return the commands."""
    sent = []
    for _ in range(rounds):
        for device in GOOD:
            sent.append(str(uuid4()))
            host.command(sent[-1], device, "level", float(len(sent) % 100), ttl_ms=ttl_ms)
            await asyncio.sleep(EVERY_S / len(GOOD))
    return sent


async def test_every_command_beside_four_bad_drivers_is_done_and_none_is_late(
    broker: Broker, start_edge: StartEdge, keyboard: Keyboard, tmp_path: Path
) -> None:
    async with open_host(broker.url) as host, start_edge(TABLES + BAD):
        for device in (*GOOD, *HARM):
            await host.born(device)
        sent: list[str] = []
        tally = Tally(host)
        async with harming(keyboard), asyncio.timeout(30):
            while len(sent) < ROUNDS * len(GOOD) or not harmed(tmp_path / "edge.log"):
                sent += await command_all(host, TTL_MS)
        assert await tally.of(sent) == {CommandState.DONE: len(sent)}


async def test_a_driver_that_blocks_in_the_node_itself_makes_commands_late(
    broker: Broker, start_edge: StartEdge, keyboard: Keyboard
) -> None:
    """So what the test above counts would show it."""
    async with open_host(broker.url) as host, start_edge(TABLES):
        for device in GOOD:
            await host.born(device)
        tally = Tally(host)
        await tally.of(await command_all(host, TTL_MS))  # from here on the node knows the host's clock
        await keyboard.shouts(b"block")
        found = await tally.of(await command_all(host, 100, rounds=10))
        assert found[CommandState.DONE] < found.total()
