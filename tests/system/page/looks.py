"""How a page looks, in a form that keeps: which kinds of elements stand in which, and how each kind is drawn.

Kept beside each picture of the guides as *.look, one line a kind and the ways it is drawn:
`section.bench > header 1f0c5a2e`. Pixels are not compared, not even few and grey ones: another font breaks lines
elsewhere and another browser draws other edges, so what forgives that forgives a card's frame as well. What is compared
depends on neither: the elements, and what our style sheets come to for them, without sizes that follow from text.
"""

import hashlib
from pathlib import Path

from playwright.async_api import Page

DIGITS = 8
OTHERS = 0.2  # this share of the kinds may come and go with what devices do
DRAWN = (
    "backgroundColor borderBottomStyle borderBottomWidth borderLeftColor borderLeftStyle borderLeftWidth borderRadius "
    "borderTopColor borderTopStyle borderTopWidth boxShadow color columnGap display flexDirection flexWrap fontSize "
    "fontWeight paddingBottom paddingLeft paddingRight paddingTop position rowGap textTransform"
)
STATES = (  # is drawn otherwise another time
    "svg, option, [aria-busy=true], [aria-checked=true], [aria-pressed=true], [aria-invalid], :disabled, .old, .warn, "
    ".lost, .calls, .ill, .well, .wanting, .confirmed, .pending, .unheard, .note, .age, .badge, .word, .result, "
    ".facility-mark, .attention, .near-course, .none"
)
LOOK = """
([properties, states]) => {
  const drawn = properties.split(" ");
  const name = (one) => [one.localName, ...[...one.classList].sort()].join(".");
  const found = {};
  for (const one of document.body.querySelectorAll("*")) {
    if (one.closest(states) || !one.checkVisibility({ visibilityProperty: true })) continue;
    const style = getComputedStyle(one);
    const columns = style.display.endsWith("grid") ? style.gridTemplateColumns.split(" ").length : 0;
    const kind = `${name(one.parentElement)} > ${name(one)}`;
    (found[kind] ??= []).push([...drawn.map((each) => style[each]), columns].join(";"));
  }
  return found;
}
"""


async def look(page: Page) -> list[str]:
    """Return a line for each kind of element that is seen: where it stands, and a digest of how it is drawn."""
    found: dict[str, list[str]] = await page.evaluate(LOOK, [DRAWN, STATES])
    return sorted(" ".join([kind, *sorted({_digest(one) for one in drawn})]) for kind, drawn in found.items())


def _digest(drawn: str) -> str:
    return hashlib.sha256(drawn.encode()).hexdigest()[:DIGITS]


def aged(kept: list[str], found: list[str]) -> list[str]:
    """Return the kinds that are drawn otherwise where devices do as they like: those that have no way of being drawn in
    common, and those that are new or gone if they are many.
    """
    before, now = _kinds(kept), _kinds(found)
    others = before.keys() ^ now.keys()
    drawn = [kind for kind in before.keys() & now.keys() if before[kind].isdisjoint(now[kind])]
    return sorted(drawn + (list(others) if len(others) > OTHERS * len(before) else []))


def _kinds(lines: list[str]) -> dict[str, set[str]]:
    """Take lines apart: `parent > kind digest …`."""
    return {" ".join(words[:3]): set(words[3:]) for words in map(str.split, lines)}


def keep(file: Path, lines: list[str]) -> None:
    """Write a look down."""
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def kept(file: Path) -> list[str]:
    """Return a look that was written down."""
    return file.read_text(encoding="utf-8").splitlines()
