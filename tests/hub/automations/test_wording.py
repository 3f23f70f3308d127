"""Conditions of automations as people read them."""

import pytest

from labkeeper_hub.automations.rules import GIVEN
from labkeeper_hub.automations.wording import NAMES, in_words


@pytest.mark.parametrize(
    ("condition", "zh", "en"),
    [
        (
            "empty for 10 min and lit",
            "房间里没有人 已持续 10 分钟 且 有灯开着",
            "the room is empty for 10 min and a lamp is on",
        ),
        ("not lesson", "并非“正在上课”", "not “a lesson is on”"),
        ("co2 >= 1000 [ppm]", "co2 ≥ 1000 ppm", "co2 ≥ 1000 ppm"),
        ("18:30", "18:30", "18:30"),
    ],
)
def test_a_condition_is_told_in_both_languages_and_a_time_of_day_is_itself(condition: str, zh: str, en: str) -> None:
    said = in_words(condition)
    assert (said.zh, said.en) == (zh, en)


def test_what_every_lab_has_has_a_name() -> None:
    assert set(NAMES) == GIVEN
