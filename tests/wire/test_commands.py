"""A command and its answer cross the wire whole, or are refused with a reason."""

import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkeeper_wire import DataType, Metric, Payload, decode, encode
from labkeeper_wire.commands import (
    COMMAND_ID,
    FENCE,
    LONGEST_RUN,
    RESULT,
    RUN,
    TTL_MS,
    BadCommand,
    CommandRequest,
    CommandResult,
    CommandState,
    Target,
)

ID = "4f9d1cf0-52a3-4f0e-8a52-5d8f6b7d8c11"
REQUEST = CommandRequest(ID, 3000, 7, (Target("target", 21.5, DataType.DOUBLE), Target("fan", True, DataType.BOOLEAN)))


@given(
    uuid=st.uuids(),
    ttl_ms=st.integers(1, 2**32 - 1),
    fence=st.integers(0, 2**64 - 1),
    value=st.floats(allow_nan=False),
    run=st.just("") | st.uuids().map(str),
)
def test_a_command_crosses_the_wire_whole(uuid: UUID, ttl_ms: int, fence: int, value: float, run: str) -> None:
    request = CommandRequest(str(uuid), ttl_ms, fence, (Target("target", value, DataType.DOUBLE),), run)
    assert CommandRequest.from_metrics(decode(encode(Payload(request.to_metrics()))).metrics) == request


def test_a_command_carries_names_and_datatypes() -> None:
    assert REQUEST.to_metrics() == (
        Metric("target", 21.5, DataType.DOUBLE),
        Metric("fan", True, DataType.BOOLEAN),
        Metric(COMMAND_ID, ID, DataType.STRING),
        Metric(TTL_MS, 3000, DataType.UINT32),
        Metric(FENCE, 7, DataType.UINT64),
    )


def test_an_id_is_compared_in_its_canonical_form() -> None:
    loud = CommandRequest(ID.upper(), 3000, 7, REQUEST.targets)
    assert CommandRequest.from_metrics(loud.to_metrics()) == REQUEST


def changed(name: str, *replacement: Metric) -> list[Metric]:
    """The command with one metric replaced or left out."""
    return [*(metric for metric in REQUEST.to_metrics() if metric.name != name), *replacement]


@pytest.mark.parametrize(
    ("metrics", "reason"),
    [
        ([], "id_missing"),
        ([Metric("fan", True, DataType.BOOLEAN)], "id_missing"),
        (changed(COMMAND_ID, Metric(COMMAND_ID, "no uuid")), "id_malformed"),
        (changed(COMMAND_ID, Metric(COMMAND_ID, 5)), "id_malformed"),
        (changed(TTL_MS), "ttl_malformed"),
        (changed(TTL_MS, Metric(TTL_MS, 0)), "ttl_malformed"),
        (changed(TTL_MS, Metric(TTL_MS, True)), "ttl_malformed"),
        (changed(FENCE), "fence_malformed"),
        (changed(FENCE, Metric(FENCE, -1)), "fence_malformed"),
        (changed(RUN, Metric(RUN, 5)), "run_malformed"),
        (changed(RUN, Metric(RUN, "r" * (LONGEST_RUN + 1))), "run_malformed"),
        (REQUEST.to_metrics()[2:], "target_missing"),
        (changed("fan", Metric("target", 1.0, DataType.DOUBLE)), "name_repeated"),
        (changed("fan", Metric(None, 1.0, DataType.DOUBLE, alias=3)), "name_missing"),
        (changed("fan", Metric("fan", None, DataType.BOOLEAN)), "value_missing"),
        (changed("fan", Metric("fan", True)), "datatype_missing"),
    ],
)
def test_what_is_not_one_whole_command_is_refused_with_its_reason(metrics: list[Metric], reason: str) -> None:
    with pytest.raises(BadCommand) as refused:
        CommandRequest.from_metrics(metrics)
    assert refused.value.reason == reason


@given(
    uuid=st.uuids(),
    state=st.sampled_from(CommandState),
    code=st.text(st.characters(codec="utf-8"), max_size=64),
    message=st.text(st.characters(codec="utf-8"), max_size=200),
)
def test_an_answer_crosses_the_wire_whole(uuid: UUID, state: CommandState, code: str, message: str) -> None:
    result = CommandResult(str(uuid), state, code, message)
    (metric,) = decode(encode(Payload((result.to_metric(5),)))).metrics
    assert (metric.name, metric.time_ms, metric.transient) == (RESULT, 5, True)
    assert CommandResult.from_metric(metric) == result


def test_an_answer_too_long_for_the_wire_is_cut() -> None:
    long = CommandResult(ID, CommandState.FAILED, "c" * 100, "m" * 5000)
    assert CommandResult.from_metric(long.to_metric(5)) == CommandResult(ID, CommandState.FAILED, "c" * 64, "m" * 1000)


def answer(**fields: object) -> Metric:
    return Metric(RESULT, json.dumps({"id": ID, "state": "done"} | fields))


def test_unknown_members_and_missing_words_are_fine() -> None:
    assert CommandResult.from_metric(answer(weather="fine")) == CommandResult(ID, CommandState.DONE)


@pytest.mark.parametrize(
    ("metric", "reason"),
    [
        (Metric("other", "{}"), "result_malformed"),
        (Metric(RESULT, None), "result_malformed"),
        (Metric(RESULT, "x" * 20_000), "result_malformed"),
        (Metric(RESULT, "{"), "result_malformed"),
        (Metric(RESULT, "[" * 16_000), "result_malformed"),
        (Metric(RESULT, "[]"), "result_malformed"),
        (answer(state="asleep"), "result_malformed"),
        (answer(state=5), "result_malformed"),
        (answer(message=None), "result_malformed"),
        (answer(id="5"), "id_malformed"),
    ],
)
def test_what_is_no_answer_is_refused_with_its_reason(metric: Metric, reason: str) -> None:
    with pytest.raises(BadCommand) as refused:
        CommandResult.from_metric(metric)
    assert refused.value.reason == reason
