"""What a person at a terminal sees while something takes its time, and a log does not."""

import pytest

from labkeeper_sdk.at_work import ERASE, at_work
from tests.terminal import at_terminal


def test_a_terminal_shows_what_is_done_and_how_far_and_then_nothing() -> None:
    with at_terminal() as screen, at_work("asking the hub") as tell:
        tell("point 2 of 9")
    assert screen.getvalue().split(ERASE) == ["", "asking the hub …", "asking the hub: point 2 of 9 …", ""]


def test_the_line_goes_when_the_work_fails_too() -> None:
    with at_terminal() as screen, pytest.raises(OSError, match="away"), at_work("asking the hub"):
        raise OSError("away")
    assert screen.getvalue().endswith(ERASE)


def test_a_log_sees_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with at_work("asking the hub") as tell:
        tell("point 2 of 9")
    assert capsys.readouterr() == ("", "")
