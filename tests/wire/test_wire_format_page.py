"""The reference page names everything that crosses the wire."""

from pathlib import Path

import pytest

from labkeeper_wire import commands, delivery, descriptor
from labkeeper_wire.codec import LIMITS, Reason

PAGE = (Path(__file__).parents[2] / "docs/reference/wire-format.md").read_text(encoding="utf-8")
NAMES = [
    value
    for module in (delivery, commands, descriptor)
    for key, value in vars(module).items()
    if key.isupper() and isinstance(value, str) and not key.startswith("_")
]
PROPERTIES = descriptor.PointDescription("p", "setpoint", 10, "u", 0, 1, 1, ("a",), True, 0, 1, "heat", "zh", "en")


def test_there_are_names_to_look_for() -> None:
    assert {delivery.ACK, commands.RESULT, descriptor.DESCRIPTOR} < set(NAMES)


@pytest.mark.parametrize(
    "word", [*NAMES, *Reason, *commands.CommandState, *sorted(descriptor.KINDS), *PROPERTIES.to_properties()]
)
def test_every_name_on_the_wire_is_on_the_page(word: str) -> None:
    assert f"`{word}`" in PAGE


def test_the_limits_on_the_page_are_the_limits() -> None:
    assert (LIMITS.size, LIMITS.metrics, LIMITS.items, LIMITS.depth) == (1 << 20, 10_000, 100_000, 8)
    for said in ("1 MiB", "10,000", "100,000 array elements", "more than 8 deep"):
        assert said in PAGE
