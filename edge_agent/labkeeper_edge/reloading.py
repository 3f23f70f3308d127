"""Taking over settings while the node runs: the file's when a person asks, the hub's set when the file lets it."""

import asyncio
import json
import logging
import signal
from collections.abc import Callable
from dataclasses import dataclass, field

from labkeeper_edge.driver_sets.keeping import DriverSets
from labkeeper_edge.node import Node, assign
from labkeeper_edge.reload import Difference, fixed_keys
from labkeeper_edge.settings import Settings
from labkeeper_edge.supervision.allowed import imported_by, load_allowed
from labkeeper_sdk import BadConfiguration
from labkeeper_sdk.plugins import Loaded

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Reloading:
    """One change at a time. `read` reads the file, `drivers` are those to use instead of the installed ones, `imported`
    the hashes of what this process has imported, by driver.
    """

    node: Node
    sets: DriverSets
    read: Callable[[], Settings]
    drivers: Loaded | None
    source: str
    imported: dict[str, str] = field(default_factory=dict)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def again(self) -> dict[str, object]:
        """Read the file and take over what can be; return what changed. Wrong settings change nothing, and are raised
        as BadConfiguration.
        """
        async with self._turn:
            settings = self.read()
            counts = self.node.intake.refusals
            found = self.drivers
            if found is None:
                found = await asyncio.to_thread(load_allowed, settings.allow, counts, imported=self.imported)
                self.imported = imported_by(found) | self.imported
            assign(
                settings, found, counts, self.source
            )  # the file alone must be right before the hub's set comes to it
            merged = self.sets.merged(settings, found)
            fixed = fixed_keys(self.node.settings, settings)
            if fixed:
                log.warning("%s: taken over at the next start", ", ".join(fixed))
            change = await self._take(merged, found)
        return {
            "reloaded": settings.node,
            "drivers": [*self.node.drivers],
            "began": [it.instance for it in change.beginning],
            "ended": [*change.ending],
            "at_next_start": [*fixed],
        }

    async def apply(self, merged: Settings) -> None:
        """Take over the file's settings with another set of the hub's beside them."""
        async with self._turn:
            await self._take(merged, self.sets.loaded)

    async def on_signal(self) -> None:
        """At each SIGHUP read the file again, for ever."""
        asked = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, asked.set)
        while True:
            await asked.wait()
            asked.clear()
            said = await self.told()
            if "reloaded" in said:
                print(json.dumps(said), flush=True)  # noqa: T201 -- whoever started the process waits for this line

    async def told(self) -> dict[str, object]:
        """Read the file again, and say in words why not."""
        try:
            return await self.again()
        except BadConfiguration as wrong:
            log.error("settings not taken over: %s", wrong)  # noqa: TRY400 -- one line that a person can mend
            return {"refused": str(wrong), "key": wrong.key}

    async def _take(self, merged: Settings, loaded: Loaded) -> Difference:
        assignments, states = assign(merged, loaded, self.node.intake.refusals, self.source)
        return await self.node.reload(merged, assignments, states)
