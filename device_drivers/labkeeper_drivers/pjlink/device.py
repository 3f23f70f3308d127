"""The PJLink driver: a projector that is asked, and switched only when it lets itself be switched."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from labkeeper_drivers.alone import ABOUT, ALONE, WhenAlone
from labkeeper_drivers.pjlink import protocol
from labkeeper_drivers.pjlink.points import points_of, told_of
from labkeeper_drivers.pjlink.protocol import Refused
from labkeeper_sdk import (
    About,
    CommandFailed,
    CommandRejected,
    DeviceUnreachable,
    Point,
    Services,
    Title,
    Value,
    form,
    reaching,
)

ANSWER_S = 2.0
LOOK_EVERY_S = 0.2
WHO_S = 10.0  # names are worth no longer wait: the platform gives connecting 30 s
POWER_S = 10.0  # until the projector says that it is on its way; warming up itself takes a minute
LONGEST = 512
QUESTIONS = ("POWR", "INPT", "AVMT", "ERST", "LAMP")
SECOND_CLASS = ("FILT", "FREZ", "IRES")
NAMES = ("NAME", "INF1", "INF2", "INFO")  # what it is; asked once after connecting, like the next line's
NAMES_ANEW = ("SVER", "SNUM", "RLMP", "RFIL", "RRES")
STEPS = {"volume": "SVOL", "microphone": "MVOL"}  # told up and down; nobody can ask where they stand
RENEWED = ("INPT", "INST")  # which class 2 has anew: with inputs inside the projector, and more than nine of a kind
ANEW = (*SECOND_CLASS, *NAMES_ANEW, "INNM", *STEPS.values())  # what only class 2 has
BUSY = {"cooling": "cooling_down", "warming": "warming_up"}


class PjlinkConfiguration(BaseModel):
    """Where the projector is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(description="its address", json_schema_extra=form(Title(zh="地址", en="Address")))
    port: int = Field(
        4352, ge=1, le=65_535, description="its TCP port", json_schema_extra=form(Title(zh="端口", en="Port"))
    )
    password: SecretStr | None = Field(
        None,
        description="the PJLink password, where authentication is on",
        json_schema_extra=form(Title(zh="密码", en="Password")),
    )
    off_after_s: float = Field(
        900.0,
        ge=0,
        description="how long without the hub until the projector is switched off, where when_alone is safe",
        json_schema_extra=form(Title(zh="失联关机（秒）", en="Off after (s)")),
    )
    when_alone: WhenAlone = Field("safe", description=ABOUT, json_schema_extra=form(ALONE))


@dataclass(slots=True)
class Projector:
    """A projector; `inputs` are its inputs' codes by name, `called` what it calls them, `told` what it is for good."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    prefix: str = ""
    points: tuple[Point, ...] = ()
    inputs: Mapping[str, str] = ()  # type: ignore[assignment]  # set once they are known
    questions: Sequence[str] = QUESTIONS
    about: About = field(default_factory=About)
    called: Mapping[str, str] = field(default_factory=dict)
    told: Mapping[str, Value] = field(default_factory=dict)
    second: bool = False  # it speaks class 2
    owed: str = ""  # the head of a question that was cut short: its answer may come yet
    sleeping: bool = False  # it has inputs and does not name them now, as some do in standby

    async def read(self) -> Mapping[str, Value]:
        """Ask everything; what the projector does not say in this condition is left out."""
        found: dict[str, Value] = {**self.told}
        for command in self.questions:
            try:
                found.update(self._understood(command, await self.ask(command)))
            except Refused:
                continue
        if self.sleeping and await self.offers("INST"):
            raise DeviceUnreachable("the projector names its inputs now: it is learned anew")
        return found

    async def write(self, point: str, value: Value) -> None:
        """Order, and look until it is so; a projector that warms up or cools down is left alone."""
        command, argument = self._order(point, value)
        try:
            if point == "power":
                await self._rested(value)
            async with asyncio.timeout(POWER_S if point == "power" else ANSWER_S):
                await self.ask(command, argument)
                if point not in STEPS:
                    await self._stands(command, point, value)
        except Refused as refused:
            if refused.code == "ERR3":
                raise CommandRejected("not_now", f"the projector says: {refused}") from refused
            raise CommandFailed("device_refused", f"the projector says: {refused}") from refused
        except TimeoutError:
            raise CommandFailed("not_confirmed", f"the projector took {point} and does not say {value}") from None

    async def ask(self, command: str, argument: str = "?") -> str:
        """Return the projector's answer; raises Refused, DeviceUnreachable.

        A question that was cut short is waited for first, or its answer would be taken for this one's.
        """
        head = f"%{self._class_of(command)}{command}"
        if self.owed:
            with suppress(Refused):
                await self._answer(self.owed)
        self.owed = head
        self.writer.write(f"{self.prefix}{head} {argument}\r".encode())
        self.prefix = ""
        return await self._answer(head)

    async def _answer(self, head: str) -> str:
        async with reaching("the projector", within_s=ANSWER_S):
            try:
                while (said := protocol.answered(await self.line(), head)) is None:
                    continue
            except Refused:
                self.owed = ""
                raise
        self.owed = ""
        return said

    def _class_of(self, command: str) -> int:
        renewed = self.second and command in RENEWED
        return 2 if renewed or command in ANEW else 1

    async def line(self) -> str:
        """Return the next line."""
        try:
            raw = await self.reader.readuntil(b"\r")
        except asyncio.LimitOverrunError:
            raise DeviceUnreachable("the projector talks without end") from None
        return raw[:LONGEST].decode(errors="replace").strip()

    async def offers(self, command: str, argument: str = "?") -> str | None:
        """Return the answer to a question now, "" where it has none now, None where the command is not known."""
        try:
            return await self.ask(command, argument)
        except Refused as refused:
            return None if refused.code == "ERR1" else ""

    async def _stands(self, command: str, point: str, value: Value) -> None:
        while self._understood(command, await self.ask(command)).get(point) != value:  # noqa: ASYNC110 -- it tells nobody
            await asyncio.sleep(LOOK_EVERY_S)

    async def _rested(self, wanted: Value) -> None:
        """Raise CommandRejected where switching would cut into warming up or cooling down."""
        condition = protocol.CONDITIONS.get(await self.ask("POWR"), "")
        if condition in BUSY and wanted != (condition in protocol.SUPPLIED):
            raise CommandRejected(BUSY[condition], f"the projector is {condition}; try again in a minute")

    def _understood(self, command: str, said: str) -> Mapping[str, Value]:
        if command == "INPT":
            name = protocol.input_name(said)
            named = {"input-name": self.called[name]} if name in self.called else {}
            return {"input": name, **named} if name in self.inputs else {}
        return protocol.readings_of(command, said)

    def _order(self, point: str, value: Value) -> tuple[str, str]:
        match point:
            case "input":
                return "INPT", self.inputs[str(value)]
            case "mute":
                return "AVMT", "31" if value else "30"
            case "freeze":
                return "FREZ", "1" if value else "0"
            case "volume" | "microphone":
                return STEPS[point], "1" if value == "up" else "0"
        return "POWR", "1" if value else "0"


@asynccontextmanager
async def connect(configuration: PjlinkConfiguration, services: Services) -> AsyncIterator[Projector]:  # noqa: ARG001 -- the protocol's
    """Connect, prove that we know the password, and learn what the projector has."""
    where = f"{configuration.host}:{configuration.port}"
    async with reaching(where, within_s=ANSWER_S):
        reader, writer = await asyncio.open_connection(configuration.host, configuration.port, limit=2 * LONGEST)
    try:
        projector = Projector(reader, writer)
        secret = configuration.password.get_secret_value() if configuration.password else ""
        async with reaching(where, within_s=ANSWER_S):
            projector.prefix = protocol.prefix(await projector.line(), secret)
        await _learn(projector, configuration)
        yield projector
    finally:
        writer.close()


async def _learn(projector: Projector, configuration: PjlinkConfiguration) -> None:
    projector.second = await projector.offers("CLSS") == "2"
    inputs = await projector.offers("INST")
    projector.inputs, projector.sleeping = protocol.inputs(inputs or ""), inputs == ""
    asked = (*QUESTIONS, *(SECOND_CLASS if projector.second else ()))
    projector.questions = [command for command in asked if await projector.offers(command) is not None]
    steps = [command for command in STEPS.values() if projector.second and await projector.offers(command) is not None]
    known = [*projector.questions, *steps, *await _learn_who(projector)]
    off_after_s = configuration.off_after_s if configuration.when_alone == "safe" else None
    projector.points = points_of(known, tuple(projector.inputs), off_after_s)


async def _learn_who(projector: Projector) -> Sequence[str]:
    """Ask what it is and what it calls its inputs, for WHO_S at most; return the questions it had an answer to."""
    said, called = dict[str, str](), dict[str, str]()
    with suppress(TimeoutError):
        async with asyncio.timeout(WHO_S):
            for command in (*NAMES, *(NAMES_ANEW if projector.second else ())):
                said[command] = protocol.text(await projector.offers(command) or "")
            await _learn_called(projector, called)
    projector.about, projector.told, projector.called = protocol.about(said), told_of(said), called
    return [*(command for command in said if said[command]), *(["INNM"] if called else [])]


async def _learn_called(projector: Projector, called: dict[str, str]) -> None:
    """Learn what the projector calls its inputs, by our names; one that does not know the question is asked once."""
    for name, code in projector.inputs.items() if projector.second else ():
        said = await projector.offers("INNM", f"?{code}")
        if said is None:
            return
        if text := protocol.text(said):
            called[name] = text
