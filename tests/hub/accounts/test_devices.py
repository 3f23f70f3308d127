"""What a browser keeps of who came in from it, and that nobody can make it up."""

import hashlib

import pytest

from labkeeper_hub.accounts.devices import LASTS_S, MOST_LOGINS, Device, Devices, Mark, read_device

NOW_S = 1_800_000_000


def mark(text: str) -> str:
    return hashlib.sha256(f"the hub's: {text}".encode()).hexdigest()


def others_mark(text: str) -> str:
    return hashlib.sha256(f"another's: {text}".encode()).hexdigest()


def device(*logins: str, marked_by: Mark = mark) -> Device:
    known = Device(f"{NOW_S}-random")
    for login in logins:
        known = known.after(login, marked_by)
    return known


def test_a_device_knows_who_came_in_from_it_and_nobody_else() -> None:
    again = read_device(device("li", "wang").text(), NOW_S + 1)
    assert again is not None
    assert [again.knows(login, mark) for login in ("li", "wang", "zhao")] == [True, True, False]
    assert "li" not in again.text()


def test_a_browser_brings_what_it_was_given_and_is_known_by_it() -> None:
    devices = Devices(mark, lambda: NOW_S * 1000)
    first = devices.after("", "li")
    both = devices.after(first, "wang")
    assert devices.known("", "li") is None
    assert devices.known(first, "wang") is None
    assert devices.known(both, "li") == devices.known(both, "wang") == devices.known(first, "li")
    assert devices.known(devices.after("", "li"), "li") != devices.known(first, "li")


def test_marks_are_good_on_their_own_device_and_from_this_hub_only() -> None:
    elsewhere = Device(f"{NOW_S}-other", device("li").marks)
    assert not elsewhere.knows("li", mark)
    assert not device("li", marked_by=others_mark).knows("li", mark)


def test_who_comes_in_again_is_kept_once_and_of_too_many_the_one_unseen_for_longest_is_forgotten() -> None:
    assert len(device("li", "wang", "li").marks) == 2
    full = device("li", *(f"login-{number}" for number in range(MOST_LOGINS)))
    assert len(full.marks) == MOST_LOGINS
    assert not full.knows("li", mark)
    assert full.knows("login-0", mark)


def test_a_device_is_a_stranger_again_when_its_time_is_over() -> None:
    text = device("li").text()
    assert read_device(text, NOW_S + LASTS_S - 1) is not None
    assert read_device(text, NOW_S + LASTS_S) is None
    assert read_device(text, NOW_S - 1) is None, "from the future"


@pytest.mark.parametrize("text", ["", ".", "-", "x-y.z", "²-y", "١-y", "9" * 5000 + "-y", f"-{NOW_S}-y"])
def test_what_is_no_cookie_of_ours_is_no_device(text: str) -> None:
    assert read_device(text, NOW_S) is None


def test_a_cookie_of_any_length_costs_little() -> None:
    long = read_device(f"{NOW_S}-y" + ".m" * 100_000, NOW_S)
    assert long is not None
    assert len(long.marks) == MOST_LOGINS
