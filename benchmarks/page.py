"""`python -m benchmarks.page`: the page's numbers. `--only stop`: from STOP to the broker and to every confirmation,
while thirty pages reload; `--only load`: a cold load with two hundred devices in a browser four times slower;
`--only live`: from a node's reading to a hundred pages; `--only tap`: from a finger on a switch to what the page shows;
`--only others`: from one page's command to thirty others;
`--only button`: STOP without page and hub, from the button at one node to another node's driver.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

from benchmarks.arriving import load
from benchmarks.buttons import button
from benchmarks.harness import Figures, measure, options, say
from benchmarks.others import others
from benchmarks.pressing import stop
from benchmarks.spectating import live
from benchmarks.tapping import tap

PARTS: dict[str, Callable[[Path, int], Awaitable[Figures]]] = {
    "stop": stop,
    "load": load,
    "live": live,
    "tap": tap,
    "others": others,
    "button": button,
}
OFTEN = {"stop": 20, "load": 3, "live": 6, "tap": 100, "others": 100, "button": 100}


async def bench(only: str, count: int | None, folder: Path) -> Figures:
    """Measure one part, or each in a folder of its own."""
    figures: Figures = {}
    for name in [only] if only else PARTS:
        say(f"measuring {name}")
        (folder / name).mkdir()
        figures |= await PARTS[name](folder / name, count or OFTEN[name])
    return figures


def main() -> None:
    """Read the options and measure."""
    asked = options(
        __doc__ or "",
        ("--only", {"choices": [*PARTS], "default": "", "help": "what to measure (default: all)"}),
        ("--count", {"type": int, "help": "presses (default 20), visits (3), seconds (6), or how often else (100)"}),
    )
    measure(asked, partial(bench, asked.only, asked.count))


if __name__ == "__main__":
    main()
