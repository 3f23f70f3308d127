"""The shell around the interlocks: hears every reading, looks when something changed or is due, drives, writes down."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from typing import NamedTuple

from labkeeper_edge.devices import Devices
from labkeeper_edge.intake.intake import Intake
from labkeeper_edge.interlocks import described
from labkeeper_edge.interlocks.driving import Driving
from labkeeper_edge.interlocks.loading import load
from labkeeper_edge.interlocks.machine import Interlocks, Phase, Standing
from labkeeper_edge.interlocks.offers import KEY, Offers
from labkeeper_edge.interlocks.outputs import Outputs
from labkeeper_edge.outbox.outbox import Outbox, OutboxUnwritable
from labkeeper_edge.refusals import Refusals
from labkeeper_edge.sampler import Stamped
from labkeeper_edge.supervision.connections import Connections
from labkeeper_sdk import CommandRejected, Found, Observation, Quality, Report, Value, accept
from labkeeper_wire.effects import CommandReceived
from labkeeper_wire.interlock_refusal import CODE
from labkeeper_wire.interlock_rules import Input, InterlockSet, Place
from labkeeper_wire.interlocks import DEVICE, SET, AgreedSet
from labkeeper_wire.leases.tenure import Refusal

log = logging.getLogger(__name__)

SET_KEY = "interlock_set"
RETRY_S = 1.0
LAMP = "lamp"


class Picture(NamedTuple):
    """How everything stood when it was written down: what may be said of it."""

    machine: Interlocks
    number: int


@dataclass(slots=True)
class InterlockKeeping:
    """The interlocks of this node: obeyed at once, told of as they are on disk. `cut` breaks off commands under
    way to these devices; `offers` are the sets of two persons at the hub, of which the one in force goes before the
    settings'.
    """

    rules: InterlockSet
    devices: Devices
    connections: Connections
    outbox: Outbox
    intake: Intake
    refusals: Refusals
    now_ms: Callable[[], int]
    offers: Offers
    cut: Callable[[frozenset[str]], None] = lambda _: None
    clock: Callable[[], float] = time.monotonic
    machine: Interlocks = field(init=False)
    outputs: Outputs = field(init=False)
    driving: Driving = field(init=False)
    _places: dict[Place, str] = field(init=False)
    _inputs: dict[Place, tuple[Input, ...]] = field(init=False)
    _unfit: tuple[str, ...] = ()  # inputs and outputs whose point is not what the set says, or is not there
    _changed: set[str] = field(default_factory=set)  # and not written down since
    _to_tell: set[str] = field(default_factory=set)  # written down, and not told since
    _kept: Picture = field(init=False)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _unsaved: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._place(self.rules)
        self._kept = self._picture()
        self.driving = Driving(
            self.devices, self.connections, self.outbox, self.now_ms, self.clock, self._wake.set, self.outputs
        )

    def _place(self, rules: InterlockSet) -> None:
        self.rules, self.machine, self.outputs = rules, Interlocks(rules), Outputs(rules.outputs)
        self._places = {output.place: name for name, output in self.rules.outputs.items()}
        places = {one.place for one in self.rules.inputs.values()}
        self._inputs = {at: tuple(one for one in self.rules.inputs.values() if one.place == at) for at in places}

    def recall(self) -> None:
        """Begin with the latches that the last process wrote down: a restart resets nothing."""
        if text := self.outbox.recalled.interlocks:
            said = json.loads(text)
            latches = {rule: Standing(**{**one, "phase": Phase(one["phase"])}) for rule, one in said["latches"].items()}
            self.machine.recall(latches, said["version"])
            self._kept = self._picture()
        self._look()
        self._changed.update(rule.id for rule in self.rules.all)
        self._unsaved.set()

    def receive(self, command: CommandReceived) -> None:
        """Hear what two persons have agreed on at the hub; it is checked at once, and in force when it is on disk."""
        for metric in command.metrics if command.device is None else ():
            if metric.name == SET and self.offers.hear(metric.value):
                self._news.set()
                if self.offers.offered is not None:
                    self._unsaved.set()

    def _take_over(self, agreed: AgreedSet) -> None:
        """Obey another set from now on: latches of rules that are still there stay, and what inputs said is known."""
        before = self.machine
        self._place(load(agreed.text))
        self.driving.outputs = self.outputs
        self.machine.follow(before)
        self.machine.recall(before.latches, before.version)
        log.warning("interlocks: set %d by %s and %s", agreed.number, agreed.proposed_by, agreed.approved_by)
        self._changed.update(rule.id for rule in self.rules.all)
        self._unsaved.set()
        self._see_devices()
        self._obey()

    # --- what others tell -------------------------------------------------------------------------------------------
    def hear(self, device: str, reading: Stamped) -> None:
        """A driver reported this, whatever the sampler makes of it; what it sets off is decided before this returns."""
        place = Place(device, reading.point)
        good = reading.quality == Quality.GOOD and reading.value is not None
        if (output := self._places.get(place)) is not None and good and reading.value is not None:
            self.outputs.shows(output, reading.value)
            self._wake.set()
        if place in self._inputs:
            at_s = self.clock() - self._age_s(self._inputs[place], reading)
            self.machine.heard(place, reading.value if good else None, at_s)
            self._look()

    def device_changed(self, device: str) -> None:
        """A device came, changed, answered or fell silent."""
        if device == DEVICE:
            return
        known = self.devices.get(device)
        tell = self.outputs.away if known is None or not known.online else self.outputs.answers
        for place, output in self._places.items():
            if place.device == device:
                tell(output)
        self._see_devices()

    def _see_devices(self) -> None:
        """Compare the set with the devices that are there."""
        online = [one.info.id for one in self.devices if one.online]
        declared = {
            Place(one.info.id, name): (p.type, p.unit) for one in self.devices for name, p in one.points.items()
        }
        self.machine.presence(online, declared)
        unfit = (*self.machine.unfit, *(name for name in self.rules.outputs if not self._fits(name)))
        if unfit != self._unfit:
            self._unfit = unfit
            self._news.set()
        self._look()
        self._wake.set()

    def refusal(self, device: str, point: str, value: Value) -> Refusal | None:
        """Return why this may not be written now, None if no rule is against it."""
        if Place(device, point) not in self._places:
            return None
        self._look()
        forbidden = self.machine.forbids(Place(device, point), value)
        return None if forbidden is None else Refusal(CODE, forbidden.message)

    def instead(self, device: str, point: str, value: Value) -> Value:
        """Return what the node may drive a point to by itself: a rule's demand goes before a safe value."""
        output = self._places.get(Place(device, point))
        demands = self.machine.demands()
        return demands[output][0] if output in demands else value

    def writing(self, device: str, point: str, value: Value) -> None:
        """A write begins."""
        if (output := self._places.get(Place(device, point))) is not None:
            self.outputs.writing(output, value)
            self.driving.overtake(output)

    def written(self, device: str, point: str, value: Value) -> None:
        """A device has confirmed a write."""
        if (output := self._places.get(Place(device, point))) is not None:
            self.outputs.written(output, value, self.clock())
            self._wake.set()

    # --- the gateway of the device `interlocks` ----------------------------------------------------------------------
    async def observations(self) -> AsyncIterator[Observation]:
        """Yield the device, and how its rules stand whenever that has changed and is on disk: what a power cut would
        undo is not told.
        """
        found: InterlockSet | None = None
        self._news.set()
        while True:
            await self._news.wait()
            self._news.clear()
            if self._kept.machine.rules is not found:
                found = self._kept.machine.rules
                yield Observation((Found(described.info(found)),))
            told, self._to_tell = tuple(self._to_tell), set()
            of_set = described.OfSet(self._kept.number, self.offers.refused, self._unfit)
            said = described.readings(self._kept.machine, told, of_set)
            yield Observation((Report(DEVICE, tuple(said)),))

    async def write(self, device: str, point: str, value: Value) -> None:  # noqa: ARG002 -- the port's shape
        """Reset a latch; raises CommandRejected while its condition holds or is not known."""
        self._look()
        forbidden = self.machine.reset(described.rule_of_reset(point), self.now_ms())
        if forbidden is not None:
            raise CommandRejected(CODE, forbidden.message)
        self._changed.add(described.rule_of_reset(point))
        self._unsaved.set()
        self._obey()

    # --- tasks ------------------------------------------------------------------------------------------------------
    async def run(self) -> None:
        """Look when it is due, drive what is demanded, tell, and write down, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._tell(), name="interlocks: tell")
            group.create_task(self._write_down(), name="interlocks: disk")
            while True:
                self._wake.clear()
                if self.clock() >= self.machine.due_s:
                    self._look()
                for order in self.outputs.due(self.clock()):
                    place = self.rules.outputs[order.output].place  # before the set can become another
                    group.create_task(self.driving.carry_out(order, place), name=f"interlock {order.output}")
                wait_s = min(self.machine.due_s, self.outputs.next_s()) - self.clock()
                with suppress(TimeoutError):
                    async with asyncio.timeout(max(0.001, wait_s) if wait_s < float("inf") else None):
                        await self._wake.wait()

    async def _tell(self) -> None:
        self.connections.opened(DEVICE, self)
        async for observation in self.observations():
            await self.intake.take(DEVICE, observation)
            self.intake.hurry()

    async def _write_down(self) -> None:
        while True:
            await self._unsaved.wait()
            self._unsaved.clear()
            latches = {rule: asdict(one) for rule, one in self.machine.latches.items()}
            text = json.dumps({"hash": self.rules.hash, "version": self.machine.version, "latches": latches})
            offered, picture = self.offers.offered, self._picture()
            changed, self._changed = self._changed, set()
            try:
                await self.outbox.keep_text(KEY, text)
                if offered is not None:
                    await self.outbox.keep_text(SET_KEY, offered.to_text())
            except OutboxUnwritable as error:
                self.refusals.count("outbox_unwritable", KEY, str(error))
                self._changed |= changed
                await asyncio.sleep(RETRY_S)
                self._unsaved.set()
                continue
            self._kept = picture
            self._to_tell |= changed
            self._news.set()
            if offered is not None and self.offers.on_disk(offered):
                self._take_over(offered)

    # --- inside -----------------------------------------------------------------------------------------------------
    def _picture(self) -> Picture:
        return Picture(replace(self.machine, standings=dict(self.machine.standings)), self.offers.number)

    def _look(self) -> None:
        changed = self.machine.look(self.clock(), self.now_ms())
        if changed:
            self._changed.update(changed)
            self._unsaved.set()
            for rule in changed:
                standing = self.machine.standings[rule]
                log.warning("interlock %s: %s %s", rule, standing.phase, standing.because)
            self._obey()
        self._wake.set()

    def _obey(self) -> None:
        """Have driven what is demanded now, before any command or renewal that is under way."""
        demands = self.machine.demands()
        if self.rules.lamp:
            demands.setdefault(self.rules.lamp, (self.machine.alarmed, LAMP))
        news = self.outputs.demand(demands)
        self.driving.demanded(news)
        self.cut(frozenset(self.rules.outputs[output].place.device for output in news))
        self._wake.set()

    def _fits(self, output: str) -> bool:
        """Whether there is such a point, and it takes every value that rules want there."""
        place = self.rules.outputs[output].place
        known = self.devices.get(place.device)
        if known is None or place.point not in known.points:
            return False
        try:
            for value in self.machine.wanted(output):
                accept(known.points[place.point], value)
        except CommandRejected:
            return False
        return True

    def _age_s(self, inputs: tuple[Input, ...], reading: Stamped) -> float:
        """How old a reading was when it came, by the device's clock where that is believed."""
        if any(one.node_clock for one in inputs):
            return 0.0
        return max(0, self.now_ms() - reading.time_ms) / 1000
