"""A trouble is one line in the log as long as it lasts."""

import logging

import pytest

from labkeeper_hub.trouble import Trouble


def test_a_trouble_is_said_when_it_begins_and_again_only_after_it_was_over(caplog: pytest.LogCaptureFixture) -> None:
    trouble = Trouble(logging.getLogger("hub"), "alarms: cannot be saved (%s)")
    for reason in ("full", "still full"):
        trouble.begun(reason)
    assert (trouble.lasts, caplog.messages) == (True, ["alarms: cannot be saved (full)"])
    trouble.over()
    assert not trouble.lasts
    trouble.begun("full again")
    assert caplog.messages[1:] == ["alarms: cannot be saved (full again)"]
