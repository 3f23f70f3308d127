"""What an answer of InfluxDB means for the lines that were sent. Pure.

InfluxDB 1.x, 2.x and 3.x say the same things with different numbers; the tests have a recorded answer for each.
"""

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeAlias

LONGEST_REASON = 300
LONGEST_WAIT_S = 300.0  # a server that asks for more is asked again before
_DROPPED = re.compile(r"dropped[= ](\d+)")


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer: status, body, and what Retry-After said, if it said seconds."""

    status: int
    body: str = ""
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """The lines are stored, but for so many older than the database keeps: those it throws away by its own rule."""

    beyond_retention: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """Something in these lines is refused, now and for ever."""

    reason: str


@dataclass(frozen=True, slots=True)
class TooLarge:
    """The body is: the same lines in two bodies may do."""


@dataclass(frozen=True, slots=True)
class Absent:
    """The database, bucket or organisation does not exist."""

    reason: str


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing is wrong with the lines: try again. `code` is a short word, `after_s` what the server asked for."""

    code: str
    reason: str
    after_s: float | None = None


Verdict: TypeAlias = Taken | Refused | TooLarge | Absent | Later


def judge(answer: Answer) -> Verdict:
    """Return what to do."""
    status, reason = answer.status, reason_of(answer)
    if status in (HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NO_CONTENT):
        return Taken()
    if status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY):
        return _about_lines(answer, reason)
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return TooLarge()
    if status == HTTPStatus.NOT_FOUND:
        return Absent(reason)
    return Later(_code(status), reason, _bounded(answer.retry_after_s))


def _about_lines(answer: Answer, reason: str) -> Verdict:
    if not _is_influx(answer.body):
        return Later("not_influx", reason)  # a proxy or something else: it says nothing about the lines
    if "database is required" in reason or "bucket not found" in reason:
        return Absent(reason)
    if "beyond retention policy" in reason or "outside retention policy" in reason:  # 1.x, 2.7
        dropped = _DROPPED.search(reason)
        return Taken(int(dropped[1]) if dropped else 0)
    return Refused(reason)


def _is_influx(body: str) -> bool:
    told = _object(body)
    return "error" in told or "message" in told or "results" in told


def reason_of(answer: Answer) -> str:
    """Return what the server says in one line: 1.x and 3.x in `error`, 2.x in `message`, 3.x per line in `data`."""
    told = _object(answer.body)
    reason = str(told.get("message") or told.get("error") or answer.body or HTTPStatus(answer.status).phrase)
    data = told.get("data")
    if isinstance(data, list) and data and isinstance(data[0], dict) and "error_message" in data[0]:
        reason += f": {data[0]['error_message']}"
    return " ".join(reason.split())[:LONGEST_REASON]


def _object(body: str) -> dict[str, object]:
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _code(status: int) -> str:
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return "unauthorized"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "too_many"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return "unavailable"
    return "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "not_influx"


def _bounded(seconds: float | None) -> float | None:
    return None if seconds is None else min(max(seconds, 0.0), LONGEST_WAIT_S)


def retry_after(header: str | None) -> float | None:
    """Return the seconds a Retry-After header asks for; None for a date or nonsense, which our own patience covers."""
    try:
        return float(header) if header else None
    except ValueError:
        return None
