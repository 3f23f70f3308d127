"""The record's text: canonical, complete, and without anybody's name."""

import hashlib
import json

from labkeeper_hub.alarms.entry import AlarmEntry
from labkeeper_hub.model import AlarmKey, Command, Order, PointKey, State
from labkeeper_hub.recordings.lesson_record import Happened, Hashed, digest_of, record_of, within
from labkeeper_hub.recordings.recording import Mark, mark, stop

from .made import START_MS, recording

LAMP = PointKey("demo", "pi", "lamp", "state")
READINGS = Hashed(7, "ab" * 32)


def alarm(at_ms: int, lab: str = "lab-301", school: str = "demo") -> AlarmEntry:
    source = PointKey(school, "pi", "air", "co2")
    return AlarmEntry(AlarmKey("co2", source), lab, "raised", "high", at_ms - 10, at_ms, 1600.0)


def test_it_says_who_did_what_when_and_what_was_measured() -> None:
    order = Order("c-1", LAMP, value=True, holder="p-2", created_ms=START_MS + 3, deadline_ms=START_MS + 3_003)
    command = Command(order, State.DONE, "", "", START_MS + 40)
    ended = stop(mark(recording(), Mark(START_MS + 5, "p-1", "灯开了")), "p-3", START_MS + 1_000)
    told = json.loads(record_of(ended, READINGS, Happened([command], [alarm(START_MS + 9)])))
    assert (told["started_by"], told["stopped_by"], told["stopped_ms"]) == ("p-1", "p-3", START_MS + 1_000)
    assert told["marks"] == [{"time_ms": START_MS + 5, "by": "p-1", "text": "灯开了"}]
    assert told["readings"] == {"rows": 7, "sha256": "ab" * 32}
    assert [(one["by"], one["device"], one["value"], one["state"]) for one in told["commands"]] == [
        ("p-2", "lamp", True, "done")
    ]
    assert [(one["rule"], one["kind"], one["value"]) for one in told["alarms"]] == [("co2", "raised", 1600.0)]


def test_the_same_recording_gives_the_same_bytes_with_sorted_keys() -> None:
    ended = stop(recording(), "p-1", START_MS + 1)
    text = record_of(ended, READINGS, Happened())
    assert text == record_of(ended, READINGS, Happened())
    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert digest_of(text) == hashlib.sha256(text.encode()).hexdigest()


def test_one_that_has_not_stopped_says_nobody_stopped_it() -> None:
    assert json.loads(record_of(recording(), READINGS, Happened()))["stopped_by"] == ""


def test_only_the_labs_own_alarms_of_its_time_count_the_oldest_first() -> None:
    ended = stop(recording(), "p-1", START_MS + 1_000)
    newest_first = [
        alarm(START_MS + 1_000),
        alarm(START_MS + 999),
        alarm(START_MS + 5, lab="lab-302"),
        alarm(START_MS + 4, school="other"),
        alarm(START_MS),
        alarm(START_MS - 1),
    ]
    assert [one.at_ms for one in within(newest_first, ended)] == [START_MS, START_MS + 999]
