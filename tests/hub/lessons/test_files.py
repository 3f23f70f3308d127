"""Lessons and scenes on disk: read back as written, and a mistake named by its place."""

from dataclasses import replace
from pathlib import Path

import pytest

from labkeeper_hub.lessons.file import FILE, read_lessons, write_lessons
from labkeeper_hub.lessons.lesson import Lesson, Phase
from labkeeper_hub.lessons.scene_file import load_scenes, parse
from labkeeper_hub.lessons.scenes import Scene, Wish
from labkeeper_hub.model import PointKey
from labkeeper_sdk import BadConfiguration, Title
from labkeeper_wire.leases.book import Room

ROOM = Room("demo", "lab-301")
LESSON = Lesson("l-1", ROOM, "anna", 7, 1, 2)
SCENES = """
[[scene]]
school = "demo"
lab = "lab-301"
name = "begin"
title = { zh = "开始", en = "Start" }
wishes = [
    { node = "pi", device = "outlet", point = "state", value = true },
    { node = "pi", device = "lamp", point = "brightness", value = 80 },
]
[[scene]]
school = "demo"
lab = "lab-301"
name = "night"
title = { zh = "夜间", en = "Night" }
wishes = []
"""


def test_lessons_are_read_as_they_were_written(tmp_path: Path) -> None:
    assert read_lessons(tmp_path) == {}
    ending = replace(
        LESSON,
        room=Room("demo", "lab-302"),
        phase=Phase.ENDING,
        ending_ms=3,
        ended_by="ben",
        before="anna",
        recorded=False,
    )
    write_lessons(tmp_path, [LESSON, ending])
    assert read_lessons(tmp_path) == {LESSON.room: LESSON, ending.room: ending}


def test_damaged_lessons_stop_the_start_and_say_what_to_do(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"lessons": [{}]}')
    with pytest.raises(BadConfiguration, match="delete it"):
        read_lessons(tmp_path)


def test_a_lab_says_its_scenes_in_toml(tmp_path: Path) -> None:
    assert load_scenes(tmp_path / "scenes.toml") == {}
    (tmp_path / "scenes.toml").write_text(SCENES, encoding="utf-8")
    wishes = (
        Wish(PointKey("demo", "pi", "outlet", "state"), True),
        Wish(PointKey("demo", "pi", "lamp", "brightness"), 80),
    )
    begin = Scene("begin", Title("开始", "Start"), wishes)
    assert load_scenes(tmp_path / "scenes.toml") == {ROOM: (begin, Scene("night", Title("夜间", "Night"), ()))}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[[scene", "scenes"),
        (SCENES.replace('name = "night"', 'name = "Night!"'), "scene.1.name"),
        (SCENES.replace('point = "state", ', ""), "scene.0.wishes.0.point"),
        (SCENES.replace('lab = "lab-301"', 'lab = "lab-301"\nroom = 1', 1), "scene.0.room"),
    ],
)
def test_a_mistake_in_scenes_is_named_by_its_place(text: str, place: str) -> None:
    with pytest.raises(BadConfiguration) as wrong:
        parse(text, "scenes.toml")
    assert place in str(wrong.value)
