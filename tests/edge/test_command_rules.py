"""Command rules: decided without a socket, a disk or a clock."""

from uuid import uuid4

import pytest

from labkeeper_edge.command_rules import (
    LONGEST_QUEUE,
    PLAUSIBLE_MS,
    Answer,
    Execute,
    HubClock,
    Met,
    Receipt,
    Write,
    decide,
)
from labkeeper_sdk import Measure, Setpoint, Switch
from labkeeper_wire.commands import CommandRequest, CommandResult, CommandState, Target
from labkeeper_wire.datatypes import DataType
from labkeeper_wire.leases.tenure import Refusal

POINTS = {
    point.name: point
    for point in (Switch("relay"), Setpoint("level", minimum=0, maximum=10), Measure("t"), Switch("other"))
}


def leases(fence: int, writes: tuple[Write, ...]) -> Refusal | None:
    """Say that a number below 5 is old, and that the other relay was not given."""
    if fence < 5:
        return Refusal("old_fence", f"fence {fence} is older than 5")
    return Refusal("not_given", "") if any(write.point == "other" for write in writes) else None


MET = Met(online=True, points=POINTS, unfinished=0, refusal=leases)


def request(*targets: tuple[str, bool | float], ttl_ms: int = 1000, fence: int = 5) -> CommandRequest:
    aims = tuple(Target(name, value, DataType.BOOLEAN) for name, value in targets or (("relay", True),))
    return CommandRequest(str(uuid4()), ttl_ms, fence, aims)


def code(answer: object) -> tuple[CommandState, str]:
    assert isinstance(answer, Answer)
    return answer.result.state, answer.result.code


def test_a_good_command_is_executed_until_its_deadline() -> None:
    asked = request(("relay", True), ("level", 3))
    decided = decide(asked, Receipt(100.0, 500), MET, None, 100.1)
    assert decided == Execute(asked.id, (Write("relay", True), Write("level", 3.0)), 100.5, 5, at_once=False)


def test_a_command_for_this_run_of_the_node_need_not_be_on_disk_first() -> None:
    decided = decide(request()._replace(run="now"), Receipt(100.0, 0, "now"), MET, None, 100.0)
    assert isinstance(decided, Execute)
    assert decided.at_once


@pytest.mark.parametrize("met", [MET, None])
def test_a_command_for_another_run_is_not_executed_and_may_have_been(met: Met | None) -> None:
    asked = request(ttl_ms=1)._replace(run="then")
    answer = decide(asked, Receipt(0.0, 10_000, "now"), met, None, 0.0)
    assert code(answer) == (CommandState.UNKNOWN, "node_restarted")


def test_a_known_id_is_answered_as_before_even_when_nothing_else_fits() -> None:
    asked = request(ttl_ms=1)
    known = CommandResult(asked.id, CommandState.DONE)
    assert decide(asked, Receipt(0.0, 10_000), None, known, 99.0) == Answer(known, repeated=True)


def test_age_and_time_in_the_queue_count_against_the_time_to_live() -> None:
    assert code(decide(request(), Receipt(100.0, 1000), MET, None, 100.0)) == (CommandState.EXPIRED, "expired")
    assert code(decide(request(), Receipt(100.0, 0), MET, None, 101.0)) == (CommandState.EXPIRED, "expired")


@pytest.mark.parametrize(
    ("met", "asked", "wanted"),
    [
        (None, request(), "unknown_device"),
        (Met(online=False, points=POINTS, unfinished=0, refusal=leases), request(), "device_offline"),
        (MET, request(fence=4), "old_fence"),
        (MET, request(("relay", True), ("other", True)), "not_given"),
        (Met(online=True, points=POINTS, unfinished=LONGEST_QUEUE, refusal=leases), request(), "busy"),
        (MET, request(("nothing", True)), "unknown_point"),
        (MET, request(("t", 1.0)), "read_only"),
        (MET, request(("level", 10.5)), "out_of_range"),
        (MET, request(("level", float("nan"))), "not_finite"),
        (MET, request(("relay", 1.0)), "wrong_type"),
        (MET, request(("relay", True), ("level", 11)), "out_of_range"),
    ],
)
def test_what_breaks_a_rule_is_rejected_whole_with_the_rules_code(
    met: Met | None, asked: CommandRequest, wanted: str
) -> None:
    assert code(decide(asked, Receipt(0.0, 0), met, None, 0.0)) == (CommandState.REJECTED, wanted)


def test_clocks_that_disagree_do_not_age_a_command() -> None:
    clock = HubClock()
    assert clock.age_ms(1_000_000, 1_000_000 - 10 * PLAUSIBLE_MS) == 0
    assert clock.age_ms(1_001_000, 1_001_000 - 10 * PLAUSIBLE_MS) == 0


def test_a_late_message_shows_against_the_quickest_one_so_far() -> None:
    clock = HubClock()
    assert clock.age_ms(10_000, 15_000) == 0
    assert clock.age_ms(20_000, 20_000) == 5000
    assert clock.age_ms(30_000, 36_000) == 0


def test_the_first_message_is_believed_when_the_clocks_seem_to_agree() -> None:
    assert HubClock().age_ms(10_000, 7_000) == 3000


def test_a_message_without_a_time_has_no_age() -> None:
    assert HubClock().age_ms(10_000, None) == 0
