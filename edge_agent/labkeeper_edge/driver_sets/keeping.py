"""The shell around driver sets: hears orders, has them judged, on disk, applied, and answers with every mistake."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from labkeeper_edge.driver_sets import saying
from labkeeper_edge.driver_sets.judging import Judged, judge
from labkeeper_edge.driver_sets.kept import PROVEN_S, Kept, obeyed, proved, started
from labkeeper_edge.driver_sets.store import node_key, read_kept, write_kept
from labkeeper_edge.refusals import Refusals
from labkeeper_edge.settings import Settings
from labkeeper_sdk.plugins import Loaded
from labkeeper_wire.driver_sets import (
    OFFER,
    ORDER,
    STANDING,
    Answer,
    BadSaying,
    Mistake,
    Order,
    Standing,
    pack,
    read_order,
)
from labkeeper_wire.effects import CommandReceived
from labkeeper_wire.sealing import CannotOpen, binding, public, unseal

log = logging.getLogger(__name__)

SOURCE = "driver set"
MOST_WAITING = 8  # orders; whoever sends more is not waiting for answers
NO_DISK = "no_disk"
Apply = Callable[[Settings], Awaitable[None]]


async def _nowhere(_: Settings) -> None:
    """Nothing runs yet that could take it over."""


@dataclass(slots=True)
class DriverSets:
    """The set that the hub wants here. `settings` are the file's; `apply` takes others over, `report` tells the hub."""

    settings: Settings
    loaded: Loaded
    folder: Path
    key: X25519PrivateKey
    refusals: Refusals
    kept: Kept
    apply: Apply = _nowhere
    report: Callable[[], None] = lambda: None
    proven_s: float = PROVEN_S
    _orders: asyncio.Queue[Order] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _left_out: tuple[Mistake, ...] = ()
    _answer: Answer | None = None
    _repeats: int = 0
    _offered: bytes = b""
    _said: dict[str, bytes] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        """Whether the node's own file lets the hub add anything."""
        return bool(self.settings.drivers_from_hub)

    def sayings(self) -> dict[str, bytes]:
        """Return the node's metrics about it; a node that lets nothing be added says nothing."""
        return self._said

    # --- what is to run -----------------------------------------------------------------------------------------------
    def merged(self, settings: Settings, loaded: Loaded) -> Settings:
        """Return the file's settings with every instance of the set that stands beside them; the others are named.

        Raises BadConfiguration where the file itself is wrong.
        """
        judged = self._judge(self.kept, settings, loaded)
        self.settings, self.loaded = settings, loaded
        self._left_out = tuple(judged.mistakes)
        self._offered = pack(saying.offer(public(self.key), settings, loaded))
        for mistake in self._left_out:
            log.error("driver set: %s: %s", mistake.pointer, mistake.problem)
        self._say()
        return _with(settings, judged)

    def receive(self, command: CommandReceived) -> None:
        """Hear an order of the hub; it is obeyed in its turn."""
        for metric in command.metrics if command.device is None else ():
            if metric.name == ORDER:
                self._offer(metric.value)

    def _offer(self, value: object) -> None:
        if not self.open:
            self.refusals.count("bad_driver_set", SOURCE, "the node's own file does not let the hub add drivers")
            return
        try:
            order = read_order(value)
            self._orders.put_nowait(order)
        except BadSaying as bad:
            self.refusals.count("bad_driver_set", SOURCE, str(bad))
        except asyncio.QueueFull:
            self.refusals.count("bad_driver_set", SOURCE, "too many at once")

    # --- tasks --------------------------------------------------------------------------------------------------------
    async def run(self) -> None:
        """Obey orders one after the other, and note when the node has come through with a set, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._prove(), name="driver set: proof")
            while True:
                await self.obey(await self._orders.get())

    async def obey(self, order: Order) -> None:
        """Try, apply or go back, and answer; the same order again is answered again, and nothing else happens."""
        if self._answer is not None and self._answer.order == order.id:
            self.refusals.count("repeated_driver_set", SOURCE, order.id)
            self._repeats += 1  # it must differ from what was said, or it would not be said
            self._say()
            return
        mistakes = await self._obeyed(order)
        self._answer = Answer(
            order=order.id, do=order.do, taken=not mistakes, number=self.kept.number, mistakes=mistakes
        )
        log.info("driver set: %s %d by %s: %s", order.do, order.number, order.by, "refused" if mistakes else "taken")
        self._say()

    async def _obeyed(self, order: Order) -> tuple[Mistake, ...]:
        if order.do != "try" and order.number <= self.kept.number:
            self.refusals.count("old_driver_set", SOURCE, f"{order.number} after {self.kept.number}")
            return (_of_all("stale", f"this node has set {self.kept.number} already"),)
        wanted = obeyed(self.kept, order)
        judged = self._judge(wanted, self.settings, self.loaded)
        if judged.mistakes or order.do == "try":
            return tuple(judged.mistakes)
        try:
            await asyncio.to_thread(write_kept, self.folder, wanted)
        except OSError as error:
            return (_of_all(NO_DISK, f"the node cannot write it down: {error.strerror}"),)
        self.kept, self._left_out = wanted, ()
        await self.apply(_with(self.settings, judged))
        self._changed.set()
        return ()

    async def _prove(self) -> None:
        """After each change run on for a while; a process that dies before is not proof."""
        while True:
            self._changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(self.proven_s):
                    await self._changed.wait()
                    continue
            if not self.kept.proven:
                self.kept = proved(self.kept)
                with suppress(OSError):  # it is only forgotten with the process, and counted again
                    await asyncio.to_thread(write_kept, self.folder, self.kept)
            await self._changed.wait()

    # --- inside -------------------------------------------------------------------------------------------------------
    def _judge(self, kept: Kept, settings: Settings, loaded: Loaded) -> Judged:
        instances = kept.now.instances if settings.drivers_from_hub else {}
        return judge(instances, settings, loaded, self._unseal)

    def _unseal(self, instance: str, driver: str, sealed: str) -> str | None:
        try:
            return unseal(self.key, sealed, binding(self.settings.school, self.settings.node, instance, driver))
        except CannotOpen:
            return None

    def _say(self) -> None:
        """Put into words what changed; packed once, for it is looked at with every report."""
        if not self.open:
            self._said = {}
            return
        standing = Standing(
            number=self.kept.number,
            by=self.kept.now.by,
            instances=self.kept.now.instances,
            own=saying.own(self.settings, self.loaded),
            left_out=self._left_out,
            former=self.kept.former is not None,
            fell_back=self.kept.fell_back,
            answer=self._answer,
            again=self._repeats,
        )
        self._said = {OFFER: self._offered, STANDING: pack(standing)}
        self.report()


def open_driver_sets(folder: Path, settings: Settings, loaded: Loaded, refusals: Refusals) -> DriverSets:
    """Take up what the hub wanted last, one start further; raises BadConfiguration for a damaged key."""
    folder.mkdir(parents=True, exist_ok=True)
    before = read_kept(folder)
    kept = started(before)
    if kept != before:
        write_kept(folder, kept)
    if kept.fell_back and not before.fell_back:
        log.error("driver set: the node did not come through with set %d, and goes back to the former", kept.number)
    return DriverSets(settings, loaded, folder, node_key(folder), refusals, kept)


def _with(settings: Settings, judged: Judged) -> Settings:
    return settings.model_copy(update={"drivers": {**settings.drivers, **judged.drivers}})


def _of_all(code: str, problem: str) -> Mistake:
    return Mistake(pointer="", code=code, problem=problem)
