"""Our commands on top of Sparkplug's DCMD: an id, a time to live, a fence, a run; and the node's answer."""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from labkeeper_wire.datatypes import DataType
from labkeeper_wire.payload import Metric, MetricValue

COMMAND_ID = "Device Control/Command Id"
TTL_MS = "Device Control/Command TTL ms"
FENCE = "Device Control/Fence"
RUN = "Device Control/Run"  # in a DBIRTH: the node's run; in a DCMD: the run the command was first sent to
RESULT = "Command/Result"

CONTROLS = frozenset({COMMAND_ID, TTL_MS, FENCE, RUN})
EARLIER_RUN = "earlier"  # stands for a run that is not known any more, but is over or may be
LONGEST_RUN = 64
LONGEST_TTL_MS = (1 << 32) - 1
LAST_FENCE = (1 << 64) - 1
LONGEST_CODE = 64
LONGEST_MESSAGE = 1000
LONGEST_RESULT = 16_384


class CommandState(StrEnum):
    """What a node can answer; `accepted` is the only one that is not the end."""

    ACCEPTED = "accepted"
    DONE = "done"
    REJECTED = "rejected"
    FAILED = "failed"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class BadCommand(ValueError):
    """The metrics are no command, or no answer, of ours; `reason` is a short snake_case code of a closed set.

    `id_missing` alone may still be a foreign host's bare command; policy decides.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Target(NamedTuple):
    """What a command writes: the metric's name, the wanted value, the birth's datatype."""

    name: str
    value: MetricValue
    datatype: int


class CommandRequest(NamedTuple):
    """One command: execute the targets once, within `ttl_ms` of receipt, unless `fence` is older than the lease's.

    `run` is the run of the node it was first sent to, and no other may execute it; "" if the sender does not say.
    """

    id: str
    ttl_ms: int
    fence: int
    targets: tuple[Target, ...]
    run: str = ""

    def to_metrics(self) -> tuple[Metric, ...]:
        """Give the metrics of the DCMD: targets by name and datatype, then the controls."""
        return (
            *(Metric(target.name, target.value, target.datatype) for target in self.targets),
            Metric(COMMAND_ID, self.id, DataType.STRING),
            Metric(TTL_MS, self.ttl_ms, DataType.UINT32),
            Metric(FENCE, self.fence, DataType.UINT64),
            *((Metric(RUN, self.run, DataType.STRING),) if self.run else ()),
        )

    @classmethod
    def from_metrics(cls, metrics: Sequence[Metric]) -> "CommandRequest":
        """Read a DCMD whose names and datatypes are resolved; raise BadCommand if it is not one whole command."""
        if len({metric.name for metric in metrics}) != len(metrics):
            raise BadCommand("name_repeated")
        controls = {metric.name: metric.value for metric in metrics if metric.name in CONTROLS}
        if COMMAND_ID not in controls:
            raise BadCommand("id_missing")
        targets = tuple(_target(metric) for metric in metrics if metric.name not in CONTROLS)
        if not targets:
            raise BadCommand("target_missing")
        return cls(
            _command_id(controls[COMMAND_ID]),
            _whole(controls.get(TTL_MS), 1, LONGEST_TTL_MS, "ttl_malformed"),
            _whole(controls.get(FENCE), 0, LAST_FENCE, "fence_malformed"),
            targets,
            _run(controls.get(RUN, "")),
        )


class CommandResult(NamedTuple):
    """The node's word on a command: its state, a short machine-readable code, a message for people ("" if none)."""

    id: str
    state: CommandState
    code: str = ""
    message: str = ""

    def to_metric(self, now_ms: int) -> Metric:
        """Give the transient `Command/Result` metric; what is too long for the wire is cut."""
        fields = {
            "id": self.id,
            "state": self.state,
            "code": self.code[:LONGEST_CODE],
            "message": self.message[:LONGEST_MESSAGE],
        }
        return Metric(RESULT, json.dumps(fields, ensure_ascii=False), DataType.STRING, now_ms, transient=True)

    @classmethod
    def from_metric(cls, metric: Metric) -> "CommandResult":
        """Read a `Command/Result`; unknown JSON members are ignored, anything else wrong raises BadCommand."""
        fields = _result_fields(metric)
        texts = [fields.get(key, "") for key in ("id", "state", "code", "message")]
        command_id, state, code, message = (text if isinstance(text, str) else "" for text in texts)
        if any(not isinstance(text, str) for text in texts) or state not in list(CommandState):
            raise BadCommand("result_malformed")
        return cls(_command_id(command_id), CommandState(state), code[:LONGEST_CODE], message[:LONGEST_MESSAGE])


def _result_fields(metric: Metric) -> Mapping[str, object]:
    if metric.name != RESULT or not isinstance(metric.value, str) or len(metric.value) > LONGEST_RESULT:
        raise BadCommand("result_malformed")
    try:
        fields = json.loads(metric.value)
    except (ValueError, RecursionError) as error:
        raise BadCommand("result_malformed") from error
    if not isinstance(fields, dict):
        raise BadCommand("result_malformed")
    return fields


def _target(metric: Metric) -> Target:
    if metric.name is None:
        raise BadCommand("name_missing")
    if metric.value is None:
        raise BadCommand("value_missing")
    if metric.datatype is None:
        raise BadCommand("datatype_missing")
    return Target(metric.name, metric.value, metric.datatype)


def _command_id(value: object) -> str:
    """Give a uuid in its canonical form, the only one that is compared."""
    try:
        return str(UUID(value if isinstance(value, str) else ""))
    except ValueError as error:
        raise BadCommand("id_malformed") from error


def _run(value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_RUN:
        raise BadCommand("run_malformed")
    return value


def _whole(value: object, low: int, high: int, reason: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise BadCommand(reason)
    return value
