"""Sparkplug's topics are read exactly, and written as they were read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkeeper_wire.topics import DEVICE_KINDS, LONGEST_ID, NODE_KINDS, BadTopic, Kind, Topic, check_id, parse

IDS = st.text(st.characters(exclude_characters="+/#"), min_size=1, max_size=20).filter(str.isprintable)


@given(group=IDS, node=IDS, device=IDS, kind=st.sampled_from(sorted(NODE_KINDS | DEVICE_KINDS)))
@pytest.mark.sparkplug(
    "topic-structure",
    "topic-structure-namespace-a",
    "intro-group-id-string",
    "intro-edge-node-id-string",
    "intro-device-id-string",
)
def test_a_topic_comes_back_as_it_was_written(group: str, node: str, device: str, kind: Kind) -> None:
    topic = Topic(group, kind, node, device if kind in DEVICE_KINDS else None)
    assert parse(str(topic)) == topic


def test_topics_read_as_the_standard_writes_them() -> None:
    assert str(Topic("school", Kind.NBIRTH, "lab1")) == "spBv1.0/school/NBIRTH/lab1"
    assert str(Topic("school", Kind.DCMD, "lab1", "lamp")) == "spBv1.0/school/DCMD/lab1/lamp"
    assert str(Topic("", Kind.STATE, "labkeeper")) == "spBv1.0/STATE/labkeeper"
    assert parse("spBv1.0/STATE/labkeeper") == Topic("", Kind.STATE, "labkeeper")
    assert parse("spBv1.0/STATE/NDATA/n") == Topic("STATE", Kind.NDATA, "n")


@pytest.mark.parametrize(
    ("topic", "reason"),
    [
        ("", "not_sparkplug"),
        ("spAv1.0/g/NDATA/n", "not_sparkplug"),
        ("labkeeper/v1/school/stop", "not_sparkplug"),
        ("spBv1.0", "wrong_levels"),
        ("spBv1.0/g", "wrong_levels"),
        ("spBv1.0/g/NDATA", "wrong_levels"),
        ("spBv1.0/STATE", "wrong_levels"),
        ("spBv1.0/g/NDATA/n/d", "wrong_levels"),
        ("spBv1.0/g/DDATA/n", "wrong_levels"),
        ("spBv1.0/g/DDATA/n/d/x", "wrong_levels"),
        ("spBv1.0/g/ndata/n", "unknown_kind"),
        ("spBv1.0/g/STATE/n", "unknown_kind"),
        ("spBv1.0//NDATA/n", "bad_id"),
        ("spBv1.0/g/NDATA/", "bad_id"),
        ("spBv1.0/g/NDATA/n#", "bad_id"),
        ("spBv1.0/g/NDATA/\ud800", "bad_id"),
        ("spBv1.0/g/DDATA/n/a\0", "bad_id"),
        ("spBv1.0/STATE/", "bad_id"),
        ("spBv1.0/g/NDATA/" + "文" * 21_900, "too_long"),
    ],
)
@pytest.mark.sparkplug(
    "intro-group-id-chars",
    "intro-edge-node-id-chars",
    "intro-device-id-chars",
    "topic-structure-namespace-device-id-associated-message-types",
    "topic-structure-namespace-device-id-non-associated-message-types",
    "topic-structure-namespace-valid-group-id",
    "topic-structure-namespace-valid-edge-node-id",
    "topic-structure-namespace-valid-device-id",
)
def test_anything_else_is_refused_with_its_reason(topic: str, reason: str) -> None:
    with pytest.raises(BadTopic) as refused:
        parse(topic)
    assert refused.value.reason == reason


def outcome(topic: str) -> str:
    try:
        return str(parse(topic))
    except BadTopic as refused:
        return refused.reason


@given(text=st.text(max_size=30))
def test_reading_a_topic_never_raises_anything_else(text: str) -> None:
    for topic in (text, f"spBv1.0/{text}", f"spBv1.0/g/NDATA/{text}"):
        assert outcome(topic) in {topic, "not_sparkplug", "wrong_levels", "unknown_kind", "bad_id"}


def test_a_good_id_is_given_back() -> None:
    assert check_id("高一(3)班 lab-1") == "高一(3)班 lab-1"


def test_an_id_longer_than_any_name_is_refused() -> None:
    assert check_id("长" * LONGEST_ID) == "长" * LONGEST_ID
    with pytest.raises(BadTopic, match="bad_id"):
        check_id("x" * (LONGEST_ID + 1))
