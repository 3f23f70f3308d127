"""The set that two persons agreed on, as it crosses the wire."""

import json

import pytest

from labkeeper_wire.interlocks import LONGEST_SET, AgreedSet, BadSet, hash_of_text

AGREED = AgreedSet(3, 'id = "x"\n', "p-1", "p-2")


def test_what_is_written_is_read_back() -> None:
    assert AgreedSet.from_text(AGREED.to_text()) == AGREED
    signed = AGREED._replace(signature="c2lnbmVk")
    assert AgreedSet.from_text(signed.to_text()) == signed
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
        ({"signature": 1}, "signature is no text"),
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


def test_a_signature_is_of_one_set_for_one_node() -> None:
    signed = AGREED.signed_bytes("school", "lab")
    assert AGREED._replace(signature="x").signed_bytes("school", "lab") == signed
    others = (AGREED._replace(number=4), AGREED._replace(text="x"), AGREED._replace(approved_by="p"))
    wrong = [one.signed_bytes("school", "lab") for one in others]
    assert signed not in [*wrong, AGREED.signed_bytes("school", "lab-2"), AGREED.signed_bytes("s", "choollab")]
