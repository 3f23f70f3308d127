"""What was heard before is known again, per driver instance, and the oldest forgotten."""

from labkeeper_edge.outbox.batch_store import HEARD_KEPT
from labkeeper_edge.outbox.heard import Heard


def test_a_message_is_known_from_its_arrival_and_after_its_commit() -> None:
    heard = Heard()
    assert not heard.knows("a", b"1")
    key = heard.pending("a", b"1")
    assert heard.knows("a", b"1")
    heard.stored([key])
    assert heard.knows("a", b"1")
    assert not heard.knows("b", b"1")


def test_what_the_outbox_remembers_is_known_until_it_is_too_old() -> None:
    first = Heard()
    keys = [first.pending("a", str(number).encode()) for number in range(HEARD_KEPT)]
    heard = Heard.recalled(keys)
    assert heard.knows("a", b"0")
    heard.stored([heard.pending("a", b"new")])
    assert not heard.knows("a", b"0")
    assert heard.knows("a", b"1")
