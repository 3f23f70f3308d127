"""The live WebSocket in the reference: words by hand, examples from the models."""

import orjson

from labkeeper_hub.api.alarm_shapes import AlarmShape
from labkeeper_hub.api.documented import EXAMPLES
from labkeeper_hub.api.models import (
    CommandShape,
    DeviceShape,
    LabShape,
    LatestShape,
    LeaseShape,
    LessonShape,
    NodeShape,
    StopShape,
    example_of,
)
from labkeeper_hub.api.problems import document

STREAM = "0b9c8f0e-6d0a-4c57-8f5e-1f2b3c4d5e6f"
WORDS = """## WebSocket /api/v1/live

Everything as it happens, and commands without a request each. Messages are JSON texts of at most 16 KiB from the
client. The same credentials as everywhere; `Origin` is checked. The page's first message is `resume`.

`stream` names one run of the hub and `at` a place in its stream. Who comes back with both gets what was missed, as
long as the hub remembers it; otherwise a snapshot. `changes` are coalesced: at most one entry per point and flush, a
flush at most every 100 ms; a command's change comes at once.

A client has no queue in the hub. While its socket is full its place stays behind, and what it missed is merged into one
message when it takes messages again. After ten seconds of taking nothing it is dropped; it may come back and resume.
A client that talks faster than 200 messages a second (after a burst of 1000) is heard more slowly.

The hub closes with a reason: `session_ended` (within a second of it), `rights_changed`
(within a second; come back and resume), `too_slow`, `resume_first`, `said_nothing`;
with 1012 when it stops itself.

"""


def live_section() -> str:
    """Return the section on the live WebSocket."""
    return WORDS + "\n".join(f"{who}:\n\n```json\n{_lines(messages)}\n```\n" for who, messages in _messages())


def _messages() -> list[tuple[str, list[object]]]:
    command = example_of(CommandShape)
    wish = {key: command[key] for key in ("id", "school", "node", "device", "point", "value")}
    everything = {
        "labs": [example_of(LabShape)],
        "nodes": [example_of(NodeShape)],
        "devices": [example_of(DeviceShape)],
        "latest": [example_of(LatestShape)],
        "commands": [command],
        "stops": [example_of(StopShape)],
        "lessons": [example_of(LessonShape)],
        "leases": [example_of(LeaseShape)],
        "alarms": [example_of(AlarmShape)],
    }
    gone = {key: command[key] for key in ("school", "node", "device")}
    changes = [
        {"kind": "reading", **example_of(LatestShape)},
        {"kind": "node", **example_of(NodeShape)},
        {"kind": "device_gone", **gone},
        {"kind": "command", **command},
        {"kind": "leases", "leases": [example_of(LeaseShape)]},
        {"kind": "lessons", "lessons": [example_of(LessonShape)]},
        {"kind": "stops", "stops": [example_of(StopShape)]},
        {"kind": "alarm", **example_of(AlarmShape)},
    ]
    refused = next(document(refusal) for refusal in EXAMPLES if refusal.code == "out_of_range")
    return [
        (
            "From the page (`ttl_ms`, `made_ms` and `id` of a command may be left out)",
            [
                {"type": "resume", "stream": None, "since": None},
                {"type": "command", **wish, "ttl_ms": 3000, "made_ms": 1_790_000_000_000},
                {"type": "stop"},
                {"type": "ping"},
            ],
        ),
        (
            'From the hub (`changes` may also hold `"kind": "device"` with a whole device)',
            [
                {"type": "hello", "stream": STREAM, "at": 41, "server_ms": 1767225600000},
                {"type": "snapshot", "at": 41, **everything},
                {"type": "changes", "at": 42, "changes": changes},
                {"type": "refused", "id": command["id"], "problem": refused},
                {"type": "pong", "server_ms": 1767225601000},
            ],
        ),
    ]


def _lines(messages: list[object]) -> str:
    return "\n".join(orjson.dumps(message).decode() for message in messages)
