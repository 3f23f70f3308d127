"""Links to walls: the rules, and what of them survives a restart."""

from pathlib import Path

from labkeeper_hub.accounts import Action, Scope
from labkeeper_hub.accounts.rights import may
from labkeeper_hub.wall import links as rules
from labkeeper_hub.wall.desk import WallDesk
from labkeeper_hub.wall.file import FILE
from labkeeper_hub.wall.links import Link
from labkeeper_wire.leases.book import Room

HERE, NEXT_DOOR = Room("demo", "lab-301"), Room("demo", "lab-302")


def test_a_lab_has_one_link_and_a_new_one_takes_the_place_of_the_old() -> None:
    links = rules.with_link((), Link(HERE, "a", "p-1", 1))
    links = rules.with_link(links, Link(NEXT_DOOR, "b", "p-1", 2))
    links = rules.with_link(links, Link(HERE, "c", "p-2", 3))
    assert rules.of_digest(links, "a") is None
    assert rules.of_room(links, HERE) == rules.of_digest(links, "c") == Link(HERE, "c", "p-2", 3)
    assert rules.without(links, HERE) == (Link(NEXT_DOOR, "b", "p-1", 2),)


def test_a_link_sees_the_wall_of_its_lab_and_nothing_else() -> None:
    person = Link(HERE, "a", "p-1", 1).person()
    allowed = {action for action in Action if may(person, action, Scope(*HERE), 5).allowed}
    assert allowed == {Action.SEE_WALL}
    assert not may(person, Action.SEE_WALL, Scope(*NEXT_DOOR), 5).allowed
    assert not may(person, Action.SEE_WALL, Scope(HERE.school), 5).allowed


async def test_links_outlive_a_restart_and_their_tokens_are_on_no_disk(tmp_path: Path) -> None:
    desk = WallDesk(tmp_path, lambda: 7)
    token = await desk.open(HERE, "p-1")
    gone = await desk.open(NEXT_DOOR, "p-1")
    assert (await desk.close(NEXT_DOOR), await desk.close(NEXT_DOOR)) == (True, False)
    assert token not in (tmp_path / FILE).read_text()
    again = WallDesk(tmp_path, lambda: 8)
    await again.resume()
    assert again.person(token) == desk.person(token) is not None
    assert again.person(gone) is None
    assert again.link(HERE) == desk.link(HERE)


async def test_damaged_links_open_nothing_and_are_made_again(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text("{")
    desk = WallDesk(tmp_path, lambda: 7)
    await desk.resume()
    assert desk.links == ()
    assert desk.person(await desk.open(HERE, "p-1")) is not None
