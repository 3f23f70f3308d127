"""What a password in a Chinese school is made of, and how soon it is guessed."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkeeper_hub.accounts.common_words import ENOUGH, PARTS, guesses


@pytest.mark.parametrize(
    "password",
    [
        "woaini1314520",
        "Woaini@5201314",
        "5201314520",
        "zhangwei1990",
        "liming19851224",
        "haohaoxuexi2026",
        "a123456789",
        "9876543210",
        "ＷＯＡＩＮＩ１３１４５２０",
        "我爱你5201314",
        "闵行中学2026",
        "minhang-3-2026",
        "no3zhongxue888",
    ],
)
def test_what_is_put_together_of_usual_parts_is_guessed_soon(password: str) -> None:
    assert guesses(password, ("Minhang-3", "no3", "")) < ENOUGH


@pytest.mark.parametrize("password", ["4829175036", "zhulinqixianheku", "lixuewenhuatao", "kT9#vbQ2xw!e"])
def test_digits_by_chance_and_longer_rows_of_syllables_are_not(password: str) -> None:
    assert ENOUGH < guesses(password) < inf


def test_of_what_has_another_part_the_rule_says_nothing() -> None:
    assert guesses("墨竹工卡的第七盏灯在响") == inf


@given(st.lists(st.sampled_from(sorted(PARTS)), min_size=1, max_size=4))
def test_a_row_of_words_costs_no_more_than_its_words(words: list[str]) -> None:
    cost = 1.0
    for word in words:
        cost *= PARTS[word]
    assert guesses("".join(words)) <= cost * 1.000001
