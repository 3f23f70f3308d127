"""`python -m benchmarks.weeks`: EEMUA's numbers of a simulated normal week and of a bad one, and the bad one's alarms.

A school of twelve labs, seeded, on a clock that is only a number: the shipped catalogue, the hub's judges, states and
numbers. `--seeds` runs more weeks, each with a seed of its own, and gives the worst of them.
"""

from pathlib import Path

from benchmarks.harness import Figures, counted, measure, options, say
from benchmarks.weeks.weeks import bad_week, causes_of, normal_week, worst


async def bench(_: Path, seed: int, seeds: int) -> Figures:
    """Live through the weeks."""
    normal = worst([normal_week(one) for one in counted(range(seed, seed + seeds), "week")])
    say("the bad week")
    bad = bad_week(seed)
    named = {f"normal_{name}": value for name, value in normal.items()}
    return {**named, **{f"bad_{name}": value for name, value in worst([bad]).items()}, "bad_alarms": causes_of(bad)}


def main() -> None:
    """Read the options and run."""
    asked = options(
        __doc__ or "",
        ("--seed", {"type": int, "default": 1, "help": "of the first week (default 1)"}),
        ("--seeds", {"type": int, "default": 1, "help": "how many normal weeks (default 1)"}),
    )
    measure(asked, lambda folder: bench(folder, asked.seed, asked.seeds))


if __name__ == "__main__":
    main()
