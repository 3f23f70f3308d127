"""What is said of a command that an interlock refuses: written and read again it is the same, in both languages."""

import pytest

from labkeeper_wire.interlock_refusal import Refusal, refusal
from labkeeper_wire.interlock_rules import Both, Input, Place

INPUTS = {
    "fan": Input(Place("d", "fan"), bool, title=Both("通风已开", "the fan runs")),
    "gas": Input(Place("d", "gas"), float, "%{LEL}", title=Both("可燃气体", "combustible gas")),
}


@pytest.mark.parametrize(
    ("because", "zh", "en"),
    [
        ("needs fan; gas < 1", "需要：通风已开；可燃气体 < 1", "needs: the fan runs; combustible gas < 1"),
        ("gas >= 20 %{LEL}", "可燃气体 ≥ 20 %LEL", "combustible gas ≥ 20 %LEL"),
        ("gas >= 20 %{LEL} (not known)", "可燃气体 ≥ 20 %LEL（无法得知）", "combustible gas ≥ 20 %LEL (not known)"),
        ("a rule of another | kind", "a rule of another / kind", "a rule of another / kind"),
    ],
)  # fmt: skip
def test_a_refusal_is_told_in_both_languages_and_read_again(because: str, zh: str, en: str) -> None:
    told = refusal("heater-on", because, 2000, INPUTS)
    assert told == Refusal("heater-on", because, "1970-01-01T00:00:02Z", Both(zh, en))
    assert Refusal.from_text(told.to_text()) == told


def test_what_a_node_without_words_says_is_read_too_and_anything_else_is_not() -> None:
    told = Refusal.from_text("lid: needs shut; since 2026-11-26T07:44:18Z")
    assert told == Refusal("lid", "needs shut", "2026-11-26T07:44:18Z", Both("needs shut", "needs shut"))
    assert Refusal.from_text("the device is busy") is None
