"""The word that stops a school, and the latch it closes."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from labkeeper_wire.stop import (
    RELEASED_KEPT,
    BadStop,
    Latch,
    StopWord,
    hear,
    hear_anyone,
    missing,
    reconciled,
    release,
    school_of,
    topic,
)

STOP = StopWord("a", active=True, by="anna", at_ms=1)
RELEASE = StopWord("a", active=False, by="ben", at_ms=2)
NAMES = st.text(min_size=1, max_size=20)
WORDS = st.builds(
    StopWord, NAMES, active=st.booleans(), by=NAMES, at_ms=st.integers(0, 2**40), mark=st.just("") | NAMES
)


@given(WORDS)
def test_a_word_comes_back_as_it_was(word: StopWord) -> None:
    assert StopWord.from_payload(word.to_payload()) == word


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        b"7",
        b"[" * 4000,
        b" " * 5000,
        b'{"latch": "", "active": true, "by": "x", "at": 1}',
        b'{"latch": 7, "active": true, "by": "x", "at": 1}',
        b'{"latch": "a", "active": 1, "by": "x", "at": 1}',
        b'{"latch": "a", "active": true, "by": "x", "at": -1}',
        b'{"latch": "a", "active": true, "by": "x", "at": true}',
        b'{"latch": "a", "active": true, "by": "x"}',
        b'{"latch": "a", "active": true, "by": "x", "at": 1, "mark": 7}',
    ],
)
def test_anything_else_is_no_word(payload: bytes) -> None:
    with pytest.raises(BadStop):
        StopWord.from_payload(payload)


def test_a_stop_latches_until_that_latch_is_released() -> None:
    stopped = hear(Latch(), STOP)
    assert stopped.name == "a"
    assert hear(stopped, STOP) is stopped
    assert hear(stopped, RELEASE._replace(latch="b")) is stopped, "another latch's release is none"
    released = hear(stopped, RELEASE)
    assert released.name == ""
    assert hear(released, STOP) is released, "a late copy of the stop stops nobody again"
    assert hear(released, RELEASE) is released
    assert hear(released, STOP._replace(latch="b")).name == "b"


@given(st.lists(WORDS, max_size=20), st.lists(WORDS, max_size=20))
def test_no_words_that_anybody_may_write_release_a_stop(before: list[StopWord], said: list[StopWord]) -> None:
    latch = Latch()
    for word in before:
        latch = hear(latch, word)
    held = latch
    for word in said:
        latch = hear_anyone(latch, word)
        assert latch.released == held.released
    assert bool(latch.name) >= bool(held.name)
    assert any(word.active for word in said) or latch is held


def test_a_release_is_a_word_that_releases() -> None:
    assert release(RELEASE.to_payload().decode()) == RELEASE
    for wrong in (STOP.to_payload().decode(), "", None, 7, b"x"):
        with pytest.raises(BadStop):
            release(wrong)


def test_a_newer_stop_takes_the_place_of_an_older_one() -> None:
    assert hear(hear(Latch(), STOP), STOP._replace(latch="b")).name == "b"


def test_only_the_last_released_latches_are_remembered() -> None:
    latch = Latch()
    for number in range(RELEASED_KEPT + 3):
        latch = hear(latch, RELEASE._replace(latch=str(number)))
    assert len(latch.released) == RELEASED_KEPT


@given(st.lists(WORDS, max_size=20))
def test_a_latch_survives_the_disk_as_it_is(words: list[StopWord]) -> None:
    latch = Latch()
    for word in words:
        latch = hear(latch, word)
        assert Latch.from_text(latch.to_text()) == latch
        assert latch.name not in latch.released


def test_no_text_is_no_latch() -> None:
    assert Latch.from_text("") == Latch()


def test_who_does_not_agree_about_a_latch_is_told_what_is_missing() -> None:
    stopped, released = Latch(STOP), Latch(None, ("a",))
    assert reconciled(stopped, "a", "node pi", 7) is None
    assert reconciled(Latch(), "", "node pi", 7) is None
    assert reconciled(stopped, "", "node pi", 7) == STOP
    assert reconciled(stopped, "b", "node pi", 7) == STOP
    assert reconciled(released, "a", "node pi", 7) == StopWord("a", active=False, by="node pi", at_ms=7)
    assert reconciled(Latch(), "a", "node pi", 7) == StopWord("a", active=True, by="node pi", at_ms=7)


@given(st.lists(WORDS, max_size=20), st.lists(WORDS, max_size=20))
def test_one_missing_word_brings_two_to_the_same_latch(ours: list[StopWord], theirs: list[StopWord]) -> None:
    hub, node = Latch(), Latch()
    for word in ours:
        hub = hear(hub, word)
    for word in theirs:
        node = hear(node, word)
    missed = reconciled(hub, node.name, "node", 1)
    if missed is not None:
        assume(missed.latch not in node.released)  # then it is the hub that missed a release, which the broker keeps
        assert hear(hub, missed).name == hear(node, missed).name


@pytest.mark.parametrize("text", ["", "labkeeper/v1//stop", "labkeeper/v1/a/b/stop", "labkeeper/v1/a/stops", "a/stop"])
def test_another_topic_is_no_schools(text: str) -> None:
    assert school_of(topic("minhang-3")) == "minhang-3"
    with pytest.raises(BadStop):
        school_of(text)


@pytest.mark.parametrize(
    ("said", "found"), [('["a", 7]', {"a"}), ("7", set()), ("[", set()), (None, set()), ("[]", set())]
)
def test_who_is_missing_is_read_from_a_list_of_names(said: object, found: set[str]) -> None:
    assert missing(said) == found
