"""What the desk says of a node: what it proves now, and nothing of what it said before it went away."""

from pathlib import Path

import pytest

from labkeeper_hub.bus import EventBus
from labkeeper_hub.interlocks.book import InterlockRefused, Unapproved
from labkeeper_hub.interlocks.desk import SETTLE_MS, InterlockDesk
from labkeeper_hub.interlocks.file import FILE, read_book
from labkeeper_hub.interlocks.signing import open_signing
from labkeeper_hub.model import NodeKey, Outbox
from labkeeper_hub.registry.known import KnownDevice
from labkeeper_hub.registry.registry import HubRegistry
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.descriptor import DeviceDescription, NodeDescription, PointDescription
from labkeeper_wire.interlocks import DEVICE, HASH, REFUSED

from .test_book import HASH as AGREED
from .test_book import TEXT

NODE = NodeKey("s", "n")
POINTS = [PointDescription(name, "state", DataType.STRING) for name in (HASH, REFUSED)]


class Room:
    """A node with interlocks as the hub knows it, and the desk."""

    def __init__(self, data: Path) -> None:
        self.now_ms = 1
        self.registry = HubRegistry(EventBus(flush_s=3600), lambda _: 1, {})
        self.born()
        self.desk = InterlockDesk(self.registry, data, lambda *_: None, lambda: self.now_ms, open_signing(data))
        self.audit = self.desk.audit = Heard()

    def born(self) -> None:
        self.registry.node_born(NODE, NodeDescription("lab"), Outbox("e"), self.now_ms)

    def says(self, running: str, refused: str = "") -> KnownDevice:
        node = self.registry.known[NODE]
        device = self.registry.device_born(node, DEVICE, DeviceDescription(), POINTS, self.now_ms)
        for point, value in ((HASH, running), (REFUSED, refused)):
            device.points[point].value, device.points[point].time_ms = value, self.now_ms
        return device

    def noted(self) -> list[tuple[str, str]]:
        """What is on record since it was asked last."""
        found, self.audit.notes = self.audit.notes, []
        return [(what, result) for _, what, _, result in found]

    def stands(self) -> tuple[str | None, bool]:
        now = self.desk.desired(NODE)
        return now.running, now.differs


class Heard:
    """Notes that are kept in memory."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, str, str, str]] = []

    def note(self, who: str, what: str, subject: str, result: str) -> None:
        self.notes.append((who, what, subject, result))


@pytest.fixture
async def room(tmp_path: Path) -> Room:
    room = Room(tmp_path)
    room.says("own")
    await room.desk.propose(NODE, TEXT, "li")
    await room.desk.approve(NODE, AGREED, "wang")
    return room


async def test_a_node_proves_what_it_runs_only_while_it_is_heard(room: Room) -> None:
    assert room.stands() == ("own", True)
    room.says(AGREED)
    assert room.stands() == (AGREED, False)
    room.registry.node_died(room.registry.known[NODE], 2)
    assert room.stands() == (None, False), "of a node that is away nobody knows"


async def test_a_node_that_comes_back_without_any_set_differs_after_a_moment(room: Room) -> None:
    device = room.says(AGREED)
    room.registry.node_died(room.registry.known[NODE], 2)
    room.now_ms = 1000
    room.born()
    assert not device.online
    assert room.stands() == (None, False), "it has not had the time to say"
    room.now_ms += SETTLE_MS
    assert room.stands() == (None, True)


async def test_why_a_node_did_not_take_a_set_is_told(room: Room) -> None:
    room.says("own", refused="signed by nobody")
    assert room.desk.desired(NODE).refused == "signed by nobody"


async def test_a_set_that_no_node_would_take_is_refused_with_the_place_of_the_mistake(room: Room) -> None:
    with pytest.raises(InterlockRefused, match="title: Field required") as refused:
        await room.desk.propose(NODE, 'id = "bench"', "li")
    assert refused.value.code == "bad_set"


async def test_a_set_that_nobody_approved_and_its_change_are_on_record_once_each(tmp_path: Path) -> None:
    room = Room(tmp_path)
    await room.desk.look()
    assert room.noted() == [], "it has no rules, and never had"
    node = room.registry.known[NODE]
    for running, unapproved, said in (
        ("own", Unapproved.FOUND, "approved by nobody: own"),
        ("other", Unapproved.CHANGED, "changed without approval: other"),
        ("", Unapproved.CHANGED, "changed without approval: none"),
    ):
        room.says(running)
        await room.desk.look()
        await room.desk.look()
        assert (node.unapproved, room.noted()) == (unapproved, [("see_interlocks", said)])
    again = InterlockDesk(room.registry, tmp_path, room.desk.write, room.desk.now_ms, room.desk.signing)
    await again.resume()
    assert again.desired(NODE).unapproved is Unapproved.CHANGED, "a restart forgets nothing"
    await room.desk.propose(NODE, TEXT, "li")
    await room.desk.approve(NODE, AGREED, "wang")
    await room.desk.look()
    assert room.noted() == [("see_interlocks", "not as approved: none")]
    room.says(AGREED)
    await room.desk.look()
    assert (node.unapproved, node.differs) == (Unapproved.NO, False)
    assert room.noted() == [("see_interlocks", f"as approved: {AGREED}")]


async def test_a_node_that_goes_away_is_no_news_of_what_it_runs(room: Room) -> None:
    room.says(AGREED)
    await room.desk.look()
    room.registry.node_died(room.registry.known[NODE], 2)
    await room.desk.look()
    assert room.noted() == []


async def test_what_a_node_ran_first_is_kept_as_soon_as_the_disk_takes_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    room = Room(data)
    room.says("own")
    (data / FILE).mkdir()  # nothing can take its place
    await room.desk.look()
    await room.desk.look()
    assert [record.levelname for record in caplog.records] == ["ERROR"], "said once"
    (data / FILE).rmdir()
    await room.desk.look()
    assert read_book(data)[NODE].seen == "own"
