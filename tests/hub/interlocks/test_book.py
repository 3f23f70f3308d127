"""Two persons: what one proposes another approves, and nobody alone."""

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from labkeeper_hub.interlocks.book import EMPTY, Desired, Entry, InterlockRefused, Unapproved, approve, propose, see
from labkeeper_hub.interlocks.file import FILE, read_book, write_book
from labkeeper_hub.interlocks.signing import FILE as KEY_FILE
from labkeeper_hub.interlocks.signing import open_signing
from labkeeper_hub.model import NodeKey
from labkeeper_sdk import BadConfiguration
from labkeeper_wire.interlocks import AgreedSet, hash_of_text

NODE = NodeKey("s", "n")
TEXT = 'id = "x"\ntitle = { zh = "某", en = "x" }\n[inputs]\n[outputs]\n'
HASH = hash_of_text(TEXT)


def code(act: object, *arguments: object) -> str:
    with pytest.raises(InterlockRefused) as raised:
        act(*arguments)  # type: ignore[operator] # one of several acts
    return raised.value.code


def test_nobody_approves_their_own_proposal_or_one_they_have_not_seen() -> None:
    proposed = propose(EMPTY, NODE, TEXT, "li", 1)
    assert code(approve, proposed, NODE, HASH, "li", 2) == "same_person"
    assert code(approve, proposed, NODE, hash_of_text('id = "y"'), "wang", 2) == "no_proposal"
    assert code(approve, EMPTY, NODE, HASH, "wang", 2) == "no_proposal"
    assert code(propose, EMPTY, NODE, "id =", "li", 1) == "bad_set"
    entry = approve(proposed, NODE, HASH, "wang", 2)[NODE]
    assert entry.agreed is not None
    assert (entry.agreed.number, entry.agreed.proposed_by, entry.agreed.approved_by) == (1, "li", "wang")
    assert entry.proposal is None, "it is approved once"


def test_each_set_has_a_greater_number_than_the_one_before_and_than_the_nodes() -> None:
    book = approve(propose(EMPTY, NODE, TEXT, "li", 1), NODE, HASH, "wang", 2)
    book = approve(propose(book, NODE, TEXT, "li", 3), NODE, HASH, "wang", 4)
    assert book[NODE].agreed is not None
    assert book[NODE].agreed.number == 2  # type: ignore[union-attr] # there is one
    book = approve(propose(book, NODE, TEXT, "li", 5), NODE, HASH, "wang", 6, known=8)
    assert book[NODE].agreed.number == 9  # type: ignore[union-attr] # there is one


def test_a_node_that_runs_something_else_differs() -> None:
    entry = approve(propose(EMPTY, NODE, TEXT, "li", 1), NODE, HASH, "wang", 2)[NODE]
    assert Desired(NODE, "another", entry).differs
    assert not Desired(NODE, HASH, entry).differs
    assert not Desired(NODE, "another").differs, "nothing was approved here"
    assert not Desired(NODE, None, entry, heard=False).differs, "of a node that is away nobody knows"


@pytest.mark.parametrize(
    ("seen", "running", "unapproved"),
    [
        ("", None, Unapproved.NO),
        ("", "", Unapproved.NO),
        ("", "own", Unapproved.FOUND),
        ("own", "own", Unapproved.FOUND),
        ("own", "other", Unapproved.CHANGED),
        ("own", "", Unapproved.CHANGED),
        ("own", None, Unapproved.CHANGED),
    ],
)
def test_a_set_that_nobody_approved_is_noticed_and_so_is_its_change(
    seen: str, running: str | None, unapproved: Unapproved
) -> None:
    assert Desired(NODE, running, Entry(seen=seen)).unapproved is unapproved
    assert Desired(NODE, running, Entry(seen=seen), heard=False).unapproved is Unapproved.NO
    approved = Entry(agreed=AgreedSet(1, TEXT, "li", "wang"), seen=seen)
    assert Desired(NODE, running, approved).unapproved is Unapproved.NO, "then it differs, or not"


def test_what_a_node_ran_first_is_remembered_until_something_is_approved() -> None:
    assert see(EMPTY, NODE, "") is EMPTY
    assert see(EMPTY, NODE, None) is EMPTY
    book = see(EMPTY, NODE, "own")
    assert see(book, NODE, "other") is book
    approved = approve(propose(book, NODE, TEXT, "li", 1), NODE, HASH, "wang", 2)
    assert approved[NODE].seen == ""
    assert see(approved, NODE, "other") is approved


def test_the_book_is_read_back_and_a_damaged_one_stops_the_start(tmp_path: Path) -> None:
    assert read_book(tmp_path) == {}
    book = propose(approve(propose(EMPTY, NODE, TEXT, "li", 1), NODE, HASH, "wang", 2), NODE, TEXT, "li", 3)
    book = see(book, NodeKey("s", "m"), "own")
    write_book(tmp_path, book)
    assert read_book(tmp_path) == book
    (tmp_path / FILE).write_text("{")
    with pytest.raises(BadConfiguration):
        read_book(tmp_path)


def test_a_hub_signs_with_one_key_for_good_and_says_when_it_is_damaged(tmp_path: Path) -> None:
    signing = open_signing(tmp_path)
    agreed = AgreedSet(1, TEXT, "li", "wang")
    signature = base64.b64decode(open_signing(tmp_path).signed(agreed, NODE).signature)
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(signing.public))
    key.verify(signature, agreed.signed_bytes(*NODE))
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600
    (tmp_path / KEY_FILE).write_bytes(b"short")
    with pytest.raises(BadConfiguration):
        open_signing(tmp_path)
