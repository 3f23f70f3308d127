"""`python -m benchmarks.leases`: commands of an old holder executed after the node accepted the hand-over.

A thousand random interleavings of hand-over, partition, heal, duplicate, delay, loss and restart of the node against
the real rules of hub and node, on a clock that is only a number. The seed is printed; `--seed` repeats a run.
`reckless_executed` is what a node that does not look at leases would have executed in the same interleavings: it says
that there was something to refuse. `forgetful_executed_twice` says the same of ids: what a node would have done twice
that does not know after a restart what it has done.

`--take-back` measures instead, on a whole stack, how long after the teacher's request the node refuses the pupils.
"""

import logging
import random
from pathlib import Path

from benchmarks.harness import Figures, counted, measure, options
from benchmarks.lease_world import World
from benchmarks.taking_back import take_back

STEPS = 150


async def bench(_: Path, interleavings: int, seed: int) -> Figures:
    """Run all interleavings, each with a seed of its own."""
    numbers = range(interleavings)
    worlds = [World(random.Random(seed + number)).steps(STEPS) for number in counted(numbers, "interleaving")]
    tried = counted(numbers, "reckless interleaving")
    reckless = [World(random.Random(seed + number), reckless=True).steps(STEPS) for number in tried]
    tried = counted(numbers, "forgetful interleaving")
    forgetful = [World(random.Random(seed + number), forgetful=True).steps(STEPS) for number in tried]
    return {
        "interleavings": interleavings,
        "old_holder_commands_executed": sum(len(world.wrong) for world in worlds),
        "commands_executed_twice": sum(world.twice for world in worlds),
        "commands_sent": sum(len(world.sent) for world in worlds),
        "commands_executed": sum(len(world.node.executed) for world in worlds),
        "reckless_executed": sum(len(world.wrong) for world in reckless),
        "forgetful_executed_twice": sum(world.twice for world in forgetful),
        "steps": STEPS,
        "seed": seed,
    }


def main() -> None:
    """Read the options and run."""
    asked = options(
        __doc__ or "",
        ("--interleavings", {"type": int, "default": 1000, "help": "how many (default 1000)"}),
        ("--take-back", {"action": "store_true", "help": "measure taking the floor back, on a whole stack"}),
        ("--rounds", {"type": int, "default": 150, "help": "how often it is given and taken back (default 150)"}),
        ("--seed", {"type": int, "default": None, "help": "repeat a run (default: a new one)"}),
    )
    if asked.take_back:
        return measure(asked, lambda folder: take_back(folder, asked.rounds))
    logging.disable()  # the node logs every old table it is told, and here that is most of them
    seed = random.SystemRandom().randrange(2**32) if asked.seed is None else asked.seed
    return measure(asked, lambda folder: bench(folder, asked.interleavings, seed))


if __name__ == "__main__":
    main()
