"""InfluxQL, the one language that 1.x, 2.x and 3.x all answer: statements as text, answers as rows. Pure."""

from collections.abc import Iterator
from typing import Any

import orjson

from labkeeper_hub.influx.line import MEASUREMENT
from labkeeper_hub.model import Aggregate, PointKey

FIELDS = ("value", "value_int", "value_bool", "value_text")


def name(text: str) -> str:
    """Return an identifier."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def literal(text: str) -> str:
    """Return a string."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"


def create_database(database: str, retention_days: int) -> Iterator[str]:
    """Return what makes a database that keeps readings so long; 0 is for ever. Repeated, it changes nothing."""
    if not retention_days:
        yield f"CREATE DATABASE {name(database)}"
        return
    duration = f"DURATION {retention_days}d REPLICATION 1"
    yield f"CREATE DATABASE {name(database)} WITH {duration} NAME {name('labkeeper')}"


def error_of(body: str | bytes) -> str:
    """Return what is wrong by an answer of /query, whose status is 200 all the same; "" if nothing is."""
    try:
        told = orjson.loads(body)
        errors = [told.get("error"), *(result.get("error") for result in told.get("results", ()))]
    except (ValueError, AttributeError, TypeError):
        return "not an answer of InfluxDB"
    return next((str(error) for error in errors if error), "")


def of_point(key: PointKey, from_ns: int, to_ns: int) -> str:
    """Return the clauses that pick one point's readings with from <= time < to."""
    tags = zip(("school", "node", "device", "point"), key, strict=True)
    wanted = " AND ".join(f"{name(tag)} = {literal(value)}" for tag, value in tags)
    return f"FROM {name(MEASUREMENT)} WHERE {wanted} AND time >= {from_ns} AND time < {to_ns}"


def raw(key: PointKey, from_ns: int, to_ns: int, limit: int, offset: int) -> str:
    """Return the question for readings as they came."""
    fields = ", ".join(map(name, (*FIELDS, "quality")))
    return f"SELECT {fields} {of_point(key, from_ns, to_ns)} ORDER BY time ASC LIMIT {limit} OFFSET {offset}"


def kinds(key: PointKey, from_ns: int, to_ns: int) -> str:
    """Return the question for how many readings there are of each kind, and how many are not good."""
    counts = ", ".join(f"count({name(one)}) AS {name(one)}" for one in (*FIELDS, "quality"))
    return f"SELECT {counts} {of_point(key, from_ns, to_ns)}"


def buckets(
    key: PointKey, from_ns: int, to_ns: int, field: str, aggregate: Aggregate, every_ms: int, limit: int
) -> str:
    """Return the question for one number per bucket that has readings."""
    chosen = f"{aggregate.value}({name(field)})"
    grouped = f"GROUP BY time({every_ms}ms) fill(none) ORDER BY time ASC LIMIT {limit}"
    return f"SELECT {chosen} {of_point(key, from_ns, to_ns)} {grouped}"


def rows_of(body: str | bytes) -> list[dict[str, Any]]:
    """Return the rows of an answer by column; raises NoAnswer."""
    refusal = error_of(body)
    if refusal:
        raise NoAnswer(refusal)
    series = orjson.loads(body)["results"][0].get("series", [])
    return [dict(zip(one["columns"], values, strict=True)) for one in series for values in one["values"]]


class NoAnswer(Exception):
    """InfluxDB answered, but not the question."""
