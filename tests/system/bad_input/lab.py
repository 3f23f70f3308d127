"""The running lab that bad input is thrown at, and what everybody can see of it: the API, the metrics, the logs."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from labkeeper_cli.client import Json, Live, Target
from labkeeper_cli.processes import Role
from labkeeper_cli.stack import Stack
from labkeeper_wire import mqtt

from .bench import NEIGHBOUR, Bench

SCHOOL, NODE = "demo-school", "lab-1-pi"
PLUG = Target(SCHOOL, NODE, "0x00158d00000a0002", "state")
LAST_MS = 253_402_300_799_999  # the API knows no later time
TRIES = 3
PATIENCE_S = 30.0
GROWTH = 96 * 1024 * 1024  # bytes a process may grow in one test: buffers of the allocator, not a leak
LINES = 40  # lines of a log in one test: changes of state, never one per message


@dataclass
class Lab:
    """The stack and the hands of somebody who means it no good."""

    stack: Stack
    bench: Bench
    witness: Path
    http: httpx.AsyncClient = field(repr=False)
    _sent: int = 0

    # --- what can be seen -------------------------------------------------------------------------------------------
    async def refused(self, reason: str) -> int:
        """What the hub has refused for a reason, by its status; the metric of Prometheus must say the same or more."""
        status: Json = await self.stack.client.get("status")
        count = int(status["refusals"].get(reason, 0))
        page = (await self.http.get("/metrics")).text
        line = next(
            (line for line in page.splitlines() if line.startswith(f'labkeeper_refusals_total{{reason="{reason}"}}')),
            "",
        )
        assert float(line.rpartition(" ")[2] or 0) >= count
        return count

    async def node_refused(self, reason: str) -> int:
        """What the node says it has refused."""
        latest = (await self.stack.client.get("latest", school=SCHOOL, node=NODE))["latest"]
        return next((one["value"] for one in latest if (one["device"], one["point"]) == ("", f"Refused/{reason}")), 0)

    async def devices(self, node: str, school: str = SCHOOL) -> dict[str, Json]:
        """The devices of a node by id."""
        found = (await self.stack.client.get("devices", school=school, node=node))["devices"]
        return {device["device"]: device for device in found}

    async def node(self, name: str, school: str = SCHOOL) -> Json | None:
        """A node, if the hub has it."""
        nodes = (await self.stack.client.get("nodes"))["nodes"]
        return next((node for node in nodes if (node["school"], node["node"]) == (school, name)), None)

    async def stored(self, device: str, point: str, node: str = NODE, school: str = SCHOOL) -> list[tuple[int, object]]:
        """Every stored reading of a point; none where the hub does not know the point."""
        try:
            return await self.stack.client.readings(Target(school, node, device, point), 0, LAST_MS)
        except httpx.HTTPStatusError as error:
            if error.response.status_code != httpx.codes.NOT_FOUND:
                raise
            return []

    def commanded(self, device: str) -> list[object]:
        """Every command that has reached a simulated device, by its own word."""
        lines = [json.loads(line) for line in self.witness.read_text().splitlines()]
        return [line["command"]["value"] for line in lines if line.get("command", {}).get("device") == device]

    # --- what is done -----------------------------------------------------------------------------------------------
    @asynccontextmanager
    async def publisher(self, client_id: str = "vandal") -> AsyncIterator[mqtt.Link]:
        """A connection of a stranger to the lab's broker."""
        async with mqtt.connect(mqtt.Address("127.0.0.1", self.stack.broker.port), client_id) as link:
            yield link

    async def neighbour_says(self, count: int) -> None:
        """Send readings of a healthy device through the node, and wait until exactly these are stored."""
        first, self._sent = self._sent + 1, self._sent + count
        for number in range(first, first + count):
            await self.bench.say(NEIGHBOUR, {"number": number})
        wanted = [float(number) for number in range(first, first + count)]
        await self.until(lambda: self._neighbour_stored(wanted), f"the neighbour's {count} readings")

    async def neighbour_obeys(self) -> None:
        """Command a healthy device, and see by its own word that it got the command.

        On a busy machine one command may expire; who is disturbed obeys none.
        """
        async with self.stack.client.live() as live:
            for _ in range(TRIES):
                before = len(self.commanded(PLUG.device))
                outcome = await self._toggled(live)
                if outcome == "done":
                    break
        assert outcome == "done"
        assert len(self.commanded(PLUG.device)) == before + 1

    async def acknowledged(self) -> None:
        """Wait until the node has nothing left that the hub has not stored."""
        await self.until(self._is_balanced, "a balanced ledger")

    async def until(self, true: Callable[[], Awaitable[bool]], what: str) -> None:
        """Ask until it is true; fail after a while."""
        end = time.monotonic() + PATIENCE_S
        while not await true():
            assert time.monotonic() < end, f"not within {PATIENCE_S} s: {what}\n{self.last_words()}"
            await asyncio.sleep(0.05)

    async def until_refused(self, reason: str, more_than: int, least: int = 1) -> None:
        """Wait until the hub has counted so many more."""

        async def counted() -> bool:
            return await self.refused(reason) >= more_than + least

        await self.until(counted, f"{least} x {reason} at the hub after {more_than}")

    async def until_node_refused(self, reason: str, more_than: int, least: int = 1) -> None:
        """Wait until the node says it has counted so many more."""

        async def counted() -> bool:
            return await self.node_refused(reason) >= more_than + least

        await self.until(counted, f"{least} x {reason} at the node after {more_than}")

    async def is_up(self) -> bool:
        """Whether the hub hears the node."""
        node = await self.node(NODE)
        return node is not None and bool(node["online"])

    @asynccontextmanager
    async def undisturbed(self, lines: int = LINES) -> AsyncIterator[None]:
        """Meanwhile and afterwards a healthy device is heard and obeys, and nobody dies, grows or fills the log."""
        before = {role.name: _Vital.of(role) for role in self.roles}
        async with asyncio.TaskGroup() as group:
            group.create_task(self.neighbour_says(10), name="neighbour")
            yield
        await self.neighbour_obeys()
        await self.neighbour_says(1)
        for role in self.roles:
            before[role.name].compare(_Vital.of(role), role, lines)

    @property
    def roles(self) -> list[Role]:
        return [self.stack.hub, self.stack.edge]

    def last_words(self) -> str:
        """The ends of the logs."""
        return "\n".join(f"--- {role.name}\n{role.last_words()}" for role in self.roles)

    async def _neighbour_stored(self, wanted: list[float]) -> bool:
        values = [value for _, value in await self.stored(NEIGHBOUR, "number")]
        found = [value for value in values if isinstance(value, float) and wanted[0] <= value <= wanted[-1]]
        assert len(set(values)) == len(values), "a reading was stored twice"
        return found == wanted

    async def _toggled(self, live: Live) -> str:
        latest = (await self.stack.client.get("latest", school=SCHOOL, node=NODE, device=PLUG.device))["latest"]
        now = next((one["value"] for one in latest if one["point"] == PLUG.point), False)  # off until it has spoken
        return (await live.command(PLUG, not now)).state

    async def _is_balanced(self) -> bool:
        entry = next(one for one in await self.stack.client.ledger() if one["node"] == NODE)
        return bool(entry["balanced"]) and entry["pending"] == 0


@dataclass(frozen=True)
class _Vital:
    """What a process is at one moment."""

    pid: int
    size: int
    log_lines: int

    @classmethod
    def of(cls, role: Role) -> "_Vital":
        assert role.pid, f"{role.name} is dead\n{role.last_words()}"
        size = psutil.Process(role.pid).memory_info().rss
        return cls(role.pid, size, len(role.log.read_text(errors="replace").splitlines()))

    def compare(self, now: "_Vital", role: Role, lines: int) -> None:
        said = role.log.read_text(errors="replace").splitlines()[self.log_lines :]
        assert now.pid == self.pid
        assert now.size - self.size < GROWTH, f"{role.name} grew by {(now.size - self.size) >> 20} MiB"
        assert len(said) <= lines, "\n".join(said[: lines + 20])
        assert not [line for line in said if "Traceback" in line], "\n".join(said[-60:])
