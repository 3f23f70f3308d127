"""A driver instance that lives in a process: the process stays from connection to connection, and is replaced."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from pydantic import BaseModel

from labkeeper_edge.supervision.isolation.connection import Connection
from labkeeper_edge.supervision.isolation.fork_server import ForkServer
from labkeeper_edge.supervision.isolation.messages import Begin, Ready
from labkeeper_edge.supervision.isolation.noted import Deaths
from labkeeper_edge.supervision.isolation.process import Bounds, ChildProcess, open_process
from labkeeper_edge.supervision.services import Counts
from labkeeper_sdk import Services


@dataclass(frozen=True, slots=True)
class Lodging:
    """What a process is started with, and what it may take."""

    begin: Begin
    bounds: Bounds


@dataclass(slots=True)
class Host:
    """Keeps a process for one instance while it is wanted; `admit` looks at what it claims before it connects."""

    lodging: Lodging
    forks: ForkServer
    counts: Counts
    admit: Callable[[Ready], None]
    deaths: Deaths = field(default_factory=Deaths)
    _life: AsyncExitStack = field(default_factory=AsyncExitStack)
    _child: ChildProcess | None = None

    @asynccontextmanager
    async def connect(self, _configuration: BaseModel, _services: Services) -> AsyncIterator[Connection]:
        """Connect in the process, which is started first if there is none; raises DeviceUnreachable."""
        child = self._child
        if child is None or child.over:
            child = await self._start()
        async with child.connection() as connection:
            yield connection

    async def _start(self) -> ChildProcess:
        await self.end()
        child = await self._life.enter_async_context(
            open_process(self.forks, self.lodging.begin, self.lodging.bounds, self.counts, self.deaths)
        )
        self.admit(child.ready.result())
        self._child = child
        return child

    async def end(self) -> None:
        """Have no process any more."""
        self._child = None
        await self._life.aclose()
