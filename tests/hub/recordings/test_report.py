"""What a recording's report says became of a command, in the language of its reader."""

import pytest

from labkeeper_hub.model import Command, Order, PointKey, State
from labkeeper_hub.recordings.report import Reader, became
from labkeeper_hub.reports.document import Language

REFUSED = "heater-on: needs fan; since 2026-11-26T07:44:18Z; 需要：通风已开 | needs: the fan runs"


def command(state: State, code: str = "", message: str = "") -> Command:
    order = Order("c", PointKey("s", "n", "d", "p"), True, "p-1", 0, 3000)
    return Command(order, state, code, message, 0)


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("zh", "被拒绝：需要：通风已开；自 2026-11-26 15:44:18 起"),
        ("en", "refused: needs: the fan runs; since 2026-11-26 15:44:18"),
    ],
)
def test_an_interlocks_refusal_is_told_in_the_readers_words_and_time(language: Language, told: str) -> None:
    assert became(command(State.REJECTED, "interlock", REFUSED), Reader(language, 480, 0)) == told


def test_any_other_end_is_told_with_what_was_said_of_it() -> None:
    reader = Reader("en", 0, 0)
    assert became(command(State.DONE), reader) == "done"
    assert became(command(State.FAILED, "busy", "the device is busy"), reader) == "failed: the device is busy"
    assert became(command(State.REJECTED, "interlock", "no rule"), reader) == "refused: no rule"
