"""Contrast of the colours of tokens.css, as WCAG 2.2 computes it: text 4.5:1, edges and marks 3:1, light and dark; and
red says alarm or stop, and nothing else.
"""

import re
from itertools import product

import pytest

from labkeeper_hub.console import STATIC

TOKENS = (STATIC / "tokens.css").read_text()
GROUNDS = ("ground", "surface", "sunken")
TEXTS = [
    *product(("ink", "quiet", "old", "accent", "amber", "good"), GROUNDS),
    *((name, "accent-soft") for name in ("ink", "accent")),
    *((name, "amber-soft") for name in ("ink", "amber")),
    ("ink", "stop-soft"),
    ("stop-ink", "stop-soft"),
    ("stop-ink", "surface"),
    ("on-accent", "accent"),
    ("on-stop", "stop"),
]
EDGES = [
    *product(("edge", "accent", "amber-mark", "amber-line", "stop"), GROUNDS),
    ("amber-mark", "amber-soft"),
    ("amber-line", "amber-soft"),
    ("accent", "accent-soft"),
    ("edge", "accent-soft"),
    ("stop", "stop-soft"),
]
RED = {
    *("page.css", "stopped.css", "floor/pupils.css", "facility/facility.css", "pe/pe.css"),
    *("alarms/alarms.css", "wall/wall.css"),
}


def colours(start: str) -> dict[str, str]:
    """The colours of the block that begins there."""
    block = TOKENS[TOKENS.index(start) :].partition("}")[0]
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))


THEMES = {
    "light": colours(":root {"),
    "dark": colours(':root[data-theme="dark"]'),
    "dark by itself": colours(':root:not([data-theme="light"])'),
}


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("pairs", "least"), [(TEXTS, 4.5), (EDGES, 3.0)], ids=["text", "edges"])
def test_what_stands_on_something_can_be_told_from_it(theme: str, pairs: list[tuple[str, str]], least: float) -> None:
    said = THEMES[theme]
    weak = {pair: round(found, 2) for pair in pairs if (found := contrast(said[pair[0]], said[pair[1]])) < least}
    assert weak == {}


def test_dark_is_the_same_whether_it_is_chosen_or_the_systems() -> None:
    assert THEMES["dark"] == THEMES["dark by itself"]
    assert THEMES["light"].keys() == THEMES["dark"].keys()


def test_red_says_alarm_or_stop_and_nothing_else() -> None:
    red = {path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*.css") if "var(--stop" in path.read_text()}
    assert red == RED
