"""The desk over a real database: what is said is on disk first, failures are alarms, secrets come back to nobody."""

import asyncio
import logging
import stat
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr, ValidationError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from labkeeper_hub.alarms.catalogue import shipped
from labkeeper_hub.alarms.desk import AlarmDesk
from labkeeper_hub.alarms.records import AlarmRecords
from labkeeper_hub.alarms.states import Cleared, Core, Priority, Raised
from labkeeper_hub.bus import EventBus
from labkeeper_hub.model import AlarmKey, Device, DeviceKey, Lab, PointKey
from labkeeper_hub.registry.database import open_database
from labkeeper_hub.telling import outbox
from labkeeper_hub.telling.border import PlanBody
from labkeeper_hub.telling.desk import TellingDesk
from labkeeper_hub.telling.hours import Calendar
from labkeeper_hub.telling.letters import FAILED_AFTER, Fate, TellingRefused
from labkeeper_hub.telling.records import KEPT_MS, TellingRecords
from labkeeper_hub.vault import KEY, CannotOpen, Vault, open_vault
from labkeeper_sdk import ChannelKind, Message, MessageNotSent
from labkeeper_wire.descriptor import DeviceDescription
from tests.hub.migrated import lay_registry

CO2 = AlarmKey("co2", PointKey("demo", "n", "d", "co2"))
GAS = AlarmKey("gas", PointKey("demo", "n", "d", "gas_lel"))
FAILED = AlarmKey("channel_failed", PointKey("", "", "duty", ""))
PLAN = PlanBody.model_validate({"rules": [{"name": "all", "steps": [{"channel": "duty"}]}]})
START_MS = 1_790_812_800_000


class PostSettings(BaseModel):
    """A post that asks for a password."""

    password: SecretStr


@dataclass
class Post:
    """Channels of a kind that a test looks into, and what goes wrong with them."""

    wrong: Exception | None = None
    stuck: bool = False
    sent: list[Message] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)

    def make(self, settings: PostSettings) -> "Post":
        self.opened.append(settings.password.get_secret_value())
        return self

    async def send(self, message: Message) -> None:
        if self.stuck:
            await asyncio.Event().wait()
        if self.wrong:
            raise self.wrong
        self.sent.append(message)


class Places:
    """No lab has a title; the gas detector, and what is next to it by name, do."""

    def labs(self) -> tuple[Lab, ...]:
        return ()

    def devices(self, school: str | None = None) -> tuple[Device, ...]:
        named = ("d-2", "Another"), ("d", "Gas detector")
        return tuple(
            Device(DeviceKey(school or "", "n", one), "lab-1", DeviceDescription("", en), (), online=True, since_ms=0)
            for one, en in named
        )


@dataclass
class School:
    """A hub's telling, which a test can end and begin again."""

    engine: AsyncEngine
    folder: Path
    post: Post = field(default_factory=Post)
    now_ms: int = START_MS

    def __post_init__(self) -> None:
        bus = EventBus(flush_s=3600)
        self.alarms = AlarmDesk(AlarmRecords(self.engine), bus, shipped(), lambda: self.now_ms)
        self.kinds = {"post": ChannelKind("post", PostSettings, self.post.make)}

    async def begin(self) -> TellingDesk:
        vault, records = open_vault(self.folder), TellingRecords(self.engine)
        self.desk = TellingDesk(
            records, vault, self.kinds, self.alarms, Places(), lambda _: Calendar(), lambda: self.now_ms
        )
        await self.desk.load()
        return self.desk

    async def raised(self, key: AlarmKey = CO2, priority: Priority = Priority.LOW) -> None:
        self.alarms.happens(key, Raised(priority), self.now_ms, lab="lab-1")
        await self.alarms.save()

    async def turn(self, after_ms: int = 0) -> None:
        """Do what the desk's worker does in a turn."""
        self.now_ms += after_ms
        await self.desk.look()
        for letters in self.desk.outbox.due().values():
            await self.desk.outbox.deliver(letters)

    async def fail(self) -> None:
        """Have the channel fail as often as makes an alarm."""
        self.post.wrong = MessageNotSent("busy")
        for _ in range(FAILED_AFTER):
            self.now_ms = max(self.now_ms, self.desk.outbox.line("duty").retry_ms)
            await self.turn()

    def titles(self) -> list[str]:
        return [one.title for one in self.post.sent]


@pytest.fixture
async def school(tmp_path: Path) -> AsyncIterator[School]:
    async with open_database(lay_registry(tmp_path)) as engine:
        made = School(engine, tmp_path)
        desk = await made.begin()
        await desk.add_channel("duty", "post", "zh", {"password": "hunter2"}, "owner")
        await desk.change_plan(PLAN)
        yield made


async def test_an_alarm_is_told_once_over_restarts(school: School) -> None:
    await school.raised()
    await school.turn()
    assert school.titles() == ["【报警】lab-1：二氧化碳偏高"]
    await school.begin()
    await school.turn(1000)
    assert len(school.post.sent) == 1


async def test_what_was_written_and_not_sent_goes_out_after_a_restart_under_the_same_id(school: School) -> None:
    await school.raised()
    school.post.wrong = MessageNotSent("busy")
    await school.turn()
    (before,) = await school.desk.messages(10)
    assert (before.fate, before.error, before.attempts) == (Fate.WAITING, "busy", 1)
    school.post.wrong = None
    await school.begin()
    await school.turn()
    assert [one.id for one in school.post.sent] == [before.message.id]
    (after,) = await school.desk.messages(10)
    assert (after.fate, after.attempts, after.error) == (Fate.SENT, 2, "")


async def test_a_channel_that_fails_three_times_is_an_alarm_until_it_works(school: School) -> None:
    await school.raised()
    await school.fail()
    known = school.alarms.known(FAILED)
    assert known is not None
    assert known.state.core is Core.UNACK
    assert school.desk.numbers().failing == 1
    school.post.wrong = None
    school.now_ms = school.desk.outbox.line("duty").retry_ms
    await school.turn()
    known = school.alarms.known(FAILED)
    assert known is not None
    assert not known.state.active
    assert school.desk.numbers().failing == 0


async def test_a_channel_is_left_in_peace_while_it_waits_and_the_safety_class_goes_first(school: School) -> None:
    school.post.wrong = MessageNotSent("busy")
    await school.raised()
    await school.turn()
    await school.raised(GAS, Priority.HIGH)
    school.post.wrong = None
    await school.turn(1)
    assert school.post.sent == []
    await school.turn(5_000)
    assert [one.safety for one in school.post.sent] == [True, False]


async def test_a_message_of_the_safety_class_calls_the_device_by_its_title(school: School) -> None:
    await school.raised(GAS, Priority.HIGH)
    await school.turn()
    assert [one.title for one in school.post.sent] == ["【报警】lab-1 Gas detector：可燃气体"]


async def test_a_strangers_mistake_and_a_stuck_channel_are_failures_that_say_no_secret(
    school: School, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    school.post.wrong = RuntimeError("https://user:hunter2@x")
    assert (await school.desk.test("duty")).error == "the channel made a mistake (RuntimeError)"
    monkeypatch.setattr(outbox, "GIVEN_S", 0.01)
    school.post.wrong, school.post.stuck = None, True
    tried = await school.desk.test("duty")
    assert (tried.fate, tried.error) == (Fate.GIVEN_UP, "no answer within 0 s")
    assert "hunter2" not in caplog.text


async def test_a_test_message_says_so_and_is_recorded(school: School) -> None:
    assert (await school.desk.test("duty")).fate is Fate.SENT
    assert school.titles() == ["【测试】Labkeeper 通知"]
    (recorded,) = await school.desk.messages(10)
    assert (recorded.message.kind, recorded.fate) == ("test", Fate.SENT)


async def test_secrets_are_encrypted_with_a_key_that_is_the_hubs_alone(school: School, tmp_path: Path) -> None:
    await school.desk.test("duty")
    assert school.post.opened == ["hunter2"]
    async with school.engine.connect() as connection:
        rows = (await connection.execute(text("SELECT * FROM telling_channels"))).all()
    files = await asyncio.to_thread(_everything, tmp_path)
    assert "hunter2" not in str(rows)
    assert b"hunter2" not in files
    assert stat.S_IMODE((tmp_path / KEY).stat().st_mode) == 0o600
    school.post.opened.clear()
    assert "hunter2" not in repr(school.desk)
    assert open_vault(tmp_path).open(rows[0].sealed) == '{"password": "hunter2"}'
    with pytest.raises(CannotOpen):
        Vault(open_vault(_fresh(tmp_path)).key).open(rows[0].sealed)


def _everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


def _fresh(folder: Path) -> Path:
    (folder / "other").mkdir()
    return folder / "other"


async def test_a_channel_whose_key_is_lost_or_whose_package_is_gone_fails_and_stays_listed(
    school: School, tmp_path: Path
) -> None:
    (tmp_path / KEY).unlink()
    desk = await school.begin()
    assert "set the channel up again" in (await desk.test("duty")).error
    school.kinds.clear()
    desk = await school.begin()
    assert "nothing installed" in (await desk.test("duty")).error
    assert [one.name for one, _ in desk.channels()] == ["duty"]


async def test_a_channel_that_the_plan_needs_stays_and_one_that_goes_takes_its_messages(school: School) -> None:
    await school.raised()
    await school.fail()
    with pytest.raises(TellingRefused, match="change the plan"):
        await school.desk.remove_channel("duty")
    await school.desk.change_plan(PlanBody())
    await school.desk.remove_channel("duty")
    assert {one.fate for one in await school.desk.messages(10)} == {Fate.GIVEN_UP}
    assert school.desk.outbox.waiting == 0
    known = school.alarms.known(FAILED)
    assert known is not None
    assert not known.state.active
    desk = await school.begin()
    assert desk.channels() == ()
    with pytest.raises(TellingRefused):
        await desk.test("duty")


async def test_what_makes_no_sense_is_refused(school: School) -> None:
    desk = school.desk
    for name, kind, code in (("duty", "post", "name_taken"), ("new", "pigeon", "unknown_kind")):
        with pytest.raises(TellingRefused) as refused:
            await desk.add_channel(name, kind, "zh", {"password": "x"}, "owner")
        assert refused.value.code == code
    with pytest.raises(ValidationError):
        await desk.add_channel("new", "post", "zh", {}, "owner")
    with pytest.raises(TellingRefused, match="head"):
        await desk.change_plan(PlanBody.model_validate({"rules": [{"name": "a", "steps": [{"channel": "head"}]}]}))
    assert desk.plan == PLAN


async def test_a_disk_that_refuses_keeps_nobody_from_being_told(
    school: School, caplog: pytest.LogCaptureFixture
) -> None:
    await school.raised()
    async with school.engine.begin() as connection:
        await connection.execute(text("ALTER TABLE telling_messages RENAME TO elsewhere"))
    caplog.set_level(logging.ERROR)
    await school.turn()
    await school.turn(1000)
    assert len(school.post.sent) == 1
    assert "cannot be saved" in caplog.text
    assert "cannot be recorded" in caplog.text


async def test_a_cleared_alarm_is_told_no_more_and_old_messages_go(school: School) -> None:
    await school.raised()
    await school.turn()
    school.alarms.happens(CO2, Cleared(), school.now_ms)
    await school.alarms.save()
    await school.turn(60_000)
    assert len(school.post.sent) == 1
    await school.desk.records.forget(school.now_ms + KEPT_MS)
    assert await school.desk.messages(10) == []


async def test_the_worker_tells_what_calls(school: School) -> None:
    running = asyncio.create_task(school.desk.run())
    await school.raised()
    async with asyncio.timeout(30):
        while not school.post.sent:
            await asyncio.sleep(0.01)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
