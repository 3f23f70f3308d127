from collections.abc import Callable

import pytest

from labkeeper_hub.audit.chain import Event, Fault, Head, check, follow, link

Lines = list[bytes]


def _chain(length: int) -> tuple[Lines, Head]:
    head, lines = Head(), list[bytes]()
    for number in range(length):
        line, head = link(head, Event("p-1", "command", f"lamp {number}", "done", number))
        lines.append(line)
    return lines, head


def test_a_chain_as_it_was_written_holds_and_so_does_one_that_has_grown_since() -> None:
    lines, head = _chain(5)
    assert follow(lines) == (head, None)
    assert check(lines, head) == (head, None)
    assert check(lines, _chain(3)[1]) == (head, None)
    assert check([], Head()) == (Head(), None)


@pytest.mark.parametrize("at", range(5))
@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (lambda line: line.replace(b"p-1", b"p-2"), "was changed"),
        (lambda line: line.replace(b"done", b"failed"), "was changed"),
        (lambda line: line[:-2], "is not an entry"),
        (lambda _: b"[]", "is not an entry"),
        (lambda _: b"{}", "is not an entry"),
    ],
)
def test_one_changed_entry_is_named(at: int, harm: Callable[[bytes], bytes], reason: str) -> None:
    lines, head = _chain(5)
    lines[at] = harm(lines[at])
    assert check(lines, head)[1] == Fault(at + 1, reason)


def test_what_follows_a_head_is_held_to_it_up_to_the_first_fault() -> None:
    lines, _ = _chain(5)
    reached, fault = follow([*lines[3:4], b"{}", *lines[4:]], _chain(3)[1])
    assert (reached.entries, fault) == (4, Fault(5, "is not an entry"))


@pytest.mark.parametrize("at", range(5))
def test_one_removed_entry_is_named_the_last_too(at: int) -> None:
    lines, head = _chain(5)
    del lines[at]
    _, fault = check(lines, head)
    assert fault is not None
    assert fault.entry == at + 1


def test_a_whole_chain_written_anew_is_not_the_one_that_was_sealed() -> None:
    lines, _ = _chain(5)
    assert check(lines, Head(5, "f" * 64))[1] == Fault(5, "is not the one that was sealed")


def test_a_seal_needs_its_key() -> None:
    _, head = _chain(2)
    assert head.seal(b"key") != head.seal(b"other")
