"""Hand-overs under every fault, against the real rules of hub and node: no old holder is obeyed, no id done twice."""

import random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from benchmarks.lease_world import World


def test_no_command_of_an_old_holder_executes_after_the_hand_over() -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 -- what reproduces a failure
    worlds = [World(random.Random(seed + number)).steps(150) for number in range(100)]
    assert sum(len(world.wrong) for world in worlds) == 0
    assert sum(world.twice for world in worlds) == 0
    assert sum(len(world.node.executed) for world in worlds) > 100, "there was something to execute"


def test_the_world_notices_a_node_that_does_not_look_at_leases() -> None:
    worlds = [World(random.Random(number), reckless=True).steps(150) for number in range(50)]
    assert sum(len(world.wrong) for world in worlds) > 10


def test_the_world_notices_a_node_that_forgets_over_a_restart_what_it_has_done() -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")  # noqa: T201 -- what reproduces a failure
    worlds = [World(random.Random(seed + number), forgetful=True).steps(150) for number in range(200)]
    assert sum(world.twice for world in worlds) > 0


class Faults(RuleBasedStateMachine):
    """Every order of deeds and faults that Hypothesis can think of."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(random.Random(1))

    @rule(seed=st.integers(0, 2**16))
    def chosen(self, seed: int) -> None:
        self.world.random.seed(seed)

    @rule()
    def wish(self) -> None:
        self.world.wish()

    @rule()
    def renew(self) -> None:
        self.world.renew()

    @rule()
    def command(self) -> None:
        self.world.command()

    @rule()
    def repeat(self) -> None:
        self.world.repeat()

    @rule()
    def deliver(self) -> None:
        self.world.deliver()

    @rule()
    def late(self) -> None:
        self.world.late()

    @rule()
    def save(self) -> None:
        self.world.node.save()

    @rule()
    def work(self) -> None:
        self.world.work()

    @rule()
    def restart(self) -> None:
        self.world.restart()

    @rule()
    def partition(self) -> None:
        self.world.partition()

    @rule()
    def heal(self) -> None:
        self.world.heal()

    @rule()
    def pass_time(self) -> None:
        self.world.pass_time()

    @invariant()
    def executes_at_most_once_and_never_for_an_old_holder(self) -> None:
        assert not self.world.twice
        assert not self.world.wrong


TestFaults = Faults.TestCase
TestFaults.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)


def test_the_machine_fails_where_a_node_forgets() -> None:
    """One order of the machine's own deeds that a node must remember over, and does."""
    for forgetful in (False, True):
        machine = Faults()
        machine.world = World(random.Random(1), forgetful=forgetful)
        machine.command()
        for _ in range(2):
            while not machine.world.on_their_way:
                machine.repeat()
            for deed in (machine.deliver, machine.save, machine.work, machine.restart):
                deed()
        if forgetful:
            with pytest.raises(AssertionError):
                machine.executes_at_most_once_and_never_for_an_old_holder()
        else:
            machine.executes_at_most_once_and_never_for_an_old_holder()
            assert machine.world.node.executed
