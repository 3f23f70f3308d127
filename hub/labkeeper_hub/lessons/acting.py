"""Carries wishes out as one action: every command at once, and one result when all of them have ended."""

from collections.abc import Sequence
from dataclasses import dataclass

from labkeeper_hub.lessons.count import Missed
from labkeeper_hub.lessons.scenes import Outcome, Wish, known, missed_at, outcome_of, undo_of
from labkeeper_hub.model import Command, Latest, PointKey, State
from labkeeper_hub.ports import Bus, Commands, HistoryLost, LatestValues, Registry, UnknownPoint
from labkeeper_sdk import CommandRejected


@dataclass(frozen=True, slots=True)
class Acting:
    """Hands wishes in as commands in somebody's name, under whatever lease is theirs."""

    registry: Registry
    latest: LatestValues
    commands: Commands
    bus: Bus

    async def act(self, scene: str, wishes: Sequence[Wish], holder: str) -> Outcome:
        """Return when every command has ended, as each does by its deadline; never raises for a wish."""
        undo = self._undo(wishes)
        sent, refused = list[Command](), list[Missed]()
        for wish in wishes:
            try:
                sent.append(await self.commands.submit(wish.target, wish.value, holder=holder))
            except CommandRejected as rejected:
                refused.append(missed_at(wish.target, State.REJECTED, rejected.code, str(rejected)))
            except UnknownPoint:
                refused.append(missed_at(wish.target, State.REJECTED, "unknown_point"))
        return outcome_of(scene, await self._ended(sent), refused, undo, self._so(wishes))

    async def _ended(self, sent: Sequence[Command]) -> list[Command]:
        while True:
            at = self.bus.at
            commands = [await self.commands.get(one.id) for one in sent]
            if all(one.state.final for one in commands):
                return commands
            try:
                await self.bus.after(at)
            except HistoryLost:
                continue

    def _undo(self, wishes: Sequence[Wish]) -> list[Wish]:
        keys = {wish.target.of_device for wish in wishes}
        devices = [device for key in keys if (device := self.registry.device(key)) is not None]
        risks = {PointKey(*device.key, point.name): point.risk for device in devices for point in device.points}
        return undo_of(wishes, self._latest(wishes), risks)

    def _so(self, wishes: Sequence[Wish]) -> set[PointKey]:
        """Return the points that are known to be as wished."""
        latest = self._latest(wishes)
        return {target for target, value in wishes if known(latest.get(target)) == value}

    def _latest(self, wishes: Sequence[Wish]) -> dict[PointKey, Latest]:
        keys = {wish.target.of_device for wish in wishes}
        return {one.key: one for key in keys for one in self.latest.latest(*key)}
