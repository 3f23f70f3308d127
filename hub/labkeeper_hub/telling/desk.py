"""The desk that tells: looks at what calls, writes down what it wants said, has it sent, and keeps the channels."""

import asyncio
import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import uuid4

from sqlalchemy.exc import DBAPIError

from labkeeper_hub.alarms.desk import AlarmDesk
from labkeeper_hub.alarms.rules import Rule
from labkeeper_hub.alarms.states import Cleared, Priority, Raised
from labkeeper_hub.model import AlarmKey, AlarmNow, Device, Lab, PointKey
from labkeeper_hub.pulse import Pulse
from labkeeper_hub.telling.border import PlanBody
from labkeeper_hub.telling.hours import Calendars
from labkeeper_hub.telling.letters import ChannelSetup, Letter, Line, Numbers, TellingRefused
from labkeeper_hub.telling.machine import State, Tell, look
from labkeeper_hub.telling.outbox import Outbox
from labkeeper_hub.telling.plan import Calling, Plan
from labkeeper_hub.telling.records import TellingRecords
from labkeeper_hub.telling.words import TEST, Language, Words
from labkeeper_hub.trouble import Trouble
from labkeeper_hub.vault import CannotOpen, Vault
from labkeeper_sdk import Channel, ChannelKind, Message, MessageNotSent, Title

log = logging.getLogger(__name__)
LOOK_S = 1.0
FORGET_S = 24 * 3600.0
CHANNEL_FAILED, FAILED_LEVEL = "channel_failed", "failed"
MOST_CHANNELS = 100


class Labs(Protocol):
    """Tells which labs there are, and what stands in a school's."""

    def labs(self) -> tuple[Lab, ...]: ...
    def devices(self, school: str | None = None) -> tuple[Device, ...]: ...


@dataclass(slots=True)
class TellingDesk:
    """Plan, channels and messages; changes return when they are on disk, and raise TellingRefused."""

    records: TellingRecords
    vault: Vault
    kinds: Mapping[str, ChannelKind]
    alarms: AlarmDesk
    labs: Labs
    calendars: Calendars
    now_ms: Callable[[], int]
    plan: PlanBody = field(default_factory=PlanBody)
    outbox: Outbox = field(init=False)
    pulse: Pulse = field(default_factory=lambda: Pulse("telling"))
    _noun: Plan = field(default_factory=Plan)
    _state: State = field(default_factory=State)
    _channels: dict[str, ChannelSetup] = field(default_factory=dict)
    _open: dict[str, Channel] = field(default_factory=dict, repr=False)
    _looking: asyncio.Lock = field(default_factory=asyncio.Lock)
    _saving_trouble: Trouble = field(default_factory=lambda: Trouble(log, "telling: cannot be saved (%s)"))

    def __post_init__(self) -> None:
        self.outbox = Outbox(self.records, self._send, self._channel_failed, self.now_ms)

    async def load(self) -> None:
        """Take up what earlier runs left."""
        self.plan = await self.records.load_plan()
        self._noun = self.plan.noun()
        self._state = await self.records.load_state()
        self._channels = {one.name: one for one in await self.records.load_channels()}
        await self.outbox.load()

    # --- what happens -----------------------------------------------------------------------------------------------
    async def run(self) -> None:
        """Tell people, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._forget(), name="telling: records")
            sending: dict[str, asyncio.Task[None]] = {}
            while True:
                with self.pulse.working():
                    await self.look()
                    for channel, letters in self.outbox.due().items():
                        if channel not in sending or sending[channel].done():
                            sending[channel] = group.create_task(self.outbox.deliver(letters), name=channel)
                await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Write down what is to be said now. A disk that refuses is logged once, and people are told all the same."""
        async with self._looking:
            state, tells = look(self._state, self._noun, self.calendars, self._calling(), self.now_ms())
            if state == self._state and not tells:
                return
            letters = [self._letter(tell) for tell in tells if tell.channel in self._channels]
            await self._save(state, letters)
            self._state = state
            self.outbox.put(letters)

    async def _save(self, state: State, letters: Sequence[Letter]) -> None:
        try:
            await self.records.save(state, letters)
        except DBAPIError as error:
            self._saving_trouble.begun(error.orig)
        else:
            self._saving_trouble.over()

    async def _forget(self) -> None:
        while True:
            try:
                await self.records.forget(self.now_ms())
            except DBAPIError as error:
                log.error("telling: old messages stay (%s)", error.orig)  # noqa: TRY400 -- one line
            await asyncio.sleep(FORGET_S)

    # --- the plan ---------------------------------------------------------------------------------------------------
    async def change_plan(self, plan: PlanBody) -> PlanBody:
        """Put a plan in the place of the one before; what was told already is not told again."""
        unknown = sorted(plan.noun().channels() - self._channels.keys())
        if unknown:
            raise TellingRefused("unknown_channel", f"there is no channel '{unknown[0]}'")
        async with self._looking:
            await self.records.save_plan(plan)
            self.plan, self._noun = plan, plan.noun()
        return plan

    # --- channels ---------------------------------------------------------------------------------------------------
    def channels(self) -> tuple[tuple[ChannelSetup, Line], ...]:
        """Return every channel, and how it has done lately."""
        return tuple((one, self.outbox.line(name)) for name, one in sorted(self._channels.items()))

    async def add_channel(
        self, name: str, kind: str, language: Language, configuration: Mapping[str, Any], by: str
    ) -> ChannelSetup:
        """Set up a channel; raises pydantic's ValidationError for a configuration that its kind does not take."""
        if kind not in self.kinds:
            raise TellingRefused("unknown_kind", f"there is no kind '{kind}'")
        await asyncio.to_thread(self.kinds[kind].configuration.model_validate, configuration)
        if name in self._channels:
            raise TellingRefused("name_taken", "There is a channel of that name already")
        if len(self._channels) >= MOST_CHANNELS:
            raise TellingRefused("too_many_channels", f"There are {MOST_CHANNELS} channels at most")
        sealed = self.vault.seal(json.dumps(configuration))
        setup = ChannelSetup(name, kind, language, sealed, self.now_ms(), by)
        self._channels[name] = setup
        try:
            await self.records.add_channel(setup)
        except BaseException:
            del self._channels[name]
            raise
        return setup

    async def remove_channel(self, name: str) -> None:
        """Forget a channel; one that the plan tells through stays."""
        self._known(name)
        if name in self._noun.channels():
            raise TellingRefused("in_use", "The plan tells through this channel; change the plan first")
        await self.records.remove_channel(name)
        self._channels.pop(name)
        self._open.pop(name, None)
        await self.outbox.drop(name, "the channel was removed")
        self._channel_failed(name, failed=False)

    async def test(self, name: str) -> Letter:
        """Send a message that says it is a test, at once and once; return what became of it."""
        setup = self._known(name)
        title, text = (one.zh if setup.language == "zh" else one.en for one in TEST)
        message = Message(id=str(uuid4()), kind="test", title=title, text=text, made_ms=self.now_ms())
        return await self.outbox.try_now(Letter(name, message))

    async def messages(self, most: int) -> Sequence[Letter]:
        """Return the newest first."""
        return await self.records.newest(most)

    def numbers(self) -> Numbers:
        """Return telling in numbers."""
        failing = sum(line.failed for _, line in self.channels())
        return Numbers(dict(self.outbox.attempts), self.outbox.waiting, failing)

    # --- inside -----------------------------------------------------------------------------------------------------
    def _known(self, name: str) -> ChannelSetup:
        if name not in self._channels:
            raise TellingRefused("unknown_channel", "There is no such channel")
        return self._channels[name]

    def _calling(self) -> Iterable[Calling]:
        rules = self.alarms.catalogue.rules
        shown = (now for now in self.alarms.shown() if now.state.annunciated)
        return [self._called(now, rules[now.key.rule]) for now in shown if now.key.rule in rules]

    def _called(self, now: AlarmNow, rule: Rule) -> Calling:
        return Calling(now.key, now.lab, now.state.priority, rule.alarm_class, rule.told.role, now.state.rank)

    def _letter(self, tell: Tell) -> Letter:
        language = self._channels[tell.channel].language
        words = Words(self.alarms.catalogue.rules, self._lab, self._device, self._noun.url)
        message = Message(
            id=str(uuid4()),
            kind=tell.kind.value,
            title=words.title(tell, language),
            text=words.text(tell, language),
            link=words.link(tell),
            safety=tell.safety,
            made_ms=self.now_ms(),
        )
        return Letter(tell.channel, message)

    def _lab(self, school: str, lab: str) -> Title:
        return next((one.title for one in self.labs.labs() if (one.school, one.lab) == (school, lab)), Title())

    def _device(self, school: str, at: str) -> Title:
        here = (one for one in self.labs.devices(school) if f"{at}/".startswith(f"{one.key.node}/{one.key.device}/"))
        return next((Title(one.description.title_zh, one.description.title_en) for one in here), Title())

    async def _send(self, name: str, message: Message) -> None:
        await self._opened(name).send(message)

    def _opened(self, name: str) -> Channel:
        """Return the channel at work; raises MessageNotSent where it cannot be."""
        if name not in self._open:
            setup = self._channels[name]
            kind = self.kinds.get(setup.kind)
            if kind is None:
                raise MessageNotSent(f"nothing installed brings channels of the kind {setup.kind}")
            try:
                configuration = kind.configuration.model_validate_json(self.vault.open(setup.sealed))
            except (CannotOpen, ValueError) as error:
                raise MessageNotSent("its configuration cannot be read any more; set the channel up again") from error
            self._open[name] = kind.make(configuration)
        return self._open[name]

    def _channel_failed(self, name: str, failed: bool) -> None:  # noqa: FBT001 -- the outbox's callback
        """A channel that fails is an alarm like any other."""
        key = AlarmKey(CHANNEL_FAILED, PointKey("", "", name, ""))
        known = self.alarms.known(key)
        if failed:
            self.alarms.happens(key, Raised(Priority.MEDIUM), self.now_ms(), level=FAILED_LEVEL)
        elif known is not None and known.state.active:
            self.alarms.happens(key, Cleared(), self.now_ms())
