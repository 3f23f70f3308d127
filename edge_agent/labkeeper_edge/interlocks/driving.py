"""Drives outputs to where rules want them, and again to where they are: one write each, broken off when overtaken."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from labkeeper_edge.devices import Devices
from labkeeper_edge.interlocks.outputs import Order, Outputs
from labkeeper_edge.outbox.outbox import Outbox, OutboxUnwritable
from labkeeper_edge.supervision.connections import Connections
from labkeeper_sdk import CommandFailed, CommandRejected, Urgency, accept
from labkeeper_wire.interlock_rules import Place

log = logging.getLogger(__name__)
LEAST_TIMEOUT_S = 1.0


@dataclass(slots=True)
class Driving:
    """`outputs` are those of the set in force; `ended` is called once a write has come to its end, before it is written
    down.
    """

    devices: Devices
    connections: Connections
    outbox: Outbox
    now_ms: Callable[[], int]
    clock: Callable[[], float]
    ended: Callable[[], None]
    outputs: Outputs
    _outcomes: dict[Order, str] = field(default_factory=dict)
    _renewals: dict[str, asyncio.Timeout] = field(default_factory=dict)

    def overtake(self, output: str) -> None:
        """Break off a renewal that is under way: somebody else writes now."""
        if (renewal := self._renewals.get(output)) is not None:
            renewal.reschedule(asyncio.get_running_loop().time())

    def demanded(self, outputs: Iterable[str]) -> None:
        """Rules want something else of these from now on."""
        news = set(outputs)
        self._outcomes = {one: said for one, said in self._outcomes.items() if one.output not in news}
        for output in news:
            self.overtake(output)

    async def carry_out(self, order: Order, place: Place) -> None:
        """Write it; what a rule wanted is on record, each outcome once."""
        outcome = await self._write(place, order)
        self.outputs.ended(order, self.clock(), confirmed=outcome == "done")
        self.ended()
        if order.rule and outcome != "gone" and self._outcomes.get(order) != outcome:
            self._outcomes = {one: said for one, said in self._outcomes.items() if one.output != order.output}
            self._outcomes[order] = outcome
            log.warning("%s/%s: %r (interlock %s): %s", *both(place), order.value, order.rule, outcome)
            with suppress(OutboxUnwritable):  # a full disk must not keep an output from where it is to be
                cause = f"interlock {order.rule}"
                await self.outbox.record_safe_write(self.now_ms(), *both(place), cause, outcome)

    async def _write(self, place: Place, order: Order) -> str:
        known = self.devices.get(place.device)
        if known is None or not known.online or place.point not in known.points:
            return "gone"
        if self.outputs.overtaken(order):
            return "overtaken"
        timeout_s = max(known.points[place.point].confirm_s, LEAST_TIMEOUT_S)
        urgency = Urgency.STOP if order.rule else Urgency.COMMAND
        try:
            async with asyncio.timeout(None) as cut:
                if not order.rule:
                    self._renewals[order.output] = cut
                value = accept(known.points[place.point], order.value)
                await self.connections.write(*both(place), value, timeout_s, urgency, ours=True)
        except (CommandFailed, CommandRejected) as error:
            return error.code
        except TimeoutError:
            return "overtaken"
        finally:
            self._renewals.pop(order.output, None)
        return "done"


def both(place: Place) -> tuple[str, str]:
    """Return device and point."""
    return place.device, place.point
