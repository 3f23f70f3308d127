"""The set that two persons agreed on, as it crosses the wire."""

import json

import pytest

from labkeeper_wire.interlocks import LONGEST_SET, AgreedSet, BadSet, hash_of_text

AGREED = AgreedSet(3, 'id = "x"\n', "p-1", "p-2")


def test_what_is_written_is_read_back() -> None:
    assert AgreedSet.from_text(AGREED.to_text()) == AGREED
    assert AGREED.hash == hash_of_text('# the same\nid = "x"')
    assert AGREED.hash != hash_of_text('id = "y"')


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"number": 0}, "number"),
        ({"number": True}, "number"),
        ({"text": ""}, "text is no text"),
        ({"text": "x" * (LONGEST_SET + 1)}, "text is no text"),
        ({"proposed_by": None}, "proposed_by"),
        ({"approved_by": "p-1"}, "one person alone"),
    ],
)
def test_what_is_no_agreement_changes_nothing(changes: dict[str, object], words: str) -> None:
    with pytest.raises(BadSet, match=words):
        AgreedSet.from_text(json.dumps(AGREED._asdict() | changes))


@pytest.mark.parametrize("text", [None, "{", "[]", "[" * 100_000, '"' + "x" * (3 * LONGEST_SET)])
def test_what_is_no_document_is_refused(text: object) -> None:
    with pytest.raises(BadSet):
        AgreedSet.from_text(text)


@pytest.mark.parametrize("text", ["id =", "at = 2026-01-01"])
def test_what_has_no_hash_is_refused(text: str) -> None:
    with pytest.raises(BadSet):
        hash_of_text(text)
